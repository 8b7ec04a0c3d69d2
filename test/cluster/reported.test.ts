// An edit that nobody asked about, where nothing is healed: told within seconds, and the same by whichever way it came.
// requirements: [S000-01, S000-04, S002-63]
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DriftReport } from '../../src/core/record/index.ts'
import { APPS, makeWorld, type World } from '../kit/world.ts'
import { command } from '../surfaces/cli/command.ts'

const NS = 'prod-namespace'
const at = (name: string): string => `/apis/apps/v1/namespaces/${NS}/deployments/${name}`
const deployment = (name: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  replicas: 3\n  selector: {matchLabels: {app: ${name}}}\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {securityContext: {runAsNonRoot: true}, containers: [{name: app, image: 'registry.example.com/app:v1', resources: {limits: {memory: 512Mi}}}]}\n`
const HPA =
  'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: checkout}\nspec:\n  minReplicas: 2\n  maxReplicas: 10\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: checkout}\n  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]\n'

let world: World | undefined

beforeAll(async () => {
  world = await makeWorld('reported')
  if (world === undefined) return
  const repository = await world.git.createRepository('shop')
  const files = { 'api.yaml': deployment('api-service'), 'checkout.yaml': deployment('checkout'), 'hpa.yaml': HPA }
  await repository.commit(files, 'first')
  await world.start()
  const syncPolicy = { automated: { prune: false, selfHeal: false }, syncOptions: ['CreateNamespace=true'] }
  await world.editor.create(APPS, world.application('shop', repository, { namespace: NS, spec: { syncPolicy } }))
  await world.untilApp('shop', (app) => rows(app).length === 4 && rows(app).every(({ status }) => status === 'Synced'))
}, 1_200_000)
afterAll(() => world?.close())

const rows = ({ status }: { status?: Record<string, unknown> }): { kind: string; name: string; status: string }[] =>
  (status?.['resources'] ?? []) as { kind: string; name: string; status: string }[]

async function until(name: string, status: string): Promise<void> {
  await world?.untilApp(
    'shop',
    (app) => rows(app).find((row) => row.kind === 'Deployment' && row.name === name)?.status === status,
    10_000,
  )
}

async function told(): Promise<DriftReport['objects'][number]['fields']> {
  const { plane, directory } = world as World
  const env = { PATH: process.env['PATH'], HOME: directory, KUBECONFIG: plane.kubeconfig }
  const said = await command(['diff', 'shop', '-o', 'json'], { cwd: directory, env })
  return (JSON.parse(said.out) as DriftReport).objects.flatMap(({ fields }) => fields)
}

describe('an edit outside Git', () => {
  it('of the number of replicas is one record, by scale and by patch, and the evidence says which', async () => {
    if (world === undefined) return
    const { editor } = world
    const evidence: string[] = []
    const records: unknown[] = []
    for (const [path, manager] of [
      [`${at('api-service')}/scale`, 'kubectl'],
      [at('api-service'), 'kubectl-patch'],
    ] as const) {
      await editor.patch('merge', path, { spec: { replicas: 5 } }, manager)
      await until('api-service', 'OutOfSync')
      const fields = await told()
      const { pointer, desired, live, fingerprint, cause } = fields[0] as (typeof fields)[number]
      records.push({ count: fields.length, pointer, desired, live, fingerprint })
      evidence.push(...cause.evidence.map(({ detail }) => detail))
      await editor.patch('merge', `${at('api-service')}/scale`, { spec: { replicas: 3 } }, 'kubectl')
      await until('api-service', 'Synced')
    }
    expect(records[0]).toMatchObject({ count: 1, pointer: '/spec/replicas', desired: 3, live: 5 })
    expect(records[1]).toEqual(records[0])
    expect(evidence).toEqual(['owned by kubectl|Update (scale)', 'owned by kubectl-patch|Update'])
  }, 60_000)

  it('of an autoscaled workload is told but for the number of replicas', async () => {
    if (world === undefined) return
    const { editor } = world
    await editor.patch('merge', `${at('checkout')}/scale`, { spec: { replicas: 6 } }, 'kubectl')
    const container = { name: 'app', image: 'registry.example.com/app:v2', resources: { limits: { memory: '2Gi' } } }
    const spec = { securityContext: { runAsNonRoot: false }, containers: [container] }
    await editor.patch('strategic', at('checkout'), { spec: { template: { spec } } }, 'kubectl-edit')
    await until('checkout', 'OutOfSync')
    expect((await told()).map(({ path, concern }) => `${path} ${concern}`)).toEqual([
      '.spec.template.spec.containers[name="app"].image image',
      '.spec.template.spec.containers[name="app"].resources.limits.memory capacity',
      '.spec.template.spec.securityContext.runAsNonRoot security',
    ])
  }, 30_000)
})
