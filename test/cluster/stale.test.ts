// What left Git and still lives: fields, items and objects, whoever had delivered them.
// requirements: [S000-15, S002-228]
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Running } from '../../src/main/run.ts'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'

const NS = 'stale'
const DEPLOYMENT = `/apis/apps/v1/namespaces/${NS}/deployments`

const deployment = (name: string, options: { labels: object; container: string }): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: NS, labels: options.labels },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: options.container, image: 'registry.example.com/web:v1' }] },
    },
  },
})

/** Delivered before by another tool, in its own way. */
const DELIVERED = {
  'by-kubectl-apply': 'kubectl-client-side-apply',
  'by-argocd': 'argocd-controller',
  'by-helm': 'helm',
} as const
const OLD = { labels: { tier: 'front', team: 'web' }, container: 'old' }
const NEW = { labels: { tier: 'front' }, container: 'new' }

const RESTS = {
  'service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], selector: {app: web}}\n',
  'binding.yaml':
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: web}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: default, namespace: stale}]\n',
  'policy.yaml':
    'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web}\nspec: {podSelector: {}}\n',
}

let world: World | undefined
let running: Running
let repository: Repository

const files = (shape: typeof OLD | typeof NEW): Record<string, string> => ({
  ...Object.fromEntries(
    ['ours', ...Object.keys(DELIVERED)].map((name) => [`${name}.yaml`, JSON.stringify(deployment(name, shape))]),
  ),
  'kept.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept}\ndata: {a: "1"}\n',
})

beforeAll(async () => {
  world = await makeWorld('stale fields')
  if (world === undefined) return
  const { editor, git } = world
  await editor.create('/api/v1/namespaces', { metadata: { name: NS } })
  for (const [name, manager] of Object.entries(DELIVERED)) {
    const object = deployment(name, OLD) as { metadata: object }
    const last = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object) }
    const annotated = { ...object, metadata: { ...object.metadata, annotations: last } }
    await editor.create(`${DEPLOYMENT}?fieldManager=${manager}`, name === 'by-helm' ? object : annotated)
  }
  repository = await git.createRepository('stale')
  await repository.commit({ ...files(OLD), ...RESTS }, 'first')
  running = await world.start()
  await editor.create(
    APPS,
    world.application('stale', repository, {
      spec: { syncPolicy: { automated: { prune: false, selfHeal: true } } },
    }),
  )
  await world.untilApp('stale', isSynced)
  const gone = Object.fromEntries(Object.keys(RESTS).map((file) => [file, null]))
  await repository.commit({ ...files(NEW), ...gone }, 'second')
  await world.refresh('stale')
}, 1_200_000)
afterAll(() => world?.close())

const isSynced = ({ status }: { status?: unknown }): boolean =>
  (status as { sync?: { status: string } } | undefined)?.sync?.status === 'Synced'

describe('a label and a container name that left Git', () => {
  it.each(['ours', ...Object.keys(DELIVERED)])('%s: are removed, in one generation', async (name) => {
    if (world === undefined) return
    const { body } = await world.editor.until(`${DEPLOYMENT}/${name}`, ({ body: seen }) =>
      seen.spec.template.spec.containers.some(({ name: of }: { name: string }) => of === 'new'),
    )
    expect(body.metadata.labels).toEqual({ tier: 'front' })
    expect(body.spec.template.spec.containers.map(({ name: of }: { name: string }) => of)).toEqual(['new'])
    // Annotations and labels count into a Deployment's generation only with what else is written.
    expect(body.metadata.generation).toBe(2)
  })
})

describe('objects that left Git while nothing is pruned', () => {
  it('are listed as orphans, exactly these, of every kind', async () => {
    if (world === undefined) return
    const extras = (): string[] =>
      running.loop.apps
        .all()
        .flatMap(({ objects }) => [...objects.values()])
        .filter(({ evaluation }) => evaluation?.difference === 'extra')
        .map(({ key, evaluation }) => `${key} ${evaluation?.whole?.verdict.because} ${evaluation?.whole?.cause.class}`)
        .sort()
    const end = Date.now() + 10_000
    while (extras().length < 3 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 25))
    expect(extras()).toEqual([
      '/Service/stale/web prune-off orphan',
      'networking.k8s.io/NetworkPolicy/stale/web prune-off orphan',
      'rbac.authorization.k8s.io/RoleBinding/stale/web prune-off orphan',
    ])
    expect((await world.editor.get(`/api/v1/namespaces/${NS}/services/web`)).status).toBe(200)
  })
})
