import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { canonicalQuantity, compareQuantities, parseQuantity, sameQuantity } from '../../src/core/kube/index.ts'
import {
  type ListType,
  type MapType,
  type ObjectSchema,
  type SchemaData,
  schemaFromData,
  type TypeNode,
} from '../../src/core/merge/index.ts'

const DATA = JSON.parse(
  readFileSync(new URL('../../data/kubernetes/1.35/schemas.json', import.meta.url), 'utf8'),
) as SchemaData

function kind(name: string): ObjectSchema {
  const [group = '', version = '', kind = ''] = name.split('/')
  const schema = schemaFromData(DATA, { group, version, kind })
  if (schema === null) throw new Error(`no schema of ${name}`)
  return schema
}

/** The type at a path of field names; `*` steps into the items of a list or the members of a free-form map. */
function at(name: string, path: string): TypeNode | undefined {
  return below(kind(name).root, path)
}

function below(root: TypeNode, path: string): TypeNode | undefined {
  return path.split('.').reduce<TypeNode | undefined>((type, field) => {
    if (type?.kind === 'list') return type.item
    return type?.kind === 'map' ? type.field(field) : undefined
  }, root)
}

const deployment = 'apps/v1/Deployment'
const pod = 'spec.template.spec'

describe('built-in kinds', () => {
  test.each<[string, string, Partial<ListType>]>([
    [deployment, `${pod}.containers`, { listType: 'map', keys: ['name'], keyDefaults: {} }],
    [
      deployment,
      `${pod}.containers.*.ports`,
      { listType: 'map', keys: ['containerPort', 'protocol'], keyDefaults: { protocol: 'TCP' } },
    ],
    [deployment, `${pod}.containers.*.args`, { listType: 'atomic' }],
    [deployment, `${pod}.containers.*.env`, { listType: 'map', keys: ['name'] }],
    [deployment, `${pod}.containers.*.volumeMounts`, { listType: 'map', keys: ['mountPath'] }],
    [deployment, `${pod}.tolerations`, { listType: 'atomic' }],
    [deployment, `${pod}.topologySpreadConstraints`, { listType: 'map', keys: ['topologyKey', 'whenUnsatisfiable'] }],
    [deployment, 'metadata.finalizers', { listType: 'set' }],
    [deployment, 'metadata.ownerReferences', { listType: 'map', keys: ['uid'] }],
    ['/v1/Service', 'spec.ports', { listType: 'map', keys: ['port', 'protocol'], keyDefaults: { protocol: 'TCP' } }],
    ['rbac.authorization.k8s.io/v1/Role', 'rules', { listType: 'atomic' }],
    ['networking.k8s.io/v1/Ingress', 'spec.rules', { listType: 'atomic' }],
  ])('%s %s', (name, path, expected) => {
    const type = at(name, path) as ListType
    expect(type.kind).toBe('list')
    const { listType, keys, keyDefaults } = type
    expect({ listType, keys, keyDefaults }).toMatchObject(expected)
  })

  test.each([
    [deployment, `${pod}.nodeSelector`, true],
    [deployment, 'spec.selector', true],
    [deployment, 'metadata.labels', false],
    ['/v1/Service', 'spec.selector', true],
    ['/v1/ConfigMap', 'data', false],
    ['/v1/PersistentVolumeClaim', 'spec.dataSource', true],
  ])('%s %s is atomic: %s', (name, path, atomic) => {
    expect((at(name, path) as MapType).atomic).toBe(atomic)
  })

  test.each([
    [deployment, 'spec.replicas', 'integer'],
    [deployment, `${pod}.containers.*.resources.limits.*`, 'quantity'],
    [deployment, 'spec.strategy.rollingUpdate.maxSurge', 'int-or-string'],
    [deployment, 'metadata.creationTimestamp', 'time'],
    ['/v1/Secret', 'data.*', 'bytes'],
    ['apps/v1/ControllerRevision', 'data', 'any'],
    ['coordination.k8s.io/v1/Lease', 'spec.renewTime', 'time'],
  ])('%s %s is %s', (name, path, format) => {
    expect(at(name, path)).toEqual({ kind: 'scalar', format })
  })

  test('a type that contains itself is one node', () => {
    const { root } = kind('apiextensions.k8s.io/v1/CustomResourceDefinition')
    const path = 'spec.versions.*.schema.openAPIV3Schema'
    expect(below(root, `${path}.not.properties.*.not`)).toBe(below(root, path))
    expect((below(root, path) as MapType).declares('properties')).toBe(true)
  })

  test('unknown fields are not known', () => {
    const root = kind(deployment).root as MapType
    expect([root.field('nope'), root.declares('nope'), root.preserveUnknown]).toEqual([undefined, false, false])
  })

  test('digests tell kinds apart and are the same every time', () => {
    const names = Object.keys(DATA.kinds)
    const digests = names.map((name) => kind(name).digest)
    expect(new Set(digests).size).toBe(names.length)
    expect(kind(deployment).digest).toBe(kind(deployment).digest)
  })
})

describe('quantities', () => {
  test.each([
    ['1', '1'],
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['0.1Ki', '102400m'],
    ['1e3', '1e3'],
    ['12E6', '12e6'],
    ['1E', '1E'],
    ['-1.0000000001', '-1000000001n'],
    ['0.0000000001', '1n'],
    ['99999999999999999999Ki', '9223372036854775807'],
    [0, '0'],
    [1.5, '1500m'],
    [10n ** 20n, '100E'],
  ])('%s is printed as %s', (value, text) => {
    const quantity = parseQuantity(value)
    expect(quantity === null ? null : canonicalQuantity(quantity)).toBe(text)
  })

  test.each([
    '',
    'x',
    '1x',
    '1 Gi',
    '1gi',
    'Gi1',
    '1.2.3',
    '1e',
    '1e+',
    '0x10',
    'NaN',
    'Infinity',
    '1e100000',
    '1'.repeat(300),
    '１',
  ])('%s is none', (text) => {
    expect(parseQuantity(text)).toBeNull()
  })

  test.each([
    ['1', '1000m', 0],
    ['1Ki', '1024', 0],
    ['1k', '1Ki', -1],
    ['2', '1999m', 1],
    ['-1', '1', -1],
    ['1e3', '1k', 0],
    ['0', '-0', 0],
  ])('%s beside %s', (a, b, order) => {
    expect(compareQuantities(parseQuantity(a)!, parseQuantity(b)!)).toBe(order)
    expect(sameQuantity(a, b)).toBe(order === 0)
  })
})
