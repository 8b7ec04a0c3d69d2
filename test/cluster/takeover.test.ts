// Taking over what others delivered: what is told before, what is left, healed or accepted, and that nothing else moves.
// requirements: [S002-36]
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readYaml } from '../../src/core/yaml/index.ts'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'
import { command, type Said } from '../surfaces/cli/command.ts'

interface Status {
  readonly sync?: { readonly status: string }
}
interface Group {
  readonly manager: string
  readonly fields: number
  readonly apps: readonly string[]
}
const syncOf = (app: unknown): string => (app as { status?: Status }).status?.sync?.status ?? ''

const deployment = (extra: object = {}, metadata: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', ...metadata },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'registry.example.com/web:v1', ...extra }] },
    },
  },
})
const settings = (data: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings' },
  data: { mode: 'fast', ...data },
})
const FILES = { 'web.json': JSON.stringify(deployment()), 'settings.json': JSON.stringify(settings()) }

const inApps = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments`
const inCore = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`

let world: World | undefined
let repository: Repository

/** As the tool of the namespace's name leaves it, with additions by three hands. */
async function deliver({ editor }: World, namespace: string, manager: string): Promise<void> {
  await editor.create('/api/v1/namespaces', { metadata: { name: namespace } })
  const lastApplied = JSON.stringify(deployment())
  const marks: Record<string, object> = {
    'kubectl-client-side-apply': { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': lastApplied } },
    'argocd-controller': {
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': lastApplied,
        'argocd.argoproj.io/tracking-id': `${namespace}:apps/Deployment:${namespace}/web`,
      },
    },
    helm: {
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': namespace, 'meta.helm.sh/release-namespace': namespace },
    },
  }
  await editor.create(`${inApps(namespace)}?fieldManager=${manager}`, deployment({}, marks[manager]))
  await editor.create(`${inCore(namespace)}?fieldManager=${manager}`, settings())
  await editor.patch(
    'strategic',
    `${inApps(namespace)}/web`,
    { spec: { template: { spec: { containers: [{ name: 'web', env: [{ name: 'DEBUG', value: '1' }] }] } } } },
    'kubectl-edit',
  )
  await editor.patch('merge', `${inCore(namespace)}/settings`, { data: { byHand: '1' } }, 'kubectl-edit')
  await editor.patch('merge', `${inCore(namespace)}/settings`, { data: { byTool: '1' } }, 'cost-tuner')
}

beforeAll(async () => {
  world = await makeWorld('taking over')
  if (world === undefined) return
  repository = await world.git.createRepository('takeover')
  await repository.commit(FILES, 'begin')
  for (const [namespace, manager] of Object.entries(DELIVERED)) {
    await deliver(world, namespace, manager)
    await world.editor.create(APPS, world.application(namespace, repository))
  }
}, 1_200_000)
afterAll(() => world?.close())

const DELIVERED = { applied: 'kubectl-client-side-apply', synced: 'argocd-controller', released: 'helm' } as const

function holdfast(there: World, ...args: string[]): Promise<Said> {
  const env = { PATH: process.env['PATH'], HOME: there.directory, KUBECONFIG: there.plane.kubeconfig }
  return command(args, { cwd: there.directory, env })
}

function test(title: string, run: (there: World) => Promise<void>): void {
  it(title, async () => (world === undefined ? undefined : run(world)), 180_000)
}

const generations = async ({ editor }: World): Promise<number[]> =>
  Promise.all(
    Object.keys(DELIVERED).map(
      async (namespace) => (await editor.get(`${inApps(namespace)}/web`)).body.metadata.generation as number,
    ),
  )

