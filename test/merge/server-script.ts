import fc from 'fast-check'
import type { Json, JsonMap } from '../../src/core/kube/index.ts'

/** A write to one object: applied, put in its place, merged in, merged in while wiping managedFields, or scaled. */
export interface ServerStep {
  readonly op: 'apply' | 'put' | 'merge' | 'wipe' | 'scale'
  readonly manager: string
  readonly version: 'v1' | 'v2'
  readonly force: boolean
  readonly body: JsonMap
}

const word = fc.constantFrom('x', 'y', 'z')
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

function defined(map: Readonly<Record<string, Json | undefined>>): JsonMap {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined))
}

const texts = fc.dictionary(fc.constantFrom('k', 'l', 'dot.ted/name'), word, { maxKeys: 2 })
const port: fc.Arbitrary<JsonMap> = fc
  .record({
    port: fc.constantFrom(80, 81),
    protocol: some(fc.constantFrom('TCP', 'UDP')),
    name: some(word),
    options: some(texts),
  })
  .map(defined)
const ports = fc.uniqueArray(port, { maxLength: 3, selector: (it) => `${it['port']} ${it['protocol'] ?? 'TCP'}` })

const spec: fc.Arbitrary<JsonMap> = fc
  .record({
    replicas: some(fc.integer({ min: 0, max: 3 })),
    size: some(fc.constantFrom<Json>(1, '10%')),
    ports: some(ports),
    tags: some(fc.uniqueArray(word, { maxLength: 3 })),
    args: some(fc.array(word, { maxLength: 3 })),
    labels: some(texts),
    selector: some(texts),
    free: some(fc.dictionary(word, fc.oneof(word, texts, fc.array(word, { maxLength: 2 })), { maxKeys: 2 })),
    deep: some(
      fc
        .record({
          a: some(word),
          b: some(fc.record({ c: some(fc.integer({ max: 2, min: 0 })), d: some(fc.boolean()) }).map(defined)),
        })
        .map(defined),
    ),
  })
  .map(defined)

const body: fc.Arbitrary<JsonMap> = fc
  .record({ spec: some(spec), labels: some(texts), annotations: some(texts) })
  .map(({ spec, labels, annotations }) => defined({ metadata: defined({ labels, annotations }), spec }))

/** The first write applies or creates; the rest may be anything. */
export const serverScript: fc.Arbitrary<ServerStep[]> = fc.array(
  fc.record({
    op: fc.constantFrom<ServerStep['op']>('apply', 'apply', 'apply', 'put', 'put', 'merge', 'merge', 'wipe', 'scale'),
    manager: fc.constantFrom('ann', 'bob', 'holdfast'),
    version: fc.constantFrom('v1' as const, 'v1' as const, 'v2' as const),
    force: fc.boolean(),
    body,
  }),
  { minLength: 3, maxLength: 6 },
)
