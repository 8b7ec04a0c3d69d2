// Objects around an application that nobody declares: told where its project asks, as Argo CD does, and in the commands.
// requirements: [S002-228, S002-256, S004-01, S004-06]
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Running } from '../../src/main/run.ts'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'
import { command, type Said } from '../surfaces/cli/command.ts'

const NS = 'around'
const MAPS = `/api/v1/namespaces/${NS}/configmaps`
const PROJECTS = '/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects'

const deployment = (version: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app-${version}}\nspec:\n  replicas: 0\n  selector: {matchLabels: {app: app, version: ${version}}}\n  template:\n    metadata: {labels: {app: app, version: ${version}}}\n    spec: {containers: [{name: app, image: 'registry.example.com/app:${version}'}]}\n`
const FILES = {
  'v2.yaml': deployment('v2'),
  'service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: app}\nspec: {ports: [{port: 80}], selector: {app: app}}\n',
}
const LEAVING = {
  'v1.yaml': deployment('v1'),
  'old.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: old}\nspec: {ports: [{port: 80}], selector: {app: old}}\n',
  'binding.yaml': `apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: old}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: default, namespace: ${NS}}]\n`,
  'policy.yaml':
    'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: old}\nspec: {podSelector: {}}\n',
}

let world: World | undefined
let running: Running
let repository: Repository
let pruning: Repository

const holdfast = (...args: string[]): Promise<Said> => holdfastIn('cli-data', ...args)

/** With a data directory of this name; `data` is the controller's. */
const holdfastIn = (data: string, ...args: string[]): Promise<Said> => {
  const { plane, directory } = world as World
  const env = {
    PATH: process.env['PATH'],
    HOME: directory,
    KUBECONFIG: plane.kubeconfig,
    HOLDFAST_DATA_DIR: join(directory, data),
  }
  return command(args, { cwd: directory, env })
}

const map = (name: string, metadata: object = {}): object => ({ metadata: { name, ...metadata }, data: { a: '1' } })
const conditions = (app: { status?: unknown }): { type: string; message: string }[] =>
  (app.status as { conditions?: { type: string; message: string }[] } | undefined)?.conditions ?? []
const warned = (app: { status?: unknown }): string =>
  conditions(app)
    .filter(({ type }) => type === 'OrphanedResourceWarning')
    .map(({ message }) => message)
    .join('\n')
const isSynced = ({ status }: { status?: unknown }): boolean =>
  (status as { sync?: { status: string } } | undefined)?.sync?.status === 'Synced'

async function makeStrays({ editor }: World): Promise<void> {
  const tracking = 'argocd.argoproj.io/tracking-id'
  await editor.create(`${MAPS}?fieldManager=kubectl-create`, map('stray'))
  await editor.create(MAPS, map('ignored-by-project'))
  await editor.create(MAPS, map('copied', { annotations: { [tracking]: `shop:/ConfigMap:${NS}/original` } }))
  await editor.create(MAPS, map('from-before', { labels: { 'app.kubernetes.io/instance': 'shop' } }))
  const labels = { 'kustomize.toolkit.fluxcd.io/name': 'gone', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }
  await editor.create(MAPS, map('by-flux', { labels }))
  const annotations = { 'meta.helm.sh/release-name': 'web', 'meta.helm.sh/release-namespace': NS }
  await editor.create(MAPS, map('by-helm', { annotations }))
  const release = { owner: 'helm', name: 'web', status: 'deployed', version: '1' }
  await editor.create(`/api/v1/namespaces/${NS}/secrets`, {
    metadata: { name: 'sh.helm.release.v1.web.v1', labels: release },
    type: 'helm.sh/release.v1',
  })
}

beforeAll(async () => {
  world = await makeWorld('orphans')
  if (world === undefined) return
  const { editor, git } = world
  await editor.create('/api/v1/namespaces', { metadata: { name: NS } })
  await editor.create('/api/v1/namespaces', { metadata: { name: 'pruned' } })
  const spec = {
    sourceRepos: ['*'],
    destinations: [{ server: '*', namespace: '*' }],
    clusterResourceWhitelist: [{ group: '*', kind: '*' }],
  }
  const project = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject' }
  const ignore = [{ group: '', kind: 'ConfigMap', name: 'ignored-*' }]
  await editor.create(PROJECTS, {
    ...project,
    metadata: { name: 'asking' },
    spec: { ...spec, orphanedResources: { ignore } },
  })
  await editor.create(PROJECTS, { ...project, metadata: { name: 'silent' }, spec })
  await makeStrays(world)
  repository = await git.createRepository('around')
  await repository.commit({ ...FILES, ...LEAVING }, 'first')
  pruning = await git.createRepository('pruned')
  await pruning.commit({ 'a.yaml': mapFile('kept'), 'b.yaml': mapFile('old') }, 'first')
  running = await world.start()
  const automated = { prune: false, selfHeal: true }
  await editor.create(
    APPS,
    world.application('shop', repository, { namespace: NS, spec: { project: 'asking', syncPolicy: { automated } } }),
  )
  await editor.create(APPS, world.application('pruned', pruning, { spec: { project: 'silent' } }))
  await world.untilApp('shop', isSynced)
  await world.untilApp('pruned', isSynced)
}, 1_200_000)
afterAll(() => world?.close())

function mapFile(name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "1"}\n`
}

