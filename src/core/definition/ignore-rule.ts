import type { ObjectRef } from '../kube/index.ts'
import { type Problem, problem } from '../problem/index.ts'
import { complain, type Field, isZero, itemsOf, mapOf, member, refuseOthers, stringOf, stringsOf } from './field.ts'
import { globMatches } from './glob.ts'
import { parseJqPath } from './jq-path.ts'
import { parsePointer } from './json-pointer.ts'
import type { IgnoreRule, JqPath } from './types.ts'

const FIELDS = ['group', 'kind', 'name', 'namespace', 'jsonPointers', 'jqPathExpressions', 'managedFieldsManagers']

interface Expressions {
  readonly jsonPointers: readonly (readonly string[])[]
  readonly jqPaths: readonly JqPath[]
  readonly problem: Problem | null
}

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
  return { jsonPointers, jqPaths, problem: complaints.length === 0 ? null : problem('HF2005', message, subject) }
}

function readRule(field: Field): IgnoreRule {
  mapOf(field)
  refuseOthers(field, { supported: FIELDS })
  const kind = member(field, 'kind')
  if (isZero(kind)) complain(kind, 'HF2001', `${kind.path} is missing`)
  const expressions = readExpressions(field)
  if (expressions.problem !== null) field.reading.problems.push(expressions.problem)
  return {
    id: field.path,
    group: stringOf(member(field, 'group')),
    kind: stringOf(kind),
    name: stringOf(member(field, 'name')),
    namespace: stringOf(member(field, 'namespace')),
    managers: stringsOf(member(field, 'managedFieldsManagers')),
    ...expressions,
  }
}

export function readIgnoreRules(field: Field): readonly IgnoreRule[] {
  return itemsOf(field).map(readRule)
}

/** Whether the rule speaks about this object. Group '' is the core group only; group and kind may be `*`. */
export function ruleMatches(rule: IgnoreRule, ref: Omit<ObjectRef, 'version'>): boolean {
  return (
    globMatches(rule.group, ref.group) &&
    globMatches(rule.kind, ref.kind) &&
    (rule.name === '' || globMatches(rule.name, ref.name)) &&
    (rule.namespace === '' || globMatches(rule.namespace, ref.namespace))
  )
}
