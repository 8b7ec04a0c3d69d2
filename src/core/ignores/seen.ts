// Which classes of changes would be found on an object, and which rule keeps the others from being found.
import type { FieldChange } from '../compare/index.ts'
import type { RuleBook } from '../definition/index.ts'
import { canonicalJson, type FieldPath } from '../kube/index.ts'
import { comparedUnder } from './objects.ts'
import { probed, probesFor } from './probes.ts'
import type { ClassSeen, RuledObject } from './types.ts'

const printOf = ({ at, live }: FieldChange): string => `${at} ${canonicalJson(live)}`

export interface ProbeResult extends ClassSeen {
  /** Where the change was found. */
  readonly paths: readonly FieldPath[]
  /** Where it would have been found, but for a rule. */
  readonly hiddenPaths: readonly FieldPath[]
}

export function probe(object: NonNullable<RuledObject['compared']>, book: RuleBook): readonly ProbeResult[] {
  const { input } = object
  const base = comparedUnder(object, book)
  const known = new Set(base.fields.map(printOf))
  const silent = new Set(base.ignored.map(printOf))
  return probesFor(input.ref, input.live).flatMap((each) => {
    const live = probed(input.live, each)
    if (live === null) return []
    const result = comparedUnder(object, book, live)
    const found = result.fields.filter((field) => !known.has(printOf(field)))
    const hidden = result.ignored.filter((change) => !silent.has(printOf(change)))
    return [
      {
        class: each.class,
        change: each.change,
        seen: found.length > 0,
        hiddenBy: found.length > 0 ? [] : [...new Set(hidden.map(({ rule }) => rule))],
        paths: found.map(({ path }) => path),
        hiddenPaths: hidden.map(({ path }) => path),
      },
    ]
  })
}