const STRAYS = [
  'ConfigMap around/by-flux (marked for Kustomization flux-system/gone, which is not there)',
  'ConfigMap around/copied (carries a mark for Application shop that was made for another object)',
  'ConfigMap around/from-before (marked for Application shop, which neither declares it nor has it in its inventory: a candidate, never pruned unasked)',
  'ConfigMap around/stray (nobody declares it)',
]

describe('what nobody declares', () => {
  it('stands in a condition and a metric where the project asks, those that it ignores left out', async () => {
    if (world === undefined) return
    const app = await world.untilApp('shop', (seen) => warned(seen) !== '')
    expect(warned(app)).toContain(`Application has 4 orphaned resources: ${STRAYS.join(', ')}.`)
    expect(isSynced(app)).toBe(true)
    const page = await (await fetch(`${running.address}/metrics`)).text()
    expect(page).toContain('argocd_app_orphaned_resources_count{namespace="argocd",name="shop",project="asking"} 4')
    expect(page).not.toContain('argocd_app_orphaned_resources_count{namespace="argocd",name="pruned"')
  })

  it('is listed beside what left Git, exactly this, and what coexists is named', async () => {
    if (world === undefined) return
    await repository.commit(Object.fromEntries(Object.keys(LEAVING).map((file) => [file, null])), 'second')
    await world.refresh('shop')
    await world.untilApp('shop', (app) => !isSynced(app))
    await world.editor.until(
      `${APPS}/shop`,
      ({ body }) => body.status.resources.filter((one: object) => 'requiresPruning' in one).length === 4,
    )
    const listed = await holdfast('app', 'resources', 'shop', '--orphaned', '-o', 'json')
    const { orphans, problems } = JSON.parse(listed.out) as {
      orphans: { ref: { kind: string; name: string }; why: string }[]
      problems: object[]
    }
    expect(problems).toEqual([])
    expect(
      orphans
        .filter(({ why }) => why === 'left-git')
        .map(({ ref }) => `${ref.kind} ${ref.name}`)
        .sort(),
    ).toEqual(['Deployment app-v1', 'NetworkPolicy old', 'RoleBinding old', 'Service old'])
    expect(orphans.filter(({ why }) => why !== 'left-git').map(({ ref }) => ref.name)).toEqual(
      expect.arrayContaining(['stray', 'copied', 'from-before', 'by-flux']),
    )
    expect(orphans).toHaveLength(8)
    expect((await holdfast('app', 'resources', 'shop')).out).toMatch(
      /ConfigMap +around +stray +Orphaned +nobody declares it/,
    )
    const diff = await holdfast('diff', 'shop')
    expect(diff.out).toMatch(
      /apps\/Deployment around\/app-v1 {2}extra[^\n]*\n +coexists with apps\/Deployment around\/app-v2 behind Service around\/app\n/,
    )
    expect(diff.out).toContain('4 objects that nobody declares\n')
    expect(diff.exit).toBe(1)
    // Nothing of it was touched.
    for (const name of ['stray', 'copied', 'from-before', 'by-flux', 'by-helm'])
      expect((await world.editor.get(`${MAPS}/${name}`)).status).toBe(200)
  }, 30_000)

  it('is told in diff of any application when asked for', async () => {
    if (world === undefined) return
    await world.editor.create('/api/v1/namespaces/pruned/configmaps', map('stray'))
    expect((await holdfast('diff', 'pruned')).out).not.toContain('stray')
    const asked = await holdfast('diff', 'pruned', '--orphans')
    expect(asked.out).toContain('1 object that nobody declares\n  ? ConfigMap pruned/stray: nobody declares it\n')
    expect(asked.exit).toBe(0)
  })
})

describe('a pruned ConfigMap that somebody makes again', () => {
  const path = '/api/v1/namespaces/pruned/configmaps'

  it('is told with its prune and its new writer, and is still told after a restart', async () => {
    if (world === undefined) return
    const { editor } = world
    await pruning.commit({ 'b.yaml': null }, 'second')
    await world.refresh('pruned')
    await editor.until(`${path}/old`, ({ status }) => status === 404)
    await world.untilApp('pruned', isSynced)
    await editor.create(`${path}?fieldManager=kubectl-create`, map('old'))
    const said =
      /ConfigMap pruned\/old:? was pruned and came back; argocd\/pruned pruned it at [^ ]+ \(revision [0-9a-f]{12}\); written by kubectl-create at /
    expect(warned(await world.untilApp('pruned', (app) => warned(app) !== ''))).toMatch(said)
    await world.stop(running)
    running = await world.start()
    await world.untilApp('pruned', (app) => said.test(warned(app)))
    // The commands know of it where the journal is.
    expect((await holdfastIn('data', 'app', 'resources', 'pruned', '--orphaned')).out).toMatch(
      /ConfigMap +pruned +old +Orphaned +was pruned and came back; argocd\/pruned pruned it at .*; written by kubectl-create at /,
    )
    expect((await holdfastIn('data', 'diff', 'pruned', '--orphans')).out).toMatch(said)
    expect((await holdfast('diff', 'pruned', '--orphans')).out).toContain('ConfigMap pruned/old: nobody declares it')
    await editor.remove(`${path}/old`)
    await world.untilApp('pruned', (app) => warned(app) === '')
    expect(isSynced((await editor.get(`${APPS}/pruned`)).body)).toBe(true)
  }, 60_000)
})
