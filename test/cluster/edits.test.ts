// Edits made by hand on a real API server: each found with the right actor, healed in one generation.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeWorld, type World } from '../kit/world.ts'

const NS = 'edits'
const DEPLOYMENT = `/apis/apps/v1/namespaces/${NS}/deployments/web`
const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:v1.2.0
          args: [--fast]
          env: [{name: A, value: "1"}, {name: B, value: "2"}]
          resources: {limits: {memory: 512Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: fast}
---
apiVersion: v1
kind: Secret
metadata: {name: credentials}
stringData: {password: planted-secret-1}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
`

interface Edit {
  readonly name: string
  readonly path: string
  readonly kind: 'json' | 'merge' | 'strategic'
  readonly body: unknown
  readonly manager?: string
  /** What the journal must name. */
  readonly at: readonly string[]
  readonly actor: string
  /** Generations from before the edit to after the heal; 0 for kinds without one. */
  readonly generations: number
  readonly requirements?: readonly string[]
}

interface Event {
  readonly reason: string
  readonly message: string
}

const podSpec = (spec: object): object => ({ spec: { template: { spec } } })
const EDITS: readonly Edit[] = [
  {
    name: 'privileged sidecar',
    path: DEPLOYMENT,
    kind: 'json',
    body: [
      {
        op: 'add',
        path: '/spec/template/spec/containers/-',
        value: { name: 'miner', image: 'evil:1', securityContext: { privileged: true } },
      },
    ],
    manager: 'kubectl-patch',
    at: ['.spec.template.spec.containers[name="miner"]'],
    actor: 'kubectl-patch',
    generations: 2,
    requirements: ['S000-45'],
  },
  {
    name: 'managedFields wiped with hostNetwork',
    path: DEPLOYMENT,
    kind: 'merge',
    body: { metadata: { managedFields: [{}] }, ...podSpec({ hostNetwork: true }) },
    at: ['.spec.template.spec.hostNetwork'],
    actor: 'unknown',
    generations: 2,
  },
  {
    name: 'scaled to 0',
    path: `${DEPLOYMENT}/scale`,
    kind: 'merge',
    body: { spec: { replicas: 0 } },
    manager: 'kubectl',
    at: ['.spec.replicas'],
    actor: 'unknown',
    generations: 2,
    requirements: ['S000-04'],
  },
  {
    name: 'scaled to 5',
    path: `${DEPLOYMENT}/scale`,
    kind: 'merge',
    body: { spec: { replicas: 5 } },
    manager: 'kubectl',
    at: ['.spec.replicas'],
    actor: 'kubectl',
    generations: 2,
    requirements: ['S000-01'],
  },
  {
    name: 'ConfigMap key added',
    path: `/api/v1/namespaces/${NS}/configmaps/settings`,
    kind: 'merge',
    body: { data: { hack: '1' } },
    at: ['.data.hack'],
    actor: 'kubectl-edit',
    generations: 0,
    requirements: ['S000-03'],
  },
  {
    name: 'Service port added',
    path: `/api/v1/namespaces/${NS}/services/web`,
    kind: 'json',
    body: [{ op: 'add', path: '/spec/ports/-', value: { name: 'x', port: 81 } }],
    at: ['.spec.ports[port=81,protocol="TCP"]'],
    actor: 'kubectl-edit',
    generations: 0,
  },
  {
    name: 'env added',
    path: DEPLOYMENT,
    kind: 'strategic',
    body: podSpec({ containers: [{ name: 'web', env: [{ name: 'HACK', value: '1' }] }] }),
    manager: 'kubectl-set',
    at: ['.spec.template.spec.containers[name="web"].env[name="HACK"]'],
    actor: 'kubectl-set',
    generations: 2,
    requirements: ['S000-17'],
  },
  {
    name: 'env reordered',
    path: DEPLOYMENT,
    kind: 'json',
    body: [
      {
        op: 'replace',
        path: '/spec/template/spec/containers/0/env',
        value: [
          { name: 'B', value: '2' },
          { name: 'A', value: '1' },
        ],
      },
    ],
    at: ['.spec.template.spec.containers[name="web"].env'],
    actor: 'unknown',
    generations: 2,
  },
  {
    name: 'image changed and label added at once',
    path: DEPLOYMENT,
    kind: 'strategic',
    body: { metadata: { labels: { extra: 'x' } }, ...podSpec({ containers: [{ name: 'web', image: 'evil:2' }] }) },
    at: ['.metadata.labels.extra', '.spec.template.spec.containers[name="web"].image'],
    actor: 'kubectl-edit',
    generations: 2,
  },
  {
    name: 'memory limit raised',
    path: DEPLOYMENT,
    kind: 'strategic',
    body: podSpec({ containers: [{ name: 'web', resources: { limits: { memory: '2Gi' } } }] }),
    manager: 'kubectl-set',
    at: ['.spec.template.spec.containers[name="web"].resources.limits.memory'],
    actor: 'kubectl-set',
    generations: 2,
    requirements: ['S003-03'],
  },
  {
    name: 'declared env removed',
    path: DEPLOYMENT,
    kind: 'json',
    body: [{ op: 'remove', path: '/spec/template/spec/containers/0/env/0' }],
    at: ['.spec.template.spec.containers[name="web"].env[name="A"]'],
    actor: 'unknown',
    generations: 2,
  },
  {
    name: 'rule added to a Role',
    path: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NS}/roles/reader`,
    kind: 'json',
    body: [{ op: 'add', path: '/rules/-', value: { apiGroups: ['*'], resources: ['*'], verbs: ['*'] } }],
    at: ['.rules'],
    actor: 'kubectl-edit',
    generations: 0,
  },
  {
    name: 'Secret key added',
    path: `/api/v1/namespaces/${NS}/secrets/credentials`,
    kind: 'merge',
    body: { data: { extra: 'cGxhbnRlZC1zZWNyZXQtMg==' } },
    at: ['.data.extra'],
    actor: 'kubectl-edit',
    generations: 0,
  },
]

