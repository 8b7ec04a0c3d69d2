// Deliveries that fail, on a real API server and real Git: told by reason, answered at once, nobody accused, and over again.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'
import { command, type Said } from '../surfaces/cli/command.ts'

const configMap = (name: string, data = '1'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "${data}"}\n`

interface Condition {
  readonly type: string
  readonly reason?: string
  readonly message: string
}
interface Status {
  readonly sync?: { readonly status?: string; readonly revision?: string }
  readonly conditions?: readonly Condition[]
  readonly operationState?: { readonly phase?: string; readonly message?: string }
}
const statusOf = (app: unknown): Status => (app as { status?: Status }).status ?? {}
const isSynced = (app: unknown): boolean => statusOf(app).sync?.status === 'Synced'
const conditionsOf = (app: unknown): readonly Condition[] => statusOf(app).conditions ?? []
const hasReason = (reason: string) => (app: unknown) => conditionsOf(app).some((one) => one.reason === reason)
const messageOf = (app: unknown, reason: string): string =>
  conditionsOf(app).find((one) => one.reason === reason)?.message ?? ''

let world: World | undefined
let repository: Repository
let env: Readonly<Record<string, string | undefined>>

beforeAll(async () => {
  world = await makeWorld('deliveries that fail')
  if (world === undefined) return
  env = {
    PATH: process.env['PATH'],
    HOME: world.directory,
    KUBECONFIG: world.plane.kubeconfig,
    HOLDFAST_KUSTOMIZE: process.env['HOLDFAST_KUSTOMIZE'],
    HOLDFAST_DATA_DIR: join(world.directory, 'cli-data'),
  }
  repository = await world.git.createRepository('delivery')
  await repository.commit({ 'README.md': 'delivery\n' }, 'begin')
  // Nothing is polled: what is looked at was asked for.
  await world.editor.create('/api/v1/namespaces/argocd/configmaps', {
    metadata: { name: 'argocd-cm' },
    data: { 'timeout.reconciliation': '0s' },
  })
  await world.start()
}, 1_200_000)
afterAll(() => world?.close())

const holdfast = (...args: string[]): Promise<Said> => command(args, { cwd: (world as World).directory, env })

async function bring(name: string, files: Record<string, string>, spec: object = {}, from = repository): Promise<void> {
  const within = Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])
  await from.commit(Object.fromEntries(within), name)
  const created = await (world as World).editor.create(
    APPS,
    (world as World).application(name, from, { path: name, spec }),
  )
  expect(created.status, JSON.stringify(created.body)).toBe(201)
}

async function eventsOf(name: string, reason: string): Promise<readonly { type: string; message: string }[]> {
  const { body } = await (world as World).editor.get(
    `/api/v1/namespaces/argocd/events?fieldSelector=involvedObject.name=${name},reason=${reason}`,
  )
  return body.items
}
async function untilEvent(name: string, reason: string): Promise<{ type: string; message: string }> {
  const end = Date.now() + 15_000
  for (;;) {
    const [event] = await eventsOf(name, reason)
    if (event !== undefined) return event
    if (Date.now() > end) throw new Error(`no event ${reason} of ${name}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
const BROKEN = 'resources: [a.yaml, missing.yaml]\n'

describe('a refresh', () => {
  it('is answered when a look that began after it has ended, its findings in the status', async () => {
    if (world === undefined) return
    await bring('fresh', { 'a.yaml': configMap('a') })
    await world.untilApp('fresh', isSynced)
    for (let round = 0; round < 5; round += 1) {
      const commit = await repository.commit({ 'fresh/a.yaml': configMap('a', `round ${round}`) }, `round ${round}`)
      const said = await holdfast('app', 'get', 'fresh', '--refresh', '-o', 'json')
      expect(said).toMatchObject({ err: '', exit: 0 })
      expect(JSON.parse(said.out).revision).toBe(commit)
    }
    const [one, two] = await Promise.all([
      holdfast('app', 'get', 'fresh', '--refresh'),
      holdfast('app', 'get', 'fresh', '--hard-refresh'),
    ])
    expect([one.exit, two.exit]).toEqual([0, 0])
  })

  it('of an Application that cannot be used is answered too', async () => {
    if (world === undefined) return
    const created = await world.editor.create(
      APPS,
      world.application('unusable', repository, { spec: { destination: { name: 'other', namespace: 'x' } } }),
    )
    expect(created.status).toBe(201)
    const said = await holdfast('app', 'get', 'unusable', '--refresh', '--timeout', '8')
    expect(said).toMatchObject({ err: '', exit: 0 })
    expect(said.out).toContain('HF2004')
    const synced = await holdfast('app', 'sync', 'unusable', '--timeout', '8')
    expect(synced.out).toMatch(/^unusable: Error: InvalidSpecError: HF2004: /)
    expect(synced.exit).toBe(1)
  })
})

