import { describe, expect, test } from 'vitest'
import type { Json } from '../../src/core/kube/index.ts'
import {
  applyValue,
  compileSchema,
  DEDUCED,
  decodeFieldsV1,
  encodeFieldsV1,
  type FieldSet,
  fieldSetOf,
  reconcileWithSchema,
  type TypeNode,
} from '../../src/core/merge/index.ts'

const GVK = { group: 'test.dev', version: 'v1', kind: 'T' }
const ATOMIC = { 'x-kubernetes-map-type': 'atomic' }

function typeOf(properties: object): TypeNode {
  const t = { type: 'object', properties, 'x-kubernetes-group-version-kind': [GVK] }
  return compileSchema({ components: { schemas: { t } } }, GVK)?.root ?? DEDUCED.root
}

const setOf = (json: object) => decodeFieldsV1(json) as FieldSet

/** What the published library answers to each. */
describe('ownership written when the field was granular', () => {
  const inside = { 'f:m': { 'f:a': {}, 'f:b': {} } }
  const whole = { 'f:m': {} }
  test.each<[string, object, object]>([
    ['of declared fields', { type: 'object', properties: { a: { type: 'string' } } }, whole],
    ['of text', { type: 'object', additionalProperties: { type: 'string' } }, whole],
    ['of anything', { type: 'object' }, inside],
    ['of what is preserved', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, inside],
    ['of int-or-string', { type: 'object', additionalProperties: { 'x-kubernetes-int-or-string': true } }, inside],
    ['of times', { type: 'object', additionalProperties: { type: 'string', format: 'date-time' } }, inside],
    [
      'of declared fields and more',
      { type: 'object', properties: { a: {} }, 'x-kubernetes-preserve-unknown-fields': true },
      whole,
    ],
  ])('a map %s that is now atomic', (_, schema, after) => {
    const set = reconcileWithSchema(setOf(inside), typeOf({ m: { ...schema, ...ATOMIC } }))
    expect(encodeFieldsV1(set)).toEqual(after)
  })
})

test('what is inside a map of anything stays as it was written, whatever is said of anything', () => {
  const set = setOf({ 'f:m': { 'f:x': { 'f:a': { 'f:b': {} } } } })
  const anything = { properties: { a: { type: 'object', properties: { b: { type: 'string' } }, ...ATOMIC } } }
  expect(reconcileWithSchema(set, typeOf({ m: { type: 'object', additionalProperties: anything } }))).toBe(set)
})

test('what was applied goes from a keyed list of which the schema does not say that it is a list', () => {
  const keyed = (items: object) => ({
    items,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
  })
  const inner = { type: 'array', ...keyed({ type: 'object', properties: { k: { type: 'string' } } }) }
  const type = typeOf({ l: keyed({ type: 'object', properties: { k: { type: 'string' }, inner } }) })
  const live: Json = { l: [{ k: 'a', inner: [{ k: 'b' }] }] }
  const versions = { type: () => type, convert: (value: Json) => value }
  const managers = new Map([['m', { version: 'v1', applied: true, set: fieldSetOf(live, type) }]])
  const applied = { l: [{ k: 'a' }] }
  const answer = applyValue({ live, applied, version: 'v1', manager: 'm', managers, versions, force: false })
  expect(answer.state === 'merged' && answer.value).toEqual({ l: [{ k: 'a' }] })
})