describe('before enforcement', () => {
  test('the report names what was added, by whom, over all Applications', async (there) => {
    const said = await holdfast(there, 'app', 'takeover', '-o', 'json')
    expect(said.err).toBe('')
    const { apps, groups } = JSON.parse(said.out)
    expect(apps.map(({ app }: { app: string }) => app)).toEqual(['argocd/applied', 'argocd/released', 'argocd/synced'])
    for (const { app, healed, created, extra } of apps)
      expect({ app, healed, created, extra }).toEqual({ app, healed: [], created: [], extra: [] })
    const told = groups.map(({ manager, fields, apps: of }: Group) => [manager, fields, of.length])
    expect(told).toContainEqual(['kubectl-edit', 6, 3])
    expect(told).toContainEqual(['cost-tuner', 3, 3])
  })
  test('owners, inventory and explain say the same', async (there) => {
    const owners = await holdfast(there, 'owners', 'applied', '-o', 'json')
    expect(JSON.parse(owners.out).owners).toContainEqual({
      object: 'ConfigMap applied/settings',
      field: '.data.byTool',
      owner: 'git',
      kind: 'git',
      source: 'builtin/declared-in-git; written by cost-tuner (managedFields)',
    })
    const unowned = await holdfast(there, 'owners', '--unowned', '-o', 'json')
    expect(JSON.parse(unowned.out).unowned.map(({ app }: { app: string }) => app)).toEqual([
      'argocd/applied',
      'argocd/released',
      'argocd/synced',
    ])
    const inventory = await holdfast(there, 'inventory', 'applied')
    expect(inventory.out).toMatch(
      /ConfigMap applied\/settings +\/data\/byTool +Git review process +Harmful configuration drift/,
    )
    const explained = await holdfast(there, 'explain', 'configmap/settings/data/byTool', '--app', 'applied')
    expect(explained.out + explained.err).toContain('cost-tuner')
  })
  // requirements: [S002-37]
  test('a writer is given what it writes by the rule that is printed, and is its owner from then on', async (there) => {
    const { editor } = there
    const printed = await holdfast(there, 'app', 'takeover', 'applied', '--delegate', 'cost-tuner')
    expect([printed.exit, printed.err]).toEqual([0, expect.stringContaining('holdfast ignores test')])
    const { documents, problems } = readYaml(printed.out, { file: 'printed' })
    expect(problems).toEqual([])
    const manifest = documents[0]?.value as { metadata: { name: string } }
    expect(manifest.metadata.name).toBe('applied-left-to-cost-tuner')
    const before = await reportOf(there, 'applied')
    expect(placesOf(before.fields)).toContain('.data.byTool')
    await editor.create('/api/v1/namespaces/argocd/configmaps', manifest)
    const after = await reportOf(there, 'applied')
    expect(placesOf(before.fields).filter((path) => !placesOf(after.fields).includes(path))).toEqual(['.data.byTool'])
    expect(after.ignored).toContainEqual(expect.objectContaining({ path: '.data.byTool', owner: 'cost-tuner' }))
    const owners = await holdfast(there, 'owners', 'applied')
    expect(owners.out).toMatch(
      /ConfigMap applied\/settings +\.data\.byTool +cost-tuner +ConfigMap argocd\/applied-left-to/,
    )
    const again = await holdfast(there, 'app', 'takeover', 'applied', '--delegate', 'cost-tuner').catch(String)
    expect(JSON.stringify(again)).toContain('nothing differs that cost-tuner is known to have written')
    await editor.remove('/api/v1/namespaces/argocd/configmaps/applied-left-to-cost-tuner')
  })
  test('whom the namespace names is asked, whatever else is looked at', async (there) => {
    const { editor } = there
    const mark = (owner: string | null) => ({ metadata: { annotations: { 'holdfast.dev/owner': owner } } })
    await editor.patch('merge', '/api/v1/namespaces/applied', mark('team-shop'))
    const { responsible } = await reportOf(there, 'applied')
    expect(responsible).toMatchObject({
      name: 'team-shop',
      source: 'annotation holdfast.dev/owner of Namespace applied',
    })
    await editor.patch('merge', '/api/v1/namespaces/applied', mark(null))
  })
})

interface Told {
  readonly ref: { readonly kind: string }
  readonly fields: readonly { readonly path: string }[]
  readonly ignored: readonly { readonly path: string }[]
  readonly responsible?: object
}
const placesOf = (fields: Told['fields']): string[] => fields.map(({ path }) => path)

