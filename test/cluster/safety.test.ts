// What must never happen to somebody's cluster, each seen to happen once before it was mended.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'

const configMap = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "1"}\n`
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const isSynced = (app: unknown): boolean =>
  (app as { status?: { sync?: { status: string } } }).status?.sync?.status === 'Synced'
const says = (text: string) => (app: unknown) =>
  ((app as { status?: { conditions?: { message: string }[] } }).status?.conditions ?? []).some(({ message }) =>
    message.includes(text),
  )

let world: World | undefined
let repository: Repository
beforeAll(async () => {
  world = await makeWorld('safety')
  if (world === undefined) return
  repository = await world.git.createRepository('safety')
  await repository.commit({ 'README.md': 'safety\n' }, 'begin')
  await world.start()
}, 1_200_000)
afterAll(() => world?.close())

async function bring(name: string, files: Record<string, string>, spec: object = {}): Promise<void> {
  const { editor } = world as World
  await repository.commit(
    Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])),
    name,
  )
  const created = await editor.create(APPS, (world as World).application(name, repository, { path: name, spec }))
  expect(created.status, JSON.stringify(created.body)).toBe(201)
}

describe('safety', () => {
  it('an Argo CD hook that stays in the cluster is not pruned', async () => {
    if (world === undefined) return
    const { editor } = world
    await editor.create('/api/v1/namespaces', { metadata: { name: 'hooks' } })
    const annotations = {
      'argocd.argoproj.io/hook': 'PreSync',
      'argocd.argoproj.io/tracking-id': 'hooks:/ConfigMap:hooks/before',
    }
    await editor.create('/api/v1/namespaces/hooks/configmaps', { metadata: { name: 'before', annotations } })
    await bring('hooks', { 'a.yaml': configMap('a') })
    await editor.until('/api/v1/namespaces/hooks/configmaps/a', ({ status }) => status === 200)
    await world.refresh('hooks')
    await after(1_500)
    expect((await editor.get('/api/v1/namespaces/hooks/configmaps/before')).status).toBe(200)
  })

  it('deleting an Application stops the sync that runs', async () => {
    if (world === undefined) return
    const { editor } = world
    const many = Array.from({ length: 400 }, (_, index) => configMap(`c-${index}`)).join('---\n')
    await bring('stopped', { 'all.yaml': many })
    const path = '/api/v1/namespaces/stopped/configmaps?limit=500'
    await editor.until(path, ({ body }) => (body.items?.length ?? 0) > 5)
    await editor.remove(`${APPS}/stopped`)
    await after(500)
    const then = (await editor.get(path)).body.items.length
    await after(1_500)
    expect((await editor.get(path)).body.items.length).toBe(then)
  })

  it('an ignored item of an atomic list survives the heal of another field', async () => {
    if (world === undefined) return
    const { editor } = world
    const role = '/apis/rbac.authorization.k8s.io/v1/namespaces/ignored/roles/r'
    const manifest =
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, labels: {a: b}}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]\n'
    await bring(
      'ignored',
      { 'a.yaml': manifest },
      { ignoreDifferences: [{ group: 'rbac.authorization.k8s.io', kind: 'Role', jsonPointers: ['/rules/1'] }] },
    )
    await world.untilApp('ignored', isSynced)
    await editor.patch('json', role, [
      { op: 'add', path: '/rules/-', value: { apiGroups: [''], resources: ['services'], verbs: ['get'] } },
    ])
    await editor.patch('merge', role, { metadata: { labels: { a: 'edited' } } })
    const healed = await editor.until(role, ({ body }) => body.metadata.labels.a === 'b')
    expect(healed.body.rules.length).toBe(2)
  })

  it('an object marked for an application of elsewhere is held, not taken', async () => {
    if (world === undefined) return
    const { editor } = world
    await editor.create('/api/v1/namespaces', { metadata: { name: 'theirs' } })
    const annotations = { 'argocd.argoproj.io/tracking-id': 'elsewhere:/ConfigMap:theirs/a' }
    await editor.create('/api/v1/namespaces/theirs/configmaps', {
      metadata: { name: 'a', annotations },
      data: { a: 'theirs' },
    })
    await bring('theirs', { 'a.yaml': configMap('a') })
    await world.untilApp('theirs', says('elsewhere'))
    expect((await editor.get('/api/v1/namespaces/theirs/configmaps/a')).body.data.a).toBe('theirs')
  })

  it('deleting the last AppProject lifts nothing that it forbade', async () => {
    if (world === undefined) return
    const { editor } = world
    const projects = '/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects'
    const spec = { sourceRepos: ['*'], destinations: [{ server: '*', namespace: 'elsewhere' }] }
    await editor.create(projects, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'tight' },
      spec,
    })
    await bring('tight', { 'a.yaml': configMap('a') }, { project: 'tight' })
    await world.untilApp('tight', says('HF2003'))
    await editor.remove(`${projects}/tight`)
    await world.untilApp('tight', says('HF2006'))
    expect((await editor.get('/api/v1/namespaces/tight')).status).toBe(404)
  })

  it('no word of a Secret reaches a condition', async () => {
    if (world === undefined) return
    await bring('secrets', {
      'kustomization.yaml': 'secretGenerator: [{name: s, literals: ["p=PLANTED-1", "PLANTED-2"]}]\n',
    })
    await bring('alias', {
      'a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: *PLANTED-3}\n',
    })
    for (const name of ['secrets', 'alias']) {
      const app = await world.untilApp(name, says('HF10'))
      expect(JSON.stringify(app)).not.toContain('PLANTED')
    }
  })

  it('lowering an autoscaler’s bounds takes no capacity away', async () => {
    if (world === undefined) return
    const { editor } = world
    const path = '/apis/apps/v1/namespaces/scaled/deployments/web'
    const pods =
      'selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "x:1"}]}}'
    const scaler = (min: number, max: number): object => ({ spec: { minReplicas: min, maxReplicas: max } })
    await bring('scaled', {
      'a.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1, ${pods}}\n`,
    })
    await world.untilApp('scaled', isSynced)
    const hpas = '/apis/autoscaling/v2/namespaces/scaled/horizontalpodautoscalers'
    const target = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } }
    await editor.create(hpas, { metadata: { name: 'web' }, spec: { ...target, minReplicas: 6, maxReplicas: 10 } })
    await editor.until(path, ({ body }) => body.spec.replicas === 6, { ms: 40_000 })
    let lowest = 6
    await editor.patch('merge', `${hpas}/web`, scaler(2, 3))
    await editor.patch('merge', path, { metadata: { labels: { edited: 'x' } } })
    await editor.until(path, ({ body }) => {
      lowest = Math.min(lowest, body.spec.replicas)
      return body.metadata.labels?.edited === undefined
    })
    expect(lowest).toBeGreaterThanOrEqual(2)
  }, 60_000)
})
