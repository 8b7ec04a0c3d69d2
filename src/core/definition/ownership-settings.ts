// The ConfigMap `holdfast-ownership`: whose fields and objects are whose, and who writes as a person or a machine.
import type { KubeObject } from '../kube/index.ts'
import { type Problem, problem } from '../problem/index.ts'
import { readYaml } from '../yaml/index.ts'
import {
  complain,
  type Field,
  isSet,
  isZero,
  itemsOf,
  mapOf,
  member,
  refuseOthers,
  stringOf,
  stringsOf,
} from './field.ts'
import { parsePointer } from './json-pointer.ts'

export const OWNERSHIP_CONFIG_MAP = 'holdfast-ownership'

/** Globs over an object; '' = any. */
export interface ObjectScope {
  readonly group: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
}

/** A declared owner of fields. */
export interface FieldOwnerRule extends ObjectScope {
  /** Where it stands, e.g. `holdfast-ownership fields[0]`. */
  readonly id: string
  /** JSON pointers in segments; `*` = any member or item. What lies below belongs to it. */
  readonly pointers: readonly (readonly string[])[]
  readonly owner: 'git' | 'controller' | 'nobody'
  /** Who exactly, e.g. the controller's name. */
  readonly by: string | null
  readonly reason: string | null
  readonly runbook: string | null
}

/** A declared owner of objects. */
export interface ObjectOwnerRule extends ObjectScope {
  readonly id: string
  /** Globs over `namespace/name` or `name` of Applications; [] = any. */
  readonly apps: readonly string[]
  readonly projects: readonly string[]
  readonly owner: string
  readonly contact: string | null
  readonly decides: string | null
  readonly runbook: string | null
}

export interface OwnershipMap {
  readonly fields: readonly FieldOwnerRule[]
  readonly owners: readonly ObjectOwnerRule[]
}

/** Globs. */
export interface WriterPatterns {
  readonly users: readonly string[]
  readonly groups: readonly string[]
  /** Of field managers. */
  readonly managers: readonly string[]
}

export interface WriterSettings {
  readonly people: WriterPatterns
  readonly machines: WriterPatterns
}

export interface OwnershipSettings {
  readonly map: OwnershipMap
  readonly writers: WriterSettings
}

const NO_PATTERNS: WriterPatterns = { users: [], groups: [], managers: [] }
export const NO_WRITER_SETTINGS: WriterSettings = { people: NO_PATTERNS, machines: NO_PATTERNS }
export const NO_OWNERSHIP: OwnershipSettings = { map: { fields: [], owners: [] }, writers: NO_WRITER_SETTINGS }

const SCOPE = ['group', 'kind', 'name', 'namespace']
const KINDS = ['git', 'controller', 'nobody'] as const

const optional = (field: Field): string | null => {
  const text = stringOf(field).trim()
  return text === '' ? null : text
}

function scopeOf(field: Field): ObjectScope {
  const text = (name: string): string => stringOf(member(field, name))
  return { group: text('group'), kind: text('kind'), name: text('name'), namespace: text('namespace') }
}

const ANY = '\u0000any'

function pointersOf(field: Field): readonly (readonly string[])[] {
  const found: (readonly string[])[] = []
  for (const text of stringsOf(field)) {
    // A `*` stands for any member or item, which a plain pointer has no word for.
    const parsed = parsePointer(text.replaceAll(/\/\*(?=\/|$)/g, `/${ANY}`))
    if ('segments' in parsed && parsed.segments.length > 0)
      found.push(parsed.segments.map((segment) => (segment === ANY ? '*' : segment)))
    else
      complain(field, 'HF2008', `${field.path}: ${JSON.stringify(text)} is not a JSON pointer such as /spec/replicas`)
  }
  return found
}

