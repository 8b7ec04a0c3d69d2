import fc from 'fast-check'
import { problem } from '../../../src/core/problem/index.ts'
import { describe, expect, it } from 'vitest'
import {
  type AppDefinition,
  parseApplication,
  parseProject,
  parseSettings,
  type Settings,
} from '../../../src/core/definition/index.ts'
import {
  buildDesired,
  type DesiredInput,
  type DesiredSet,
  type RenderedObject,
} from '../../../src/core/desired/index.ts'
import { formatRef, type KubeObject } from '../../../src/core/kube/index.ts'

const CLUSTER_KINDS = ['Namespace', 'ClusterRole', 'CustomResourceDefinition']
const SERVED = ['', 'apps', 'batch', 'rbac.authorization.k8s.io', 'apiextensions.k8s.io', 'served.example']

const settings = parseSettings(null).value as Settings

function definition(options: { syncPolicy?: object; namespace?: string } = {}): AppDefinition {
  const { value, problems } = parseApplication({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'argocd' },
    spec: {
      source: { repoURL: 'https://git.example/a', path: 'a' },
      destination: { server: 'https://kubernetes.default.svc', namespace: options.namespace ?? 'prod' },
      syncPolicy: options.syncPolicy,
    },
  })
  if (value === null) throw new Error(JSON.stringify(problems))
  return value
}

function rendered(objects: readonly unknown[]): readonly RenderedObject[] {
  return objects.map((object, index) => ({ object: object as KubeObject, origin: { file: `${index}.yaml`, line: 1 } }))
}

function build(objects: readonly unknown[], part: Partial<DesiredInput> = {}): DesiredSet {
  return buildDesired({
    definition: definition(),
    settings,
    appTrackingName: 'shop',
    scopeOf: (group, _version, kind) => {
      if (!SERVED.includes(group)) return undefined
      return CLUSTER_KINDS.includes(kind) ? 'Cluster' : 'Namespaced'
    },
    rendered: { revision: 'r1', sources: [], objects: rendered(objects), digest: 'd', problems: [] },
    ...part,
  })
}

function object(kind: string, metadata: object = {}, rest: object = {}): KubeObject {
  const apiVersion = kind.startsWith('Deploy')
    ? 'apps/v1'
    : kind.startsWith('ClusterRole')
      ? 'rbac.authorization.k8s.io/v1'
      : 'v1'
  return { apiVersion, kind, metadata: { name: 'web', ...metadata }, ...rest } as KubeObject
}

function codes(set: DesiredSet): readonly string[] {
  return set.problems.map(({ code }) => code)
}

