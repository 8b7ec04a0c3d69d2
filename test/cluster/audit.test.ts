// Who did it, by the audit log of a real API server: by its webhook and by its file, observing and enforcing.
import { createServer } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor, Cause } from '../../src/core/classify/index.ts'
import type { Running } from '../../src/main/run.ts'
import { Editor } from '../kit/editor.ts'
import { createLoopbackTls } from '../../tools/tls.mjs'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'

const TLS = createLoopbackTls()
const TOKEN = 'a-token-of-the-test'
const POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
    { level: 'None', verbs: ['get', 'list', 'watch'] },
    { level: 'Metadata', resources: [{ group: '', resources: ['secrets'] }] },
    { level: 'RequestResponse' },
  ],
}

const deployment = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, labels: {app: ${name}, team: shop}}
spec:
  replicas: 1
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: web, image: "web:1"}]}
`
const configMap = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {set: many}}\ndata: {a: "1"}\n`

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

let world: World | undefined
let repository: Repository
let running: Running
let port: number
const editors: Editor[] = []

const inWorld = (file: string): string => join((world as World).directory, file)

interface OperationStatus {
  readonly sync?: { readonly status: string }
  readonly operationState?: {
    readonly startedAt: string
    readonly phase: string
    readonly operation?: { readonly initiatedBy?: { readonly username?: string } }
  }
}

/** The sync that was asked for is over: it would undo the edits that follow. One that nobody asked for may be of the same second. */
function isBroughtIn(app: unknown, begun: number): boolean {
  const { operation, status } = app as { operation?: object; status?: OperationStatus }
  const { startedAt = '', phase, operation: served } = status?.operationState ?? {}
  const isAsked = served?.initiatedBy?.username === 'test' && Date.parse(startedAt) >= begun
  return operation === undefined && isAsked && phase === 'Succeeded' && status?.sync?.status === 'Synced'
}

/** Someone else at the same server. */
function as(token: string): Editor {
  const { url, ca } = (world as World).plane
  const editor = new Editor({ url, ca, token })
  editors.push(editor)
  return editor
}
const user = (name: string): Editor => as((world as World).plane.users[name]?.token ?? '')

function causes(app: string, object: string): ReadonlyMap<string, Cause> {
  const state = running.loop.apps.all().find(({ key }) => key === `argocd/${app}`)
  const tracked = [...(state?.objects ?? [])].find(([key]) => key.endsWith(`/${object}`))?.[1]
  const { fields = [], whole = null } = tracked?.evaluation ?? {}
  const all = new Map(fields.map(({ field, cause }) => [field.at, cause]))
  if (whole !== null) all.set('object', whole.cause)
  return all
}

