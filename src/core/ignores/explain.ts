// What is silent about one object, by which rule, and what would still be found.
import type { RuleBook } from '../definition/index.ts'
import type { IgnoreRule } from '../definition/index.ts'
import type { ObjectRef } from '../kube/index.ts'
import { comparedUnder } from './objects.ts'
import { probe } from './seen.ts'
import type { ClassSeen, RuledObject } from './types.ts'

export interface Silence {
  readonly path: string
  readonly change: string
  readonly rule: string
  readonly owner: string | null
}

export interface Explained {
  readonly ref: ObjectRef
  readonly present: boolean
  /** Rules that speak of it. */
  readonly rules: readonly IgnoreRule[]
  /** What differs, and is not told as drift. */
  readonly silent: readonly Silence[]
  /** Paths that are told. */
  readonly told: readonly string[]
  readonly classes: readonly ClassSeen[]
}

export function explainObject(object: RuledObject, book: RuleBook): Explained {
  const { ref, compared } = object
  const rules = book.of(ref)
  if (compared === null) return { ref, present: false, rules, silent: [], told: [], classes: [] }
  const { fields, ignored } = comparedUnder(compared, book)
  const silent = ignored.map(({ at, change, rule, owner }) => ({
    path: at,
    change,
    rule,
    owner,
  }))
  const classes = probe(compared, book).map((result) => ({
    class: result.class,
    change: result.change,
    seen: result.seen,
    already: result.already,
    hiddenBy: result.hiddenBy,
  }))
  return { ref, present: true, rules, silent, told: fields.map(({ at }) => at), classes }
}
