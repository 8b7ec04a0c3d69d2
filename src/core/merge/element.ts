import type { Json, JsonMap, PathElement } from '../kube/index.ts'
import { setOwn } from './own.ts'

const ESCAPED = /[<>&\u2028\u2029]/g
/** Text that is its own JSON: most names and values are, and testing is far cheaper than writing. */
const PLAIN = /^[ !#-%'-;=?-[\]-~]*$/

/** A JSON string as Go writes it: `<`, `>`, `&` and the two line separators escaped. */
function writeString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  const json = JSON.stringify(text)
  return json.replace(ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** As Go prints it: an exponent has two digits at least. */
function writeNumber(value: number): string {
  return JSON.stringify(value).replace(/e([+-])([0-9])$/, 'e$10$2')
}

function writeValue(value: Json | undefined): string {
  if (typeof value === 'string') return writeString(value)
  if (typeof value === 'number') return writeNumber(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  if (Array.isArray(value)) return `[${value.map((item) => writeValue(item as Json)).join(',')}]`
  return writeMembers(value as JsonMap)
}

function sortedNames(map: Readonly<Record<string, Json | undefined>>): string[] {
  const names = Object.keys(map).filter((name) => map[name] !== undefined)
  return names.length > 1 ? names.sort(compareText) : names
}

function writeMembers(map: Readonly<Record<string, Json | undefined>>): string {
  return `{${sortedNames(map)
    .map((name) => `${writeString(name)}:${writeValue(map[name])}`)
    .join(',')}}`
}

/** JSON as Go writes it: names sorted, `<`, `>` and `&` escaped. */
export function goJson(value: Json): string {
  return writeValue(value)
}

/** Integers beyond 2^53 stand as the double nearest to them: the server reads its own text back that way. */
function writeScalar(value: Json | undefined): string {
  return typeof value === 'bigint' ? writeNumber(Number(value)) : writeValue(value)
}

/** The names of key fields themselves are written without Go's escapes. */
function writeKey(fields: Readonly<Record<string, Json>>): string {
  const names = Object.keys(fields)
  const only = names[0]
  if (names.length === 1 && only !== undefined) return `{${JSON.stringify(only)}:${writeScalar(fields[only])}}`
  return `{${sortedNames(fields)
    .map((name) => `${JSON.stringify(name)}:${writeScalar(fields[name])}`)
    .join(',')}}`
}

/**
 * The element as fieldsV1 spells it (`f:name`, `k:{"name":"web"}`, `v:"x"`, `i:0`). Two elements are the same exactly
 * when their texts are equal.
 */
export function elementText(element: PathElement): string {
  switch (element.kind) {
    case 'field':
      return `f:${element.name}`
    case 'key':
      return `k:${writeKey(element.fields)}`
    case 'value':
      return `v:${writeScalar(element.value)}`
    case 'index':
      return `i:${element.index}`
    default:
      return element satisfies never
  }
}

function refuseInfinity(_: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('no number')
  return value
}

/** `1e400` is no number that JSON can hold again: JavaScript reads it as infinity and writes that as null. */
const EXPONENT = /[0-9][eE]|[0-9]{300}/

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text, EXPONENT.test(text) ? refuseInfinity : undefined) as Json
  } catch {
    return undefined
  }
}

const ONE_PLAIN_FIELD = /^\{"([A-Za-z]+)":"([ !#-%'-;=?-[\]-~]*)"\}$/

function parseKey(text: string): PathElement | null {
  const plain = ONE_PLAIN_FIELD.exec(text)
  if (plain !== null) return { kind: 'key', fields: { [plain[1] as string]: plain[2] as string } }
  const parsed = parseJson(text)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null
  const fields: Record<string, Json> = {}
  const map = parsed as JsonMap
  for (const name of Object.keys(map).sort(compareText)) setOwn(fields, name, map[name] as Json)
  return { kind: 'key', fields }
}

const COLON = 0x3a

/**
 * Reads an element: null when it is broken, 'unknown' when its type is one that a newer server may know (the server
 * drops those).
 */
export function parseElement(text: string): PathElement | 'unknown' | null {
  if (text.charCodeAt(1) !== COLON) return null
  const content = text.slice(2)
  switch (text.charAt(0)) {
    case 'f':
      return { kind: 'field', name: content }
    case 'k':
      return parseKey(content)
    case 'v': {
      const value = parseJson(content)
      return value === undefined ? null : { kind: 'value', value }
    }
    case 'i':
      return /^[+-]?[0-9]{1,15}$/.test(content) ? { kind: 'index', index: Number(content) } : null
    default:
      // One byte in front of the colon, as the server counts them.
      return text.charCodeAt(0) < 0x80 ? 'unknown' : null
  }
}

/** The order of Go's strings (by code point), which differs from JavaScript's only where surrogates occur. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left === right) continue
    const leftAstral = left >= 0xd800 && left <= 0xdfff
    const rightAstral = right >= 0xd800 && right <= 0xdfff
    if (leftAstral !== rightAstral) return leftAstral ? 1 : -1
    return left - right
  }
  return a.length - b.length
}

/** Numbers first, then strings, booleans, lists, maps, null. */
function valueRank(value: Json): number {
  if (typeof value === 'number' || typeof value === 'bigint') return 0
  if (typeof value === 'string') return 1
  if (typeof value === 'boolean') return 2
  if (Array.isArray(value)) return 3
  return value === null ? 5 : 4
}

function compareLists(a: readonly Json[], b: readonly Json[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compareValues(a[index] as Json, b[index] as Json)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareMembers(
  a: Readonly<Record<string, Json | undefined>>,
  b: Readonly<Record<string, Json | undefined>>,
): number {
  const left = Object.keys(a).sort(compareText)
  const right = Object.keys(b).sort(compareText)
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const leftName = left[index] as string
    const rightName = right[index] as string
    const order = compareText(leftName, rightName) || compareValues(a[leftName] as Json, b[rightName] as Json)
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** A total order over JSON values; numbers by amount. */
export function compareValues(a: Json, b: Json): number {
  const rank = valueRank(a)
  const difference = rank - valueRank(b)
  if (difference !== 0) return difference
  if (rank === 1) return compareText(a as string, b as string)
  if (rank === 3) return compareLists(a as readonly Json[], b as readonly Json[])
  if (rank === 4) return compareMembers(a as JsonMap, b as JsonMap)
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
}

const KIND_ORDER = { field: 0, key: 1, value: 2, index: 3 } as const

/** The order in which the server writes elements: fields, keys, values, indexes; each by its content. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a.kind === 'field' && b.kind === 'field') return compareText(a.name, b.name)
  if (a.kind === 'key' && b.kind === 'key') return compareMembers(a.fields, b.fields)
  if (a.kind === 'value' && b.kind === 'value') return compareValues(a.value, b.value)
  if (a.kind === 'index' && b.kind === 'index') return a.index - b.index
  return KIND_ORDER[a.kind] - KIND_ORDER[b.kind]
}
