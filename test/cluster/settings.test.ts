// What the installation says is not guessed: unreadable settings are no defaults, a mistake in them is nobody's other tool.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'

const configMap = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "1"}\n`
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
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
  world = await makeWorld('settings', { users: [{ name: 'blind', groups: [] }] })
  if (world === undefined) return
  repository = await world.git.createRepository('settings')
}, 1_200_000)
afterAll(() => world?.close())

/** Everything but ConfigMaps and Secrets, and those too in the namespace of the application. */
async function blind(world: World, namespace: string): Promise<void> {
  const { editor } = world
  const user = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'blind' }]
  const ref = (name: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name })
  const groups = (await editor.get('/apis')).body.groups.map(({ name }: { name: string }) => name)
  const rules = [
    { apiGroups: groups, resources: ['*'], verbs: ['*'] },
    { apiGroups: [''], resources: ['namespaces', 'events', 'services', 'pods'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['get'] },
  ]
  await editor.create(`${RBAC}/clusterroles`, { metadata: { name: 'blind' }, rules })
  await editor.create(`${RBAC}/clusterrolebindings`, {
    ...{ metadata: { name: 'blind' }, subjects: user, roleRef: ref('blind') },
  })
  await editor.create('/api/v1/namespaces', { metadata: { name: namespace } })
  // What is watched is watched everywhere.
  await editor.create(`${RBAC}/clusterroles`, {
    ...{
      metadata: { name: 'watcher' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }],
    },
  })
  await editor.create(`${RBAC}/clusterrolebindings`, {
    ...{ metadata: { name: 'watcher' }, subjects: user, roleRef: ref('watcher') },
  })
  await editor.create(`${RBAC}/namespaces/${namespace}/rolebindings`, {
    ...{ metadata: { name: 'blind' }, subjects: user, roleRef: ref('cluster-admin') },
  })
}

describe('settings', () => {
  it('that may not be read are unknown: nothing is rendered, written or pruned, and the condition says so', async () => {
    if (world === undefined) return
    const { editor, plane } = world
    await repository.commit({ 'seen/a.yaml': configMap('a') }, 'begin')
    await blind(world, 'seen')
    const annotations = { 'argocd.argoproj.io/tracking-id': 'seen:/ConfigMap:seen/left' }
    await editor.create('/api/v1/namespaces/seen/configmaps', { metadata: { name: 'left', annotations } })
    await editor.create('/api/v1/namespaces/argocd/configmaps', {
      metadata: { name: 'argocd-cm' },
      data: { 'application.instanceLabelKey': 'team.example/instance', 'application.resourceTrackingMethod': 'label' },
    })
    await editor.create(APPS, world.application('seen', repository, { path: 'seen' }))
    const running = await world.start({ kubeconfig: plane.kubeconfigs['blind'] ?? '' })
    const told = await world.untilApp('seen', says('The settings of this installation are not known'))
    expect(JSON.stringify(told.status)).toContain('HF4010')
    await after(2_500)
    expect((await editor.get('/api/v1/namespaces/seen/configmaps/a')).status).toBe(404)
    expect((await editor.get('/api/v1/namespaces/seen/configmaps/left')).status).toBe(200)
    await editor.create(`${RBAC}/namespaces/argocd/rolebindings`, {
      metadata: { name: 'blind' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'blind' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    })
    await world.untilApp('seen', isSynced)
    const { body } = await editor.get('/api/v1/namespaces/seen/configmaps/a')
    expect(body.metadata.labels).toEqual({ 'team.example/instance': 'seen' })
    // Marked by annotation only, which is no mark here.
    expect((await editor.get('/api/v1/namespaces/seen/configmaps/left')).status).toBe(200)
    await world.stop(running)
    await editor.remove('/api/v1/namespaces/argocd/configmaps/argocd-cm')
  }, 60_000)

  it('a typo in a plugin changes no tool and prunes nothing', async () => {
    if (world === undefined) return
    const { editor } = world
    const plugin = (text: string): object => ({ metadata: { name: 'holdfast-plugins' }, data: { made: text } })
    const good = `command: [/bin/cat, main.x]\ndiscover: ["*.x"]\n`
    await editor.create('/api/v1/namespaces/argocd/configmaps', plugin(good))
    await repository.commit({ 'made/main.x': configMap('made'), 'made/plain.yaml': configMap('plain') }, 'made')
    await world.start()
    await editor.create(APPS, world.application('made', repository, { path: 'made' }))
    await world.untilApp('made', isSynced)
    const path = '/api/v1/namespaces/argocd/configmaps/holdfast-plugins'
    await editor.patch('merge', path, plugin(good.replace('discover', 'discovr')))
    await world.untilApp('made', says('made.discovr is not a known field'))
    await after(1_500)
    expect((await editor.get('/api/v1/namespaces/made/configmaps/made')).status).toBe(200)
    expect((await editor.get('/api/v1/namespaces/made/configmaps/plain')).status).toBe(404)
    // The last good state stays in force.
    await editor.patch('merge', '/api/v1/namespaces/made/configmaps/made', { data: { a: 'edited' } })
    await editor.until('/api/v1/namespaces/made/configmaps/made', ({ body }) => body.data.a === '1')
    await editor.patch('merge', path, plugin(good))
    await world.untilApp('made', (app) => isSynced(app) && !says('discovr')(app))
  }, 60_000)

  it('a document that lost its kind prunes nothing', async () => {
    if (world === undefined) return
    const { editor } = world
    await repository.commit({ 'lost/a.yaml': `${configMap('a')}---\n${configMap('b')}` }, 'lost')
    await editor.create(APPS, world.application('lost', repository, { path: 'lost' }))
    await world.untilApp('lost', isSynced)
    await repository.commit({ 'lost/a.yaml': `${configMap('a')}---\nmetadata: {name: b}\ndata: {a: "1"}\n` }, 'typo')
    await world.refresh('lost')
    await world.untilApp('lost', says('HF1012'))
    await after(1_000)
    expect((await editor.get('/api/v1/namespaces/lost/configmaps/b')).status).toBe(200)
  }, 60_000)
})
