import type { HealthStatus } from '../core/health/index.ts'

export interface MetricsApp {
  readonly namespace: string
  readonly name: string
}

/** The labels of `argocd_app_info`. */
export interface AppInfo extends MetricsApp {
  readonly project: string
  readonly autosync: 'enabled' | 'disabled'
  /** Credentials in the URL are left out. */
  readonly repo: string
  readonly destServer: string
  readonly destNamespace: string
  readonly syncStatus: 'Synced' | 'OutOfSync' | 'Unknown'
  readonly healthStatus: HealthStatus
  /** '' when none runs. */
  readonly operation: '' | 'sync' | 'delete'
}

export interface SyncSample extends MetricsApp {
  readonly project: string
  readonly destServer: string
  readonly phase: 'Running' | 'Succeeded' | 'Failed' | 'Error'
  readonly run: 'real' | 'dry'
}

export type RuleProblem = 'unusable' | 'unmatched' | 'overreaching' | 'overdue'

export interface IgnoreSample {
  readonly rules: number
  /** Differences that people's rules hide. */
  readonly hidden: number
  /** How many rules have it. */
  readonly problems: Readonly<Record<RuleProblem, number>>
}

export type HealResult = 'done' | 'failed' | 'unverified'
/** Events of audit logs since the start, and facts that are kept. */
export interface AuditCounts {
  readonly facts: number
  readonly dropped: number
  readonly garbage: number
  readonly kept: number
}

export type WatchState = 'fresh' | 'listing' | 'stale'
export type ApiVerb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'apply'
  | 'delete'
  | 'dry-run'
  | 'discovery'
  | 'openapi'
  | 'version'

/** What happened, as numbers. No call fails or waits; how it is shown is the adapter's matter. */
export interface Metrics {
  /** The application as it is now; replaces what was said of it before. */
  app(info: AppInfo): void
  /** One comparison ended: `fields` differing fields; `at` in epoch ms. */
  compared(app: MetricsApp, sample: { fields: number; at: number }): void
  /** Objects around the application that nobody declares. */
  orphaned(app: MetricsApp, sample: { project: string; count: number }): void
  /** The ignore rules that hold for the application as it was compared last. */
  ignores(app: MetricsApp, sample: IgnoreSample): void
  synced(sample: SyncSample): void
  reconciled(sample: { namespace: string; destServer: string; seconds: number }): void
  /** `seconds` from the event that showed the drift to the server's answer. */
  healed(sample: MetricsApp & { result: HealResult; seconds: number }): void
  /** Takes every series of an application that is gone away. */
  forget(app: MetricsApp): void
  queueDepth(waiting: number): void
  watches(counts: Readonly<Record<WatchState, number>>): void
  /** One source of an application, asked to be rendered: `render` = a tool or reader ran, else it was kept. */
  rendered(from: 'memory' | 'disk' | 'render'): void
  gitFetched(result: 'changed' | 'unchanged' | 'failed'): void
  /** `code` is the HTTP status; 0 when there was no answer. */
  apiRequest(sample: { verb: ApiVerb; code: number }): void
  audit(counts: AuditCounts): void
  mode(mode: 'enforce' | 'observe'): void
}
