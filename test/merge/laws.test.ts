import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonMap } from '../../src/core/kube/index.ts'
import {
  applyObject,
  compareTyped,
  compileSchema,
  createFieldsV1Decoder,
  DEDUCED,
  decodeFieldsV1,
  decodeManagedFields,
  encodeFieldsV1,
  encodeManagedFields,
  extractItems,
  FieldSet,
  fieldSetOf,
  isSame,
  mergeTyped,
  removeItems,
  sameValue,
  type TypeNode,
  updateObject,
  validate,
} from '../../src/core/merge/index.ts'
import { isProblem } from '../../src/core/problem/index.ts'
import { documentOf, GVK, schemaAndValues } from './generate.ts'
import { SEED } from './seed.ts'

const RUNS = { numRuns: Number(process.env['HOLDFAST_RUNS'] ?? 200), seed: SEED }

interface Case {
  readonly type: TypeNode
  readonly values: readonly [Json, Json, Json]
}

const cases: fc.Arbitrary<Case> = schemaAndValues.map(({ schema, values }) => ({
  type: compileSchema(documentOf(schema), GVK)?.root ?? DEDUCED.root,
  values: values as [Json, Json, Json],
}))

/** Values without duplicate keys, as appliers must send them. */
const strictCases = cases.filter(({ type, values }) => values.every((value) => validate(value, type).length === 0))

const setsOf = ({ type, values }: Case): [FieldSet, FieldSet, FieldSet] =>
  values.map((value) => fieldSetOf(value, type)) as [FieldSet, FieldSet, FieldSet]

function law(name: string, arbitrary: fc.Arbitrary<Case>, holds: (it: Case) => void): void {
  test(name, () => fc.assert(fc.property(arbitrary, holds), RUNS))
}

describe('sets', () => {
  law('union is commutative, associative and idempotent', cases, (it) => {
    const [a, b, c] = setsOf(it)
    expect(a.union(b).equals(b.union(a))).toBe(true)
    expect(
      a
        .union(b)
        .union(c)
        .equals(a.union(b.union(c))),
    ).toBe(true)
    expect(a.union(a)).toBe(a)
  })
  law('difference and intersection part a set', cases, (it) => {
    const [a, b] = setsOf(it)
    expect(a.difference(b).union(a.intersection(b)).equals(a)).toBe(true)
    expect(a.difference(b).intersection(b).isEmpty).toBe(true)
  })
  law('recursive difference leaves nothing below a member of the other', cases, (it) => {
    const [a, b] = setsOf(it)
    for (const path of a.recursiveDifference(b).paths()) expect(b.hasSelfOrAncestor(path)).toBe(false)
  })
  law('paths rebuild the set, in one order; size counts them', cases, (it) => {
    const [a] = setsOf(it)
    const paths = [...a.paths()]
    expect(FieldSet.of(paths).equals(a)).toBe(true)
    expect(paths.length).toBe(a.size)
    for (const path of paths) expect([a.has(path), a.hasPrefix(path), a.insert(path) === a]).toEqual([true, true, true])
  })
  law('removing under each path empties the set; under() is what lies there', cases, (it) => {
    const [a] = setsOf(it)
    let rest = a
    for (const path of a.paths()) {
      expect(a.under(path).isEmpty).toBe(
        ![...a.paths()].some((other) => other.length > path.length && FieldSet.of([path]).hasSelfOrAncestor(other)),
      )
      rest = rest.removeUnder(path)
    }
    expect(rest.isEmpty).toBe(true)
  })
  law('fieldsV1 goes out and comes back, through text too', cases, (it) => {
    const [a] = setsOf(it)
    const json = encodeFieldsV1(a)
    const back = decodeFieldsV1(JSON.parse(JSON.stringify(json)))
    expect(!isProblem(back) && back.equals(a)).toBe(true)
    expect(JSON.stringify(encodeFieldsV1(back as FieldSet))).toBe(JSON.stringify(json))
    const decode = createFieldsV1Decoder()
    expect(decode(json)).toBe(decode(json))
  })
})

describe('values', () => {
  law('nothing differs from itself, nor from its copy', cases, ({ type, values: [a] }) => {
    const copy = JSON.parse(JSON.stringify(a)) as Json
    expect(isSame(compareTyped(a, a, type))).toBe(true)
    expect(isSame(compareTyped(a, copy, type))).toBe(true)
    expect(sameValue(a, copy)).toBe(true)
  })
  law('what is added one way is removed the other', cases, ({ type, values: [a, b] }) => {
    const [there, back] = [compareTyped(a, b, type), compareTyped(b, a, type)]
    expect(there.added.equals(back.removed)).toBe(true)
    expect(there.modified.equals(back.modified)).toBe(true)
  })
  law('merging is idempotent and shares what does not change', strictCases, ({ type, values: [a, b] }) => {
    const once = mergeTyped(a, b, type)
    expect(sameValue(mergeTyped(once, b, type), once)).toBe(true)
    expect(mergeTyped(a, a, type)).toBe(a)
  })
  law('removing everything that a value owns leaves nothing to own', cases, ({ type, values: [a] }) => {
    const rest = removeItems(a, fieldSetOf(a, type), type)
    expect(fieldSetOf(a, type).intersection(fieldSetOf(rest, type)).isEmpty).toBe(true)
  })
  law('extracting takes nothing that is not there', strictCases, ({ type, values: [a, b] }) => {
    const taken = extractItems(a, fieldSetOf(b, type).leaves(), { type })
    // An item that is empty, its key all defaults, comes out as null, which no list can be compared with.
    if (validate(taken, type).length > 0) return
    expect(compareTyped(a, taken, type).added.isEmpty).toBe(true)
  })
  law('arguments are never changed', cases, ({ type, values }) => {
    const before = JSON.stringify(values)
    const [a, b] = values
    const items = fieldSetOf(b, type)
    mergeTyped(a, b, type)
    compareTyped(a, b, type)
    removeItems(a, items, type)
    extractItems(a, items, { type, keyFields: 'added' })
    expect(JSON.stringify(values)).toBe(before)
  })
})