function fieldRule(field: Field): FieldOwnerRule[] {
  mapOf(field)
  refuseOthers(field, { supported: [...SCOPE, 'jsonPointers', 'owner', 'by', 'reason', 'runbook'] })
  const text = stringOf(member(field, 'owner'))
  const owner = KINDS.find((kind) => kind === text)
  const pointers = pointersOf(member(field, 'jsonPointers'))
  if (owner === undefined) complain(field, 'HF2008', `${field.path}.owner must be one of ${KINDS.join(', ')}`)
  if (pointers.length === 0) complain(field, 'HF2008', `${field.path}.jsonPointers names no field`)
  if (owner === undefined || pointers.length === 0) return []
  const by = optional(member(field, 'by'))
  const reason = optional(member(field, 'reason'))
  const runbook = optional(member(field, 'runbook'))
  return [{ id: `${OWNERSHIP_CONFIG_MAP} ${field.path}`, ...scopeOf(field), pointers, owner, by, reason, runbook }]
}

function ownerRule(field: Field): ObjectOwnerRule[] {
  mapOf(field)
  refuseOthers(field, {
    supported: [...SCOPE, 'apps', 'projects', 'owner', 'contact', 'decides', 'runbook'],
  })
  const owner = optional(member(field, 'owner'))
  if (owner === null) {
    complain(field, 'HF2008', `${field.path}.owner is missing`)
    return []
  }
  return [
    {
      id: `${OWNERSHIP_CONFIG_MAP} ${field.path}`,
      ...scopeOf(field),
      apps: stringsOf(member(field, 'apps')),
      projects: stringsOf(member(field, 'projects')),
      owner,
      contact: optional(member(field, 'contact')),
      decides: optional(member(field, 'decides')),
      runbook: optional(member(field, 'runbook')),
    },
  ]
}

function patternsOf(field: Field): WriterPatterns {
  mapOf(field)
  refuseOthers(field, { supported: ['users', 'groups', 'managers'] })
  const texts = (name: string): readonly string[] => stringsOf(member(field, name))
  return { users: texts('users'), groups: texts('groups'), managers: texts('managers') }
}

function writersOf(field: Field): WriterSettings {
  if (isZero(field)) return NO_WRITER_SETTINGS
  mapOf(field)
  refuseOthers(field, { supported: ['people', 'machines'] })
  return { people: patternsOf(member(field, 'people')), machines: patternsOf(member(field, 'machines')) }
}

/** Whatever is wrong in it is wrong in a setting of the installation. */
function asSetting({ message, subject }: Problem): Problem {
  return problem('HF2008', message, subject)
}

function dataOf(object: KubeObject, problems: Problem[]): Field {
  const subject = { object: `ConfigMap ${object.metadata.namespace ?? ''}/${OWNERSHIP_CONFIG_MAP}` }
  return { reading: { problems, subject }, path: '', value: object.data }
}

/** The YAML text under one key of `data`. */
function keyOf(object: KubeObject, name: string, problems: Problem[]): Field {
  const data = dataOf(object, problems)
  const { reading } = data
  const text = member(data, name)
  if (!isSet(text)) return { reading, path: name, value: undefined }
  const { documents, problems: unread } = readYaml(stringOf(text), { file: `${OWNERSHIP_CONFIG_MAP} ${name}` })
  for (const { message } of unread) complain(text, 'HF2008', `data.${name} cannot be read: ${message}`)
  return { reading, path: name, value: documents[0]?.value }
}

export interface OwnershipRead {
  readonly value: OwnershipSettings
  readonly problems: readonly Problem[]
  /** Why it is not known whose all fields are: an entry that cannot be used may name any; null = it is. */
  readonly fieldsUnknown: Problem | null
}

/** Of the ConfigMap; null = there is none. What cannot be used is left out and said. */
export function parseOwnership(object: KubeObject | null): OwnershipRead {
  if (object === null) return { value: NO_OWNERSHIP, problems: [], fieldsUnknown: null }
  const problems: Problem[] = []
  const fields = itemsOf(keyOf(object, 'fields', problems)).flatMap(fieldRule)
  const fieldsUnknown = problems[0] ?? null
  const owners = itemsOf(keyOf(object, 'owners', problems)).flatMap(ownerRule)
  const writers = writersOf(keyOf(object, 'writers', problems))
  refuseOthers(dataOf(object, problems), { supported: ['fields', 'owners', 'writers'] })
  const told = problems.map(asSetting)
  return {
    value: { map: { fields, owners }, writers },
    problems: told,
    fieldsUnknown: fieldsUnknown && asSetting(fieldsUnknown),
  }
}
