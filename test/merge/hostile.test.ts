import { describe, expect, test } from 'vitest'
import type { Json, JsonMap } from '../../src/core/kube/index.ts'
import {
  applyObject,
  compareTyped,
  compileSchema,
  DEDUCED,
  decodeFieldsV1,
  decodeManagedFields,
  encodeFieldsV1,
  extractItems,
  FieldSet,
  fieldSetOf,
  itemElement,
  type ListType,
  mergeTyped,
  type ObjectSchema,
  type OpenApiDocument,
  removeItems,
  schemaFromCrd,
  schemaFromData,
  stripServerFields,
  type TypeNode,
  updateObject,
  validate,
} from '../../src/core/merge/index.ts'
import { isProblem } from '../../src/core/problem/index.ts'

const GVK = { group: 'test.dev', version: 'v1', kind: 'T' }
const KEYED = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name', 'protocol'],
  items: {
    type: 'object',
    properties: { name: { type: 'string' }, protocol: { type: 'string', default: 'TCP' }, value: { type: 'string' } },
  },
}

function schemaOf(properties: object, more: Record<string, object> = {}): ObjectSchema {
  const t = { type: 'object', properties, 'x-kubernetes-group-version-kind': [GVK] }
  const schema = compileSchema({ components: { schemas: { t, ...more } } } as OpenApiDocument, GVK)
  if (schema === null) throw new Error('the test has no schema')
  return schema
}

function everything(left: Json, right: Json, type: TypeNode): void {
  validate(left, type)
  const items = fieldSetOf(right, type)
  compareTyped(left, right, type)
  mergeTyped(left, right, type)
  removeItems(left, items, type)
  extractItems(left, items, { type, keyFields: 'added' })
  decodeFieldsV1(JSON.parse(JSON.stringify(encodeFieldsV1(items))))
}

/** Milliseconds, the better of two runs. */
function time(run: () => void): number {
  const once = () => {
    const start = performance.now()
    run()
    return performance.now() - start
  }
  return Math.min(once(), once())
}

const parse = (text: string): Json => JSON.parse(text) as Json