/** Few differences in long lists are found without naming every item; in another order every item is named. */
describe('long lists', () => {
  const keyed = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name', 'kind'],
    items: {
      type: 'object',
      properties: { name: {}, kind: { type: 'string', default: 'TCP' }, value: { type: 'integer' } },
    },
  }
  const schema = {
    type: 'object',
    properties: { l: keyed, s: { ...keyed, 'x-kubernetes-list-type': 'set', items: {} } },
  }
  const type = compileSchema(documentOf(schema), GVK)?.root ?? DEDUCED.root
  const name = fc.oneof(fc.integer({ min: 0, max: 24 }), fc.constantFrom<Json>(null, '1', true, 2n ** 60n, '__proto__'))
  const item = fc.record(
    { name, value: fc.integer({ min: 0, max: 2 }), kind: fc.constantFrom('TCP', 'UDP') },
    { requiredKeys: [] },
  )
  const edits = fc.array(fc.tuple(fc.nat({ max: 19 }), fc.nat({ max: 2 }), item), { maxLength: 4 })
  const lists = fc.tuple(edits, edits).map((both): [Json[], Json[]] => {
    const [left, right] = both.map((some) => {
      const list: Json[] = Array.from({ length: 20 }, (_, index) => ({ name: index, value: index }))
      for (const [at, gone, put] of some) list.splice(at, gone, put as Json)
      return list
    })
    return [left as Json[], right as Json[]]
  })
  const names = (list: readonly Json[]) => list.map((it) => ((it as JsonMap)['name'] ?? 0) as Json)

  test('what differs does not depend on the order', () => {
    fc.assert(
      fc.property(lists, ([left, right]) => {
        for (const [a, b, field] of [
          [left, right, 'l'],
          [names(left), names(right), 's'],
        ] as const) {
          const there = compareTyped({ [field]: a }, { [field]: b }, type)
          // Items that share a key are compared as a list, in their order.
          if ([a, b].some((list) => validate({ [field]: list }, type).length > 0)) continue
          const turned = compareTyped({ [field]: a }, { [field]: [...b].reverse() }, type)
          for (const part of ['added', 'removed', 'modified'] as const)
            expect(encodeFieldsV1(there[part])).toEqual(encodeFieldsV1(turned[part]))
        }
      }),
      RUNS,
    )
  })
  test('merging a list into itself with a few changes gives the changed one', () => {
    fc.assert(
      fc.property(edits, (some) => {
        const live = Array.from({ length: 20 }, (_, index): JsonMap => ({ name: index, value: index, kind: 'UDP' }))
        const applied = [...live]
        for (const [at, , put] of some)
          applied[at] = { ...(applied[at] as JsonMap), value: (put as JsonMap)['value'] ?? 7 }
        const merged = mergeTyped({ l: live }, { l: applied }, type) as { l: Json[] }
        expect(merged).toEqual({ l: applied })
        for (const [at, it] of live.entries()) if (sameValue(it, applied[at])) expect(merged.l[at]).toBe(it)
      }),
      RUNS,
    )
  })
})

describe('objects', () => {
  const version = 'test.dev/v1'
  const object = (spec: Json): JsonMap => ({ apiVersion: version, kind: 'T', metadata: { name: 'x' }, spec })
  const write = (live: JsonMap | null, manager: string) => ({
    live,
    empty: { apiVersion: version, kind: 'T' },
    version,
    manager,
    time: '2026-01-01T00:00:00Z',
    versions: { type: () => DEDUCED.root, convert: (value: Json) => value },
  })
  const applied = (live: JsonMap | null, manager: string, spec: Json): JsonMap => {
    const answer = applyObject({ ...write(live, manager), applied: object(spec), force: true })
    if (isProblem(answer) || answer.state !== 'applied') throw new Error('refused')
    return answer.object
  }

  law('applying the same twice changes nothing', strictCases, ({ values: [spec] }) => {
    const first = applied(null, 'a', spec)
    const again = applyObject({ ...write(first, 'a'), applied: object(spec), force: false })
    expect(again).toMatchObject({ state: 'applied', changed: false })
    expect(sameValue((again as { object: JsonMap }).object, first)).toBe(true)
  })
  law('what one applier alone applied goes when it applies nothing', strictCases, ({ values: [spec, other] }) => {
    const base = applied(null, 'a', { mine: other })
    const both = applied(base, 'b', { theirs: spec })
    const after = applied(both, 'b', {})
    expect((after['spec'] as JsonMap)['mine']).toEqual(other)
    const theirs = fieldSetOf({ spec: { theirs: spec } }, DEDUCED.root)
    if (!theirs.under([{ kind: 'field', name: 'spec' }]).isEmpty)
      expect((after['spec'] as JsonMap)['theirs']).toBeUndefined()
  })
  law('managedFields go out and come back', strictCases, ({ values: [spec, other] }) => {
    const made = updateObject({ ...write(applied(null, 'a', spec), 'b'), next: object(other) })
    const fields = (made['metadata'] as JsonMap)['managedFields']
    const entries = decodeManagedFields(fields)
    if (isProblem(entries)) throw new Error(entries.message)
    expect(JSON.stringify(encodeManagedFields(entries))).toBe(JSON.stringify(fields ?? []))
  })
})
