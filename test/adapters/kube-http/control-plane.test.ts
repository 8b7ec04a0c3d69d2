import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, connect, loadKubeConfig } from '../../../src/adapters/kube-http/index.ts'
import { systemClock } from '../../../src/adapters/system-clock/index.ts'
import type { KubeObject, ObjectRef } from '../../../src/core/kube/index.ts'
import { HoldfastError } from '../../../src/core/problem/index.ts'
import type { WatchedKind, WatchEvent } from '../../../src/ports/cluster-reader.ts'
import { BinariesUnavailable } from '../../../tools/binaries.mjs'
import { startControlPlane } from '../../../tools/control-plane.mjs'
import { CONFIG_MAP, silent } from './support/bench.ts'
import { eventually } from './support/fake-clock.ts'
import { wireTo } from './support/wire.ts'

type ControlPlane = Awaited<ReturnType<typeof startControlPlane>>

let plane: ControlPlane | undefined
let why = ''
let admin: Cluster
let limited: Cluster
const clusters: Cluster[] = []

async function connected(file: string, url?: string): Promise<Cluster> {
  const config = { ...loadKubeConfig({ path: file, env: {} }), ...(url === undefined ? {} : { server: url }) }
  const cluster = await connect({ config, env: {}, version: 'test', clock: systemClock, log: silent })
  clusters.push(cluster)
  return cluster
}

beforeAll(async () => {
  try {
    plane = await startControlPlane()
  } catch (error) {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    why = error.message
    console.error(`SKIPPED: the client on a real API server: ${why}`)
    return
  }
  admin = await connected(String(plane.kubeconfigs['holdfast']))
  limited = await connected(String(plane.kubeconfigs['limited']))
  for (const object of SETUP) await admin.writer.apply(object as unknown as KubeObject)
  await eventuallyDenied()
  await eventuallyServed({ group: 'test.dev', version: 'v1', kind: 'Big' })
}, 900_000)

afterAll(async () => {
  for (const cluster of clusters) await cluster.close()
  await plane?.stop()
})

/** A kind is served a moment after its definition was stored. */
async function eventuallyServed(query: { group: string; version: string; kind: string }): Promise<void> {
  while ((await admin.reader.kind(query, { refresh: true })) === undefined)
    await new Promise((done) => setTimeout(done, 100))
}

const configMap = (name: string, over: object = {}, namespace = 'default'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { a: '1' },
  ...over,
})

const SETUP: object[] = [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'names' },
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
        ],
      },
      validations: [{ expression: "!object.metadata.name.startsWith('bad')", message: 'bad names are bad' }],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'names' },
    spec: { policyName: 'names', validationActions: ['Deny'] },
  },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'full' } },
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q', namespace: 'full' },
    spec: { hard: { 'count/secrets': '0' } },
  },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'bigs.test.dev' },
    spec: {
      group: 'test.dev',
      scope: 'Namespaced',
      names: { kind: 'Big', plural: 'bigs' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { n: { type: 'integer', format: 'int64' } } } },
            },
          },
        },
      ],
    },
  },
  deployment({}),
  configMap('fixed', { immutable: true }),
]

/** Admission is effective about a second after it was made. */
async function eventuallyDenied(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const codes = await Promise.all([
      codeOf(admin.writer.apply(configMap('bad'))),
      codeOf(admin.writer.create(secret('full'))),
    ])
    if (codes.every((code) => code === 'HF4003')) return
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error('admission never became effective')
}

function secret(namespace: string, data: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `s${Math.random().toString(36).slice(2)}`, namespace },
    data,
  }
}

function deployment(spec: object, container: object = {}): KubeObject {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'x', ...container }] } }
  const metadata = { name: 'd', namespace: 'default' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { replicas: 0, selector: { matchLabels: { a: 'b' } }, template, ...spec },
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (caught: unknown) => caught,
  )
  return error instanceof HoldfastError ? error.problem.code : String(error)
}

const ref = (name: string, over: Partial<ObjectRef> = {}): ObjectRef => ({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'default',
  name,
  ...over,
})

const stale = (resourceVersion: string): KubeObject => ({
  ...configMap('fixed'),
  metadata: { name: 'fixed', namespace: 'default', resourceVersion },
})
const repeated = [
  { name: 'A', value: '1' },
  { name: 'A', value: '2' },
]

