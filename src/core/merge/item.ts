import { type Json, type JsonMap, isMap, type PathElement } from '../kube/index.ts'
import { type Problem, problem } from '../problem/index.ts'
import { compareText } from './element.ts'
import { getOwn, setOwn } from './own.ts'
import type { ListType } from './types.ts'

function unusable(message: string): Problem {
  return problem('HF3007', message, {}, 'Give every item of the list its key fields.')
}

function keyElement(list: ListType, item: Json, index: number): PathElement | Problem {
  if (!isMap(item)) return unusable(`Item ${index} of a keyed list is ${item === null ? 'null' : 'no map'}.`)
  const fields: Record<string, Json> = {}
  let found = false
  for (const key of sortedKeys(list.keys)) {
    const value = keyValue(list, item, key)
    if (value === undefined) continue
    found = true
    setOwn(fields, key, value)
  }
  return found
    ? { kind: 'key', fields }
    : unusable(`Item ${index} of a keyed list has none of its key fields (${list.keys.join(', ')}).`)
}

/** An explicit null is a key value of its own; only an absent field takes the default. */
function keyValue(list: ListType, item: JsonMap, key: string): Json | undefined {
  const value = Object.hasOwn(item, key) ? item[key] : undefined
  return value === undefined ? getOwn(list.keyDefaults, key) : value
}

/** Equal exactly when their texts are. */
function isPlain(value: Json | undefined): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' || typeof value === 'boolean'
}

/** Whether an item of a keyed list or set has a name that can be compared without being written down. */
export function hasPlainName(list: ListType, item: Json): boolean {
  if (list.listType !== 'map') return isPlain(item)
  if (!isMap(item)) return false
  let found = false
  for (const key of list.keys) {
    const value = keyValue(list, item, key)
    if (value === undefined) continue
    if (!isPlain(value)) return false
    found = true
  }
  return found
}

/** Whether two items with plain names have the same one. */
export function haveSameName(list: ListType, a: Json, b: Json): boolean {
  if (list.listType !== 'map' || !isMap(a) || !isMap(b)) return a === b
  for (const key of list.keys) if (keyValue(list, a, key) !== keyValue(list, b, key)) return false
  return true
}

function sortedKeys(keys: readonly string[]): readonly string[] {
  for (let index = 1; index < keys.length; index++) {
    if (compareText(keys[index - 1] as string, keys[index] as string) > 0) return [...keys].sort(compareText)
  }
  return keys
}

/**
 * How the server names an item: by its key fields (sorted by name, defaults filled in) in a keyed list, by its value in
 * a set, by its index in any other list. A problem when the item cannot be named; `index` is only for messages then.
 */
export function itemElement(list: ListType, item: Json, index: number): PathElement | Problem {
  if (list.listType === 'atomic') return { kind: 'index', index }
  if (list.listType === 'map') return keyElement(list, item, index)
  if (typeof item === 'object') return unusable(`Item ${index} of a set is ${item === null ? 'null' : 'no scalar'}.`)
  return { kind: 'value', value: item }
}

/** The elements of all items; one that cannot be named stands under its index. */
export function nameItems(list: ListType, items: readonly Json[]): PathElement[] {
  return items.map((item, index) => {
    const element = itemElement(list, item, index)
    return 'kind' in element ? element : { kind: 'index', index }
  })
}
