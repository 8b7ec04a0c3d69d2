// Whose is it? Injectors, autoscalers, CA injectors, admission policies and their look-alikes, on a real control plane.
// requirements: [S000-45, S000-46, S000-43, S002-28, S002-63]
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refKey } from '../../src/core/kube/index.ts'
import type { Running } from '../../src/main/run.ts'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'
import { type PatchOperation, startWebhook, type Webhook } from '../kit/webhook.ts'

const NS = 'mesh'
const POLICIES = '/apis/admissionregistration.k8s.io/v1beta1'
const HOOKS = '/apis/admissionregistration.k8s.io/v1'
const AT = {
  deployment: `/apis/apps/v1/namespaces/${NS}/deployments/web`,
  pod: `/api/v1/namespaces/${NS}/pods/solo`,
  settings: `/api/v1/namespaces/${NS}/configmaps/settings`,
  stamped: `/api/v1/namespaces/${NS}/configmaps/stamped`,
  checks: `${HOOKS}/validatingwebhookconfigurations/checks`,
}
const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {tier: front}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example.com/web:v1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: solo, labels: {app: solo}}
spec: {containers: [{name: solo, image: "registry.example.com/solo:v1"}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: fast}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: stamped, labels: {stamp: please}}
data: {mode: fast}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: checks, annotations: {cert-manager.io/inject-ca-from: mesh/checks}}
webhooks:
  - name: checks.example.com
    clientConfig: {service: {name: checks, namespace: mesh}}
    failurePolicy: Ignore
    sideEffects: None
    admissionReviewVersions: [v1]
    rules: [{operations: [CREATE], apiGroups: [example.com], apiVersions: [v1], resources: [nothings]}]
