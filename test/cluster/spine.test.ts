// The whole loop on a real API server and real Git: first sync, take-over, commits, prune, bad input, restarts.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { readObjects } from '../../src/core/yaml/index.ts'
import type { Running } from '../../src/main/run.ts'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'

interface Status {
  readonly sync?: { readonly status: string; readonly revision: string }
  readonly conditions?: readonly { readonly type: string; readonly message: string }[]
  readonly operationState?: { readonly phase: string; readonly message: string }
  readonly resources?: readonly { readonly kind: string; readonly name: string; readonly status: string }[]
}
const statusOf = (app: unknown): Status => ((app as { status?: Status }).status ?? {}) as Status
const isSynced = (app: unknown): boolean => statusOf(app).sync?.status === 'Synced'
const says = (code: string, text: string) => (app: unknown) =>
  (statusOf(app).conditions ?? []).some(({ message }) => message.startsWith(code) && message.includes(text))

const configMap = (name: string, value = '1'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "${value}"}\n`

let world: World | undefined
let running: Running
let repository: Repository

async function plural(editor: World['editor'], object: KubeObject): Promise<string> {
  const base = object.apiVersion === 'v1' ? '/api/v1' : `/apis/${object.apiVersion}`
  const served = ({ body }: { body: { resources?: { kind: string; name: string }[] } }): boolean =>
    body.resources?.some(({ kind }) => kind === object.kind) === true
  const { body } = await editor.until(base, served)
  const found = body.resources.find(
    (resource: { kind: string; name: string }) => resource.kind === object.kind && !resource.name.includes('/'),
  )
  const namespace = found.namespaced ? `/namespaces/${object.metadata.namespace}` : ''
  return `${base}${namespace}/${found.name}`
}

async function bring(name: string, options: Parameters<World['application']>[2] = {}): Promise<void> {
  const { editor } = world as World
  const created = await editor.create(APPS, (world as World).application(name, repository, { path: name, ...options }))
  expect(created.status, JSON.stringify(created.body)).toBe(201)
}

beforeAll(async () => {
  world = await makeWorld('the spine')
  if (world === undefined) return
  repository = await world.git.createRepository('spine')
  await repository.commit({ 'README.md': 'spine\n' }, 'begin')
  running = await world.start()
}, 1_200_000)
afterAll(() => world?.close())

const kindsOf = async (namespace: string): Promise<string> =>
  (await readFile(new URL('../cases/kinds/all.yaml', import.meta.url), 'utf8'))
    .replaceAll('namespace: shop', `namespace: ${namespace}`)
    .replaceAll('name: shop}', `name: ${namespace}}`)
    .replaceAll('shop-', `${namespace}-`)
    .replaceAll('shop.example.com', `${namespace}.example.com`)

describe('every kind', () => {
  it('is in sync after a first sync', async () => {
    if (world === undefined) return
    await repository.commit({ 'fresh/all.yaml': await kindsOf('fresh') }, 'kinds')
    await bring('fresh')
    const app = await world.untilApp('fresh', isSynced, 30_000)
    expect(statusOf(app).resources?.length).toBe(25)
    expect(statusOf(app).conditions ?? []).toEqual([])
  })

  it('is taken over from kubectl apply without a change of generation', async () => {
    if (world === undefined) return
    const { editor } = world
    const text = await kindsOf('taken')
    const { objects } = readObjects(text, { file: 'all.yaml' })
    const before = new Map<string, KubeObject>()
    for (const { object } of objects) {
      const applied = {
        ...object,
        metadata: {
          ...object.metadata,
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object) },
        },
      }
      await editor.send('POST', `${await plural(editor, object)}?fieldManager=kubectl-client-side-apply`, {
        body: applied,
      })
    }
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    for (const { object } of objects) {
      const path = `${await plural(editor, object)}/${object.metadata.name}`
      before.set(path, (await editor.get(path)).body)
    }
    await repository.commit({ 'taken/all.yaml': text }, 'taken over')
    await bring('taken')
    await world.untilApp('taken', isSynced, 30_000)
    for (const [path, object] of before) {
      const now = (await editor.get(path)).body
      expect([path, now.metadata.generation, now.metadata.uid]).toEqual([
        path,
        object.metadata.generation,
        object.metadata.uid,
      ])
      expect([path, JSON.stringify(now.spec)]).toEqual([path, JSON.stringify(object['spec'])])
    }
  }, 60_000)
})

// requirements: [S001-02]
describe('taking over', () => {
  it('leaves additions that were there before to a person, and heals later ones', async () => {
    if (world === undefined) return
    const { editor } = world
    const path = '/api/v1/namespaces/before/configmaps'
    await editor.create('/api/v1/namespaces', { metadata: { name: 'before' } })
    const live = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'old' }, data: { a: '1', extra: 'kept' } }
    await editor.send('POST', `${path}?fieldManager=someone`, { body: live })
    await repository.commit({ 'before/a.yaml': configMap('old') }, 'before')
    await bring('before')
    await editor.until(`${path}/old`, ({ body }) => body.metadata.annotations !== undefined)
    await editor.patch('merge', `${path}/old`, { data: { later: 'x' } })
    const healed = await editor.until(`${path}/old`, ({ body }) => body.data.later === undefined)
    expect(healed.body.data).toEqual({ a: '1', extra: 'kept' })
    const app = await world.untilApp('before', (seen) => statusOf(seen).sync?.status === 'OutOfSync')
    expect(
      statusOf(app)
        .resources?.filter(({ status }) => status === 'OutOfSync')
        .map(({ name }) => name),
    ).toEqual(['old'])
    await world.stop(running)
    running = await world.start()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect((await editor.get(`${path}/old`)).body.data).toEqual({ a: '1', extra: 'kept' })
    await editor.patch('merge', `${APPS}/before`, { operation: { initiatedBy: { username: 'jane' }, sync: {} } })
    await editor.until(`${path}/old`, ({ body }) => body.data.extra === undefined)
  })
})

describe('a commit', () => {
  it('is brought in, drops a field that was healed before, and prunes what left', async () => {
    if (world === undefined) return
    const { editor } = world
    const path = '/api/v1/namespaces/commits/configmaps'
    await repository.commit(
      { 'commits/a.yaml': `${configMap('keep').replace('{a:', '{b: "2", a:')}`, 'commits/b.yaml': configMap('leave') },
      'two',
    )
    await bring('commits')
    await world.untilApp('commits', isSynced)
    await editor.patch('merge', `${path}/keep`, { data: { b: 'edited' } })
    await editor.until(`${path}/keep`, ({ body }) => body.data.b === '2')
    await repository.commit({ 'commits/a.yaml': configMap('keep'), 'commits/b.yaml': null }, 'one and a field less')
    await world.refresh('commits')
    await editor.until(`${path}/leave`, ({ status }) => status === 404)
    const kept = await editor.until(`${path}/keep`, ({ body }) => body.data.b === undefined)
    expect(kept.body.data).toEqual({ a: '1' })
    const head = await repository.head()
    await world.untilApp('commits', (app) => isSynced(app) && statusOf(app).sync?.revision === head)
  })

  it('that renders nothing prunes nothing', async () => {
    if (world === undefined) return
    await repository.commit({ 'commits/a.yaml': '# nothing\n' }, 'empty')
    await world.refresh('commits')
    await world.untilApp('commits', says('HF3003', 'renders no object'))
    expect((await world.editor.get('/api/v1/namespaces/commits/configmaps/keep')).status).toBe(200)
  })
})

interface Bad {
  readonly name: string
  readonly files: Record<string, string>
  readonly code: string
  readonly text: string
  /** Objects that arrive all the same. */
  readonly good?: readonly string[]
  /** Objects that wait for the others: the render failed as a whole. */
  readonly held?: readonly string[]
  readonly spec?: object
}
const BAD: readonly Bad[] = [
  {
    name: 'unparsable',
    files: { 'a.yaml': 'a: [1,\nkind: x: y\n', 'good.yaml': configMap('good') },
    code: 'HF1003',
    text: 'unparsable/a.yaml',
    held: ['good'],
  },
  {
    name: 'duplicate-key',
    files: { 'a.yaml': `${configMap('dup')}data: {b: "1"}\n`, 'good.yaml': configMap('good') },
    code: 'HF1007',
    text: 'duplicate-key/a.yaml',
    held: ['good'],
  },
  {
    name: 'bomb',
    files: {
      'a.yaml': `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghij'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index]}`).join(',')}]\n`).join('')}`,
      'good.yaml': configMap('good'),
    },
    code: 'HF1008',
    text: 'bomb/a.yaml',
    held: ['good'],
  },
  { name: 'missing-path', files: {}, code: 'HF1004', text: 'missing-path' },
  {
    name: 'unknown-kind',
    files: {
      'a.yaml': 'apiVersion: nobody.example.com/v1\nkind: Widget\nmetadata: {name: w}\n',
      'good.yaml': configMap('good'),
    },
    code: 'HF3002',
    text: 'Widget',
    good: ['good'],
  },
  {
    name: 'invalid-object',
    files: {
      'a.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 99999999}]}\n',
      'good.yaml': configMap('good'),
    },
    code: 'HF4005',
    text: 'Service',
    good: ['good'],
  },
  {
    name: 'unknown-field',
    files: {
      'a.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {portz: [], ports: [{port: 80}]}\n',
      'good.yaml': configMap('good'),
    },
    code: 'HF4005',
    text: 'portz',
    good: ['good'],
  },
  {
    name: 'too-large',
    files: {
      'a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata: {a: "${'x'.repeat(1_700_000)}"}\n`,
      'good.yaml': configMap('good'),
    },
    code: 'HF40',
    text: 'big',
    good: ['good'],
  },
  {
    name: 'denied',
    files: { 'a.yaml': configMap('denied-by-policy'), 'good.yaml': configMap('good') },
    code: 'HF4003',
    text: 'denied-by-policy',
    good: ['good'],
  },
  {
    name: 'missing-revision',
    files: { 'a.yaml': configMap('good') },
    code: 'HF1002',
    text: 'no-such-branch',
    spec: { source: { repoURL: '', targetRevision: 'no-such-branch', path: 'missing-revision' } },
  },
  {
    name: 'unreachable',
    files: {},
    code: 'HF1001',
    text: '127.0.0.1:9',
    spec: { source: { repoURL: 'http://127.0.0.1:9/none.git', targetRevision: 'HEAD', path: '.' } },
  },
  {
    name: 'helm-values',
    files: { 'a.yaml': configMap('good') },
    code: 'HF1004',
    text: 'Chart.yaml',
    spec: { source: { repoURL: '', path: 'helm-values', helm: { values: 'a: 1' } } },
  },
  {
    name: 'no-namespace',
    files: { 'a.yaml': configMap('waits') },
    code: 'HF4004',
    text: 'waits',
    spec: { syncPolicy: { automated: { prune: true, selfHeal: true } } },
  },
]