const REFUSALS: [string, string, () => Promise<unknown>][] = [
  ['policy denial', 'HF4003', () => admin.writer.apply(configMap('bad'))],
  ['quota', 'HF4003', () => admin.writer.apply(secret('full'))],
  ['missing namespace', 'HF4004', () => admin.writer.apply(configMap('x', {}, 'nowhere'))],
  ['forbidden write', 'HF4002', () => limited.writer.apply(configMap('x'))],
  ['forbidden read', 'HF4010', () => limited.reader.get(ref('x'))],
  ['forbidden list', 'HF4010', () => limited.reader.list(ref(''))],
  ['immutable selector', 'HF4006', () => admin.writer.apply(deployment({ selector: { matchLabels: { a: 'c' } } }))],
  [
    'immutable ConfigMap',
    'HF4006',
    () => admin.writer.apply(configMap('fixed', { immutable: true, data: { a: '2' } })),
  ],
  ['unknown field', 'HF4005', () => admin.writer.apply(configMap('x', { foo: 1 }))],
  ['unknown field, created', 'HF4005', () => admin.writer.create(configMap('x', { foo: 1 }))],
  ['duplicate list key', 'HF4005', () => admin.writer.apply(deployment({}, { env: repeated }))],
  ['invalid value', 'HF4005', () => admin.writer.apply(deployment({ replicas: -1 }))],
  ['1.6 MB ConfigMap', 'HF4009', () => admin.writer.apply(configMap('x', { data: { a: 'x'.repeat(1_600_000) } }))],
  ['4 MB ConfigMap', 'HF4009', () => admin.writer.apply(configMap('x', { data: { a: 'x'.repeat(4_000_000) } }))],
  ['stale resourceVersion', 'HF4007', () => admin.writer.apply(stale('1'))],
  ['exists already', 'HF4013', () => admin.writer.create(configMap('fixed'))],
  ['unknown kind', 'HF3002', () => admin.writer.apply({ ...configMap('x'), apiVersion: 'none.dev/v1' })],
  [
    'patch of a missing object',
    'HF4007',
    () => admin.writer.jsonPatch(ref('none'), [{ op: 'add', path: '/data/x', value: '1' }]),
  ],
  ['stale delete', 'HF4007', () => admin.writer.remove(ref('fixed'), { uid: 'other', propagation: 'Background' })],
]

