import { NO_BOOK } from '../../src/core/definition/index.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownershipOf } from '../../src/core/classify/index.ts'
import { compare, type CompareInput, type Comparison } from '../../src/core/compare/index.ts'
import type { Json, KubeObject } from '../../src/core/kube/index.ts'
import type { ObjectSchema } from '../../src/core/merge/index.ts'
import { anything, frozen, KINDS, kindOf, objectOf, shuffledKeys } from './objects.ts'
import { schemaOfKind } from '../core/compare/read-case.ts'

const RUNS = { numRuns: 60 }

interface Sides {
  readonly desired: KubeObject
  readonly live: KubeObject
  readonly form?: KubeObject | null
}

function input({ desired, live, form = null }: Sides, schema: ObjectSchema): CompareInput {
  const ownership = ownershipOf(live)
  const [group = '', version = 'v1'] = desired.apiVersion.includes('/') ? desired.apiVersion.split('/') : ['', 'v1']
  return {
    ref: { group, version, kind: desired.kind, namespace: 'n', name: 'x' },
    desired,
    live,
    schema,
    normalForm: form,
    ignore: NO_BOOK,
    neighbours: { autoscalers: [] },
    managersOf: (path) => ownership.owners(path).map(({ entry }) => entry.manager ?? ''),
  }
}

const told = ({ fields, ignored }: Comparison) => [
  fields.map(({ at, change }) => `${change} ${at}`),
  ignored.map(({ at, rule }) => `${at} ${rule}`),
]

describe.each(KINDS)('%s', (name) => {
  const { schema } = kindOf(name)

  it('an object does not differ from itself', () => {
    fc.assert(
      fc.property(objectOf(name), fc.boolean(), (object, hasForm) => {
        const found = compare(
          input({ desired: object, live: structuredClone(object), form: hasForm ? object : null }, schema),
        )
        expect(told(found)).toEqual([[], []])
        expect(found.doubtful).toBe(false)
      }),
      RUNS,
    )
  })

  it('what the normal form has and nothing else is in sync', () => {
    fc.assert(
      fc.property(objectOf(name), objectOf(name), (desired, live) => {
        expect(compare(input({ desired, live, form: structuredClone(live) }, schema)).fields).toEqual([])
      }),
      RUNS,
    )
  })

  it('the order of keys never matters, and frozen inputs stay as they are', () => {
    fc.assert(
      fc.property(objectOf(name), objectOf(name), fc.option(objectOf(name)), (desired, live, form) => {
        const found = compare(input(frozen({ desired, live, form }), schema))
        const [a, b, c] = [desired, live, form].map(
          (side) => shuffledKeys(side as unknown as Json) as unknown as KubeObject,
        )
        const again = compare(
          input(
            { desired: a as KubeObject, live: b as KubeObject, form: form === null ? null : (c as KubeObject) },
            schema,
          ),
        )
        expect(told(again)).toEqual(told(found))
      }),
      RUNS,
    )
  })

  it('no two differences name one path, and none lies below another', () => {
    fc.assert(
      fc.property(objectOf(name), objectOf(name), (desired, live) => {
        const paths = compare(input({ desired, live }, schema)).fields.map(({ at }) => at)
        expect(new Set(paths).size).toBe(paths.length)
        for (const path of paths)
          expect(
            paths.filter((other) => other !== path && /^[.[]/.test(other.slice(path.length)) && other.startsWith(path)),
          ).toEqual([])
      }),
      RUNS,
    )
  })
})

it('nothing that may stand in an object makes it throw', () => {
  const body = fc.oneof(anything, fc.constant({}))
  const object = fc
    .record({
      spec: body,
      data: body,
      metadata: fc.oneof(anything, fc.record({ labels: anything, annotations: anything, managedFields: anything })),
    })
    .map((parts) => ({ apiVersion: 'v1', kind: 'x', ...parts }) as unknown as KubeObject)
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), object, object, fc.option(object), (name, desired, live, form) => {
      const { apiVersion, kind, schema } = kindOf(name)
      compare(input({ desired: { ...desired, apiVersion, kind }, live, form }, schema))
    }),
    { numRuns: 400 },
  )
})

describe('long keyed lists', () => {
  const schema = schemaOfKind({ group: '', version: 'v1', kind: 'Service' })
  const service = (count: number, edit: (port: number) => object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'x', namespace: 'n' },
    spec: {
      ports: Array.from({ length: count }, (_, port) => ({ port, protocol: 'TCP', name: `p${port}`, ...edit(port) })),
    },
  })
  const cost = (sides: Sides): number => {
    const begin = process.cpuUsage()
    compare(input(sides, schema))
    return process.cpuUsage(begin).user + 1000
  }
  const shapes: [string, (count: number) => Sides][] = [
    [
      'every item differs',
      (count) => ({ desired: service(count, () => ({})), live: service(count, () => ({ name: 'y' })) }),
    ],
    [
      'every item is defaulted',
      (count) => ({ desired: service(count, () => ({})), live: service(count, (port) => ({ targetPort: port })) }),
    ],
    [
      'no item in common',
      (count) => ({ desired: service(count, () => ({})), live: service(count, (port) => ({ port: port + count })) }),
    ],
    [
      'the other way round',
      (count) => ({
        desired: service(count, () => ({})),
        live: service(count, (port) => ({ port: count - port - 1 })),
      }),
    ],
  ]
  it.each(shapes)('cost grows with their length, not with its square: %s', (_, sides) => {
    cost(sides(2_000))
    const small = Math.min(cost(sides(2_000)), cost(sides(2_000)), cost(sides(2_000)))
    expect(cost(sides(20_000)) / small).toBeLessThan(60)
  })
})
