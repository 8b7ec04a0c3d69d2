// Ignore rules on a real control plane: each silences what it names and nothing else, and only as long as it stands.
// requirements: [S000-38, S000-39, S001-22, S002-170, S002-171, S002-172, S002-214, S002-241]
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'
import { command, type Said } from '../surfaces/cli/command.ts'

interface Status {
  readonly sync?: { readonly status: string }
  readonly conditions?: readonly { readonly type: string; readonly message: string }[]
  readonly resources?: readonly { readonly kind: string; readonly name: string; readonly status: string }[]
}
const statusOf = (app: unknown): Status => ((app as { status?: Status }).status ?? {}) as Status
const driftOf = (app: unknown): string[] =>
  (statusOf(app).resources ?? [])
    .filter(({ status }) => status !== 'Synced')
    .map(({ kind, name }) => `${kind}/${name}`)
    .sort()
const drifts =
  (...wanted: string[]) =>
  (app: unknown): boolean =>
    statusOf(app).sync !== undefined && JSON.stringify(driftOf(app)) === JSON.stringify(wanted)
const says =
  (...texts: string[]) =>
  (app: unknown): boolean =>
    (statusOf(app).conditions ?? []).some(({ message }) => texts.every((text) => message.includes(text)))
const saysNot =
  (text: string) =>
  (app: unknown): boolean =>
    !says(text)(app)

/** Rules are read again every ten seconds. */
const SOON = 30_000
const CM = '/api/v1/namespaces/argocd/configmaps'
const HOOKS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'
const CA = Buffer.from('another authority').toString('base64')

const deployment = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: 2
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "registry.example.com/app:v1"}]}
`
const webhook = (name: string): string => `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: ${name}}
webhooks:
  - name: ${name}.example.com
    clientConfig: {service: {name: ${name}, namespace: default}}
    failurePolicy: Ignore
    sideEffects: None
    admissionReviewVersions: [v1]
    rules: [{operations: [CREATE], apiGroups: [example.com], apiVersions: [v1], resources: [nothings]}]
`
const settings = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: fast, size: "1"}\n'

const OBSERVED = { syncPolicy: { automated: { prune: true }, syncOptions: ['CreateNamespace=true'] } }

let world: World | undefined
let repository: Repository

beforeAll(async () => {
  world = await makeWorld('ignore rules')
  if (world === undefined) return
  repository = await world.git.createRepository('ignores')
  await repository.commit(
    {
      'first/all.yaml': [deployment('a'), deployment('b'), webhook('first'), settings].join('---\n'),
      'second/all.yaml': [webhook('second'), settings].join('---\n'),
      'healed/all.yaml': [deployment('a'), deployment('b')].join('---\n'),
      'excluded/all.yaml': [deployment('a'), settings].join('---\n'),
      'ruled/all.yaml': [
        deployment('a'),
        `apiVersion: v1
kind: ConfigMap
metadata: {name: rules, labels: {holdfast.dev/ignore-rules: "true"}}
data:
  rules.yaml: |
    rules:
      - {group: apps, kind: Deployment, name: a, jsonPointers: [/spec/replicas], owner: team-a, reason: scaled by hand, review: 2099-01-01}
`,
      ].join('---\n'),
    },
    'begin',
  )
  await world.start()
}, 1_200_000)
afterAll(() => world?.close())

async function bring({ editor, application, untilApp }: Hands, name: string, options: AppOptions = {}): Promise<void> {
  const body = application(name, repository, { path: name, spec: OBSERVED, ...options })
  const created = await editor.create(APPS, body)
  expect(created.status, JSON.stringify(created.body)).toBe(201)
  await untilApp(name, (app) => statusOf(app).sync?.status === 'Synced')
}

type AppOptions = Parameters<World['application']>[2]
interface Hands {
  readonly editor: World['editor']
  readonly application: World['application']
  untilApp(name: string, holds: (app: unknown) => boolean): Promise<unknown>
  holdfast(...args: string[]): Promise<Said>
}

function handsOf(there: World): Hands {
  const env = { PATH: process.env['PATH'], HOME: there.directory, KUBECONFIG: there.plane.kubeconfig }
  return {
    editor: there.editor,
    application: (...given) => there.application(...given),
    untilApp: (name, holds) => there.untilApp(name, holds, SOON),
    holdfast: (...args) => command(args, { cwd: there.directory, env }),
  }
}

function test(title: string, run: (hands: Hands) => Promise<void>): void {
  it(title, async () => (world === undefined ? undefined : run(handsOf(world))), 120_000)
}

const inApps = (namespace: string, name: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`
const setRules = (editor: World['editor'], app: string, ignoreDifferences: unknown): Promise<unknown> =>
  editor.patch('merge', `${APPS}/${app}`, { spec: { ignoreDifferences } }, 'kubectl-edit')

