import { afterEach, describe, expect, it } from 'vitest'
import { HoldfastError } from '../../../src/core/problem/index.ts'
import type { RequestMetric } from '../../../src/adapters/kube-http/index.ts'
import { type Bench, bench, configMap, configFor, list, status } from './support/bench.ts'
import { eventually } from './support/fake-clock.ts'
import { type Handler, type ScriptedRequest, type ScriptedServer, scriptedServer } from './support/scripted-server.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const RESOURCES = [
  { resource: 'configmaps', responseKind: { kind: 'ConfigMap' }, scope: 'Namespaced', verbs: ['get'] },
  {
    resource: 'pods',
    responseKind: { kind: 'Pod' },
    scope: 'Namespaced',
    verbs: ['get'],
    subresources: [{ subresource: 'status' }],
  },
]
const CORE = {
  kind: 'APIGroupDiscoveryList',
  items: [{ metadata: {}, versions: [{ version: 'v1', resources: RESOURCES }] }],
}
const served = (group: string, version: string, resource: string, kind: string): object => ({
  metadata: { name: group },
  versions: [
    {
      version,
      resources: [{ resource, responseKind: { kind }, scope: 'Namespaced', verbs: ['get', 'patch', 'update'] }],
    },
  ],
})
const GROUPS = {
  kind: 'APIGroupDiscoveryList',
  items: [
    served('argoproj.io', 'v1alpha1', 'applications', 'Application'),
    served('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  ],
}

interface Made extends Bench {
  readonly server: ScriptedServer
  readonly seen: ScriptedRequest[]
  readonly metrics: RequestMetric[]
}

/** A server that has discovery, and `handler` for the rest. */
async function serving(handler: Handler, over: { prefix?: string } = {}): Promise<Made> {
  const seen: ScriptedRequest[] = []
  const metrics: RequestMetric[] = []
  const server = await scriptedServer('http', (request, reply) => {
    if (request.path.endsWith('/api')) return reply.json(200, CORE)
    if (request.path.endsWith('/apis')) return reply.json(200, GROUPS)
    seen.push(request)
    handler(request, reply)
  })
  const url = server.url + (over.prefix ?? '')
  const made = await bench(server, {
    config: { ...configFor(server), server: url },
    onRequest: (metric) => void metrics.push(metric),
  })
  closing.push(server.close, () => made.cluster.close())
  return { ...made, server, seen, metrics }
}

const VERSION = { major: '1', minor: '35+', gitVersion: 'v1.35.4-gke.1' }
const REF = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'a' }
const OBJECT = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' }, data: { k: 'v' } }

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (caught: unknown) => caught,
  )
  return error instanceof HoldfastError ? error.problem.code : `no problem: ${String(error)}`
}