describe('a render that fails', () => {
  it('fails a sync at once, with code, reason, revision and the tool’s words [S002-66]', async () => {
    if (world === undefined) return
    await bring('bad', { 'kustomization.yaml': BROKEN, 'a.yaml': configMap('a') })
    const begin = Date.now()
    const said = await holdfast('app', 'sync', 'bad')
    expect(said.out).toMatch(/^bad: Error at [0-9a-f]{40}: ComparisonError: HF10\d\d \w+: .*missing\.yaml/)
    expect(said).toMatchObject({ err: '', exit: 1 })
    expect(Date.now() - begin).toBeLessThan(20_000)
    const event = await untilEvent(
      'bad',
      statusOf(await world.untilApp('bad', () => true)).conditions?.[0]?.reason ?? '',
    )
    expect(event).toMatchObject({ type: 'Warning', message: expect.stringContaining('missing.yaml') })
  })

  it('after a good one leaves that in force and never syncs it under another name [S002-66]', async () => {
    if (world === undefined) return
    await bring('worse', { 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': configMap('a') })
    const app = await world.untilApp('worse', isSynced)
    const good = statusOf(app).sync?.revision ?? ''
    const bad = await repository.commit(
      { 'worse/kustomization.yaml': '{resources: [a.yaml], patches: [{path: gone.yaml}]}\n' },
      'bad',
    )
    const said = await holdfast('app', 'sync', 'worse')
    expect(said.exit).toBe(1)
    expect(said.out).toContain(`worse: Error at ${bad}: ComparisonError: HF10`)
    expect(said.out).toContain(`Revision ${bad.slice(0, 12)} is not delivered; revision ${good.slice(0, 12)} rendered`)
    const told = await world.untilApp('worse', (seen) => conditionsOf(seen).length > 0)
    expect(conditionsOf(told)[0]?.message).toMatch(/ s ago stays in force\. /)
    expect(conditionsOf(told)[0]?.message).not.toContain('\n')
    expect(statusOf(told).sync?.revision).toBe(good)
    const { reason = '' } = conditionsOf(told)[0] ?? {}
    await untilEvent('worse', reason)
    for (let round = 0; round < 3; round += 1) await holdfast('app', 'get', 'worse', '--refresh')
    expect(await eventsOf('worse', reason)).toHaveLength(1)
    const { out } = await holdfast('app', 'get', 'worse')
    expect(out).toContain('gone.yaml')
    await repository.commit({ 'worse/kustomization.yaml': 'resources: [a.yaml]\n' }, 'good again')
    const again = await holdfast('app', 'sync', 'worse')
    expect(again).toMatchObject({ exit: 0 })
    await untilEvent('worse', 'DeliveryRecovered')
  })

  it('for a file of a plain directory that cannot be read delivers nothing by halves and prunes nothing', async () => {
    if (world === undefined) return
    await bring('half', { 'a.yaml': configMap('a', 'old'), 'b.yaml': configMap('b') })
    const good = statusOf(await world.untilApp('half', isSynced)).sync?.revision ?? ''
    const bad = await repository.commit(
      { 'half/a.yaml': configMap('a', 'new'), 'half/b.yaml': null, 'half/broken.yaml': 'a: [\n' },
      'half broken',
    )
    const said = await holdfast('app', 'sync', 'half')
    expect(said.exit).toBe(1)
    expect(said.out).toMatch(
      new RegExp(`^half: Error at ${bad}: ComparisonError: HF1003 RenderFailed: half/broken\\.yaml:2: `),
    )
    const told = await world.untilApp('half', hasReason('RenderFailed'))
    expect(messageOf(told, 'RenderFailed')).toMatch(/ s ago stays in force\. /)
    expect(statusOf(told).sync).toMatchObject({ status: 'Synced', revision: good })
    expect((await world.editor.get('/api/v1/namespaces/half/configmaps/a')).body.data).toEqual({ a: 'old' })
    expect((await world.editor.get('/api/v1/namespaces/half/configmaps/b')).status).toBe(200)
    await repository.commit({ 'half/broken.yaml': null }, 'mended')
    await world.refresh('half')
    await world.editor.until('/api/v1/namespaces/half/configmaps/a', ({ body }) => body.data.a === 'new')
    await world.editor.until('/api/v1/namespaces/half/configmaps/b', ({ status }) => status === 404)
  })

  it('a revision asked for by name is synced or nothing is', async () => {
    if (world === undefined) return
    const manual = { syncPolicy: { syncOptions: ['CreateNamespace=true'] } }
    await bring('named', { 'a.yaml': configMap('a', 'old') }, manual)
    const old = (await repository.commit({ 'README.md': 'x\n' }, 'old')) as string
    await repository.commit({ 'named/a.yaml': configMap('a', 'new') }, 'new')
    const none = await holdfast('app', 'sync', 'named', '--revision', 'no-such-branch')
    expect(none.out).toMatch(/^named: Error: ComparisonError: HF1002 RevisionNotFound: .*no-such-branch/)
    expect(none.exit).toBe(1)
    expect((await world.editor.get('/api/v1/namespaces/named/configmaps/a')).status).toBe(404)
    const [asked] = await Promise.all([
      holdfast('app', 'sync', 'named', '--revision', old),
      ...Array.from({ length: 3 }, () => world?.refresh('named')),
    ])
    expect(asked.out).toContain(`named: Succeeded at ${old}`)
    expect((await world.editor.get('/api/v1/namespaces/named/configmaps/a')).body.data).toEqual({ a: 'old' })
    const automated = await holdfast('app', 'sync', 'fresh', '--revision', old)
    expect(automated).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/^HF6004: cannot sync fresh to .*automated sync is on/),
    })
  })
})