describe('names that programs stumble over', () => {
  const names = [
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'toString',
    'prototype',
    '',
    '.',
    '/',
    '~1',
    '0',
    '-1',
    '\u0000',
    '𐐀',
    '"',
    'a.b/c',
    'length',
  ]
  const object = parse(`{${names.map((name) => `${JSON.stringify(name)}:{"x":${JSON.stringify(name)}}`).join(',')}}`)
  const schema = schemaOf({
    m: { type: 'object', additionalProperties: { type: 'object', additionalProperties: { type: 'string' } } },
  })

  test.each([
    ['deduced', DEDUCED.root],
    ['typed', schema.root],
  ])('%s: owned, compared, merged, removed, and nothing is polluted', (_, type) => {
    const value = { m: object }
    const set = fieldSetOf(value, type)
    expect(set.size).toBeGreaterThanOrEqual(names.length)
    expect(JSON.stringify(mergeTyped({}, value, type))).toBe(JSON.stringify(value))
    expect(
      compareTyped({}, value, type)
        .added.difference(set)
        .union(set)
        .equals(compareTyped({}, value, type).added),
    ).toBe(true)
    const merged = mergeTyped({ m: { other: { x: 'y' } } }, value, type) as { m: object }
    expect(Object.keys(merged.m).length).toBe(names.length + 1)
    expect(Object.getPrototypeOf(merged.m)).toBe(Object.prototype)
    expect(fieldSetOf(removeItems(value, set, type), type).intersection(set).isEmpty).toBe(true)
    const back = decodeFieldsV1(parse(JSON.stringify(encodeFieldsV1(set))))
    expect(!isProblem(back) && back.equals(set)).toBe(true)
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  test('as fields of a schema', () => {
    const properties = parse(`{"__proto__":{"type":"string","default":"a"},"constructor":{"type":"integer"}}`) as object
    const { root } = schemaOf({ m: { type: 'object', properties } })
    const value = parse('{"m":{"__proto__":"text","constructor":1}}')
    expect(validate(value, root)).toEqual([])
    expect(validate(parse('{"m":{"__proto__":1,"constructor":"x"}}'), root)).toHaveLength(2)
    expect(validate(parse('{"m":{"toString":1}}'), root).map((it) => it.subject.path)).toEqual(['.m.toString'])
    expect(fieldSetOf(value, root).size).toBe(2)
  })

  test('as names and values of keys', () => {
    const items = { type: 'object', properties: parse('{"__proto__":{"type":"string"}}') }
    const { root } = schemaOf({
      l: { type: 'array', items, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['__proto__'] },
    })
    const value = parse('{"l":[{"__proto__":"a"},{"__proto__":"__proto__"}]}')
    const set = fieldSetOf(value, root)
    expect(JSON.stringify(encodeFieldsV1(set))).toContain('k:{\\"__proto__\\":\\"a\\"}')
    const back = decodeFieldsV1(parse(JSON.stringify(encodeFieldsV1(set))))
    expect(!isProblem(back) && back.equals(set)).toBe(true)
  })
})

describe('size and depth', () => {
  const list = (count: number, value: string): Json => ({
    l: Array.from({ length: count }, (_, index) => ({ name: `n${index}`, value })),
  })
  const { root } = schemaOf({ l: KEYED })

  test('10,000 items cost no more than ten times 1,000 do, within a wide margin', () => {
    const small = time(() => everything(list(1000, 'a'), list(1000, 'b'), root))
    const large = time(() => everything(list(10_000, 'a'), list(10_000, 'b'), root))
    expect(large).toBeLessThan(Math.max(small, 5) * 40)
  })

  test('10,000 items in reverse, and all with one key', () => {
    const items = (list(10_000, 'a') as { l: Json[] }).l
    everything({ l: items }, { l: [...items].reverse() }, root)
    const same = { l: items.map(() => ({ name: 'same' })) }
    everything(same, { l: items }, root)
    everything({ l: items }, same, root)
    expect(fieldSetOf(same, root).size).toBe(1)
    expect(validate(same, root)).toHaveLength(9999)
  })

  test.each([200, 900])('%i levels', (depth) => {
    const nest = (leaf: Json): Json => {
      let value = leaf
      for (let index = 0; index < depth; index++) value = index % 2 === 0 ? { a: value } : { b: value, c: index }
      return value
    }
    everything(nest(1), nest(2), DEDUCED.root)
    const recursive = schemaOf({
      a: { $ref: '#/components/schemas/t' },
      b: { $ref: '#/components/schemas/t' },
      c: { type: 'integer' },
    })
    everything(nest({}), nest(null), recursive.root)
  })
})

describe('fieldsV1', () => {
  test.each([
    ['null', null, 0],
    ['empty', {}, 0],
    ['only itself', { '.': {} }, 0],
    ['null as the end', { 'f:a': null }, 1],
    ['an unknown element', { 'x:new': {}, 'f:a': {} }, 1],
    ['nothing but unknown elements below', { 'f:a': { 'x:new': {} } }, 1],
    ['keys in another order and spacing are one', { 'k:{"b":1,"a":2}': {}, 'k:{ "a": 2, "b": 1 }': {} }, 1],
    ['numbers by amount', { 'v:1': {}, 'v:1.0': {}, 'v:1e0': {} }, 1],
    ['of two spellings the later one counts below', { 'v:1': { 'f:a': {} }, 'v:1.0': { 'f:b': {}, 'f:c': {} } }, 2],
    ['anything below an unknown element', { 'x:new': { what: 1 }, 'f:a': {} }, 1],
  ])('%s', (_, json, size) => {
    const set = decodeFieldsV1(json)
    expect(isProblem(set) ? set.message : set.size).toBe(size)
  })

  const deep = (levels: number) => parse(`${'{"f:a":'.repeat(levels)}{}${'}'.repeat(levels)}`)
  test.each<[string, unknown]>([
    ['text', 'f:a'],
    ['a list', []],
    ['a number', 1],
    ['a number inside', { 'f:a': 1 }],
    ['a list inside', { 'f:a': [] }],
    ['no kind', { a: {} }],
    ['no colon', { fa: {} }],
    ['an empty name', { '': {} }],
    ['broken JSON in a key', { 'k:{"name"': {} }],
    ['a key that is no map', { 'k:[]': {} }],
    ['a broken value', { 'v:': {} }],
    ['an index that is none', { 'i:x': {} }],
    ['a number that is none', { 'v:1e400': {} }],
    ['such a number in a key', { 'k:{"a":[-1e999]}': {} }],
    ['more than one byte before the colon', { 'é:a': {} }],
    ['too deep', deep(5000)],
  ])('refused with the reason: %s', (_, json) => {
    expect(decodeFieldsV1(json)).toMatchObject({ code: 'HF5003' })
  })

  test('16,000 spellings of one element cost no more than 16 times 1,000 do, within a wide margin', () => {
    const spelled = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [
          `v:1.0${'0'.repeat(at % 100)}e${'0'.repeat(at / 100)}0`,
          { [`f:${at}`]: {} },
        ]),
      )
    const [small, large] = [spelled(1000), spelled(16_000)]
    expect(isProblem(decodeFieldsV1(large))).toBe(false)
    expect(time(() => decodeFieldsV1(large))).toBeLessThan(
      Math.max(
        5,
        time(() => decodeFieldsV1(small)),
      ) * 80,
    )
  })

  test('of a prototype name', () => {
    const set = decodeFieldsV1(parse('{"f:__proto__":{"f:polluted":{}},"__proto__x":{}}'))
    expect(isProblem(set)).toBe(true)
    const fine = decodeFieldsV1(parse('{"f:__proto__":{"f:polluted":{}}}'))
    expect(!isProblem(fine) && fine.size).toBe(1)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test.each<[string, unknown]>([
    ['no list', {}],
    ['no map', ['x']],
    ['no operation', [{ apiVersion: 'v1', fieldsType: 'FieldsV1' }]],
    ['no version', [{ operation: 'Apply', fieldsType: 'FieldsV1' }]],
    ['another type', [{ operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV2' }]],
    ['a broken set', [{ operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { x: 1 } }]],
  ])('managedFields, %s: a problem; an update starts afresh, an apply is refused', (_, managedFields) => {
    expect(decodeManagedFields(managedFields)).toMatchObject({ code: 'HF5003' })
    const live = { apiVersion: 'v1', kind: 'T', metadata: { name: 'x', uid: 'u', managedFields } } as unknown as JsonMap
    const versions = { type: () => DEDUCED.root, convert: (value: Json) => value }
    const write = { live, empty: {}, version: 'v1', manager: 'm', time: '2026-01-01T00:00:00Z', versions }
    expect(updateObject({ ...write, next: live })['metadata']).not.toHaveProperty('managedFields')
    expect(applyObject({ ...write, applied: { apiVersion: 'v1', kind: 'T' }, force: true })).toMatchObject({
      code: 'HF5003',
    })
  })
})

describe('schemas', () => {
  const weird: Record<string, unknown> = {
    'nothing at all': {},
    'a reference to nowhere': { $ref: '#/components/schemas/nowhere' },
    'a reference to itself': { $ref: '#/components/schemas/loop' },
    'a reference elsewhere': { $ref: 'https://example.com/x' },
    'an unknown type': { type: 'tuple' },
    'a type that is no text': { type: ['string'] },
    'properties that are no map': { type: 'object', properties: [] },
    'items that are missing': { type: 'array' },
    'a keyed list without keys': { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' },
    'an unknown list type': { type: 'array', items: {}, 'x-kubernetes-list-type': 'bag' },
    'a set of maps': { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' },
    'a keyed list of text': {
      type: 'array',
      items: { type: 'string' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a'],
    },
    text: 'string',
    null: null,
  }
  const values: Json[] = [
    null,
    1,
    'x',
    true,
    [],
    [1, 1],
    [{}, {}],
    [null],
    {},
    { a: 1 },
    { a: [{ b: [] }] },
    [[1]],
    10n ** 30n,
    Number.NaN,
    1e308,
  ]

  test.each(Object.keys(weird))('%s', (name) => {
    const { root, digest } = schemaOf({ a: weird[name] as object }, { loop: { $ref: '#/components/schemas/loop' } })
    expect(digest).toMatch(/^[0-9a-f]{32}$/)
    for (const left of values) for (const right of values) everything({ a: left }, { a: right }, root)
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['empty', {}],
    ['no versions', { spec: { group: 'a', names: { kind: 'B' } } }],
    ['no schema', { spec: { group: 'a', names: { kind: 'B' }, versions: [{ name: 'v1' }] } }],
  ])('a CRD with %s has none', (_, crd) => {
    expect(schemaFromCrd(crd, 'v1', { kinds: {}, definitions: {} })).toBeNull()
  })

  test('kinds that a document or data file does not have', () => {
    expect(compileSchema({}, GVK)).toBeNull()
    expect(schemaFromData({ kinds: {}, definitions: {} }, GVK)).toBeNull()
    expect(schemaFromData({ kinds: { 'test.dev/v1/T': 'gone' }, definitions: {} }, GVK)?.root).toEqual({
      kind: 'untyped',
    })
  })
})

describe('items', () => {
  const list =
    schemaOf({ l: KEYED }).root.kind === 'map'
      ? ((schemaOf({ l: KEYED }).root as { field(name: string): TypeNode }).field('l') as ListType)
      : null

  test.each<[string, Json, unknown]>([
    ['defaults are filled in', { name: 'a' }, { kind: 'key', fields: { name: 'a', protocol: 'TCP' } }],
    ['null is not absent', { name: 'a', protocol: null }, { kind: 'key', fields: { name: 'a', protocol: null } }],
    ['a default alone names an item', {}, { kind: 'key', fields: { protocol: 'TCP' } }],
  ])('%s', (_, item, element) => {
    expect(itemElement(list as ListType, item, 0)).toEqual(element)
  })

  test.each<[string, Json]>([
    ['null', null],
    ['text', 'x'],
    ['a list', []],
  ])('%s cannot be named', (_, item) => {
    expect(itemElement(list as ListType, item, 3)).toMatchObject({ code: 'HF3007' })
  })

  test('an item without a type has defaults too', () => {
    const { type: _, ...items } = KEYED.items
    const { root } = schemaOf({ l: { ...KEYED, items } })
    expect(validate({ l: [{}, { name: 'a' }] }, root)).toEqual([])
    expect(JSON.stringify(encodeFieldsV1(fieldSetOf({ l: [{}] }, root)))).toContain('k:{\\"protocol\\":\\"TCP\\"}')
  })

  test('messages never hold a value', () => {
    const { root } = schemaOf({ l: KEYED, n: { type: 'integer' } })
    const secret = 'hunter2'
    const found = validate(
      { n: secret, l: [{ name: { x: secret } }, secret, { name: 'a' }, { name: 'a' }], [secret.slice(0, 0)]: 1 },
      root,
    )
    expect(found.length).toBeGreaterThanOrEqual(4)
    expect(JSON.stringify(found.map((it) => it.message))).not.toContain(secret)
  })
})

test('what the server never lets anyone own', () => {
  const object = {
    apiVersion: 'v1',
    kind: 'T',
    metadata: { name: 'n', uid: 'u', labels: { a: 'b' }, managedFields: [] },
    data: { k: 'v' },
  }
  const kept = stripServerFields(fieldSetOf(object, DEDUCED.root))
  expect(JSON.stringify(encodeFieldsV1(kept))).toBe(
    '{"f:data":{".":{},"f:k":{}},"f:metadata":{"f:labels":{".":{},"f:a":{}}}}',
  )
  expect(FieldSet.of([]).isEmpty).toBe(true)
})