describe('rules', () => {
  test('of an Application silence what they name, of the objects that they name, while they stand', async (hands) => {
    const { editor, untilApp } = hands
    await bring(hands, 'first')
    for (const name of ['a', 'b']) await editor.patch('merge', inApps('first', name), { spec: { replicas: 5 } })
    await untilApp('first', drifts('Deployment/a', 'Deployment/b'))
    await setRules(editor, 'first', [
      { group: 'apps', kind: 'Deployment', name: 'a', jsonPointers: ['/spec/replicas'] },
    ])
    await untilApp('first', drifts('Deployment/b'))
    await editor.patch('merge', inApps('first', 'a'), { metadata: { labels: { by: 'hand' } } })
    await untilApp('first', drifts('Deployment/a', 'Deployment/b'))
    await editor.patch('merge', inApps('first', 'a'), { metadata: { labels: { by: null } } })
    await untilApp('first', drifts('Deployment/b'))
    await setRules(editor, 'first', null)
    await untilApp('first', drifts('Deployment/a', 'Deployment/b'))
    await editor.patch('merge', `${APPS}/first`, { operation: { initiatedBy: { username: 'jane' }, sync: {} } })
    await untilApp('first', drifts())
  })

  test('of argocd-cm hold for every Application, and give back what they hid when they go', async (hands) => {
    const { editor, untilApp } = hands
    await bring(hands, 'second')
    for (const name of ['first', 'second']) {
      const change = [{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: CA }]
      expect((await editor.patch('json', `${HOOKS}/${name}`, change)).status).toBe(200)
      await untilApp(name, drifts(`MutatingWebhookConfiguration/${name}`))
    }
    const key = 'resource.customizations.ignoreDifferences.admissionregistration.k8s.io_MutatingWebhookConfiguration'
    await editor.create(CM, {
      metadata: { name: 'argocd-cm' },
      data: { [key]: 'jqPathExpressions: [".webhooks[]?.clientConfig.caBundle"]\nowner: team-ca\n' },
    })
    for (const name of ['first', 'second']) await untilApp(name, drifts())
    const listed = await hands.holdfast('ignores', 'list', 'second')
    expect(listed.out).toMatch(/team-ca +- +1 +1 +1/)
    expect({ err: listed.err, exit: listed.exit }).toEqual({ err: '', exit: 0 })
    await editor.patch('merge', `${CM}/argocd-cm`, { data: { [key]: null } })
    for (const name of ['first', 'second']) await untilApp(name, drifts(`MutatingWebhookConfiguration/${name}`))
  })

  test('of the platform hold from the moment of their ConfigMap until it is deleted', async (hands) => {
    const { editor, untilApp } = hands
    const drift = ['ConfigMap/settings', 'MutatingWebhookConfiguration/second']
    await editor.patch('merge', '/api/v1/namespaces/second/configmaps/settings', { data: { mode: 'slow' } })
    await untilApp('second', drifts(...drift))
    const rule = `{group: "", kind: ConfigMap, name: settings, namespace: second, jsonPointers: [/data/mode], owner: team-p}`
    await editor.create(CM, {
      metadata: { name: 'platform', labels: { 'holdfast.dev/ignore-rules': 'true' } },
      data: { 'rules.yaml': `rules:\n  - ${rule}\n` },
    })
    await untilApp('second', drifts('MutatingWebhookConfiguration/second'))
    expect((await hands.holdfast('ignores', 'list', 'second')).out).toContain('ConfigMap argocd/platform')
    await editor.patch('merge', '/api/v1/namespaces/second/configmaps/settings', { data: { size: '2' } })
    await untilApp('second', drifts(...drift))
    await editor.patch('merge', '/api/v1/namespaces/second/configmaps/settings', { data: { size: '1' } })
    await untilApp('second', drifts('MutatingWebhookConfiguration/second'))
    await editor.remove(`${CM}/platform`)
    await untilApp('second', drifts(...drift))
  })

  test('that a source declares hold for its own objects', async (hands) => {
    const { editor, untilApp } = hands
    await bring(hands, 'ruled')
    await editor.patch('merge', inApps('ruled', 'a'), { spec: { replicas: 4 } })
    await editor.patch('merge', inApps('ruled', 'a'), { metadata: { labels: { by: 'hand' } } })
    await untilApp('ruled', drifts('Deployment/a'))
    const explained = await hands.holdfast('ignores', 'explain', 'Deployment/a', 'ruled')
    expect(explained.out).toMatch(
      /\.spec\.replicas +changed +ConfigMap (ruled\/)?rules rules\.yaml\.rules\[0\] +team-a/,
    )
    await editor.patch('merge', inApps('ruled', 'a'), { metadata: { labels: { by: null } } })
    await untilApp('ruled', drifts())
    await repository.commit({ 'ruled/all.yaml': deployment('a') }, 'no rule')
    await (world as World).refresh('ruled')
    await untilApp('ruled', drifts('Deployment/a'))
  })
})