describe('requests', () => {
  it('keeps the path of the server URL, and names verb, kind and code to the metrics hook', async () => {
    const { cluster, seen, metrics } = await serving((_r, reply) => reply.json(200, configMap('a', 1)), {
      prefix: '/k8s/clusters/c-1',
    })
    await cluster.reader.get(REF)
    expect(seen[0]?.path).toBe('/k8s/clusters/c-1/api/v1/namespaces/ns/configmaps/a')
    expect(metrics.at(-1)).toMatchObject({ verb: 'get', kind: 'ConfigMap', code: '200' })
  })

  it('heals and renews the Lease while hundreds of applications are told of, and nobody answers those', async () => {
    const { cluster, seen } = await serving((request, reply) => {
      const body = {
        ...(JSON.parse(request.body || '{}') as object),
        metadata: { name: 'a', namespace: 'ns', uid: 'u' },
      }
      if (request.headers['content-type'] !== 'application/merge-patch+json') reply.json(200, body)
    })
    const application = { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', namespace: 'ns', name: 'a' }
    const telling = Array.from({ length: 300 }, () => cluster.writer.mergePatch(application, { status: {} }))
    const answered = Promise.allSettled(telling)
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'holdfast', namespace: 'ns' },
    }
    await cluster.writer.update(lease)
    await cluster.reader.get({ ...application, group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' })
    await Promise.all(Array.from({ length: 30 }, () => cluster.writer.apply(OBJECT)))
    const child = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'b', namespace: 'ns' } }
    await cluster.writer.apply(child)
    expect(seen.filter(({ path }) => path.includes('leases'))).toHaveLength(2)
    await cluster.close()
    expect((await answered).every(({ status: end }) => end === 'rejected')).toBe(true)
  })

  it.each([429, 503])('waits as %i with Retry-After asks, for reads only', async (code) => {
    let busy = 2
    const { cluster, clock, seen } = await serving((_r, reply) =>
      busy-- > 0
        ? reply.json(code, status(code, 'Busy', 'later'), { 'retry-after': '7' })
        : reply.json(200, configMap('a', 1)),
    )
    const start = clock.monotonic()
    let done = false
    const reading = cluster.reader.get(REF).finally(() => {
      done = true
    })
    await eventually(clock, () => done, 500)
    expect((await reading)?.metadata.name).toBe('a')
    expect(clock.monotonic() - start).toBeGreaterThanOrEqual(14_000)
    busy = 1
    expect(await codeOf(cluster.writer.apply(OBJECT))).toBe('HF4008')
    expect(seen).toHaveLength(4)
  })

  it('repeats a read after a connection reset, never a write', async () => {
    let resets = 1
    const { cluster, seen } = await serving((_r, reply) =>
      resets-- > 0 ? reply.destroy() : reply.json(200, configMap('a', 1)),
    )
    expect((await cluster.reader.get(REF))?.metadata.name).toBe('a')
    expect(seen).toHaveLength(2)
    resets = 1
    expect(await codeOf(cluster.writer.apply(OBJECT))).toBe('HF4001')
    expect(seen).toHaveLength(3)
    resets = 9
    expect(await codeOf(cluster.reader.get(REF))).toBe('HF4001')
    expect(seen).toHaveLength(6)
  })

  it('nobody listens: HF4001 that names the server', async () => {
    const made = await bench({ url: 'http://127.0.0.1:9', ca: '' })
    await expect(made.cluster.reader.serverMinor()).rejects.toThrow(/HF4001: No answer from http:\/\/127\.0\.0\.1:9/)
    await made.cluster.close()
  })

  it('an answer that is no JSON is HF4001, a list that is none too', async () => {
    const { cluster } = await serving((request, reply) =>
      request.path.endsWith('/a') ? reply.text(200, '<html>') : reply.json(200, { items: 5 }),
    )
    expect(await codeOf(cluster.reader.get(REF))).toBe('HF4001')
    expect(await codeOf(cluster.reader.list(REF))).toBe('HF4001')
  })

  it('a list of many pages is whole; an expired token begins again in one piece; items carry their kind', async () => {
    const answers = [
      { code: 200, body: list(5, [configMap('a', 1)], 't1') },
      { code: 410, body: status(410, 'Expired', 'old') },
      {
        code: 200,
        body: list(6, [
          { metadata: { name: 'a', namespace: 'ns', resourceVersion: '1' }, kept: { unknown: [1] } },
          configMap('b', 2),
        ]),
      },
    ]
    const { cluster, seen } = await serving((_r, reply) => {
      const next = answers.shift()
      reply.json(next?.code ?? 500, next?.body ?? {})
    })
    const { items, resourceVersion } = await cluster.reader.list({
      group: '',
      version: 'v1',
      kind: 'ConfigMap',
      namespace: 'ns',
      metadataOnly: true,
    })
    expect(resourceVersion).toBe('6')
    expect(items.map((item) => [item.apiVersion, item.kind, item.metadata.name])).toEqual([
      ['v1', 'ConfigMap', 'a'],
      ['v1', 'ConfigMap', 'b'],
    ])
    expect(items[0]?.['kept']).toEqual({ unknown: [1] })
    expect(seen.map((request) => [request.query.get('limit'), request.query.get('continue')])).toEqual([
      ['100', null],
      ['500', 't1'],
      [null, null],
    ])
    expect(seen[0]?.headers['accept']).toContain('PartialObjectMetadataList')
  })

  it('every write names the field manager', async () => {
    const { cluster, seen } = await serving((_r, reply) => reply.json(200, configMap('a', 1)))
    const { writer } = cluster
    await writer.apply(OBJECT)
    await writer.jsonPatch(REF, [{ op: 'replace', path: '/data/k', value: 'w' }])
    await writer.mergePatch(REF, { data: null }, { subresource: 'status' })
    await writer.create(OBJECT)
    await writer.update(OBJECT)
    await writer.remove(REF, { uid: 'u', resourceVersion: '5', propagation: 'Foreground' })
    expect(seen.every((request) => request.query.get('fieldManager') === 'holdfast')).toBe(true)
    expect(
      seen.map(
        (request) =>
          `${request.method} ${request.path.replace('/api/v1/namespaces/ns/configmaps', '')} ${request.headers['content-type']}`,
      ),
    ).toEqual([
      'PATCH /a application/apply-patch+yaml',
      'PATCH /a application/json-patch+json',
      'PATCH /a/status application/merge-patch+json',
      'POST  application/json',
      'PUT /a application/json',
      'DELETE /a application/json',
    ])
    expect(seen[0]?.query.get('force')).toBe('true')
    expect(JSON.parse(seen[5]?.body ?? '')).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u', resourceVersion: '5' },
      propagationPolicy: 'Foreground',
    })
  })
})

