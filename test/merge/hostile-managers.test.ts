import { describe, expect, test } from 'vitest'
import type { Json, JsonMap } from '../../src/core/kube/index.ts'
import {
  applyObject,
  compileSchema,
  DEDUCED,
  FieldSet,
  fieldSetOf,
  type TypeNode,
  updateObject,
  validate,
} from '../../src/core/merge/index.ts'

const GVK = { group: 'test.dev', version: 'v1', kind: 'T' }
const TIME = '2026-01-01T00:00:00Z'

function typeOf(properties: object): TypeNode {
  const t = { type: 'object', properties, 'x-kubernetes-group-version-kind': [GVK] }
  return compileSchema({ components: { schemas: { t } } }, GVK)?.root ?? DEDUCED.root
}

const write = (live: JsonMap | null, manager: string, type: TypeNode = DEDUCED.root) => ({
  live,
  empty: {},
  version: 'test.dev/v1',
  manager,
  time: TIME,
  versions: { type: (version: string) => (version === 'test.dev/v1' ? type : undefined), convert: (it: Json) => it },
})

const object = (more: JsonMap): JsonMap => ({
  apiVersion: 'test.dev/v1',
  kind: 'T',
  metadata: { name: 'x', uid: 'u' },
  ...more,
})

function entries(count: number, version: (index: number) => string): JsonMap[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ manager: `m${index}`, operation: 'Update', apiVersion: version(index), time: TIME },
    ...{ fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': { [`f:k${index}`]: {} } } },
  }))
}

function managed(object: JsonMap): readonly JsonMap[] {
  return (object['metadata'] as JsonMap)['managedFields'] as readonly JsonMap[]
}

describe('more managers than anyone has', () => {
  const withEntries = (list: JsonMap[]): JsonMap => ({
    ...object({ spec: {} }),
    metadata: { name: 'x', uid: 'u', managedFields: list },
  })

  function milliseconds(count: number): number {
    const live = withEntries(entries(count, () => 'test.dev/v1'))
    const start = performance.now()
    const next = updateObject({ ...write(live, 'late'), next: { ...live, spec: { new: 'v' } } })
    expect(managed(next)).toHaveLength(10)
    return performance.now() - start
  }

  test('10,000 of them cost no more than ten times 1,000 do, within a wide margin', () => {
    milliseconds(1000)
    expect(milliseconds(10_000)).toBeLessThan(Math.max(milliseconds(1000), 5) * 40)
  })

  test('nobody loses what the merged ones owned', () => {
    const live = withEntries(entries(50, () => 'test.dev/v1'))
    const next = updateObject({ ...write(live, 'late'), next: { ...live, spec: { new: 'v' } } })
    const old = managed(next).find((it) => it['manager'] === 'ancient-changes')
    expect(Object.keys((old?.['fieldsV1'] as JsonMap)['f:spec'] as JsonMap)).toHaveLength(42)
  })

  test('versions that nobody serves are dropped', () => {
    const live = withEntries(entries(1000, (index) => `gone.dev/v${index}`))
    const next = updateObject({ ...write(live, 'late'), next: { ...live, spec: { new: 'v' } } })
    expect(managed(next).map((it) => it['manager'])).toEqual(['late'])
  })

  test('the union of many sets is the union of all', () => {
    const sets = ['a', 'b', 'a', 'c', 'd'].map((name) => fieldSetOf({ [name]: 1 }, DEDUCED.root))
    expect([...FieldSet.unionOf(sets).paths()]).toHaveLength(4)
    expect(FieldSet.unionOf([]).isEmpty).toBe(true)
  })
})

test.each<[string, Json]>([
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['what JSON.parse makes of 1e400', JSON.parse('-1e400') as Json],
])('%s is no number, wherever it stands', (_, value) => {
  const type = typeOf({ n: { type: 'number' }, s: { type: 'array', items: { type: 'number' } }, any: {} })
  const found = validate({ n: value, s: [1, value], any: { deep: value } }, type)
  expect(found.map(({ code, subject }) => [code, subject.path])).toEqual([
    ['HF3007', '.n'],
    ['HF3007', '.s[1]'],
    ['HF3007', '.any.deep'],
  ])
  expect(validate({ n: 10n ** 400n }, type)).toEqual([])
})

/** An item whose key is all defaults and whose last field goes with its owner: what is left of it is null. */
test('an apply that would leave an unreadable item is refused, and says where', () => {
  const type = typeOf({
    l: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['kind'],
      items: { type: 'object', properties: { kind: { type: 'string', default: 'TCP' }, note: { type: 'string' } } },
    },
    metadata: { type: 'object', additionalProperties: true },
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
  })
  const entry = (manager: string, item: JsonMap): JsonMap => ({
    ...{ manager, operation: 'Apply', apiVersion: 'test.dev/v1', time: TIME, fieldsType: 'FieldsV1' },
    fieldsV1: { 'f:l': { 'k:{"kind":"TCP"}': item } },
  })
  const managedFields = [entry('a', {}), entry('b', { 'f:note': {} })]
  const live = { ...object({ l: [{ note: 'x' }] }), metadata: { name: 'x', uid: 'u', managedFields } }
  const answer = applyObject({ ...write(live, 'b', type), applied: object({}), force: true })
  expect(answer).toMatchObject({ code: 'HF3007', subject: { path: '.l' } })
})