describe('bad input is told by name and loses nothing', () => {
  beforeAll(async () => {
    if (world === undefined) return
    const policies = '/apis/admissionregistration.k8s.io/v1'
    await world.editor.create(`${policies}/validatingadmissionpolicies`, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'names' },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
          ],
        },
        validations: [{ expression: "object.metadata.name != 'denied-by-policy'", message: 'this name is denied' }],
      },
    })
    await world.editor.create(`${policies}/validatingadmissionpolicybindings`, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'names' },
      spec: { policyName: 'names', validationActions: ['Deny'] },
    })
    const files = BAD.flatMap(({ name, files }) =>
      Object.entries(files).map(([file, text]) => [`${name}/${file}`, text] as const),
    )
    await repository.commit(Object.fromEntries(files), 'bad input')
    // A policy is in effect about a second after it was made.
    await new Promise((resolve) => setTimeout(resolve, 2_000))
  }, 60_000)

  it.each(BAD)('$name', async ({ name, code, text, good, held, spec }) => {
    if (world === undefined) return
    const source = (spec as { source?: { repoURL?: string } } | undefined)?.source
    const whole = source?.repoURL === '' ? { ...spec, source: { ...source, repoURL: repository.url } } : spec
    await bring(name, whole === undefined ? {} : { spec: whole })
    await world.untilApp(name, says(code, text), 30_000)
    for (const one of good ?? [])
      await world.editor.until(`/api/v1/namespaces/${name}/configmaps/${one}`, ({ status }) => status === 200)
    for (const one of held ?? [])
      expect((await world.editor.get(`/api/v1/namespaces/${name}/configmaps/${one}`)).status).toBe(404)
  })

  it('a namespace that appears is used at once', async () => {
    if (world === undefined) return
    await world.editor.create('/api/v1/namespaces', { metadata: { name: 'no-namespace' } })
    await world.editor.until('/api/v1/namespaces/no-namespace/configmaps/waits', ({ status }) => status === 200)
  })

  it('two applications that declare one object: one owns it, the other holds', async () => {
    if (world === undefined) return
    await repository.commit(
      { 'first/a.yaml': configMap('shared', 'first'), 'second/a.yaml': configMap('shared', 'second') },
      'shared',
    )
    await bring('first', { namespace: 'shared' })
    await world.untilApp('first', isSynced)
    await bring('second', { namespace: 'shared' })
    await world.untilApp('second', says('HF3005', 'argocd/first'))
    expect((await world.editor.get('/api/v1/namespaces/shared/configmaps/shared')).body.data).toEqual({ a: 'first' })
  })

  it('the last good revision stays in force while the host is away', async () => {
    if (world === undefined) return
    const { editor } = world
    await world.git.takeDown()
    await world.refresh('first')
    await world.untilApp('first', says('HF1001', 'stays in force'))
    await editor.patch('merge', '/api/v1/namespaces/shared/configmaps/shared', { data: { a: 'edited' } })
    await editor.until('/api/v1/namespaces/shared/configmaps/shared', ({ body }) => body.data.a === 'first')
    await world.git.bringUp()
    await world.refresh('first')
    await world.untilApp('first', (app) => !says('HF1001', '')(app))
  })
})

