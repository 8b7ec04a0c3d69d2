import { expect, test } from 'vitest'
import { CATALOGUE, deliveryFailureOf, type ProblemCode } from '../../../src/core/problem/index.ts'

/** [S002-71] Delivery failure is a class of its own, with its own reasons. */
test('every problem of sources and renders has a class, and no other has', () => {
  const codes = Object.keys(CATALOGUE) as ProblemCode[]
  const classes = codes.map((code) => [code, deliveryFailureOf(code)] as const)
  expect(classes.filter(([code, failure]) => code.startsWith('HF1') !== (failure !== null))).toEqual([])
  expect(new Set(classes.map(([, failure]) => failure))).toEqual(
    new Set(['source', 'auth', 'path', 'render', 'limits', null]),
  )
})
