// Does live's value look as a delegation rule wants it?
import { deepEqual, isMap, type Json } from '../kube/index.ts'
import type { DelegatedValue } from './delegation.ts'

interface Values {
  readonly desired: Json | undefined
  readonly live: Json | undefined
}

function without(value: Json, members: readonly string[]): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => without(item, members))
  if (!isMap(value)) return value
  const kept = Object.entries(value).filter(([name]) => !members.includes(name))
  return Object.fromEntries(kept.map(([name, member]) => [name, without(member ?? null, members)]))
}

function isPlus(desired: Json | undefined, live: Json | undefined, members: readonly string[]): boolean {
  if (!isMap(desired) || !isMap(live)) return false
  const rest = Object.fromEntries(Object.entries(live).filter(([name]) => !members.includes(name)))
  return deepEqual(rest, desired)
}

/** One owner reference, or a list of them. */
function isControlled(value: Json | undefined, kinds: readonly string[]): boolean {
  if (Array.isArray(value))
    return value.length > 0 && (value as readonly Json[]).every((one) => isControlled(one, kinds))
  return isMap(value) && value.controller === true && typeof value.kind === 'string' && kinds.includes(value.kind)
}

type Tests = {
  readonly [Is in DelegatedValue['is']]: (test: Extract<DelegatedValue, { is: Is }>, values: Values) => boolean
}

const TESTS: Tests = {
  'one-of': ({ values }, { live }) => values.some((wanted) => deepEqual(wanted, live)),
  'item-named': ({ names }, { live }) => isMap(live) && typeof live.name === 'string' && names.includes(live.name),
  'desired-plus': ({ members }, { desired, live }) => isPlus(desired, live, members),
  'same-without': ({ members }, { desired, live }) =>
    desired !== undefined && live !== undefined && deepEqual(without(desired, members), without(live, members)),
  'controlled-by': ({ kinds }, { live }) => isControlled(live, kinds),
}

export function isDelegatedValue(test: DelegatedValue | undefined, values: Values): boolean {
  if (test === undefined) return true
  const run = TESTS[test.is] as (test: DelegatedValue, values: Values) => boolean
  return run(test, values)
}