describe('placing and marking', () => {
  // requirements: [S000-27]
  it('gives namespaced objects the destination namespace and takes it from cluster-scoped ones', () => {
    const set = build([
      object('ConfigMap'),
      object('ConfigMap', { namespace: 'other' }),
      object('ClusterRole', { namespace: 'x' }),
    ])
    expect(set.objects.map(({ ref }) => formatRef(ref))).toEqual([
      'ConfigMap other/web',
      'ConfigMap prod/web',
      'rbac.authorization.k8s.io/ClusterRole web',
    ])
    expect(set.objects[2]?.object.metadata).not.toHaveProperty('namespace')
    expect(set).toMatchObject({ revision: 'r1', complete: true, problems: [], unknown: [] })
  })
  it.each<[Partial<Settings>, object]>([
    [{}, { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:prod/web' } }],
    [
      { installationID: 'i' },
      {
        annotations: {
          'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:prod/web',
          'argocd.argoproj.io/installation-id': 'i',
        },
      },
    ],
    [{ trackingMethod: 'label' }, { labels: { 'app.kubernetes.io/instance': 'shop' } }],
    [
      { trackingMethod: 'annotation+label', instanceLabelKey: 'x' },
      { labels: { x: 'shop' }, annotations: { 'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:prod/web' } },
    ],
  ])('marks by %j', (part, metadata) => {
    const set = build([object('ConfigMap')], { settings: { ...settings, ...part } })
    expect(set.objects[0]?.object.metadata).toEqual({ name: 'web', namespace: 'prod', ...metadata })
  })
  it('marks cluster-scoped objects with the destination namespace, as Argo CD does', () => {
    const id = build([object('ClusterRole')]).objects[0]?.object.metadata.annotations?.[
      'argocd.argoproj.io/tracking-id'
    ]
    expect(id).toBe('shop:rbac.authorization.k8s.io/ClusterRole:prod/web')
  })
  it('cuts a label to what a label may be, and refuses to track by a cut label alone', () => {
    const long = { appTrackingName: `${'a'.repeat(62)}-${'b'.repeat(20)}` }
    const both = build([object('ConfigMap')], {
      ...long,
      settings: { ...settings, trackingMethod: 'annotation+label' },
    })
    expect(both.objects[0]?.object.metadata.labels).toEqual({ 'app.kubernetes.io/instance': 'a'.repeat(62) })
    const alone = build([object('ConfigMap')], { ...long, settings: { ...settings, trackingMethod: 'label' } })
    expect(alone).toMatchObject({ objects: [], complete: false, problems: [{ code: 'HF3007' }] })
  })
  it('replaces a mark that was copied, and says so', () => {
    const set = build([
      object('ConfigMap', { annotations: { 'argocd.argoproj.io/tracking-id': 'other:/ConfigMap:a/b' } }),
    ])
    expect(codes(set)).toEqual(['HF3008'])
    expect(set.complete).toBe(true)
  })
})

describe('cleaning', () => {
  it('drops what only the server writes, and nulls where the server reads them as nothing', () => {
    const metadata = {
      uid: 'u',
      resourceVersion: '1',
      generation: 2,
      creationTimestamp: null,
      managedFields: [],
      selfLink: '/x',
      deletionTimestamp: 'x',
      labels: null,
      annotations: { a: null },
    }
    const body = {
      status: { replicas: 1 },
      spec: { replicas: null, template: { metadata: { creationTimestamp: null } }, list: [null] },
    }
    const set = build([object('Deployment', metadata, body)])
    const made = set.objects[0]?.object
    expect(made?.metadata).toEqual({
      name: 'web',
      namespace: 'prod',
      annotations: { a: '', 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:prod/web' },
    })
    expect(made).not.toHaveProperty('status')
    expect(made?.spec).toEqual({ template: { metadata: {} }, list: [null] })
  })
  it('keeps nulls in custom resources, where they may be values', () => {
    const set = build([
      { apiVersion: 'served.example/v1', kind: 'Release', metadata: { name: 'r' }, spec: { values: { a: null } } },
    ])
    expect(set.objects[0]?.object.spec).toEqual({ values: { a: null } })
  })
  it('folds stringData into data, where it wins', () => {
    const secret = object('Secret', {}, { data: { a: 'b2xk', b: 'Yg==' }, stringData: { a: 'new', c: 'ü', d: null } })
    const set = build([secret])
    expect(set.objects[0]?.object).toMatchObject({ data: { a: 'bmV3', b: 'Yg==', c: 'w7w=', d: '' } })
    expect(set.objects[0]?.object).not.toHaveProperty('stringData')
    expect(set.objects[0]?.secret).toBe(true)
  })
  it('never prints a value of a Secret', () => {
    const set = build([
      object('Secret', {}, { stringData: { key: 12345678 } }),
      object('Secret', {}, { data: 'hunter2' }),
    ])
    expect(set.objects).toEqual([])
    expect(JSON.stringify(set.problems)).not.toMatch(/12345678|hunter2/)
    expect(codes(set)).toEqual(['HF3007', 'HF3007'])
  })
  it('digests the object, not the way it was written', () => {
    const [a, b] = [{ data: { a: '1', b: '2' } }, { data: { b: '2', a: '1' }, status: {} }].map(
      (rest) => build([object('ConfigMap', {}, rest)]).objects[0]?.digest,
    )
    expect(a).toMatch(/^[0-9a-f]{64}$/)
    expect(b).toBe(a)
    expect(build([object('ConfigMap', {}, { data: { a: '1' } })]).objects[0]?.digest).not.toBe(a)
  })
})

describe('objects that cannot be taken in', () => {
  it.each<[string, unknown, string]>([
    ['no map', 'text', 'HF3007'],
    ['no kind', { apiVersion: 'v1', metadata: { name: 'a' } }, 'HF3007'],
    ['no name', object('ConfigMap', { name: undefined }), 'HF3007'],
    ['generateName', object('ConfigMap', { name: undefined, generateName: 'a-' }), 'HF3004'],
    ['name of the wrong type', object('ConfigMap', { name: 5 }), 'HF3007'],
    ['name that leaves its place', object('ConfigMap', { name: '../secrets/a' }), 'HF3007'],
    ['namespace of the wrong type', object('ConfigMap', { namespace: {} }), 'HF3007'],
    ['label of the wrong type', object('ConfigMap', { labels: { a: true } }), 'HF3007'],
    ['annotations that are a list', object('ConfigMap', { annotations: ['a'] }), 'HF3007'],
  ])('%s', (_title, bad, code) => {
    const set = build([bad, object('ConfigMap')])
    expect(codes(set)).toEqual([code])
    expect(set.objects).toHaveLength(1)
    expect(set.complete).toBe(false)
    expect(set.problems[0]?.subject).toMatchObject({ app: 'argocd/shop', file: '0.yaml', line: 1 })
  })
  it('keeps a kind that is not served aside', () => {
    const custom = { apiVersion: 'absent.example/v1', kind: 'Thing', metadata: { name: 'a' } }
    const set = build([custom, object('ConfigMap')])
    expect(codes(set)).toEqual(['HF3002'])
    expect(set.unknown).toEqual([{ object: custom, origin: { file: '0.yaml', line: 1 } }])
    expect(set).toMatchObject({ complete: false, objects: [{ ref: { kind: 'ConfigMap' } }] })
  })
  it('names a namespaced object that has no namespace to go to', () => {
    const set = build([object('ConfigMap'), object('ClusterRole')], { definition: definition({ namespace: '' }) })
    expect(codes(set)).toEqual(['HF3007'])
    expect(set.objects).toHaveLength(1)
  })
  it('leaves out what the project does not allow', () => {
    const spec = { sourceRepos: ['*'], destinations: [{ server: '*', namespace: 'prod' }] }
    const { value } = parseProject({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'p' },
      spec,
    })
    if (value === null) throw new Error('no project')
    const set = build([object('ConfigMap'), object('ConfigMap', { namespace: 'dev' }), object('ClusterRole')], {
      project: value,
    })
    expect(codes(set)).toEqual(['HF2003', 'HF2003'])
    expect(set).toMatchObject({ complete: false, objects: [{ ref: { namespace: 'prod' } }] })
  })
  it('is complete when a render is only reported as not repeatable', () => {
    const problems = [problem('HF1014', 'the same files rendered otherwise')]
    const rendered = { revision: 'r', sources: [], objects: [], digest: 'd', problems }
    expect(build([], { rendered })).toMatchObject({ complete: true, problems })
  })
  it('is not complete when the render was not', () => {
    const problems = build(['x']).problems
    const set = build([], { rendered: { revision: 'r', sources: [], objects: [], digest: 'd', problems } })
    expect(set).toMatchObject({ complete: false, problems })
  })
})

describe('duplicates, hooks and options', () => {
  it('uses the last of two declarations and names both files', () => {
    const set = build([
      object('ConfigMap', {}, { data: { a: '1' } }),
      object('ConfigMap', { namespace: 'prod' }, { data: { a: '2' } }),
    ])
    expect(set.objects).toMatchObject([{ object: { data: { a: '2' } } }])
    expect(set.problems).toMatchObject([{ code: 'HF3001', message: expect.stringContaining('0.yaml:1 and 1.yaml:1') }])
    expect(set.complete).toBe(true)
  })
  it.each([
    [{ 'argocd.argoproj.io/hook': 'PreSync' }, 0],
    [{ 'argocd.argoproj.io/hook': 'Skip' }, 0],
    [{ 'helm.sh/hook': 'pre-install,pre-upgrade' }, 0],
    [{ 'helm.sh/hook': 'crd-install' }, 1],
  ])('hook %j leaves %i objects', (annotations, count) => {
    const set = build([object('ConfigMap', { annotations })])
    expect(set.objects).toHaveLength(count)
    expect(codes(set)).toEqual(count === 0 ? ['HF3006'] : [])
    // Prune protection finds the live object by this.
    if (count === 0) expect(set.problems[0]?.subject.object).toMatch(/^ConfigMap \S+\/\S+$/)
    expect(set.complete).toBe(true)
  })
  // requirements: [S002-163]
  it.each<[Record<string, string>, object, string[]]>([
    [{ 'argocd.argoproj.io/sync-options': 'Prune=false' }, { prune: false, delete: true }, []],
    [
      { 'argocd.argoproj.io/sync-options': 'PruneLast=true, Delete=false,Validate=false' },
      { pruneLast: true, delete: false, validate: false },
      [],
    ],
    [
      { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' },
      { prune: false, delete: false },
      ['HF2002', 'HF2002'],
    ],
    [{ 'argocd.argoproj.io/sync-options': 'Replace=true,constructor' }, { prune: true }, ['HF2002', 'HF2002']],
    [{ 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' }, { ignoreExtraneous: true }, []],
    [{ 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' }, { ignoreExtraneous: false }, []],
    [{ 'argocd.argoproj.io/compare-options': 'Anything=else' }, { ignoreExtraneous: false }, ['HF2002']],
    [{ 'helm.sh/resource-policy': 'keep' }, { delete: false, prune: true }, []],
  ])('%j', (annotations, options, expected) => {
    const set = build([object('ConfigMap', { annotations })])
    expect(set.objects[0]?.options).toMatchObject(options)
    expect(codes(set)).toEqual(expected)
  })
  it('takes a List apart', () => {
    const set = build([{ apiVersion: 'v1', kind: 'List', items: [object('ConfigMap'), object('Secret')] }])
    expect(set.objects.map(({ ref }) => ref.kind)).toEqual(['Secret', 'ConfigMap'])
  })
})

describe('the destination namespace', () => {
  const syncPolicy = { syncOptions: ['CreateNamespace=true'], managedNamespaceMetadata: { labels: { team: 'a' } } }
  // requirements: [S000-31]
  it('is declared without marks, before everything, and belongs to nobody', () => {
    const wave = { annotations: { 'argocd.argoproj.io/sync-wave': '-5' } }
    const set = build([object('ConfigMap', wave)], { definition: definition({ syncPolicy }) })
    expect(set.objects[0]).toMatchObject({
      ref: { group: '', version: 'v1', kind: 'Namespace', namespace: '', name: 'prod' },
      wave: -5,
      options: { prune: false, delete: false, declaredOnly: true },
    })
    expect(set.objects[0]?.object).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'prod', labels: { team: 'a' } },
    })
  })
  it('is left to Git when Git declares it, and never comes after what lives in it', () => {
    const late = object('Namespace', { name: 'prod', annotations: { 'argocd.argoproj.io/sync-wave': '3' } })
    const set = build([object('ConfigMap'), late], { definition: definition({ syncPolicy }) })
    expect(set.objects).toHaveLength(2)
    expect(set.objects[0]).toMatchObject({ ref: { kind: 'Namespace' }, wave: 0, options: { declaredOnly: false } })
    expect(set.objects[0]?.object.metadata.labels).toBeUndefined()
  })
  it('is not declared without being asked for', () => {
    expect(build([object('ConfigMap')]).objects).toHaveLength(1)
  })
})

// requirements: [S002-232]
describe('the order of the set', () => {
  it('is wave, kind, namespace, name', () => {
    const wave = (text: string) => ({ annotations: { 'argocd.argoproj.io/sync-wave': text } })
    const set = build([
      { apiVersion: 'served.example/v1', kind: 'Thing', metadata: { name: 'a' } },
      object('Deployment', { name: 'b' }),
      object('Deployment', { name: 'a' }),
      object('Service'),
      object('ConfigMap', { name: 'early', ...wave('-1') }),
      object('ConfigMap', { name: 'late', ...wave('2') }),
      object('ConfigMap', { name: 'broken', ...wave('x') }),
      object('Namespace', { name: 'other' }),
    ])
    expect(set.objects.map(({ ref, wave: at }) => `${at} ${ref.kind} ${ref.name}`)).toEqual([
      '-1 ConfigMap early',
      '0 Namespace other',
      '0 ConfigMap broken',
      '0 Service web',
      '0 Deployment a',
      '0 Deployment b',
      '0 Thing a',
      '2 ConfigMap late',
    ])
    expect(codes(set)).toEqual(['HF3007'])
    expect(set.complete).toBe(true)
  })
})

describe('hostile renders', () => {
  it('never throws and changes nothing', () => {
    const kinds = fc.constantFrom('ConfigMap', 'Secret', 'Deployment', 'Namespace', 'List')
    const metadata = fc.oneof(
      fc.jsonValue(),
      fc.record({ name: fc.oneof(fc.constantFrom('a', 'b'), fc.jsonValue()), annotations: fc.jsonValue() }),
    )
    const objects = fc.array(
      fc.oneof(
        fc.jsonValue(),
        fc.record({
          apiVersion: fc.constant('v1'),
          kind: kinds,
          metadata,
          data: fc.jsonValue(),
          items: fc.jsonValue(),
        }),
      ),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(objects, (junk) => {
        const before = structuredClone(junk)
        const set = build(junk)
        expect(junk).toEqual(before)
        expect(set.complete || set.problems.length > 0).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
  it('refuses an object nested without end', () => {
    let deep: unknown = 1
    for (let i = 0; i < 50_000; i++) deep = { deep }
    expect(codes(build([object('ConfigMap', {}, { deep }), object('Secret')]))).toEqual(['HF3007'])
  })
})
