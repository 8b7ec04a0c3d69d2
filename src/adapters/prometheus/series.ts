import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Argo CD's own bounds (0.25 to 16 s) are among these, so that dashboards made for them go on working. */
const RECONCILE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16]
const HEAL_SECONDS = [
  0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]
const APP = ['namespace', 'name'] as const

const APP_INFO = [
  ...APP,
  'project',
  'autosync_enabled',
  'repo',
  'dest_server',
  'dest_namespace',
  'sync_status',
  'health_status',
  'operation',
] as const

interface Named<L extends string> {
  readonly name: string
  readonly help: string
  readonly labels?: readonly L[]
}

/** Makers of series of one registry. */
function makers(registry: Registry) {
  const common = <L extends string>({ name, help, labels }: Named<L>) => ({
    name,
    help,
    labelNames: labels ?? [],
    registers: [registry],
  })
  return {
    gauge: <L extends string = never>(named: Named<L>) => new Gauge<L>(common(named)),
    counter: <L extends string = never>(named: Named<L>) => new Counter<L>(common(named)),
    histogram: <L extends string = never>(named: Named<L> & { readonly buckets: number[] }) =>
      new Histogram<L>({ ...common(named), buckets: named.buckets }),
  }
}

/** Named as in Argo CD, for the dashboards and alerts that exist. */
function familiar({ gauge, counter, histogram }: ReturnType<typeof makers>) {
  const app = 'Application with its sync and health status; always 1.'
  const sync = 'Sync operations by application and phase.'
  const reconcile = 'Seconds one reconciliation of an application took.'
  return {
    appInfo: gauge({ name: 'argocd_app_info', help: app, labels: APP_INFO }),
    orphaned: gauge({
      name: 'argocd_app_orphaned_resources_count',
      help: 'Objects in the destination of an application that nobody declares, where its project asks for them.',
      labels: [...APP, 'project'],
    }),
    sync: counter({
      name: 'argocd_app_sync_total',
      help: sync,
      labels: [...APP, 'project', 'dest_server', 'phase', 'dry_run'],
    }),
    reconcile: histogram({
      name: 'argocd_app_reconcile',
      help: reconcile,
      labels: ['namespace', 'dest_server'],
      buckets: RECONCILE_SECONDS,
    }),
  }
}

function perApp({ gauge, counter, histogram }: ReturnType<typeof makers>) {
  const fields = 'Fields that differ between Git and the cluster.'
  const compared = 'When the application was last compared (Unix time).'
  const seconds = 'Seconds from the event that showed a drift to the answer of the write that healed it.'
  return {
    driftFields: gauge({ name: 'holdfast_drift_fields', help: fields, labels: APP }),
    lastCompare: gauge({ name: 'holdfast_last_compare_timestamp_seconds', help: compared, labels: APP }),
    ignoreRules: gauge({
      name: 'holdfast_ignore_rules',
      help: 'Ignore rules that hold for the application.',
      labels: APP,
    }),
    ignoredFields: gauge({
      name: 'holdfast_ignored_fields',
      help: 'Differences that people’s ignore rules hide.',
      labels: APP,
    }),
    ignoreRuleProblems: gauge({
      name: 'holdfast_ignore_rule_problems',
      help: 'Ignore rules that cannot be used, speak of nothing, hide more than they name, or are overdue for review.',
      labels: [...APP, 'problem'],
    }),
    heals: counter({
      name: 'holdfast_heals_total',
      help: 'Heals by application and result.',
      labels: [...APP, 'result'],
    }),
    healSeconds: histogram({ name: 'holdfast_heal_seconds', help: seconds, buckets: HEAL_SECONDS }),
  }
}

function perProcess({ gauge, counter }: ReturnType<typeof makers>) {
  const fetches = 'Fetches of Git repositories by result.'
  const requests = 'Requests to the Kubernetes API by verb and HTTP status.'
  const enforcing = '1 while this process may write to managed objects, else 0.'
  const untracked = 'Applications without series of their own because the limit is reached.'
  return {
    queueDepth: gauge({ name: 'holdfast_queue_depth', help: 'Requests that wait in the work queue.' }),
    watches: gauge({ name: 'holdfast_watches', help: 'Watched kinds by state.', labels: ['state'] }),
    gitFetch: counter({ name: 'holdfast_git_fetch_total', help: fetches, labels: ['result'] }),
    renders: counter({
      name: 'holdfast_renders_total',
      help: 'Sources asked to be rendered, by where the render came from.',
      labels: ['from'],
    }),
    apiRequests: counter({ name: 'holdfast_api_requests_total', help: requests, labels: ['verb', 'code'] }),
    auditEvents: gauge({
      name: 'holdfast_audit_events',
      help: 'Audit events since the start, by what became of them.',
      labels: ['outcome'],
    }),
    auditFacts: gauge({ name: 'holdfast_audit_facts', help: 'Writes of the audit log that are kept in memory.' }),
    enforcing: gauge({ name: 'holdfast_enforcing', help: enforcing }),
    untracked: gauge({ name: 'holdfast_metrics_untracked_apps', help: untracked }),
    buildInfo: gauge({
      name: 'holdfast_build_info',
      help: 'Version that runs; always 1.',
      labels: ['version', 'node_version'],
    }),
  }
}

export type Series = ReturnType<typeof series>

/** Every series about applications and work. */
export function series(registry: Registry) {
  const make = makers(registry)
  return { ...familiar(make), ...perApp(make), ...perProcess(make) }
}
