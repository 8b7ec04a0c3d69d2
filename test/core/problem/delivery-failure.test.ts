import { expect, test } from 'vitest'
import {
  CATALOGUE,
  deliveryFailureOf,
  deliveryReasonOf,
  problem,
  type ProblemCode,
} from '../../../src/core/problem/index.ts'

/** It is told of what is delivered all the same. */
const NO_FAILURE: ReadonlySet<string> = new Set(['HF1016'])

/** [S002-71] Delivery failure is a class of its own, with its own reasons. */
test('every problem of sources and renders has a class and a reason; of the others only what the cluster refuses', () => {
  const codes = Object.keys(CATALOGUE) as ProblemCode[]
  const classes = codes.map((code) => [code, deliveryFailureOf(code)] as const)
  const failing = classes.filter(([code]) => code.startsWith('HF1') && !NO_FAILURE.has(code))
  expect(failing.filter(([, failure]) => failure === null)).toEqual([])
  expect(classes.filter(([code, failure]) => !/^HF[134]/.test(code) && failure !== null)).toEqual([])
  expect(classes.filter(([code, failure]) => code.startsWith('HF1') && failure === 'cluster')).toEqual([])
  expect(
    codes.filter((code) => (deliveryFailureOf(code) === null) !== (deliveryReasonOf(problem(code, '')) === null)),
  ).toEqual([])
})

test.each([
  ['HF1001', 'GitUnreachable', 'S002-64'],
  ['HF1005', 'GitAuthFailed', 'S002-65'],
  ['HF1009', 'RenderFailed', 'S002-66'],
  ['HF3002', 'CRDMissing', 'S002-67'],
  ['HF4003', 'AdmissionDenied', 'S002-68'],
  ['HF4002', 'Forbidden', 'S002-70'],
  ['HF4010', 'Forbidden', 'S002-70'],
] as const)('%s is %s [%s]', (code, reason, _requirement) => {
  expect(deliveryReasonOf(problem(code, 'it failed'))).toBe(reason)
})

test('what lies on a host of charts is not told as Git’s', () => {
  expect(deliveryReasonOf(problem('HF1001', '', { host: 'charts' }))).toBe('ChartRepositoryUnreachable')
  expect(deliveryReasonOf(problem('HF1005', '', { host: 'charts' }))).toBe('ChartRepositoryAuthFailed')
  expect(deliveryReasonOf(problem('HF1002', '', { host: 'charts' }))).toBe('RevisionNotFound')
})
