// Does live's value look as a delegation rule wants it?
import { globMatches } from '../definition/index.ts'
import { deepEqual, isMap, type Json, type ObjectRef } from '../kube/index.ts'
import type { DelegatedValue } from './delegation.ts'

interface Values {
  readonly desired: Json | undefined
  readonly live: Json | undefined
  readonly ref: ObjectRef
}

const fitsOne = (globs: readonly string[], text: string): boolean => globs.some((glob) => globMatches(glob, text))

function isLike(value: Json | undefined, globs: readonly string[]): boolean {
  if (Array.isArray(value)) return value.length > 0 && (value as readonly Json[]).every((one) => isLike(one, globs))
  return typeof value === 'string' && fitsOne(globs, value)
}

/** `registry:5000/team/app:1.2@sha256:…` → `registry:5000/team/app` */
const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^:/]*$/, '')

function isNamed(live: Json | undefined, names: readonly string[], images: readonly string[] | undefined): boolean {
  if (!isMap(live) || typeof live.name !== 'string' || !fitsOne(names, live.name)) return false
  return images === undefined || typeof live.image !== 'string' || fitsOne(images, live.image)
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
  like: ({ globs }, { live }) => isLike(live, globs),
  'members-like': ({ globs }, { live }) => isMap(live) && isLike(Object.values(live) as Json[], globs),
  'at-most-declared': (_, { desired, live }) =>
    typeof live === 'number' && live >= 0 && live <= (typeof desired === 'number' ? desired : 1),
  'other-tag': (_, { desired, live }) =>
    typeof desired === 'string' && typeof live === 'string' && repositoryOf(desired) === repositoryOf(live),
  'own-name': (_, { live, ref }) => live === ref.name,
  'item-named': ({ names, images }, { live }) => isNamed(live, names, images),
  'desired-plus': ({ members }, { desired, live }) => isPlus(desired, live, members),
  'same-without': ({ members }, { desired, live }) =>
    desired !== undefined && live !== undefined && deepEqual(without(desired, members), without(live, members)),
  'controlled-by': ({ kinds }, { live }) => isControlled(live, kinds),
}

export function isDelegatedValue(
  test: DelegatedValue | undefined,
  { desired, live }: Omit<Values, 'ref'>,
  ref: ObjectRef,
): boolean {
  if (test === undefined) return true
  const run = TESTS[test.is] as (test: DelegatedValue, values: Values) => boolean
  return run(test, { desired, live, ref })
}
