import { Registry } from 'prom-client'
import type { AppInfo, IgnoreSample, Metrics, MetricsApp, RuleProblem } from '../../ports/metrics.ts'
import { codeLabel, label, repoLabel } from './labels.ts'
import { machineSeries } from './machine.ts'
import { type Series, series } from './series.ts'

export interface PrometheusOptions {
  readonly version: string
  /** Applications with series of their own; further ones are only counted. Default 10,000. */
  readonly maxApps?: number
}

export interface PrometheusMetrics extends Metrics {
  readonly contentType: string
  /** The page in Prometheus' text format. */
  page(): Promise<string>
  close(): void
}

interface KnownApp {
  info: Record<string, string> | null
  orphaned: Record<string, string> | null
  /** Label sets of counters, to take them away with the application. */
  readonly syncs: Map<string, Record<string, string>>
  readonly heals: Set<string>
}

const keyOf = ({ namespace, name }: MetricsApp): string => `${namespace}/${name}`
const appLabels = ({ namespace, name }: MetricsApp): { namespace: string; name: string } => ({
  namespace: label(namespace),
  name: label(name),
})

function infoLabels(info: AppInfo): Record<string, string> {
  return {
    ...appLabels(info),
    project: label(info.project),
    autosync_enabled: String(info.autosync === 'enabled'),
    repo: repoLabel(info.repo),
    dest_server: label(info.destServer),
    dest_namespace: label(info.destNamespace),
    sync_status: info.syncStatus,
    health_status: info.healthStatus,
    operation: info.operation,
  }
}

/** Which applications have series. Bounded: an unbounded number of labels would take Prometheus down with it. */
interface KnownApps {
  /** undefined when the limit is reached. */
  get(app: MetricsApp): KnownApp | undefined
  remove(app: MetricsApp): KnownApp | undefined
}

function knownApps(limit: number, onUntracked: (count: number) => void): KnownApps {
  const known = new Map<string, KnownApp>()
  const untracked = new Set<string>()
  return {
    get: (app) => {
      const key = keyOf(app)
      const entry = known.get(key)
      if (entry) return entry
      if (known.size < limit) {
        const made: KnownApp = { info: null, orphaned: null, syncs: new Map(), heals: new Set() }
        known.set(key, made)
        return made
      }
      if (untracked.size < limit) untracked.add(key)
      onUntracked(untracked.size)
      return undefined
    },
    remove: (app) => {
      const key = keyOf(app)
      const entry = known.get(key)
      known.delete(key)
      if (untracked.delete(key)) onUntracked(untracked.size)
      return entry
    },
  }
}

const RULE_PROBLEMS: readonly RuleProblem[] = ['unusable', 'unmatched', 'overreaching', 'overdue']

interface IgnoreSeries {
  set(labels: ReturnType<typeof appLabels>, sample: IgnoreSample): void
  remove(labels: ReturnType<typeof appLabels>): void
}

function ignoreSeries(all: Series): IgnoreSeries {
  return {
    set: (labels, { rules, hidden, problems }) => {
      all.ignoreRules.set(labels, rules)
      all.ignoredFields.set(labels, hidden)
      for (const problem of RULE_PROBLEMS) all.ignoreRuleProblems.set({ ...labels, problem }, problems[problem])
    },
    remove: (labels) => {
      all.ignoreRules.remove(labels)
      all.ignoredFields.remove(labels)
      for (const problem of RULE_PROBLEMS) all.ignoreRuleProblems.remove({ ...labels, problem })
    },
  }
}

type PerApp = Pick<Metrics, 'app' | 'compared' | 'orphaned' | 'ignores' | 'synced' | 'healed' | 'forget'>

function perApp(all: Series, limit: number): PerApp {
  const apps = knownApps(limit, (count) => all.untracked.set(count))
  const ignoring = ignoreSeries(all)
  return {
    ignores: (app, sample) => void (apps.get(app) && ignoring.set(appLabels(app), sample)),
    app: (info) => {
      const known = apps.get(info)
      if (!known) return
      const labels = infoLabels(info)
      if (known.info) all.appInfo.remove(known.info)
      all.appInfo.set(labels, 1)
      known.info = labels
    },
    compared: (app, { fields, at }) => {
      if (!apps.get(app)) return
      all.driftFields.set(appLabels(app), fields)
      all.lastCompare.set(appLabels(app), at / 1e3)
    },
    orphaned: (app, { project, count }) => {
      const known = apps.get(app)
      if (!known) return
      const labels = { ...appLabels(app), project: label(project) }
      if (known.orphaned) all.orphaned.remove(known.orphaned)
      all.orphaned.set(labels, count)
      known.orphaned = labels
    },
    synced: ({ project, destServer, phase, run, ...app }) => {
      const labels = {
        ...appLabels(app),
        project: label(project),
        dest_server: label(destServer),
        phase,
        dry_run: String(run === 'dry'),
      }
      const known = apps.get(app)
      if (!known) return
      all.sync.inc(labels)
      known.syncs.set(Object.values(labels).join('\n'), labels)
    },
    healed: ({ result, seconds, ...app }) => {
      if (result === 'done') all.healSeconds.observe(seconds)
      const known = apps.get(app)
      if (!known) return
      all.heals.inc({ ...appLabels(app), result })
      known.heals.add(result)
    },
    forget: (app) => {
      const known = apps.remove(app)
      if (!known) return
      const labels = appLabels(app)
      if (known.info) all.appInfo.remove(known.info)
      if (known.orphaned) all.orphaned.remove(known.orphaned)
      all.driftFields.remove(labels)
      all.lastCompare.remove(labels)
      ignoring.remove(labels)
      for (const syncLabels of known.syncs.values()) all.sync.remove(syncLabels)
      for (const result of known.heals) all.heals.remove({ ...labels, result })
    },
  }
}

/** Metrics in a registry of their own, read through `page`. */
export function prometheusMetrics({ version, maxApps = 10_000 }: PrometheusOptions): PrometheusMetrics {
  const registry = new Registry()
  const all = series(registry)
  const stopMeasuring = machineSeries(registry)
  all.buildInfo.set({ version: label(version), node_version: process.version }, 1)
  all.enforcing.set(0)
  return {
    ...perApp(all, maxApps),
    reconciled: ({ namespace, destServer, seconds }) =>
      all.reconcile.observe({ namespace: label(namespace), dest_server: label(destServer) }, seconds),
    queueDepth: (waiting) => all.queueDepth.set(waiting),
    watches: (counts) => {
      for (const [state, count] of Object.entries(counts)) all.watches.set({ state }, count)
    },
    rendered: (from) => all.renders.inc({ from }),
    audit: ({ kept, ...events }) => {
      all.auditFacts.set(kept)
      for (const [outcome, count] of Object.entries(events)) all.auditEvents.set({ outcome }, count)
    },
    gitFetched: (result) => all.gitFetch.inc({ result }),
    apiRequest: ({ verb, code }) => all.apiRequests.inc({ verb, code: codeLabel(code) }),
    mode: (mode) => all.enforcing.set(mode === 'enforce' ? 1 : 0),
    contentType: registry.contentType,
    page: () => registry.metrics(),
    close: stopMeasuring,
  }
}
