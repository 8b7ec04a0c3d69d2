import type { Json, JsonMap } from './object.ts'

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** null, absent, {} and []: what several parts of the server treat alike (never assume it does everywhere). */
export function isEmptyValue(value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  if (typeof value !== 'object') return false
  for (const key in value) if (Object.hasOwn(value, key)) return false
  return true
}

/** Structural equality of JSON values; the order of keys does not matter, the order of items does. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const aIsList = Array.isArray(a)
  if (aIsList !== Array.isArray(b)) return false
  if (aIsList) {
    const other = b as readonly unknown[]
    return a.length === other.length && a.every((item, index) => deepEqual(item, other[index]))
  }
  const left = a as JsonMap
  const right = b as JsonMap
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  return keys.every((key) => Object.hasOwn(right, key) && deepEqual(left[key], right[key]))
}

/** JSON with sorted keys: equal values give equal text. `undefined` members are left out, bigint is written as digits. */
export function canonicalJson(value: Json | undefined | object): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item as Json)).join(',')}]`
  const map = value as JsonMap
  const parts: string[] = []
  for (const key of Object.keys(map).sort()) {
    if (map[key] !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(map[key])}`)
  }
  return `{${parts.join(',')}}`
}
