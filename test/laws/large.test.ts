// Large objects cost in proportion to their size, whatever differs in them.
import { NO_BOOK } from '../../src/core/definition/index.ts'
import { describe, expect, it } from 'vitest'
import { compare, type CompareInput } from '../../src/core/compare/index.ts'
import { type KubeObject, refOf } from '../../src/core/kube/index.ts'
import { schemaOfKind } from '../core/compare/read-case.ts'

interface Pair {
  readonly desired: KubeObject
  readonly live: KubeObject
  readonly form?: KubeObject
}

function input({ desired, live, form }: Pair): CompareInput {
  const ref = refOf(desired)
  const neighbours = { autoscalers: [] }
  const given = { ref, desired, live, schema: schemaOfKind(ref), normalForm: form ?? null, ignore: NO_BOOK, neighbours }
  return { ...given, managersOf: () => [] } as unknown as CompareInput
}

const metadata = { name: 'x', namespace: 'n' }
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

const settings = (count: number, edit: (index: number) => string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
  data: Object.fromEntries(numbers(count).map((index) => [`key-${index}`, edit(index)])),
})

const pod = (spec: object): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: { template: { spec: { containers: [{ name: 'a', image: 'a:1' }], ...spec } } },
})

const tolerations = (count: number, extra: readonly object[] = []): KubeObject =>
  pod({ tolerations: [...numbers(count).map((index) => ({ key: `k${index}`, operator: 'Exists' })), ...extra] })

const variables = (count: number, edit: (index: number) => object): KubeObject =>
  pod({ containers: [{ name: 'a', image: 'a:1', env: numbers(count).map(edit) }] })

const service = (count: number, edit: (port: number) => object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: { type: 'NodePort', ports: numbers(count).map((port) => ({ port, protocol: 'TCP', ...edit(port) })) },
})

const SHAPES: readonly (readonly [string, (count: number) => Pair])[] = [
  [
    'every key of a map changed',
    (count) => ({ desired: settings(count, () => 'a'), live: settings(count, () => 'b') }),
  ],
  ['every key of a map added', (count) => ({ desired: settings(0, String), live: settings(count, String) })],
  [
    'an item at the end of an atomic list',
    (count) => ({ desired: tolerations(count), live: tolerations(count, [{ operator: 'Exists' }]) }),
  ],
  [
    'an atomic list with another item first',
    (count) => ({
      desired: tolerations(count),
      live: pod({ tolerations: numbers(count).map((index) => ({ key: `k${index - 1}`, operator: 'Exists' })) }),
    }),
  ],
  [
    'a keyed list full of duplicates',
    (count) => ({
      desired: variables(count, () => ({ name: 'A', value: '1' })),
      live: variables(count, (index) => ({ name: 'A', value: String(index) })),
    }),
  ],
  [
    'a keyed list turned round',
    (count) => ({
      desired: variables(count, (index) => ({ name: `A${index}`, value: '1' })),
      live: variables(count, (index) => ({ name: `A${count - index}`, value: '2' })),
    }),
  ],
  [
    'ports that a server filled in',
    (count) => ({
      desired: service(count, () => ({})),
      live: service(count, (port) => ({ targetPort: port, nodePort: 30_000 + port })),
      form: service(count, (port) => ({ targetPort: port, nodePort: 40_000 + port })),
    }),
  ],
]

const cost = (pair: Pair): number => {
  const begin = process.cpuUsage()
  compare(input(pair))
  return process.cpuUsage(begin).user + 1_000
}

describe('cost grows with the size, not with its square', () => {
  it.each(SHAPES)('%s', (_, pair) => {
    cost(pair(1_000))
    const [small, large] = [pair(1_000), pair(10_000)]
    const least = (each: Pair): number => Math.min(cost(each), cost(each), cost(each))
    expect(least(large) / least(small)).toBeLessThan(40)
  })
})

it('one key among a megabyte is found within 50 ms', () => {
  const text = 'x'.repeat(100)
  const desired = settings(10_000, () => text)
  const live = settings(10_000, (index) => (index === 7_777 ? 'y' : text))
  const found = compare(input({ desired, live }))
  expect(found.fields.map(({ at }) => at)).toEqual(['.data.key-7777'])
  expect(cost({ desired, live })).toBeLessThan(51_000)
})

it('an object as deep as a request may be does not overflow the stack', () => {
  const nested = (leaf: unknown): KubeObject => {
    let value: unknown = leaf
    for (let depth = 0; depth < 900; depth++) value = depth % 2 === 0 ? { a: value } : [value]
    return { apiVersion: 'example.com/v1', kind: 'Deep', metadata, spec: { value } }
  }
  expect(compare(input({ desired: nested(1), live: nested(2) })).fields).toHaveLength(1)
})

it('names that programs stumble over are names like others', () => {
  const data = (value: string): object =>
    JSON.parse(`{"__proto__":"${value}","constructor":"${value}","a.b/c":"${value}"}`)
  const object = (value: string): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: data(value) })
  expect(compare(input({ desired: object('1'), live: object('2') })).fields.map(({ at }) => at)).toEqual([
    '.data.__proto__',
    '.data.constructor',
    '.data["a.b/c"]',
  ])
})
