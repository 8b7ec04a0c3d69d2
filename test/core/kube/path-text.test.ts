import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type FieldPath, formatPath, parsePath } from '../../../src/core/kube/index.ts'

const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null))
const name = fc.constantFrom('name', 'containerPort', 'protocol', 'topologyKey', 'mountPath')
const fields = fc.dictionary(name, scalar, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
const element = fc.oneof(
  fc.record({ kind: fc.constant('field' as const), name: fc.string({ unit: 'binary' }) }),
  fc.record({ kind: fc.constant('index' as const), index: fc.nat() }),
  fc.record({ kind: fc.constant('value' as const), value: scalar }),
  fc.record({ kind: fc.constant('key' as const), fields }),
)

it('reads back every path that is written', () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 6 }), (path) => {
      expect(parsePath(formatPath(path as FieldPath))).toEqual(path)
    }),
    { numRuns: 500 },
  )
})

it.each(['spec', '.a.', '.a[', '[name=]', '.a b', '["x]', '.a[=]'])('%s is no path', (text) =>
  expect(parsePath(text)).toBeNull())