describe('dry run', () => {
  const live = { ...OBJECT, metadata: { ...OBJECT.metadata, uid: 'u', resourceVersion: '5', name: 'long-name-1' } }
  const desired = { ...OBJECT, metadata: { name: 'long-name-1', namespace: 'ns' } }

  it('puts desired on the compared state', async () => {
    const { cluster, seen } = await serving((_r, reply) => reply.json(200, live))
    expect(await cluster.reader.dryRun(desired, live)).toMatchObject({ state: 'answered', way: 'put' })
    expect(seen[0]?.query.get('dryRun')).toBe('All')
    expect(JSON.parse(seen[0]?.body ?? '').metadata).toEqual({
      name: 'long-name-1',
      namespace: 'ns',
      uid: 'u',
      resourceVersion: '5',
    })
  })

  it('creates under a name of the same length where replacing is refused, and gives the real name back', async () => {
    const { cluster, seen } = await serving((request, reply) => {
      if (request.method === 'PUT') return reply.json(422, status(422, 'Invalid', 'field is immutable'))
      const body = JSON.parse(request.body)
      reply.json(201, {
        ...body,
        metadata: { ...body.metadata, uid: 'n', labels: { job: body.metadata.name } },
        note: `for ${body.metadata.name}.`,
      })
    })
    const answer = await cluster.reader.dryRun(desired, live)
    expect(answer).toMatchObject({
      state: 'answered',
      way: 'create',
      object: { metadata: { name: 'long-name-1', labels: { job: 'long-name-1' } }, note: 'for long-name-1.' },
    })
    const { metadata } = JSON.parse(seen[1]?.body ?? '')
    expect(metadata.name).toMatch(/^[a-z]{11}$/)
    expect(metadata.uid ?? metadata.resourceVersion).toBeUndefined()
  })

  it.each([400, 403, 409, 422, 500])('a refusal with %i is an answer', async (code) => {
    const { cluster } = await serving((_r, reply) => reply.json(code, status(code, 'No', 'not like this')))
    expect(await cluster.reader.dryRun(desired, live)).toEqual({ state: 'refused', message: 'not like this' })
  })
})

