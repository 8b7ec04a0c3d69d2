import { isMap, type JsonMap } from '../kube/index.ts'
import { type Problem, type ProblemCode, type ProblemSubject, problem } from '../problem/index.ts'

/** Where the problems of one document are gathered while it is read. */
export interface Reading {
  readonly problems: Problem[]
  readonly subject: ProblemSubject
}

/** A value inside a document that anybody may have written, with the path people know it by (`spec.source.path`). */
export interface Field {
  readonly reading: Reading
  readonly path: string
  readonly value: unknown
}

/** null and absent are the same to the API server. */
export function isSet(field: Field): boolean {
  return field.value !== undefined && field.value !== null
}

/** null, '', false, 0 and []: what Argo CD writes for a field that was never set. `{}` is a value: it chooses a type. */
export function isZero(field: Field): boolean {
  const { value } = field
  if (!isSet(field) || value === '' || value === false || value === 0) return true
  return Array.isArray(value) && value.length === 0
}

export function complain(field: Field, code: ProblemCode, message: string, action?: string): void {
  field.reading.problems.push(problem(code, message, { ...field.reading.subject, path: field.path }, action))
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`
}

function wrongType(field: Field, wanted: string): void {
  complain(field, 'HF2001', `${field.path} must be ${wanted}, not ${typeName(field.value)}`)
}

/** The member `name`; its value is undefined when the field is no map or has no such member. */
export function member(field: Field, name: string): Field {
  const value = isMap(field.value) && Object.hasOwn(field.value, name) ? field.value[name] : undefined
  return { reading: field.reading, path: field.path === '' ? name : `${field.path}.${name}`, value }
}

/** The map in this field; {} when it is not set or (with a problem) when it is something else. */
export function mapOf(field: Field): JsonMap {
  if (!isSet(field)) return {}
  if (isMap(field.value)) return field.value
  wrongType(field, 'a map')
  return {}
}

export function itemsOf(field: Field): readonly Field[] {
  if (!isSet(field)) return []
  if (!Array.isArray(field.value)) {
    wrongType(field, 'a list')
    return []
  }
  return field.value.map((value: unknown, index) => ({
    reading: field.reading,
    path: `${field.path}[${index}]`,
    value,
  }))
}

/** The string in this field; '' when it is not set or (with a problem) not a string. */
export function stringOf(field: Field): string {
  if (!isSet(field)) return ''
  if (typeof field.value === 'string') return field.value
  wrongType(field, 'a string')
  return ''
}

/** The boolean in this field; undefined when it is not set or (with a problem) not a boolean. */
export function booleanOf(field: Field): boolean | undefined {
  if (!isSet(field)) return undefined
  if (typeof field.value === 'boolean') return field.value
  wrongType(field, 'true or false')
  return undefined
}

export function integerOf(field: Field, fallback: number): number {
  if (!isSet(field)) return fallback
  if (typeof field.value === 'number' && Number.isSafeInteger(field.value)) return field.value
  wrongType(field, 'a whole number')
  return fallback
}

export function stringsOf(field: Field): readonly string[] {
  return itemsOf(field).flatMap((item) => {
    if (typeof item.value === 'string') return [item.value]
    wrongType(item, 'a string')
    return []
  })
}

export function stringMapOf(field: Field): Readonly<Record<string, string>> {
  const entries: [string, string][] = []
  for (const [name, value] of Object.entries(mapOf(field))) {
    if (typeof value === 'string') entries.push([name, value])
    else wrongType({ ...field, path: `${field.path}[${JSON.stringify(name)}]`, value }, 'a string')
  }
  return Object.fromEntries(entries)
}

export interface KnownFields {
  /** Read by the caller. */
  readonly supported: readonly string[]
  /** Fields that Argo CD has and this version does not read. Their zero values are let through. */
  readonly notYet?: readonly string[]
}

/** Refuses every member that is not supported, by name. */
export function refuseOthers(field: Field, known: KnownFields): void {
  if (!isMap(field.value)) return
  for (const name of Object.keys(field.value)) {
    if (known.supported.includes(name)) continue
    const other = member(field, name)
    if (known.notYet?.includes(name) === true) {
      if (!isZero(other)) complain(other, 'HF2002', `${other.path} is not supported yet`)
    } else {
      complain(other, 'HF2002', `${other.path} is not a known field`)
    }
  }
}

/** True when maps and lists are nested deeper than `limit`. Itself not recursive: safe on any input. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
  }
  return false
}