describe('a Git server', () => {
  it('that is down is told as unreachable, and a sync fails instead of repeating the last good revision [S002-64]', async () => {
    if (world === undefined) return
    const { git } = world
    const own = await git.createRepository('team/down')
    await bring('down', { 'a.yaml': configMap('a') }, {}, own)
    const app = await world.untilApp('down', isSynced)
    await git.takeDown()
    try {
      const said = await holdfast('app', 'sync', 'down')
      expect(said.out).toMatch(/^down: Error: ComparisonError: HF1001 GitUnreachable: /)
      expect(said.exit).toBe(1)
      const told = await world.untilApp('down', hasReason('GitUnreachable'))
      expect(messageOf(told, 'GitUnreachable')).toMatch(/Revision [0-9a-f]{12} read \d+ s ago stays in force\./)
      expect(statusOf(told).sync).toMatchObject({ status: 'Synced', revision: statusOf(app).sync?.revision })
      expect(await untilEvent('down', 'GitUnreachable')).toMatchObject({ type: 'Warning' })
    } finally {
      await git.bringUp()
    }
    expect((await holdfast('app', 'sync', 'down')).exit).toBe(0)
    expect(conditionsOf(await world.untilApp('down', () => true))).toEqual([])
    await untilEvent('down', 'DeliveryRecovered')
  })

  it('that refuses the password is told as that, without the password [S002-65]', async () => {
    if (world === undefined) return
    const { git, editor } = world
    const own = await git.createRepository('team/locked')
    await editor.create('/api/v1/namespaces/argocd/secrets', {
      metadata: { name: 'locked', labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
      stringData: { type: 'git', url: own.url, username: 'robot', password: 'old-horse' },
    })
    git.requireCredentials({ username: 'robot', password: 'old-horse' })
    try {
      await bring('locked', { 'a.yaml': configMap('a') }, {}, own)
      await world.untilApp('locked', isSynced)
      git.requireCredentials({ username: 'robot', password: 'new-horse' })
      const said = await holdfast('app', 'get', 'locked', '--refresh')
      expect(said.out).toContain('GitAuthFailed')
      const told = await world.untilApp('locked', hasReason('GitAuthFailed'))
      expect(messageOf(told, 'GitAuthFailed')).toContain('stays in force')
      const event = await untilEvent('locked', 'GitAuthFailed')
      expect(JSON.stringify([told, event, said])).not.toMatch(/(old|new)-horse/)
    } finally {
      git.requireCredentials(undefined)
    }
  })
})

describe('a cluster', () => {
  it('that lacks the CRD is told so by kind, and is tried again when it comes [S002-67]', async () => {
    if (world === undefined) return
    const route = 'apiVersion: example.com/v1\nkind: Route\nmetadata: {name: r}\nspec: {to: web}\n'
    await bring('early', { 'a.yaml': configMap('a'), 'route.yaml': route })
    const told = await world.untilApp('early', hasReason('CRDMissing'))
    expect(messageOf(told, 'CRDMissing')).toContain('Route')
    await untilEvent('early', 'CRDMissing')
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    await world.editor.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'routes.example.com' },
      spec: {
        ...{ group: 'example.com', scope: 'Namespaced', names: { kind: 'Route', plural: 'routes' } },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    })
    await world.editor.until('/apis/example.com/v1/namespaces/early/routes/r', ({ status }) => status === 200)
    await world.untilApp('early', (seen) => isSynced(seen) && conditionsOf(seen).length === 0)
  })

  it('whose policy denies a revision is stuck, and accuses nobody [S002-68] [S002-71] [S002-126]', async () => {
    if (world === undefined) return
    const { editor } = world
    await bring('stuck', { 'a.yaml': configMap('a', 'old') })
    const good = statusOf(await world.untilApp('stuck', isSynced)).sync?.revision ?? ''
    const policies = '/apis/admissionregistration.k8s.io/v1'
    await editor.create(`${policies}/validatingadmissionpolicies`, {
      metadata: { name: 'no-new-values' },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'stuck' } },
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
          ],
        },
        validations: [{ expression: "object.data.a != 'new'", message: 'new values are frozen until Monday' }],
      },
    })
    await editor.create(`${policies}/validatingadmissionpolicybindings`, {
      metadata: { name: 'no-new-values' },
      spec: { policyName: 'no-new-values', validationActions: ['Deny'] },
    })
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    const bad = await repository.commit({ 'stuck/a.yaml': configMap('a', 'new') }, 'new')
    const said = await holdfast('app', 'sync', 'stuck')
    expect(said.out).toMatch(
      /stuck: Failed at [0-9a-f]{40}: 1 object failed: HF4003 AdmissionDenied: .*no-new-values.*frozen until Monday/,
    )
    expect(said.exit).toBe(1)
    const told = await world.untilApp('stuck', hasReason('AdmissionDenied'))
    const message = messageOf(told, 'AdmissionDenied')
    expect(message).toContain('no-new-values')
    expect(message).toContain(
      `Revision ${bad.slice(0, 12)} is not delivered; revision ${good.slice(0, 12)} was delivered last, at `,
    )
    expect(message).toContain('[delivery failure: cluster]')
    expect((await untilEvent('stuck', 'AdmissionDenied')).message).toContain('frozen until Monday')
    const diff = await holdfast('diff', 'stuck', '-o', 'json')
    const [object] = JSON.parse(diff.out).objects
    expect(object.fields).toHaveLength(1)
    expect(object.fields[0].cause).toMatchObject({
      ...{ class: 'delivery-failure', actor: { user: null, manager: null } },
      evidence: expect.arrayContaining([
        expect.objectContaining({ source: 'sync', detail: expect.stringContaining('AdmissionDenied') }),
      ]),
    })
    await editor.remove(`${policies}/validatingadmissionpolicybindings/no-new-values`)
    await world.untilApp('stuck', (seen) => isSynced(seen) && conditionsOf(seen).length === 0, 60_000)
    await untilEvent('stuck', 'DeliveryRecovered')
  }, 90_000)
})