describe('hand edits', () => {
  let world: World | undefined
  beforeAll(async () => {
    world = await makeWorld('hand edits')
    if (world === undefined) return
    const repository = await world.git.createRepository('edits')
    await repository.commit({ 'all.yaml': MANIFESTS }, 'first')
    await world.start()
    await world.editor.create(
      '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications',
      world.application('edits', repository),
    )
    await world.untilApp(
      'edits',
      ({ status }) => (status as never as { sync?: { status: string } })?.sync?.status === 'Synced',
    )
    // The deployment controller writes its first annotation and status.
    await world.editor.until(DEPLOYMENT, ({ body }) => body.status?.observedGeneration === 1)
  }, 900_000)
  afterAll(() => world?.close())

  it.each(EDITS)('$name', async (edit) => {
    if (world === undefined) return
    const { editor } = world
    const object = edit.path.replace(/\/scale$/, '')
    const before = (await editor.get(object)).body
    const edited = await editor.patch(edit.kind, edit.path, edit.body, edit.manager)
    expect(edited.status, JSON.stringify(edited.body)).toBe(200)
    const spec = (body: Record<string, unknown>): string =>
      JSON.stringify([body['spec'], body['data'], body['rules'], (body['metadata'] as { labels?: object }).labels])
    const after = (
      await editor.until(object, ({ body }) => spec(body) === spec(before), { what: `heal of ${edit.name}` })
    ).body
    if (edit.generations > 0) expect(after.metadata.generation - before.metadata.generation).toBe(edit.generations)
    const managers = (after.metadata.managedFields ?? []).filter(
      (entry: { subresource?: string }) => entry.subresource === undefined,
    )
    expect(
      managers.map((entry: { manager: string; operation: string }) => `${entry.manager}|${entry.operation}`),
    ).toEqual(expect.arrayContaining(['holdfast|Apply']))
    const told = `/${object.split('/').at(-1)}: ${edit.at.join(', ')} by ${edit.actor},`
    await editor.until(
      '/api/v1/namespaces/argocd/events?limit=500',
      ({ body }) => body.items.some(({ reason, message }: Event) => reason === 'DriftHealed' && message.includes(told)),
      { what: `Event of the heal: ${told}` },
    )
  })
})