describe('permissions', () => {
  it('observes unless told otherwise, and runs a requested sync only under enforcement', async () => {
    if (world === undefined) return
    const { editor } = world
    await repository.commit({ 'manual/a.yaml': configMap('manual') }, 'manual')
    await bring('manual', { spec: { syncPolicy: { syncOptions: ['CreateNamespace=true'] } } })
    await world.untilApp('manual', (app) => statusOf(app).sync?.status === 'OutOfSync')
    expect((await editor.get('/api/v1/namespaces/manual')).status).toBe(404)
    await editor.patch('merge', `${APPS}/manual`, { operation: { initiatedBy: { username: 'jane' }, sync: {} } })
    await world.untilApp('manual', (app) => isSynced(app) && statusOf(app).operationState?.phase === 'Succeeded')
    await editor.patch('merge', '/api/v1/namespaces/manual/configmaps/manual', { data: { a: 'edited' } })
    await world.untilApp('manual', (app) => statusOf(app).sync?.status === 'OutOfSync')
    expect((await editor.get('/api/v1/namespaces/manual/configmaps/manual')).body.data.a).toBe('edited')
  })

  it('leaves an application alone that another controller reports on', async () => {
    if (world === undefined) return
    const { editor } = world
    await repository.commit({ 'foreign/a.yaml': configMap('foreign') }, 'foreign')
    const application = {
      ...world.application('foreign', repository, { path: 'foreign' }),
      status: { sync: { status: 'Synced' } },
    }
    await editor.send('POST', `${APPS}?fieldManager=argocd-application-controller`, { body: application })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect((await editor.get('/api/v1/namespaces/foreign')).status).toBe(404)
    expect(statusOf((await editor.get(`${APPS}/foreign`)).body)).toEqual({ sync: { status: 'Synced' } })
  })
})

describe('a restart', () => {
  it('finds what happened meanwhile and heals it, without Git being asked to change', async () => {
    if (world === undefined) return
    const { editor } = world
    await world.stop(running)
    await editor.patch('merge', '/api/v1/namespaces/shared/configmaps/shared', {
      metadata: { managedFields: [{}] },
      data: { planted: '1' },
    })
    await editor.remove('/api/v1/namespaces/denied/configmaps/good')
    running = await world.start()
    await editor.until('/api/v1/namespaces/shared/configmaps/shared', ({ body }) => body.data.planted === undefined)
    await editor.until('/api/v1/namespaces/denied/configmaps/good', ({ status }) => status === 200)
  })
})