describe('an operator without rights', () => {
  const RULES = '/apis/rbac.authorization.k8s.io/v1'
  const CORE = ['configmaps', 'secrets', 'namespaces', 'events', 'serviceaccounts']

  /** All verbs on most things; of CronJobs only these. */
  function role(cronJobs: readonly string[]): object {
    const all = (apiGroups: string[], resources: string[]): object => ({ apiGroups, resources, verbs: ['*'] })
    return {
      metadata: { name: 'limited' },
      rules: [
        all([''], CORE),
        all(['argoproj.io', 'coordination.k8s.io', 'apps'], ['*']),
        {
          apiGroups: ['apiextensions.k8s.io', 'admissionregistration.k8s.io'],
          resources: ['*'],
          verbs: ['get', 'list', 'watch'],
        },
        ...(cronJobs.length === 0 ? [] : [{ apiGroups: ['batch'], resources: ['cronjobs'], verbs: cronJobs }]),
      ],
    }
  }

  it('names verb and resource, goes on with the rest, and delivers when the right is given [S002-70]', async () => {
    if (world === undefined) return
    const { editor, plane, directory } = world
    await editor.create(`${RULES}/clusterroles`, role([]))
    await editor.create(`${RULES}/clusterrolebindings`, {
      metadata: { name: 'limited' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'limited' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'limited' }],
    })
    await editor.create('/api/v1/namespaces', { metadata: { name: 'second' } })
    const { namespace: _, ...metadata } = (
      world.application('rights', repository) as { metadata: Record<string, string> }
    ).metadata
    const container = '{name: a, image: registry.example/a:1}'
    const job = `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec: {schedule: "0 0 * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [${container}]}}}}}\n`
    await repository.commit({ 'rights/a.yaml': configMap('a'), 'rights/job.yaml': job }, 'rights')
    const running = await world.start({
      ...{ namespace: 'second', kubeconfig: String(plane.kubeconfigs['limited']), dataDir: join(directory, 'limited') },
    })
    const apps = APPS.replace('argocd', 'second')
    const until = async (holds: (app: unknown) => boolean, ms = 20_000) =>
      (await editor.until(`${apps}/rights`, ({ body }) => holds(body), { ms })).body
    try {
      const application = {
        ...world.application('rights', repository, { path: 'rights' }),
        metadata: { ...metadata, namespace: 'second' },
      }
      expect((await editor.create(apps, application)).status).toBe(201)
      const blind = await until(hasReason('Forbidden'))
      expect(messageOf(blind, 'Forbidden')).toMatch(/HF4010 Forbidden: .*cannot (list|get|watch) resource "cronjobs"/)
      await editor.until('/api/v1/namespaces/rights/configmaps/a', ({ status }) => status === 200)
      const refreshed = await holdfast('app', 'get', 'second/rights', '--refresh')
      expect(refreshed.out).toContain('Forbidden')
      await editor.send('PUT', `${RULES}/clusterroles/limited`, { body: role(['get', 'list', 'watch']) })
      const isRefused = ({ message }: Condition): boolean =>
        /^HF4002 Forbidden: .*cannot (patch|create) resource "cronjobs" in API group "batch"/.test(message)
      await until((app) => conditionsOf(app).some(isRefused), 60_000)
      await editor.send('PUT', `${RULES}/clusterroles/limited`, { body: role(['*']) })
      await until((app) => isSynced(app) && conditionsOf(app).length === 0, 60_000)
    } finally {
      await world.stop(running)
    }
  }, 180_000)
})