`

let world: World | undefined
let webhook: Webhook
let running: Running
let repository: Repository

const PROXY = { name: 'istio-proxy', image: 'istio/proxyv2:1.27' }
const hasProxy = (spec: { containers: { name: string }[] }): boolean =>
  spec.containers.some(({ name }) => name === PROXY.name)

const inject = (
  at: string,
  spec: { containers: { name: string }[]; volumes?: unknown[] },
): readonly PatchOperation[] =>
  hasProxy(spec)
    ? []
    : ([
        { op: 'add', path: `${at}/containers/-`, value: PROXY },
        spec.volumes === undefined
          ? { op: 'add', path: `${at}/volumes`, value: [{ name: 'istio-envoy', emptyDir: {} }] }
          : { op: 'add', path: `${at}/volumes/-`, value: { name: 'istio-envoy', emptyDir: {} } },
      ] as const)

function hook(name: string, mutation: string, rule: object, selectors: object): object {
  return {
    name,
    clientConfig: { url: webhook.url(mutation), caBundle: webhook.caBundle },
    rules: [{ operations: ['CREATE', 'UPDATE'], apiVersions: ['v1'], ...rule }],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    failurePolicy: 'Fail',
    ...selectors,
  }
}

const inMesh = { namespaceSelector: { matchLabels: { 'istio-injection': 'enabled' } } }

async function prepare({ editor, git }: World): Promise<void> {
  await editor.create('/api/v1/namespaces', { metadata: { name: NS, labels: { 'istio-injection': 'enabled' } } })
  await editor.until(`/api/v1/namespaces/${NS}/serviceaccounts/default`, ({ status }) => status === 200)
  await editor.create(`${HOOKS}/mutatingwebhookconfigurations`, {
    metadata: { name: 'istio-sidecar-injector' },
    webhooks: [
      hook('namespace.sidecar-injector.istio.io', 'pods', { apiGroups: [''], resources: ['pods'] }, inMesh),
      hook(
        'object.sidecar-injector.istio.io',
        'deployments',
        { apiGroups: ['apps'], resources: ['deployments'] },
        inMesh,
      ),
      hook(
        'stamp.example.com',
        'stamp',
        { apiGroups: [''], resources: ['configmaps'] },
        {
          objectSelector: { matchLabels: { stamp: 'please' } },
        },
      ),
    ],
  })
  await editor.create(`${POLICIES}/mutatingadmissionpolicies`, policy('a'))
  await editor.create(`${POLICIES}/mutatingadmissionpolicybindings`, {
    metadata: { name: 'mark' },
    spec: {
      policyName: 'mark',
      matchResources: { namespaceSelector: { matchLabels: { 'istio-injection': 'enabled' } } },
    },
  })
  repository = await git.createRepository('mesh')
  await repository.commit({ 'all.yaml': MANIFESTS }, 'first')
}

/** Marks every ConfigMap of the namespace. */
const policy = (mark: string): object => ({
  metadata: { name: 'mark' },
  spec: {
    matchConstraints: {
      resourceRules: [
        { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
      ],
    },
    matchConditions: [{ name: 'not-stamped', expression: '!("stamp" in object.metadata.?labels.orValue({}))' }],
    reinvocationPolicy: 'Never',
    failurePolicy: 'Fail',
    mutations: [
      {
        patchType: 'ApplyConfiguration',
        applyConfiguration: {
          expression: `Object{metadata: Object.metadata{annotations: {"policy": "${mark}"}}}`,
        },
      },
    ],
  },
})

beforeAll(async () => {
  world = await makeWorld('delegation', {
    apiServerFlags: [
      '--feature-gates=MutatingAdmissionPolicy=true',
      '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
    ],
  })
  if (world === undefined) return
  let stamps = 0
  webhook = await startWebhook({
    pods: (object) => inject('/spec', object.spec),
    deployments: (object) => inject('/spec/template/spec', object.spec.template.spec),
    stamp: (object) => {
      stamps += 1
      const value = `${Date.now()}-${stamps}`
      return object.metadata.annotations === undefined
        ? [{ op: 'add', path: '/metadata/annotations', value: { stamp: value } }]
        : [{ op: 'add', path: '/metadata/annotations/stamp', value }]
    },
  })
  await prepare(world)
  running = await world.start()
  await world.editor.create(APPS, world.application('mesh', repository))
  await world.untilApp('mesh', isSynced)
}, 1_200_000)
afterAll(async () => {
  await world?.close()
  await webhook?.stop()
})

const isSynced = ({ status }: { status?: unknown }): boolean =>
  (status as { sync?: { status: string } } | undefined)?.sync?.status === 'Synced'

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function evaluated(group: string, kind: string, name: string, namespace = NS) {
  const key = refKey({ group, kind, namespace, name })
  const app = running.loop.apps.all().find(({ key: of }) => of === 'argocd/mesh')
  return app?.objects.get(key)?.evaluation
}

async function until(holds: () => boolean, what: string, ms = 10_000): Promise<void> {
  const end = Date.now() + ms
  while (!holds()) {
    if (Date.now() > end) throw new Error(`${what} did not come about`)
    await after(25)
  }
}

const paths = (group: string, kind: string, name: string, namespace = NS): string[] =>
  (evaluated(group, kind, name, namespace)?.fields ?? []).map(({ field }) => `${field.change} ${field.at}`)

describe('a sidecar injector', () => {
  it('adds to pods and templates without anyone calling it drift', async () => {
    if (world === undefined) return
    const pod = await world.editor.get(AT.pod)
    const deployment = await world.editor.get(AT.deployment)
    expect([hasProxy(pod.body.spec), hasProxy(deployment.body.spec.template.spec)]).toEqual([true, true])
    expect([paths('', 'Pod', 'solo'), paths('apps', 'Deployment', 'web')]).toEqual([[], []])
  })

  it('excuses no other container, and no look-alike by hand', async () => {
    if (world === undefined) return
    const { editor } = world
    const containers = [
      { name: 'miner', image: 'miner:1' },
      { name: 'istio-proxy', image: 'evil:1' },
    ]
    const volumes = [{ name: 'istio-token', hostPath: { path: '/' } }]
    await editor.patch('strategic', AT.deployment, { spec: { template: { spec: { containers, volumes } } } })
    const { body } = await editor.until(
      AT.deployment,
      ({ body: seen }) => seen.spec.template.spec.containers.length === 2,
    )
    await editor.until(AT.deployment, ({ body: seen }) => seen.spec.template.spec.volumes.length === 1)
    expect(body.spec.template.spec.containers.map(({ name }: { name: string }) => name).sort()).toEqual([
      'istio-proxy',
      'web',
    ])
    await editor.until(AT.deployment, ({ body: seen }) =>
      seen.spec.template.spec.containers.some(({ image }: { image: string }) => image === PROXY.image),
    )
  })
})

describe('a CA injector', () => {
  const fill = (ca: string) => [
    { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: Buffer.from(ca).toString('base64') },
  ]
  const bundle = (body: { webhooks: { clientConfig: { caBundle?: string } }[] }) =>
    body.webhooks[0]?.clientConfig.caBundle

  it('fills what Git asks it to fill; a person who does is healed', async () => {
    if (world === undefined) return
    const { editor } = world
    const ca = webhook.caBundle
    const pem = Buffer.from(ca, 'base64').toString()
    await editor.patch('json', AT.checks, fill(pem), 'cert-manager-cainjector')
    const kind = ['admissionregistration.k8s.io', 'ValidatingWebhookConfiguration', 'checks', ''] as const
    const rules = (): string[] => (evaluated(...kind)?.ignored ?? []).map(({ rule }) => rule)
    await until(() => rules().includes('builtin/ca-injected'), 'the injected bundle')
    expect(paths(...kind)).toEqual([])
    expect(bundle((await editor.get(AT.checks)).body)).toBe(ca)
    await editor.patch('json', AT.checks, fill(`${pem}\n${pem}`), 'kubectl-patch')
    await editor.until(AT.checks, ({ body }) => bundle(body) === undefined)
  })
})

describe('an autoscaler', () => {
  it('is looked at when replicas differ, and then believed', async () => {
    if (world === undefined) return
    const { editor } = world
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
    await editor.create(`/apis/autoscaling/v2/namespaces/${NS}/horizontalpodautoscalers`, {
      metadata: { name: 'web' },
      spec: { scaleTargetRef, minReplicas: 3, maxReplicas: 6 },
    })
    await editor.until(AT.deployment, ({ body }) => body.spec.replicas === 3, { ms: 30_000 })
    await until(
      () =>
        evaluated('apps', 'Deployment', 'web')?.ignored.some(({ owner }) => owner === 'HorizontalPodAutoscaler web') ===
        true,
      'the autoscaler as owner',
    )
    await editor.patch('merge', `${AT.deployment}/scale`, { spec: { replicas: 5 } }, 'kubectl')
    await after(300)
    expect(paths('apps', 'Deployment', 'web')).toEqual([])
    await editor.patch('merge', `${AT.deployment}/scale`, { spec: { replicas: 0 } }, 'kubectl')
    await editor.until(AT.deployment, ({ body }) => body.spec.replicas > 0)
  }, 60_000)
})

describe('admission policies', () => {
  it('are part of what the server makes of an object, before and after they change', async () => {
    if (world === undefined) return
    const { editor } = world
    const mark = (body: { metadata: { annotations?: Record<string, string> } }) => body.metadata.annotations?.['policy']
    expect(mark((await editor.get(AT.settings)).body)).toBe('a')
    expect(paths('', 'ConfigMap', 'settings')).toEqual([])
    await editor.patch('merge', `${POLICIES}/mutatingadmissionpolicies/mark`, policy('b'), 'admin')
    // A policy takes effect a moment after it changed.
    for (let tries = 0; tries < 40; tries += 1) {
      await editor.patch('merge', AT.settings, { data: { mode: `slow-${tries}` } })
      await editor.until(AT.settings, ({ body }) => body.data.mode === 'fast')
      if (mark((await editor.get(AT.settings)).body) === 'b') break
      await after(100)
    }
    await until(() => paths('', 'ConfigMap', 'settings').length === 0, 'settings in sync')
    const { body } = await editor.get(AT.settings)
    await after(1_000)
    expect((await editor.get(AT.settings)).body.metadata.resourceVersion).toBe(body.metadata.resourceVersion)
    expect(mark(body)).toBe('b')
  }, 60_000)
})

describe('a webhook that answers differently each time', () => {
  it('is told, and written to a few times at most', async () => {
    if (world === undefined) return
    const { editor } = world
    const before = webhook.calls('stamp')
    await editor.patch('merge', AT.stamped, { data: { mode: 'slow' } })
    await editor.until(AT.stamped, ({ body }) => body.data.mode === 'fast')
    await until(
      () => evaluated('', 'ConfigMap', 'stamped')?.problems.some(({ code }) => code === 'HF5004') === true,
      'the unstable path',
    )
    await after(2_000)
    expect(paths('', 'ConfigMap', 'stamped')).toEqual([])
    expect(webhook.calls('stamp') - before).toBeLessThanOrEqual(8)
    await editor.patch('json', AT.stamped, [{ op: 'add', path: '/metadata/labels/hand', value: 'made' }])
    await editor.until(AT.stamped, ({ body }) => body.metadata.labels.hand === undefined)
  }, 60_000)
})
