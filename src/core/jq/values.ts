// What jq says of values: types, order, arithmetic. Integers are exact (as in gojq, which Argo CD runs), others doubles.
import { isMap, type Json, type JsonMap } from '../kube/index.ts'

/** An error that a program raised, or that a value of the wrong type raises; `value` is what `catch` sees. */
/**
 * `value` is what the program can catch. The message is for people, and never says what stands in an object: that may be
 * a Secret's.
 */
export class JqError extends Error {
  readonly value: Json
  constructor(value: Json, message = String(value)) {
    super(message)
    this.value = value
  }
}

export type TypeName = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

export function typeOf(value: Json): TypeName {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  const type = typeof value
  if (type === 'bigint' || type === 'number') return 'number'
  return type === 'boolean' || type === 'string' ? type : 'object'
}

export const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
export const isNumber = (value: Json): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint'
export const isTrue = (value: Json): boolean => value !== null && value !== false

export function mapOf(entries: Iterable<readonly [string, Json]>): JsonMap {
  return Object.fromEntries(entries)
}

/** Names in the order in which jq walks them. */
export function namesOf(map: JsonMap): string[] {
  return Object.keys(map).sort(compareText)
}

/** For messages: JSON cannot carry bigint. */
function plain(value: Json): Json {
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? Number(one) : one))) as Json
}

function short(value: Json): string {
  const text = JSON.stringify(plain(value))
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** A value in a message. */
export interface Described {
  readonly type: TypeName
  /** As jq writes it. */
  readonly text: string
}

export function describe(value: Json): Described {
  const type = typeOf(value)
  return { type, text: value === null ? type : `${type} (${short(value)})` }
}

/** An error about values: jq's words for the program, their types for people. */
export function wrong(words: TemplateStringsArray, ...about: readonly (string | Described)[]): JqError {
  const told = (part: 'type' | 'text'): string =>
    String.raw({ raw: words }, ...about.map((one) => (typeof one === 'string' ? one : one[part])))
  return new JqError(told('text'), told('type'))
}

export function listOf(value: Json, what: string): readonly Json[] {
  if (isList(value)) return value
  throw wrong`${what} cannot be applied to: ${describe(value)}`
}

/** By code points, as the bytes of UTF-8 order them. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()]
  for (;;) {
    const [one, two] = [left.next(), right.next()]
    if (one.done === true) return two.done === true ? 0 : -1
    if (two.done === true) return 1
    const difference = (one.value.codePointAt(0) ?? 0) - (two.value.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
}

function compareLists(a: readonly Json[], b: readonly Json[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compareValues(a[index] as Json, b[index] as Json)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareMaps(a: JsonMap, b: JsonMap): number {
  const [left, right] = [namesOf(a), namesOf(b)]
  const byNames = compareLists(left, right)
  if (byNames !== 0) return byNames
  for (const name of left) {
    const order = compareValues(a[name] as Json, b[name] as Json)
    if (order !== 0) return order
  }
  return 0
}

const RANK: Readonly<Record<TypeName, number>> = { null: 0, boolean: 1, number: 3, string: 4, array: 5, object: 6 }
const rankOf = (value: Json): number => RANK[typeOf(value)] + (value === true ? 1 : 0)

/** jq's order of all values: null, false, true, numbers, strings, arrays, objects. */
export function compareValues(a: Json, b: Json): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (isList(a) && isList(b)) return compareLists(a, b)
  return isMap(a) && isMap(b) ? compareMaps(a, b) : 0
}

/** Integers within 2^53 are numbers, beyond it bigint. */
function integer(value: bigint): Json {
  const asNumber = Number(value)
  return Number.isSafeInteger(asNumber) ? asNumber : value
}

const isWhole = (value: number | bigint): boolean => typeof value === 'bigint' || Number.isSafeInteger(value)

function exact(a: number | bigint, b: number | bigint, operator: '+' | '-' | '*'): Json {
  const [left, right] = [Number(a), Number(b)]
  const fast = operator === '+' ? left + right : operator === '-' ? left - right : left * right
  if (!isWhole(a) || !isWhole(b) || Number.isSafeInteger(fast)) return fast
  const [x, y] = [BigInt(a), BigInt(b)]
  return integer(operator === '+' ? x + y : operator === '-' ? x - y : x * y)
}

