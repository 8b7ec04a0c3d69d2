import { afterEach, describe, expect, it } from 'vitest'
import {
  type PrometheusMetrics,
  type PrometheusOptions,
  prometheusMetrics,
} from '../../../src/adapters/prometheus/index.ts'
import type { AppInfo } from '../../../src/ports/metrics.ts'

let open: PrometheusMetrics[] = []
const start = (options: Partial<PrometheusOptions> = {}): PrometheusMetrics => {
  const metrics = prometheusMetrics({ version: '0.1.0', ...options })
  open.push(metrics)
  return metrics
}
afterEach(() => {
  for (const metrics of open) metrics.close()
  open = []
})

const info = (changes: Partial<AppInfo> = {}): AppInfo => ({
  namespace: 'argocd',
  name: 'web',
  project: 'default',
  autosync: 'enabled',
  repo: 'https://git.example.com/team/web.git',
  destServer: 'https://kubernetes.default.svc',
  destNamespace: 'prod',
  syncStatus: 'Synced',
  healthStatus: 'Healthy',
  operation: '',
  ...changes,
})

/** Lines of one family, without comments. */
async function lines(metrics: PrometheusMetrics, family: string): Promise<string[]> {
  const page = await metrics.page()
  return page.split('\n').filter((line) => line.startsWith(`${family}{`) || line.startsWith(`${family} `))
}

describe('argocd_app_info', () => {
  it('has one series per application: the present one (requirements: [S001-65])', async () => {
    const metrics = start()
    metrics.app(info())
    metrics.app(info({ name: 'api' }))
    metrics.app(info({ syncStatus: 'OutOfSync', healthStatus: 'Degraded' }))
    expect(await lines(metrics, 'argocd_app_info')).toEqual([
      'argocd_app_info{namespace="argocd",name="api",project="default",autosync_enabled="true",repo="https://git.example.com/team/web.git",dest_server="https://kubernetes.default.svc",dest_namespace="prod",sync_status="Synced",health_status="Healthy",operation=""} 1',
      'argocd_app_info{namespace="argocd",name="web",project="default",autosync_enabled="true",repo="https://git.example.com/team/web.git",dest_server="https://kubernetes.default.svc",dest_namespace="prod",sync_status="OutOfSync",health_status="Degraded",operation=""} 1',
    ])
  })

  it.each([
    ['https://user:PLANTED@git.example.com/a.git', 'repo="https://git.example.com/a.git"'],
    ['https://PLANTED@git.example.com/a.git', 'repo="https://git.example.com/a.git"'],
    ['https://a:PLANTED@b@git.example.com/a.git', 'repo="https://git.example.com/a.git"'],
    ['git@git.example.com:team/a.git', 'repo="git@git.example.com:team/a.git"'],
    [`https://git.example.com/\u001b[31m"\n${'x'.repeat(5_000)}`, '\ufffd[31m\\"\ufffdxxx'],
  ])('shows the repository of case %# without credentials and bounded', async (repo, shown) => {
    const metrics = start()
    metrics.app(info({ repo }))
    const [line = ''] = await lines(metrics, 'argocd_app_info')
    expect(line).toContain(shown)
    expect(line).not.toContain('PLANTED')
    expect(line.length).toBeLessThan(600)
  })
})

it('takes every series of a forgotten application away and keeps the others', async () => {
  const metrics = start()
  for (const name of ['web', 'api']) {
    metrics.app(info({ name }))
    metrics.compared({ namespace: 'argocd', name }, { fields: 3, at: 1_767_225_600_000 })
    metrics.synced({
      namespace: 'argocd',
      name,
      project: 'default',
      destServer: 'https://kubernetes.default.svc',
      phase: 'Succeeded',
      run: 'real',
    })
    metrics.healed({ namespace: 'argocd', name, result: 'done', seconds: 0.004 })
    metrics.healed({ namespace: 'argocd', name, result: 'failed', seconds: 0.1 })
  }
  metrics.forget({ namespace: 'argocd', name: 'web' })
  const page = await metrics.page()
  expect(page).not.toContain('name="web"')
  expect(await lines(metrics, 'holdfast_drift_fields')).toEqual([
    'holdfast_drift_fields{namespace="argocd",name="api"} 3',
  ])
  expect(await lines(metrics, 'holdfast_last_compare_timestamp_seconds')).toEqual([
    'holdfast_last_compare_timestamp_seconds{namespace="argocd",name="api"} 1767225600',
  ])
  expect(await lines(metrics, 'holdfast_heals_total')).toHaveLength(2)
  expect(await lines(metrics, 'argocd_app_sync_total')).toEqual([
    'argocd_app_sync_total{namespace="argocd",name="api",project="default",dest_server="https://kubernetes.default.svc",phase="Succeeded",dry_run="false"} 1',
  ])
  expect(page).toContain('holdfast_heal_seconds_bucket{le="0.005"} 2')
})

