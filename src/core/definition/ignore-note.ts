// Who owns a rule, why it is there, and when it is to be looked at again: in Argo CD's objects, by an annotation.
import { readEmbedded } from './embedded-yaml.ts'
import { complain, type Field, isSet, itemsOf, mapOf, member, stringOf } from './field.ts'
import { formatPointerText } from './json-pointer.ts'
import type { IgnoreRule, RuleNote } from './types.ts'

export const NOTE_FIELDS = ['owner', 'reason', 'review']

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/

function dayOf(field: Field): string {
  const text = stringOf(field).trim()
  if (text === '' || (DAY.test(text) && !Number.isNaN(Date.parse(text)))) return text
  complain(
    field,
    'HF2007',
    `${field.path} is ${JSON.stringify(text)}, not a day such as 2026-12-31: it is no review date`,
  )
  return ''
}

export function noteOf(field: Field): RuleNote {
  return {
    owner: stringOf(member(field, 'owner')).trim(),
    reason: stringOf(member(field, 'reason')).trim(),
    review: dayOf(member(field, 'review')),
  }
}

/** One entry of the annotation: what it says of the rules that it names. '' = whatever the rule has. */
interface Entry extends RuleNote {
  /** Where it stands. */
  readonly at: string
  readonly group: string | null
  readonly kind: string
  readonly name: string
  readonly namespace: string
  /** One of the rule's pointers, expressions or managers. */
  readonly path: string
}

const ENTRY_FIELDS = ['group', 'kind', 'name', 'namespace', 'path', ...NOTE_FIELDS]

function readEntry(field: Field): Entry {
  for (const name of Object.keys(mapOf(field)))
    if (!ENTRY_FIELDS.includes(name)) complain(field, 'HF2007', `${field.path}.${name} is not a known field`)
  const group = member(field, 'group')
  const text = (name: string): string => stringOf(member(field, name))
  return {
    at: field.path,
    group: isSet(group) ? stringOf(group) : null,
    kind: text('kind'),
    name: text('name'),
    namespace: text('namespace'),
    path: text('path'),
    ...noteOf(field),
  }
}

/** What the rule names, as it is written. */
export function writtenPlaces(rule: Pick<IgnoreRule, 'jsonPointers' | 'jqPaths' | 'managers'>): readonly string[] {
  return [...rule.jsonPointers.map(formatPointerText), ...rule.jqPaths.map(({ text }) => text), ...rule.managers]
}

function speaksOf(entry: Entry, rule: IgnoreRule): boolean {
  return (
    (entry.group === null || entry.group === rule.group) &&
    (entry.kind === '' || entry.kind === rule.kind) &&
    (entry.name === '' || entry.name === rule.name) &&
    (entry.namespace === '' || entry.namespace === rule.namespace) &&
    (entry.path === '' || writtenPlaces(rule).includes(entry.path))
  )
}

/**
 * Rules with what the annotation says of them. An entry speaks of every rule that has what it names; a later one says
 * more. One that speaks of none is reported (HF2007): it was meant for a rule that is gone.
 */
export function withNotes(rules: readonly IgnoreRule[], annotation: Field): readonly IgnoreRule[] {
  if (!isSet(annotation)) return rules
  const entries = readEmbedded(annotation, 'HF2007', (list) => itemsOf(list).map(readEntry))
  for (const entry of entries) {
    if (rules.some((rule) => speaksOf(entry, rule))) continue
    complain({ ...annotation, path: entry.at }, 'HF2007', `${entry.at} speaks of no rule of spec.ignoreDifferences`)
  }
  return rules.map((rule) => {
    const said = entries.filter((entry) => speaksOf(entry, rule))
    const last = (name: keyof RuleNote): string =>
      said.map((entry) => entry[name]).findLast((text) => text !== '') ?? ''
    return { ...rule, owner: last('owner'), reason: last('reason'), review: last('review') }
  })
}