export function add(a: Json, b: Json): Json {
  if (a === null) return b
  if (b === null) return a
  if (isNumber(a) && isNumber(b)) return exact(a, b, '+')
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (isList(a) && isList(b)) return [...a, ...b]
  if (isMap(a) && isMap(b)) return { ...a, ...b }
  throw wrong`${describe(a)} and ${describe(b)} cannot be added`
}

export function subtract(a: Json, b: Json): Json {
  if (isNumber(a) && isNumber(b)) return exact(a, b, '-')
  if (isList(a) && isList(b)) return a.filter((item) => !b.some((other) => compareValues(item, other) === 0))
  throw wrong`${describe(a)} and ${describe(b)} cannot be subtracted`
}

const LONGEST = 1 << 20

function repeat(text: string, times: number | bigint): Json {
  const count = Number(times)
  if (!(count > 0)) return null
  if (text.length * count > LONGEST) throw new JqError('a string is repeated too often')
  return text.repeat(Math.max(1, Math.floor(count)))
}

function deepMerge(a: JsonMap, b: JsonMap): JsonMap {
  const entries = Object.entries(b).map(([name, value]): [string, Json] => {
    const own = Object.hasOwn(a, name) ? (a[name] as Json) : undefined
    return [name, isMap(own) && isMap(value) ? deepMerge(own, value) : (value as Json)]
  })
  return { ...a, ...mapOf(entries) }
}

export function multiply(a: Json, b: Json): Json {
  if (isNumber(a) && isNumber(b)) return exact(a, b, '*')
  if (typeof a === 'string' && isNumber(b)) return repeat(a, b)
  if (isNumber(a) && typeof b === 'string') return repeat(b, a)
  if (isMap(a) && isMap(b)) return deepMerge(a, b)
  throw wrong`${describe(a)} and ${describe(b)} cannot be multiplied`
}

export function divide(a: Json, b: Json): Json {
  if (isNumber(a) && isNumber(b)) {
    if (Number(b) === 0) throw wrong`${describe(a)} and ${describe(b)} cannot be divided because the divisor is zero`
    if (isWhole(a) && isWhole(b) && BigInt(a) % BigInt(b) === 0n) return integer(BigInt(a) / BigInt(b))
    return Number(a) / Number(b)
  }
  if (typeof a === 'string' && typeof b === 'string') return splitText(a, b)
  throw wrong`${describe(a)} and ${describe(b)} cannot be divided`
}

export function splitText(text: string, separator: string): Json {
  if (text === '') return []
  return separator === '' ? [...text] : text.split(separator)
}

export function remainder(a: Json, b: Json): Json {
  if (!isNumber(a) || !isNumber(b)) throw wrong`${describe(a)} and ${describe(b)} cannot be divided`
  const whole = (value: number | bigint): bigint => {
    if (typeof value === 'bigint') return value
    return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n
  }
  const divisor = whole(b)
  if (divisor === 0n) throw wrong`${describe(a)} and ${describe(b)} cannot be divided because the divisor is zero`
  return integer(whole(a) % (divisor < 0n ? -divisor : divisor))
}

export function negate(value: Json): Json {
  if (!isNumber(value)) throw wrong`${describe(value)} cannot be negated`
  return typeof value === 'bigint' ? integer(-value) : -value
}

/** JSON with sorted names, as gojq prints it. */
export function toJson(value: Json): string {
  if (isList(value)) return `[${value.map(toJson).join(',')}]`
  if (isMap(value)) {
    const members = namesOf(value).map((name) => `${JSON.stringify(name)}:${toJson(value[name] as Json)}`)
    return `{${members.join(',')}}`
  }
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && Object.is(value, -0)) return '-0'
  return JSON.stringify(value)
}

export function toText(value: Json): string {
  return typeof value === 'string' ? value : toJson(value)
}