describe('on a real API server', () => {
  it.for(REFUSALS)('%s is %s', async ([, code, act], test) => {
    if (plane === undefined) return test.skip(why)
    expect(await codeOf(act())).toBe(code)
  })

  it('a 1 MB ConfigMap goes through; deleting twice says so; big integers stay whole', async (test) => {
    if (plane === undefined) return test.skip(why)
    const { uid = '' } = (await admin.writer.apply(configMap('large', { data: { a: 'x'.repeat(1_000_000) } }))).metadata
    expect(await admin.writer.remove(ref('large'), { uid, propagation: 'Background' })).toBe(true)
    expect(await admin.writer.remove(ref('large'), { uid, propagation: 'Background' })).toBe(false)
    expect(await admin.reader.get(ref('large'))).toBeNull()
    const big = {
      apiVersion: 'test.dev/v1',
      kind: 'Big',
      metadata: { name: 'b', namespace: 'default' },
      spec: { n: 9007199254740993n },
    }
    const applied = await admin.writer.apply(big)
    expect(applied['spec']).toEqual({ n: 9007199254740993n })
  })

  it('no message carries the value of a Secret', async (test) => {
    if (plane === undefined) return test.skip(why)
    for (const data of [{ a: 'hunter2!hunter2!' }, { a: 1234567890 }]) {
      const error = await admin.writer.apply(secret('default', data)).catch((caught: Error) => caught)
      expect(error).toBeInstanceOf(HoldfastError)
      expect(String(error)).not.toMatch(/hunter2|1234567890/)
    }
  })

  it('dry runs: PUT where it can, a probe for a Pod; neither changes anything', async (test) => {
    if (plane === undefined) return test.skip(why)
    const live = await admin.writer.apply(configMap('dry'))
    expect(await admin.reader.dryRun(configMap('dry', { data: { z: '1' } }), live)).toMatchObject({
      way: 'put',
      object: { data: { z: '1' } },
    })
    const spec = { containers: [{ name: 'a', image: 'x' }] }
    const pod: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'probed-pod', namespace: 'default' },
      spec,
    }
    const livePod = await admin.writer.apply(pod)
    expect(await admin.reader.dryRun(pod, livePod)).toMatchObject({
      state: 'answered',
      way: 'create',
      object: { metadata: { name: 'probed-pod' } },
    })
    expect((await admin.reader.dryRun(configMap('bad'), live)).state).toBe('refused')
    expect((await admin.reader.get(ref('dry')))?.['data']).toEqual({ a: '1' })
  })

  it('a client certificate and impersonation let in', async (test) => {
    if (plane === undefined) return test.skip(why)
    const carol = await connected(String(plane.kubeconfigs['carol']))
    expect((await carol.reader.list(ref(''))).items.length).toBeGreaterThan(0)
    const config = loadKubeConfig({ path: plane.kubeconfig, env: {} })
    const impersonate = { user: 'nobody', uid: '', groups: [], extra: {} }
    const as = await connect({
      config: { ...config, user: { ...config.user, impersonate } },
      env: {},
      version: 't',
      clock: systemClock,
      log: silent,
    })
    clusters.push(as)
    expect(await codeOf(as.reader.get(ref('x')))).toBe('HF4010')
  })

  it('a watch loses nothing and tells nothing twice: cut off while objects change, then the server restarts', async (test) => {
    if (plane === undefined) return test.skip(why)
    const wire = await wireTo(plane.url)
    const watcher = await connected(String(plane.kubeconfigs['holdfast']), wire.url)
    const view = new Map<string, string>()
    const mistakes: string[] = []
    const note = (each: WatchEvent): void => {
      if (each.type === 'upsert')
        view.set(each.key, `${each.object.metadata.uid}@${each.object.metadata.resourceVersion}`)
      if (each.type === 'delete' && !view.delete(each.key)) mistakes.push(`deleted twice: ${each.key}`)
    }
    const watched = watcher.reader.watch(CONFIG_MAP, note)
    await watched.ready
    const made = await Promise.all(Array.from({ length: 30 }, (_, index) => admin.writer.apply(configMap(`w${index}`))))
    await agrees(view, watched)
    wire.block()
    const gone = made.slice(0, 10)
    await Promise.all(
      gone.map((object) =>
        admin.writer.remove(ref(object.metadata.name ?? ''), {
          uid: object.metadata.uid ?? '',
          propagation: 'Background',
        }),
      ),
    )
    await Promise.all(gone.slice(0, 5).map((object) => admin.writer.create(configMap(object.metadata.name ?? ''))))
    await Promise.all(
      made.slice(20).map((object) => admin.writer.apply(configMap(object.metadata.name ?? '', { data: { a: '2' } }))),
    )
    wire.mend()
    await agrees(view, watched)
    await plane.restartApiServer()
    await admin.writer.apply(configMap('w29', { data: { a: '3' } }))
    await admin.writer.remove(ref('w28'), { uid: made[28]?.metadata.uid ?? '', propagation: 'Background' })
    await agrees(view, watched)
    expect(mistakes).toEqual([])
    watched.stop()
    await wire.close()
  }, 60_000)

  it('a kind whose definition is deleted: its objects are told as deleted', async (test) => {
    if (plane === undefined) return test.skip(why)
    const kind = await admin.reader.kind({ group: 'test.dev', version: 'v1', kind: 'Big' }, { refresh: true })
    if (kind === undefined) throw new Error('not served')
    const gone: string[] = []
    const watched = admin.reader.watch(kind, (each) => void (each.type === 'delete' && gone.push(each.ref.name)))
    await watched.ready
    const definition = ref('bigs.test.dev', {
      group: 'apiextensions.k8s.io',
      kind: 'CustomResourceDefinition',
      namespace: '',
    })
    const live = await admin.reader.get(definition)
    await admin.writer.remove(definition, { uid: live?.metadata.uid ?? '', propagation: 'Background' })
    await eventually(null, () => gone.length > 0)
    expect(gone).toEqual(['b'])
    watched.stop()
  }, 30_000)
})

/** Waits until the view built from events is what a fresh list says. */
async function agrees(view: Map<string, string>, watched: WatchedKind): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const { items } = await admin.reader.list(ref('', { namespace: '' }))
    const truth = items
      .map(
        ({ metadata }) =>
          `/ConfigMap/${metadata.namespace}/${metadata.name}=${metadata.uid}@${metadata.resourceVersion}`,
      )
      .sort()
    const seen = [...view].map(([key, value]) => `${key}=${value}`).sort()
    if (watched.isFresh() && JSON.stringify(truth) === JSON.stringify(seen)) return
    if (performance.now() > deadline) expect(seen).toEqual(truth)
    await new Promise((done) => setTimeout(done, 50))
  }
}