describe('a rule that fails', () => {
  test('holds what it speaks of until it is mended, and nothing else', async (hands) => {
    const { editor, untilApp } = hands
    const broken = '.spec.template.spec.containers[] | select(.name | test("(")) | .image'
    await bring(hands, 'healed', {
      spec: {
        syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
        ignoreDifferences: [{ group: 'apps', kind: 'Deployment', name: 'a', jqPathExpressions: [broken] }],
      },
    })
    for (const name of ['a', 'b']) await editor.patch('merge', inApps('healed', name), { spec: { replicas: 7 } })
    await editor.until(inApps('healed', 'b'), ({ body }) => body.spec.replicas === 2)
    await untilApp('healed', (app) => drifts('Deployment/a')(app) && says('HF2005', 'ignoreDifferences[0]')(app))
    expect((await editor.get(inApps('healed', 'a'))).body.spec.replicas).toBe(7)
    const lint = await hands.holdfast('ignores', 'lint', 'healed')
    expect(lint.out).toContain('unusable')
    expect(lint.exit).toBe(1)
    const mended = broken.replace('"("', '"^app$"')
    await setRules(editor, 'healed', [{ group: 'apps', kind: 'Deployment', name: 'a', jqPathExpressions: [mended] }])
    await editor.until(inApps('healed', 'a'), ({ body }) => body.spec.replicas === 2, { ms: SOON })
    await untilApp('healed', (app) => drifts()(app) && saysNot('HF2005')(app))
  })
})

describe('what is told of rules', () => {
  test('speaks of nothing, hides more than it names, is overdue', async (hands) => {
    const { editor, untilApp } = hands
    await setRules(editor, 'first', [
      { group: 'apps', kind: 'Deployment', name: 'nobody', jsonPointers: ['/spec/replicas'] },
      { group: 'apps', kind: 'Deployment', name: 'b', jsonPointers: ['/spec/template'] },
    ])
    const notes = '- {name: b, owner: team-b, reason: because, review: 2020-01-01}\n'
    await editor.patch('merge', `${APPS}/first`, { metadata: { annotations: { 'holdfast.dev/ignore-rules': notes } } })
    await editor.patch('json', inApps('first', 'b'), [
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'registry.example.com/app:evil' },
    ])
    await untilApp(
      'first',
      (app) =>
        says('HF2009', 'ignoreDifferences[0]')(app) &&
        says('HF2010', 'ignoreDifferences[1]', 'image')(app) &&
        says('HF2011', 'ignoreDifferences[1]', '2020-01-01', 'team-b')(app),
    )
    const review = await hands.holdfast('ignores', 'review', 'first')
    expect(review.out).toContain('2020-01-01')
    expect(review.exit).toBe(1)
    const lint = await hands.holdfast('ignores', 'lint', 'first', '-o', 'json')
    for (const code of ['too-wide', 'matches-nothing', 'overdue', 'wider-than-needed', 'hides-people'])
      expect(lint.out).toContain(`"${code}"`)
    const tried = await hands.holdfast(
      ...['ignores', 'test', 'second', '--kind', 'ConfigMap', '--name', 'settings', '--pointer', '/data/mode'],
    )
    expect(tried.out).toContain('only what is intended leaves the reports')
    expect(tried.exit).toBe(0)
    await setRules(editor, 'first', null)
    await untilApp(
      'first',
      (app) =>
        saysNot('HF2009')(app) &&
        saysNot('HF2010')(app) &&
        saysNot('HF2011')(app) &&
        driftOf(app).includes('Deployment/b'),
    )
  })
})

describe('excluded kinds', () => {
  test('are left out and not pruned, and come back when the exclusion goes', async (hands) => {
    const { editor, untilApp } = hands
    await bring(hands, 'excluded')
    const at = '/api/v1/namespaces/excluded/configmaps/settings'
    const uid = (await editor.get(at)).body.metadata.uid
    await editor.patch('merge', `${CM}/argocd-cm`, {
      data: { 'resource.exclusions': '- {apiGroups: [""], kinds: [ConfigMap], clusters: ["*"]}\n' },
    })
    await untilApp('excluded', says('HF3020', 'ConfigMap'))
    await editor.patch('merge', at, { data: { mode: 'slow' } })
    await editor.patch('merge', inApps('excluded', 'a'), { spec: { replicas: 3 } })
    await untilApp('excluded', drifts('Deployment/a'))
    expect((await editor.get(at)).body.metadata.uid).toBe(uid)
    await editor.patch('merge', `${CM}/argocd-cm`, { data: { 'resource.exclusions': null } })
    await untilApp('excluded', (app) => drifts('ConfigMap/settings', 'Deployment/a')(app) && saysNot('HF3020')(app))
    expect((await editor.get(at)).body.metadata.uid).toBe(uid)
  })
})