describe('the command line', () => {
  it('says both when a name is neither a path nor an Application', async () => {
    if (world === undefined) return
    for (const verb of ['render', 'diff']) {
      const said = await holdfast(verb, 'overlays/prd')
      expect(said).toMatchObject({ out: '', exit: 2 })
      expect(said.err).toMatch(
        /^HF7003: there is no Application prd in namespace overlays, and no file or directory overlays\/prd here/,
      )
      const offline = await command([verb, 'overlays/prd'], {
        cwd: world.directory,
        env: { ...env, KUBECONFIG: '/no/such/file' },
      })
      expect(offline).toMatchObject({ out: '', exit: 2 })
      expect(offline.err).toMatch(
        /^HF4011: there is no file or directory overlays\/prd here, and no Application could be asked for: /,
      )
    }
  })

  it('names the chart that a chart of this machine lacks', async () => {
    if (world === undefined) return
    const chart = join(world.directory, 'umbrella')
    await mkdir(chart, { recursive: true })
    const dependency = '{name: redis, version: 19.x.x, repository: "https://charts.example.com/stable"}'
    await writeFile(
      join(chart, 'Chart.yaml'),
      `apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies: [${dependency}]\n`,
    )
    const said = await holdfast('render', './umbrella')
    expect(said).toMatchObject({ exit: 2 })
    expect(said.err).toMatch(
      /"redis" "19\.x\.x" from "https:\/\/charts\.example\.com\/stable".*\(\.\/umbrella\/Chart\.yaml\).*helm dependency build/,
    )
  })
})