it('keeps the number of label sets bounded', async () => {
  const metrics = start({ maxApps: 10 })
  for (let n = 0; n < 100; n += 1) {
    metrics.app(info({ name: `app-${n}` }))
    metrics.healed({ namespace: 'argocd', name: `app-${n}`, result: 'done', seconds: 0.001 })
  }
  for (let code = -5; code < 1_000; code += 5) metrics.apiRequest({ verb: 'get', code })
  expect(await lines(metrics, 'argocd_app_info')).toHaveLength(10)
  expect(await lines(metrics, 'holdfast_heals_total')).toHaveLength(10)
  expect(await lines(metrics, 'holdfast_metrics_untracked_apps')).toEqual(['holdfast_metrics_untracked_apps 10'])
  expect((await lines(metrics, 'holdfast_api_requests_total')).length).toBeLessThanOrEqual(101)
  expect(await lines(metrics, 'holdfast_heal_seconds_count')).toEqual(['holdfast_heal_seconds_count 100'])
})

it('tells of ignore rules, and forgets them with their application (requirements: [S002-241])', async () => {
  const metrics = start()
  const app = { namespace: 'argocd', name: 'web' }
  metrics.ignores(app, { rules: 4, hidden: 2, problems: { unusable: 0, unmatched: 1, overreaching: 0, overdue: 1 } })
  expect(await lines(metrics, 'holdfast_ignore_rules')).toEqual([
    'holdfast_ignore_rules{namespace="argocd",name="web"} 4',
  ])
  expect(await lines(metrics, 'holdfast_ignored_fields')).toHaveLength(1)
  expect(await lines(metrics, 'holdfast_ignore_rule_problems')).toContain(
    'holdfast_ignore_rule_problems{namespace="argocd",name="web",problem="overdue"} 1',
  )
  metrics.forget(app)
  expect(await metrics.page()).not.toMatch(/holdfast_ignore\w*\{/)
})

it('exposes every family under its name, each with help and type', async () => {
  const metrics = start()
  metrics.reconciled({ namespace: 'argocd', destServer: 'https://kubernetes.default.svc', seconds: 0.02 })
  metrics.queueDepth(4)
  metrics.watches({ fresh: 12, listing: 1, stale: 0 })
  metrics.gitFetched('unchanged')
  metrics.rendered('disk')
  metrics.apiRequest({ verb: 'apply', code: 409 })
  metrics.mode('enforce')
  const page = await metrics.page()
  const families = [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`)
  expect(families).toEqual([
    'argocd_app_info gauge',
    'argocd_app_orphaned_resources_count gauge',
    'argocd_app_sync_total counter',
    'argocd_app_reconcile histogram',
    'holdfast_drift_fields gauge',
    'holdfast_last_compare_timestamp_seconds gauge',
    'holdfast_ignore_rules gauge',
    'holdfast_ignored_fields gauge',
    'holdfast_ignore_rule_problems gauge',
    'holdfast_heals_total counter',
    'holdfast_heal_seconds histogram',
    'holdfast_queue_depth gauge',
    'holdfast_watches gauge',
    'holdfast_git_fetch_total counter',
    'holdfast_renders_total counter',
    'holdfast_api_requests_total counter',
    'holdfast_audit_events gauge',
    'holdfast_audit_facts gauge',
    'holdfast_enforcing gauge',
    'holdfast_metrics_untracked_apps gauge',
    'holdfast_build_info gauge',
    'holdfast_event_loop_delay_seconds gauge',
    'process_resident_memory_bytes gauge',
    'process_cpu_seconds_total gauge',
    'process_start_time_seconds gauge',
  ])
  for (const line of [
    'argocd_app_reconcile_bucket{le="0.25",namespace="argocd",dest_server="https://kubernetes.default.svc"} 1',
    'holdfast_queue_depth 4',
    'holdfast_watches{state="fresh"} 12',
    'holdfast_git_fetch_total{result="unchanged"} 1',
    'holdfast_renders_total{from="disk"} 1',
    'holdfast_api_requests_total{verb="apply",code="409"} 1',
    'holdfast_enforcing 1',
    `holdfast_build_info{version="0.1.0",node_version="${process.version}"} 1`,
  ])
    expect(page).toContain(`${line}\n`)
})

it('measures the delay of the event loop, without its own resolution', async () => {
  const metrics = start()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await metrics.page()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const until = performance.now() + 80
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 30))
  const delays = (await lines(metrics, 'holdfast_event_loop_delay_seconds')).map((line) => Number(line.split(' ')[1]))
  expect(delays).toHaveLength(3)
  expect(delays[2]).toBeGreaterThan(0.05)
  expect(delays[2]).toBeLessThan(2)
})
