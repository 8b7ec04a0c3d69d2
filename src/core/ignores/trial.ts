// What a new rule would take out of the reports, and what would go unnoticed with it.
import { type IgnoreRule, RuleBook } from '../definition/index.ts'
import type { FieldChange } from '../compare/index.ts'
import { type FieldPath, formatPath, formatRef, isMap, type ObjectRef } from '../kube/index.ts'
import { comparedUnder } from './objects.ts'
import { probe } from './seen.ts'
import type { Finding, RuledObject } from './types.ts'

export interface TriedObject {
  readonly ref: ObjectRef
  /** Paths of the differences. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly vanished: readonly { readonly path: string; readonly intended: boolean }[]
  /** Changes that would no longer be seen. */
  readonly unseen: readonly { readonly class: string; readonly change: string; readonly intended: boolean }[]
}

export interface Trial {
  readonly objects: readonly TriedObject[]
  readonly findings: readonly Finding[]
}

export interface TrialInput {
  readonly book: RuleBook
  /** The rules to be added. */
  readonly added: readonly IgnoreRule[]
  readonly objects: readonly RuledObject[]
  /** Paths (of the report) that are meant to vanish, with all that is inside of them; [] = what the rules name exactly. */
  readonly intended: readonly string[]
}

function isInside(path: string, intended: readonly string[]): boolean {
  return intended.some((each) => path === each || (path.startsWith(each) && /^[.[]/.test(path.slice(each.length))))
}

/** An added map all of whose members are named: nothing of it is left to be told. */
function isEmptiedBy({ change, path, live }: FieldChange, hidden: ReadonlySet<string>): boolean {
  if (change !== 'added' || !isMap(live)) return false
  return Object.keys(live).every((name) => hidden.has(formatPath([...path, { kind: 'field', name }])))
}

function tryOn(compared: NonNullable<RuledObject['compared']>, input: TrialInput, grown: RuleBook): TriedObject {
  const { book, added, intended } = input
  const { ref } = compared.input
  const before = comparedUnder(compared, book)
  const after = comparedUnder(compared, grown)
  const kept = new Set(after.fields.map(({ at }) => at))
  const ids = new Set(added.filter(({ managers }) => managers.length === 0).map(({ id }) => id))
  // What the rule names, it is meant to hide; what only lies inside of that, it may not be.
  const named = new Set(after.ignored.filter(({ rule }) => ids.has(rule)).map(({ at }) => at))
  const hidden = new Set(after.ignored.map(({ at }) => at))
  const isMeant = (field: FieldChange): boolean =>
    intended.length > 0 ? isInside(field.at, intended) : named.has(field.at) || isEmptiedBy(field, hidden)
  const vanished = before.fields
    .filter(({ at }) => !kept.has(at))
    .map((field) => ({ path: field.at, intended: isMeant(field) }))
  const [unprobed, probed] = [probe(compared, book), probe(compared, grown)]
  const unseen = unprobed.flatMap((result, index) => {
    const now = probed[index]
    // What is there already is a difference like any other: it vanishes, or stays.
    if (!result.seen || result.already !== null || now === undefined || now.seen) return []
    const at = now.hiddenPaths.map(formatPath)
    const exact = result.paths.every((path: FieldPath) => at.includes(formatPath(path)))
    const meant = intended.length > 0 ? result.paths.every((path) => isInside(formatPath(path), intended)) : exact
    return [{ class: result.class, change: result.change, intended: meant }]
  })
  return { ref, before: before.fields.map(({ at }) => at), after: [...kept], vanished, unseen }
}

function findingsOf(tried: readonly TriedObject[], { added }: TrialInput): Finding[] {
  const rule = added.map(({ id }) => id).join(', ')
  const say = (message: string): Finding => ({ code: 'too-wide', severity: 'error', rule, message, proposal: [] })
  const found = tried.flatMap(({ ref, vanished, unseen }) => [
    ...vanished
      .filter(({ intended }) => !intended)
      .map(({ path }) => say(`${path} of ${formatRef(ref)} vanishes from the reports as well`)),
    ...unseen
      .filter(({ intended }) => !intended)
      .map((lost) => say(`${lost.change} (${lost.class}) in ${formatRef(ref)} would no longer be found`)),
  ])
  if (tried.length > 0) return found
  return [{ code: 'matches-nothing', severity: 'warning', rule, message: 'it speaks of no object', proposal: [] }]
}

/** Adds rules in memory and looks at what changes. Objects that they do not speak of stay as they are. */
export function trial(input: TrialInput): Trial {
  const { book, added } = input
  const grown = book.withRules([...book.all, ...added])
  const own = new RuleBook(added)
  const broken = added.flatMap(({ id, problem }): Finding[] =>
    problem === null ? [] : [{ code: 'unusable', severity: 'error', rule: id, message: problem.message, proposal: [] }],
  )
  const objects = input.objects
    .filter(({ ref }) => own.of(ref).length > 0)
    .flatMap(({ compared }) => (compared === null ? [] : [tryOn(compared, input, grown)]))
  const failed = input.objects.flatMap(({ compared }): Finding[] => {
    if (compared === null || own.of(compared.input.ref).length === 0) return []
    const { brokenRule } = comparedUnder(compared, own)
    if (brokenRule === null) return []
    return [
      {
        code: 'unusable',
        severity: 'error',
        rule: brokenRule.subject.path ?? '',
        message: brokenRule.message,
        proposal: [],
      },
    ]
  })
  return { objects, findings: [...broken, ...failed, ...findingsOf(objects, input)] }
}
