// One ignore rule as people write it → what comparison works with.
import { type Problem, problem } from '../problem/index.ts'
import { complain, type Field, isZero, itemsOf, mapOf, member, refuseOthers, stringOf, stringsOf } from './field.ts'
import { noteOf, NOTE_FIELDS } from './ignore-note.ts'
import { parseJqPath } from './jq-path.ts'
import { parsePointer } from './json-pointer.ts'
import type { GroupKind, IgnoreRule, JqPath, RuleOrigin } from './types.ts'

const SCOPE = ['group', 'kind', 'name', 'namespace']
const PLACES = ['jsonPointers', 'jqPathExpressions', 'managedFieldsManagers']

type Expressions = Pick<IgnoreRule, 'jsonPointers' | 'jqPaths' | 'managers' | 'problem'>

function readExpressions(field: Field): Expressions {
  const jsonPointers: (readonly string[])[] = []
  const jqPaths: JqPath[] = []
  const complaints: string[] = []
  for (const text of stringsOf(member(field, 'jsonPointers'))) {
    const parsed = parsePointer(text)
    if ('segments' in parsed) jsonPointers.push(parsed.segments)
    else complaints.push(`jsonPointers ${JSON.stringify(text)}: ${parsed.error}`)
  }
  for (const text of stringsOf(member(field, 'jqPathExpressions'))) {
    const parsed = parseJqPath(text)
    if ('path' in parsed) jqPaths.push(parsed.path)
    else complaints.push(`jqPathExpressions ${JSON.stringify(text)}: ${parsed.error}`)
  }
  const message = `${field.path} cannot be used: ${complaints.join('; ')}`
  const subject = { ...field.reading.subject, path: field.path }
  const broken: Problem | null = complaints.length === 0 ? null : problem('HF2005', message, subject)
  if (broken !== null) field.reading.problems.push(broken)
  return { jsonPointers, jqPaths, managers: stringsOf(member(field, 'managedFieldsManagers')), problem: broken }
}

/** A rule whose kind is known from where it stands: the value of a key of `argocd-cm`. */
export function readRuleOfKind(field: Field, of: GroupKind, origin: RuleOrigin): IgnoreRule {
  mapOf(field)
  const note = noteOf(field)
  return { id: field.path, origin, ...of, name: '', namespace: '', ...note, ...readExpressions(field) }
}

/** `annotated`: who owns the rule and why stands beside its places, where Argo CD's own objects have no room for it. */
export interface RuleReading {
  readonly origin: RuleOrigin
  readonly annotated: boolean
}

function readRule(field: Field, { origin, annotated }: RuleReading): IgnoreRule {
  mapOf(field)
  refuseOthers(field, { supported: [...SCOPE, ...PLACES, ...(annotated ? NOTE_FIELDS : [])] })
  const kind = member(field, 'kind')
  if (isZero(kind)) complain(kind, 'HF2001', `${kind.path} is missing`)
  return {
    id: field.path,
    origin,
    group: stringOf(member(field, 'group')),
    kind: stringOf(kind),
    name: stringOf(member(field, 'name')),
    namespace: stringOf(member(field, 'namespace')),
    ...(annotated ? noteOf(field) : NO_NOTE),
    ...readExpressions(field),
  }
}

const NO_NOTE = { owner: '', reason: '', review: '' }

export function readIgnoreRules(field: Field, reading: RuleReading): readonly IgnoreRule[] {
  return itemsOf(field).map((item) => readRule(item, reading))
}