/** Of the ConfigMap. */
async function reportOf(there: World, app: string): Promise<Told> {
  const { out } = await holdfast(there, 'diff', app, '-o', 'json')
  return JSON.parse(out).objects.find(({ ref }: Told) => ref.kind === 'ConfigMap')
}

const settingsOf = async ({ editor }: World, namespace: string): Promise<Record<string, string>> =>
  (await editor.get(`${inCore(namespace)}/settings`)).body.data
const decided = async ({ editor }: World, name: string): Promise<string> =>
  (await editor.get(`${APPS}/${name}`)).body.metadata.annotations?.['holdfast.dev/takeover']

describe('under enforcement', () => {
  test('what was there stays and is told, and no generation moves', async (there) => {
    const before = await generations(there)
    await there.start()
    for (const name of Object.keys(DELIVERED)) await there.untilApp(name, (app) => syncOf(app) === 'OutOfSync')
    await there.editor.patch('merge', `${inCore('applied')}/settings`, { data: { late: '1' } }, 'kubectl-edit')
    await there.editor.until(`${inCore('applied')}/settings`, ({ body }) => body.data.late === undefined)
    for (const name of Object.keys(DELIVERED))
      expect(await settingsOf(there, name)).toEqual({ mode: 'fast', byHand: '1', byTool: '1' })
    expect(await generations(there)).toEqual(before)
  })

  test('--heal removes what the named manager left, and nothing else', async (there) => {
    const said = await holdfast(there, 'app', 'takeover', 'applied', '--heal', '--manager', 'kubectl-edit')
    expect(said).toMatchObject({ err: '', exit: 0 })
    expect(JSON.parse(await decided(there, 'applied'))).toEqual([{ decision: 'heal', manager: 'kubectl-edit' }])
    await there.editor.until(`${inCore('applied')}/settings`, ({ body }) => body.data.byHand === undefined)
    await there.editor.until(
      `${inApps('applied')}/web`,
      ({ body }) => body.spec.template.spec.containers[0].env === undefined,
    )
    expect(await settingsOf(there, 'applied')).toEqual({ mode: 'fast', byTool: '1' })
  })

  test('--accept leaves it and reports it no more, until its manager writes again', async (there) => {
    const { editor } = there
    const said = await holdfast(there, 'app', 'takeover', 'released', '--accept', '--manager', 'cost-tuner')
    expect(said).toMatchObject({ err: '', exit: 0 })
    const heal = await holdfast(there, 'app', 'takeover', 'released', '--heal')
    expect(heal.out).toMatch(/accept .*by cost-tuner.*\n +heal /)
    await there.untilApp('released', (app) => syncOf(app) === 'Synced')
    expect(await settingsOf(there, 'released')).toEqual({ mode: 'fast', byTool: '1' })
    const diff = await holdfast(there, 'diff', 'released', '-o', 'json', '--all')
    expect(diff.out).toContain('holdfast.dev/takeover[0]')
    expect(diff.exit).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    await editor.patch('merge', `${inCore('released')}/settings`, { data: { byTool: '2' } }, 'cost-tuner')
    await editor.until(`${inCore('released')}/settings`, ({ body }) => body.data.byTool === undefined)
  })

  test('a mistaken decision decides nothing and is told', async (there) => {
    const { editor } = there
    const annotations = { 'holdfast.dev/takeover': '[{"decision":"heal","managr":"kubectl-edit"}]' }
    await editor.patch('merge', `${APPS}/synced`, { metadata: { annotations } })
    await there.untilApp('synced', (app) => JSON.stringify(app.status).includes('managr'))
    expect(await settingsOf(there, 'synced')).toEqual({ mode: 'fast', byHand: '1', byTool: '1' })
    const said = await holdfast(there, 'app', 'takeover', 'synced', '--heal')
    expect(said).toMatchObject({ exit: 2, out: '' })
    expect(await decided(there, 'synced')).toBe(annotations['holdfast.dev/takeover'])
  })
})
