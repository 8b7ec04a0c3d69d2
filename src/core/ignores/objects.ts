import { ownershipOf } from '../classify/index.ts'
import { compare, type Comparison } from '../compare/index.ts'
import { RuleBook } from '../definition/index.ts'
import type { ObjectSnapshot } from '../evaluate/index.ts'
import type { KubeObject } from '../kube/index.ts'
import type { RuledObject } from './types.ts'

/** null: Git does not declare it, or it could not be read. */
export function ruledObject(snapshot: ObjectSnapshot, book: RuleBook): RuledObject | null {
  const { ref, desired, live, schema, normalForm, neighbours, rules } = snapshot
  if (desired === null || live.state === 'unknown') return null
  if (live.value === null) return { ref, compared: null }
  const always = book.all.filter(({ origin }) => origin === 'builtin')
  const ownership = ownershipOf(live.value)
  const managersOf = (path: Parameters<typeof ownership.owners>[0]): string[] =>
    ownership.owners(path).map(({ entry }) => entry.manager ?? '')
  const { object, status } = desired
  const input = {
    ref,
    desired: object,
    ...(status === undefined ? {} : { declaredStatus: status }),
    live: live.value,
    schema,
    normalForm,
    neighbours,
    managersOf,
  }
  return { ref, compared: { input, rules, ownership, always } }
}

/** Under these rules; `live` stands in for the object's own. */
export function comparedUnder(
  { input, rules, always = [] }: NonNullable<RuledObject['compared']>,
  book: RuleBook,
  live: KubeObject = input.live,
): Comparison {
  const ignore = always.length === 0 ? book : book.withRules([...book.of(input.ref), ...always])
  return compare({ ...input, live, ignore }, rules)
}
