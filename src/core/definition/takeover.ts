// What was decided about additions that were there when enforcement began.
import { readEmbedded } from './embedded-yaml.ts'
import { complain, type Field, isSet, itemsOf, mapOf, member, type Reading, stringOf } from './field.ts'
import type { Parsed, TakeoverDecision } from './types.ts'

export const TAKEOVER_ANNOTATION = 'holdfast.dev/takeover'

const MEMBERS = ['decision', 'manager', 'path', 'asOf']
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

function decisionOf(field: Field): TakeoverDecision['decision'] | null {
  const text = stringOf(field)
  if (text === 'heal' || text === 'accept') return text
  complain(field, 'HF2001', `${field.path} must be heal or accept`)
  return null
}

function asOfOf(field: Field): string {
  const text = stringOf(field)
  if (text === '' || (RFC3339.test(text) && !Number.isNaN(Date.parse(text)))) return text
  complain(field, 'HF2001', `${field.path} must be a time as 2026-01-02T03:04:05Z`)
  return ''
}

function readEntry(field: Field): TakeoverDecision | null {
  for (const name of Object.keys(mapOf(field)))
    if (!MEMBERS.includes(name)) complain(field, 'HF2001', `${field.path}.${name} is not a known field`)
  const decision = decisionOf(member(field, 'decision'))
  if (decision === null) return null
  const text = (name: string): string => stringOf(member(field, name))
  return { decision, manager: text('manager'), path: text('path'), asOf: asOfOf(member(field, 'asOf')) }
}

function readDecisions(field: Field): readonly TakeoverDecision[] {
  if (!isSet(field)) return []
  const before = field.reading.problems.length
  const entries =
    typeof field.value === 'string'
      ? [{ decision: decisionOf(field), manager: '', path: '', asOf: '' }]
      : itemsOf(field).map(readEntry)
  // Read as a whole or not at all: a selection that is misspelt would decide about more than was meant.
  if (field.reading.problems.length > before) return []
  return entries.flatMap((entry) => (entry === null || entry.decision === null ? [] : [entry as TakeoverDecision]))
}

/** `heal`, `accept`, or a YAML list of decisions, the first that matches counts. With a mistake in it it decides nothing. */
export function readTakeover(field: Field): readonly TakeoverDecision[] {
  return readEmbedded(field, 'HF2007', readDecisions)
}

/** Of an annotation's text. */
export function parseTakeover(text: string | undefined): Parsed<readonly TakeoverDecision[]> {
  const reading: Reading = { problems: [], subject: {} }
  const value = readTakeover({ reading, path: TAKEOVER_ANNOTATION, value: text })
  return { value: reading.problems.length > 0 ? null : value, problems: reading.problems }
}
