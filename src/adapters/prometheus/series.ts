import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Argo CD's own bounds (0.25 to 16 s) are among these, so that dashboards made for them go on working. */
const RECONCILE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16]
const HEAL_SECONDS = [
  0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]
const APP = ['namespace', 'name'] as const

export type Series = ReturnType<typeof series>

/** Every series Holdfast exposes, under the names that people already alert on and its own. */
export function series(registry: Registry) {
  const common = { registers: [registry] }
  return {
    appInfo: new Gauge({
      ...common,
      name: 'argocd_app_info',
      help: 'Application with its sync and health status; always 1.',
      labelNames: [
        'namespace',
        'name',
        'project',
        'autosync_enabled',
        'repo',
        'dest_server',
        'dest_namespace',
        'sync_status',
        'health_status',
        'operation',
      ] as const,
    }),
    sync: new Counter({
      ...common,
      name: 'argocd_app_sync_total',
      help: 'Sync operations by application and phase.',
      labelNames: ['namespace', 'name', 'project', 'dest_server', 'phase', 'dry_run'] as const,
    }),
    reconcile: new Histogram({
      ...common,
      name: 'argocd_app_reconcile',
      help: 'Seconds one reconciliation of an application took.',
      labelNames: ['namespace', 'dest_server'] as const,
      buckets: RECONCILE_SECONDS,
    }),
    driftFields: new Gauge({
      ...common,
      name: 'holdfast_drift_fields',
      help: 'Fields that differ between Git and the cluster.',
      labelNames: APP,
    }),
    lastCompare: new Gauge({
      ...common,
      name: 'holdfast_last_compare_timestamp_seconds',
      help: 'When the application was last compared (Unix time).',
      labelNames: APP,
    }),
    heals: new Counter({
      ...common,
      name: 'holdfast_heals_total',
      help: 'Heals by application and result.',
      labelNames: ['namespace', 'name', 'result'] as const,
    }),
    healSeconds: new Histogram({
      ...common,
      name: 'holdfast_heal_seconds',
      help: 'Seconds from the event that showed a drift to the answer of the write that healed it.',
      buckets: HEAL_SECONDS,
    }),
    queueDepth: new Gauge({ ...common, name: 'holdfast_queue_depth', help: 'Requests that wait in the work queue.' }),
    watches: new Gauge({
      ...common,
      name: 'holdfast_watches',
      help: 'Watched kinds by state.',
      labelNames: ['state'] as const,
    }),
    gitFetch: new Counter({
      ...common,
      name: 'holdfast_git_fetch_total',
      help: 'Fetches of Git repositories by result.',
      labelNames: ['result'] as const,
    }),
    apiRequests: new Counter({
      ...common,
      name: 'holdfast_api_requests_total',
      help: 'Requests to the Kubernetes API by verb and HTTP status.',
      labelNames: ['verb', 'code'] as const,
    }),
    enforcing: new Gauge({
      ...common,
      name: 'holdfast_enforcing',
      help: '1 while this process may write to managed objects, else 0.',
    }),
    untracked: new Gauge({
      ...common,
      name: 'holdfast_metrics_untracked_apps',
      help: 'Applications without series of their own because the limit is reached.',
    }),
    buildInfo: new Gauge({
      ...common,
      name: 'holdfast_build_info',
      help: 'Version that runs; always 1.',
      labelNames: ['version', 'node_version'] as const,
    }),
  }
}
