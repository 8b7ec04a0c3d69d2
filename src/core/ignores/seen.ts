// Which classes of changes would be found on an object, and which rule keeps the others from being found.
import type { Comparison, FieldChange } from '../compare/index.ts'
import { RuleBook } from '../definition/index.ts'
import { canonicalJson, deepEqual, type FieldPath, type Json, pathKey } from '../kube/index.ts'
import { comparedUnder } from './objects.ts'
import { type Probe, probed, probesFor } from './probes.ts'
import type { ClassSeen, RuledObject } from './types.ts'

const printOf = ({ at, live }: FieldChange): string => `${at} ${canonicalJson(live)}`

export interface ProbeResult extends ClassSeen {
  /** Where the change was found. */
  readonly paths: readonly FieldPath[]
  /** Where it would have been found, but for a rule. */
  readonly hiddenPaths: readonly FieldPath[]
}

type Compared = NonNullable<RuledObject['compared']>

const NO_RULES = new RuleBook([])

function isRelated(a: FieldPath, b: FieldPath): boolean {
  const shared = Math.min(a.length, b.length)
  return pathKey(a.slice(0, shared)) === pathKey(b.slice(0, shared))
}

/** Live has it already: by Git's wish, or as a difference that is told or that a rule silences. */
function already(object: Compared, base: Comparison, each: Probe): ProbeResult {
  const { input } = object
  const edited = probed(input.desired, each)
  const places = edited === null ? [] : comparedUnder(object, NO_RULES, edited).fields.map(({ path }) => path)
  const isOne = ({ path }: { readonly path: FieldPath }): boolean => places.some((place) => isRelated(place, path))
  const found = base.fields.filter(isOne)
  const hidden = base.ignored.filter(isOne)
  return {
    class: each.class,
    change: each.change,
    already: places.length === 0 ? 'declared' : 'live',
    seen: found.length > 0,
    hiddenBy: found.length > 0 ? [] : [...new Set(hidden.map(({ rule }) => rule))],
    paths: found.map(({ path }) => path),
    hiddenPaths: hidden.map(({ path }) => path),
  }
}

export function probe(object: Compared, book: RuleBook): readonly ProbeResult[] {
  const { input } = object
  const base = comparedUnder(object, book)
  const known = new Set(base.fields.map(printOf))
  const silent = new Set(base.ignored.map(printOf))
  return probesFor(input.ref, input.live).flatMap((each) => {
    const live = probed(input.live, each)
    if (live === null) return []
    if (deepEqual(live as unknown as Json, input.live as unknown as Json)) return [already(object, base, each)]
    const result = comparedUnder(object, book, live)
    const found = result.fields.filter((field) => !known.has(printOf(field)))
    const hidden = result.ignored.filter((change) => !silent.has(printOf(change)))
    return [
      {
        class: each.class,
        change: each.change,
        already: null,
        seen: found.length > 0,
        hiddenBy: found.length > 0 ? [] : [...new Set(hidden.map(({ rule }) => rule))],
        paths: found.map(({ path }) => path),
        hiddenPaths: hidden.map(({ path }) => path),
      },
    ]
  })
}
