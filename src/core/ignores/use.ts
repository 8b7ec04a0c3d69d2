// What each rule does: the objects it speaks of, the places it names in them, the differences it hides.
import type { Ownership } from '../classify/index.ts'
import { beneath } from '../compare/index.ts'
import { type IgnoreRule, matchJqPaths, matchPointers, RuleBook } from '../definition/index.ts'
import { type FieldPath, formatPath } from '../kube/index.ts'
import { comparedUnder } from './objects.ts'
import type { HiddenDifference, RuledObject, RuleUse, Writer } from './types.ts'

interface Tally {
  readonly rule: IgnoreRule
  readonly objects: RuleUse['objects'][number][]
  fields: number
  readonly hidden: HiddenDifference[]
  readonly errors: Set<string>
}

/** What would be told but for the rule: what shipped rules explain is not hidden by it. */
function hiddenOn(rule: IgnoreRule, compared: NonNullable<RuledObject['compared']>): HiddenDifference[] {
  const { input, ownership } = compared
  const left = comparedUnder(compared, new RuleBook([rule])).ignored.filter((change) => change.rule === rule.id)
  if (left.length === 0) return []
  const told = comparedUnder(compared, new RuleBook([])).fields.map(({ path }) => path)
  return left.flatMap((change) => {
    const places = beneath(change, input.schema).filter((place) => told.some((path) => meet(path, place)))
    if (places.length === 0) return []
    return [{ ref: input.ref, at: change.at, places, writers: writersOf(places, ownership) }]
  })
}

/** One lies at or below the other. */
function meet(a: FieldPath, b: FieldPath): boolean {
  const length = Math.min(a.length, b.length)
  return formatPath(a.slice(0, length)) === formatPath(b.slice(0, length))
}

function writersOf(places: readonly FieldPath[], ownership: Ownership): Writer[] {
  return places.flatMap((path) =>
    ownership
      .owners(path)
      .filter(({ ours }) => !ours)
      .map(({ entry }) => ({ at: formatPath(path), manager: entry.manager ?? '', time: entry.time ?? null })),
  )
}

function count(tally: Tally, object: RuledObject): void {
  const { rule } = tally
  tally.objects.push(object.ref)
  if (object.compared === null || rule.problem !== null) return
  const { live, desired } = object.compared.input
  const places = new Set<string>()
  for (const side of [live, desired]) {
    const found = matchJqPaths(side, rule.jqPaths)
    for (const error of found.errors) tally.errors.add(error)
    for (const path of [...matchPointers(side, rule.jsonPointers), ...found.places]) places.add(JSON.stringify(path))
  }
  tally.fields += places.size
  if (places.size === 0 && rule.managers.length === 0) return
  const hidden = hiddenOn(rule, object.compared)
  if (rule.managers.length > 0) tally.fields += hidden.length
  tally.hidden.push(...hidden)
}

/** Of every rule of the book, in its order. */
export function usesOf(book: RuleBook, objects: readonly RuledObject[]): readonly RuleUse[] {
  const tallies = new Map<IgnoreRule, Tally>(
    book.all.map((rule) => [rule, { rule, objects: [], fields: 0, hidden: [], errors: new Set() }]),
  )
  for (const object of objects) for (const rule of book.of(object.ref)) count(tallies.get(rule) as Tally, object)
  return [...tallies.values()].map((tally) => ({ ...tally, errors: [...tally.errors] }))
}