async function actor(app: string, object: string, path: string): Promise<Actor & { confidence: string }> {
  const end = Date.now() + 15_000
  for (;;) {
    const cause = causes(app, object).get(path)
    if (cause !== undefined && cause.actor.user !== null) return { ...cause.actor, confidence: cause.confidence }
    if (Date.now() > end) throw new Error(`${object} ${path}: ${JSON.stringify([...causes(app, object)])}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A whole object put back without its bookkeeping. The Deployment's controller may write its status in between. */
async function wipe(editor: Editor, at: string): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    const { body } = await editor.get(at)
    body.metadata.managedFields = [{}]
    body.spec.template.spec.containers[0].image = 'web:2'
    const { status } = await editor.send('PUT', `${at}?fieldManager=x`, { body })
    if (status !== 409 || tries === 20) return status
  }
}

const path = (namespace: string, name: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`
const image = { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } } }
const IMAGE = '.spec.template.spec.containers[name="web"].image'
const EVENTS = '/api/v1/namespaces/argocd/events?limit=500'
const NAMES = ['patched', 'scaled', 'labelled', 'sidecar', 'wiped', 'account', 'impersonated', 'forged']

beforeAll(async () => {
  port = await freePort()
  world = await makeWorld('the audit log', {
    audit: { policy: POLICY, webhookUrl: `https://127.0.0.1:${port}/audit`, webhookToken: TOKEN, webhookCa: TLS.ca },
  })
  if (world === undefined) return
  const { git, editor } = world
  repository = await git.createRepository('audited')
  const files = [
    ...NAMES.map((name) => [name, deployment(name)]),
    ...['one', 'two', 'kept'].map((name) => [name, configMap(name)]),
  ]
  await repository.commit(
    Object.fromEntries(
      files.flatMap(([name = '', text = '']) => [
        [`seen/${name}.yaml`, text],
        [`healed/${name}.yaml`, text],
      ]),
    ),
    'begin',
  )
  for (const name of ['seen', 'healed']) {
    const healing = {
      syncPolicy: { automated: { prune: true, selfHeal: name === 'healed' }, syncOptions: ['CreateNamespace=true'] },
    }
    await editor.create(APPS, world.application(name, repository, { path: name, spec: healing }))
  }
  await writeFile(inWorld('token'), `${TOKEN}\n`)
  await writeFile(inWorld('tls.crt'), TLS.server.certificate)
  await writeFile(inWorld('tls.key'), TLS.server.key)
}, 1_200_000)
afterAll(async () => {
  for (const editor of editors) await editor.close()
  await world?.close()
})

const SOURCES = [
  [
    'the webhook',
    () => ({
      auditListen: `127.0.0.1:${port}`,
      auditTokenFile: inWorld('token'),
      auditTlsCert: inWorld('tls.crt'),
      auditTlsKey: inWorld('tls.key'),
    }),
  ],
  ['the file', () => ({ auditLog: [(world as World).plane.auditLog ?? ''] })],
] as const

async function bringIn(into: World, name: string): Promise<void> {
  await into.refresh(name)
  // To the second, as the status tells it.
  const begun = Math.floor(Date.now() / 1_000) * 1_000
  const operation = { initiatedBy: { username: 'test' }, sync: { prune: true } }
  await into.editor.patch('merge', `${APPS}/${name}`, { operation }, 'test')
  await into.untilApp(name, (app) => isBroughtIn(app, begun))
}

describe.each(SOURCES)('by %s', (_, options) => {
  beforeAll(async () => {
    if (world === undefined) return
    running = await world.start(options())
    for (const name of ['seen', 'healed']) await bringIn(world, name)
  })
  afterAll(async () => {
    if (world !== undefined) await world.stop(running)
  })

  it('every edit has its author', async () => {
    if (world === undefined) return
    const [alice, bob] = [user('alice'), user('bob')]
    await alice.patch('strategic', path('seen', 'patched'), image, 'kubectl-edit')
    await bob.patch('merge', `${path('seen', 'scaled')}/scale`, { spec: { replicas: 0 } }, 'kubectl')
    await alice.patch('merge', path('seen', 'labelled'), { metadata: { labels: { team: null } } }, 'kubectl-label')
    const sidecar = [{ op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'miner', image: 'x' } }]
    await bob.patch('json', path('seen', 'sidecar'), sidecar, 'kubectl-patch')
    expect(await wipe(bob, path('seen', 'wiped'))).toBe(200)
    await alice.patch(
      'apply',
      path('seen', 'forged'),
      { apiVersion: 'apps/v1', kind: 'Deployment', ...image },
      'argocd-controller',
    )

    expect(await actor('seen', 'patched', IMAGE)).toMatchObject({
      user: 'alice',
      verb: 'patch',
      confidence: 'certain',
      userAgent: 'editor/1',
    })
    expect(await actor('seen', 'scaled', '.spec.replicas')).toMatchObject({
      user: 'bob',
      subresource: 'scale',
      confidence: 'certain',
    })
    expect(await actor('seen', 'labelled', '.metadata.labels.team')).toMatchObject({
      user: 'alice',
      confidence: 'certain',
    })
    const added = '.spec.template.spec.containers[name="miner"]'
    expect(await actor('seen', 'sidecar', added)).toMatchObject({ user: 'bob', confidence: 'certain' })
    expect(await actor('seen', 'wiped', IMAGE)).toMatchObject({ user: 'bob', verb: 'update' })
    expect(await actor('seen', 'forged', IMAGE)).toMatchObject({ user: 'alice', manager: 'argocd-controller' })
  })

  it('a service account by its token, and somebody who acts as somebody else', async () => {
    if (world === undefined) return
    const { editor, plane } = world
    const accounts = '/api/v1/namespaces/seen/serviceaccounts'
    await editor.create(accounts, { metadata: { name: 'deployer' } })
    const binding = {
      metadata: { name: 'deployer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: 'seen' }],
    }
    await editor.create('/apis/rbac.authorization.k8s.io/v1/namespaces/seen/rolebindings', binding)
    const { body } = await editor.create(`${accounts}/deployer/token`, { spec: {} })
    const account = as(body.status.token)
    expect((await account.patch('strategic', path('seen', 'account'), image, 'curl')).status).toBe(200)
    const headers = {
      authorization: `Bearer ${plane.adminToken}`,
      'impersonate-user': 'alice',
      'impersonate-group': 'system:masters',
    }
    const answer = await editor.send('PATCH', `${path('seen', 'impersonated')}?fieldManager=kubectl-edit`, {
      body: image,
      type: 'application/strategic-merge-patch+json',
      headers,
    })
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect(await actor('seen', 'account', IMAGE)).toMatchObject({
      user: 'system:serviceaccount:seen:deployer',
      kind: 'machine',
    })
    expect(await actor('seen', 'impersonated', IMAGE)).toMatchObject({ user: 'admin', impersonatedUser: 'alice' })
  })

  it('what was deleted, with a finalizer that another takes off, and many at once', async () => {
    if (world === undefined) return
    const maps = '/api/v1/namespaces/seen/configmaps'
    const [alice, bob] = [user('alice'), user('bob')]
    await bob.patch('merge', `${maps}/kept`, { metadata: { finalizers: ['test.example.com/hold'] } }, 'x')
    await alice.remove(`${maps}/kept`)
    await bob.patch('merge', `${maps}/kept`, { metadata: { finalizers: null } }, 'x')
    expect(await actor('seen', 'kept', 'object')).toMatchObject({
      user: 'alice',
      verb: 'delete',
      confidence: 'certain',
    })
    await bob.remove(`${maps}?labelSelector=set%3Dmany`)
    expect(await actor('seen', 'one', 'object')).toMatchObject({
      user: 'bob',
      verb: 'deletecollection',
      confidence: 'certain',
    })
    expect(await actor('seen', 'two', 'object')).toMatchObject({ user: 'bob' })
  })

  it('what is healed at once gets its author later, once, and nobody takes Holdfast for one', async () => {
    if (world === undefined) return
    const { editor } = world
    const events = async (reason: string): Promise<string[]> => {
      const { body } = await editor.get(EVENTS)
      return body.items
        .filter((one: { reason: string }) => one.reason === reason)
        .map((one: { message: string }) => one.message)
    }
    const mine = (messages: readonly string[]): number =>
      messages.filter((one) => one.includes('healed/patched')).length
    const [drifts, healed] = [await events('DriftDetected'), await events('DriftHealed')]
    const before = mine([...(await events('AuthorFound')), ...healed].filter((one) => one.includes('by alice')))
    await user('alice').patch('strategic', path('healed', 'patched'), image, 'kubectl-edit')
    const of = (body: { items: { reason: string; message: string }[] }, reason: string): string[] =>
      body.items.filter((one) => one.reason === reason).map(({ message }) => message)
    await editor.until(EVENTS, ({ body }) => mine(of(body, 'DriftHealed')) > mine(healed))
    // Heals name him too where the log was faster than the heal.
    const named = (body: Parameters<typeof of>[0]): number =>
      mine([...of(body, 'AuthorFound'), ...of(body, 'DriftHealed')].filter((one) => one.includes('by alice')))
    await editor.until(EVENTS, ({ body }) => named(body) > before)
    expect(mine(await events('DriftDetected')) - mine(drifts)).toBe(1)
    expect(mine(await events('DriftHealed')) - mine(healed)).toBe(1)
    const all = running.loop.apps.all().flatMap(({ objects }) => [...objects.values()])
    const actors = all.flatMap(({ evaluation }) => evaluation?.fields.map(({ cause }) => cause.actor) ?? [])
    expect(actors.filter(({ userAgent = '' }) => userAgent.startsWith('holdfast/'))).toEqual([])
    const managers = await events('AuthorFound')
    expect(managers.filter((one) => one.includes('by holdfast'))).toEqual([])
  })
})

// requirements: [S001-54, S002-95]
describe('what was done while Holdfast was away', () => {
  afterAll(async () => {
    if (world !== undefined) await world.stop(running)
  })

  it('has its author after the restart, by a log that tells of before it as well', async () => {
    if (world === undefined) return
    const [alice, bob] = [user('alice'), user('bob')]
    const options = { auditLog: [world.plane.auditLog ?? ''] }
    running = await world.start(options)
    await bringIn(world, 'seen')
    await world.stop(running)
    await alice.patch('merge', path('seen', 'labelled'), { metadata: { labels: { team: 'x' } } }, 'kubectl-label')
    expect(await wipe(bob, path('seen', 'wiped'))).toBe(200)
    running = await world.start(options)
    expect(await actor('seen', 'wiped', IMAGE)).toMatchObject({ user: 'bob', verb: 'update' })
    expect(await actor('seen', 'labelled', '.metadata.labels.team')).toMatchObject({ user: 'alice', verb: 'patch' })
  })
})