describe('discovery', () => {
  it('knows kinds, subresources, and asks again before it calls a kind unknown', async () => {
    const { cluster } = await serving(({ path }, reply) =>
      path === '/version' ? reply.json(200, VERSION) : reply.text(404, 'no'),
    )
    const { reader } = cluster
    expect(await reader.kind({ group: '', version: 'v1', kind: 'Pod' })).toEqual({
      group: '',
      version: 'v1',
      kind: 'Pod',
      resource: 'pods',
      namespaced: true,
      verbs: ['get'],
      subresources: ['status'],
    })
    expect(await reader.capabilities()).toEqual({
      version: '1.35.4',
      apiVersions: expect.arrayContaining(['v1', 'v1/Pod']),
    })
    expect(await reader.serverMinor()).toBe('1.35')
    expect(await codeOf(reader.get({ ...REF, kind: 'Foo' }))).toBe('HF3002')
    expect(await codeOf(cluster.writer.apply({ ...OBJECT, apiVersion: 'x.dev/v1' }))).toBe('HF3002')
    expect(await codeOf(reader.list({ group: 'x', version: 'v1', kind: 'Y' }))).toBe('HF3002')
  })

  it('an API that is out of reach keeps the kinds it had', async () => {
    const group = (freshness: string, resources: object[]): object => ({
      kind: 'APIGroupDiscoveryList',
      items: [{ metadata: { name: 'm.io' }, versions: [{ version: 'v1', freshness, resources }] }],
    })
    let named = group('Current', RESOURCES)
    const server = await scriptedServer('http', (request, reply) =>
      reply.json(200, request.path === '/api' ? CORE : named),
    )
    const { cluster, clock } = await bench(server)
    closing.push(server.close, () => cluster.close())
    const ask = (): Promise<unknown> =>
      cluster.reader.kind({ group: 'm.io', version: 'v1', kind: 'Pod' }, { refresh: true })
    expect(await ask()).toBeDefined()
    clock.advance(1001)
    named = group('Stale', [])
    expect(await ask()).toBeDefined()
    clock.advance(1001)
    named = group('Current', [])
    expect(await ask()).toBeUndefined()
  })

  it('reads the older form too, past a group that answers 503', async () => {
    const documents: Record<string, object> = {
      '/version': VERSION,
      '/api': { kind: 'APIVersions', versions: ['v1'] },
      '/apis': {
        kind: 'APIGroupList',
        groups: [
          { name: 'apps', versions: [{ version: 'v1beta1' }, { version: 'v1' }], preferredVersion: { version: 'v1' } },
          { name: 'broken', versions: [{ version: 'v1' }] },
        ],
      },
      '/api/v1': {
        resources: [
          { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get'] },
          { name: 'pods/log', kind: 'Pod' },
        ],
      },
      '/apis/apps/v1': { resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get'] }] },
      '/apis/apps/v1beta1': {
        resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get'] }],
      },
    }
    const server = await scriptedServer('http', (request, reply) => {
      const document = documents[request.path]
      reply.json(document === undefined ? 503 : 200, document ?? status(503, 'ServiceUnavailable', 'down'))
    })
    const { cluster } = await bench(server)
    closing.push(server.close, () => cluster.close())
    expect(await cluster.reader.kind({ group: '', version: 'v1', kind: 'Pod' })).toMatchObject({
      resource: 'pods',
      subresources: ['log'],
    })
    expect((await cluster.reader.capabilities()).apiVersions).toContain('apps/v1/Deployment')
    expect(await cluster.reader.kind({ group: 'broken', version: 'v1', kind: 'X' })).toBeUndefined()
  })
})

describe('schemas', () => {
  const openapi = (kind: string, field: string): object => ({
    components: {
      schemas: {
        'x.Foo': {
          type: 'object',
          properties: { [field]: { type: 'string' } },
          'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind }],
        },
      },
    },
  })

  it('compiles once, notices a changed hash, waits for a kind that is late, deduces what has none', async () => {
    let hash = 'A'
    let document = openapi('ConfigMap', 'one')
    const { cluster, seen, clock } = await serving((request, reply) => {
      if (request.path === '/openapi/v3')
        reply.json(200, { paths: { 'api/v1': { serverRelativeURL: `/openapi/v3/api/v1?hash=${hash}` } } })
      else reply.json(200, document)
    })
    const { reader } = cluster
    const gvk = { group: '', version: 'v1', kind: 'ConfigMap' }
    const [first, again] = await Promise.all([reader.schema(gvk), reader.schema(gvk)])
    expect(again).toBe(first)
    expect(seen.map((request) => request.path)).toEqual(['/openapi/v3', '/openapi/v3/api/v1'])
    expect(first.root.kind === 'map' && first.root.names).toContain('one')
    expect(await reader.refreshSchemas?.()).toEqual([])
    hash = 'B'
    document = openapi('ConfigMap', 'two')
    clock.advance(5001)
    expect(await reader.schema(gvk)).toBe(first)
    await eventually(null, () => seen.length >= 4)
    expect(await reader.refreshSchemas?.()).toEqual(['v1'])
    expect(await reader.refreshSchemas?.()).toEqual([])
    const second = await reader.schema(gvk)
    expect(second.digest).not.toBe(first.digest)
    let pod: Awaited<ReturnType<typeof reader.schema>> | undefined
    void reader.schema({ ...gvk, kind: 'Pod' }).then((schema) => {
      pod = schema
    })
    await eventually(clock, () => seen.length >= 9)
    hash = 'C'
    document = openapi('Pod', 'late')
    await eventually(clock, () => pod !== undefined)
    expect(pod?.root.kind === 'map' && pod.root.names).toContain('late')
    expect((await reader.schema({ group: 'none', version: 'v1', kind: 'X' })).digest).toBe('deduced')
  })
})
