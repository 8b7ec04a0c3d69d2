// The items of a keyed list or a set, by key.
import { isMap, type Json } from '../kube/index.ts'
import type { ListType } from '../merge/index.ts'
import { own } from './equivalent.ts'

export interface KeyedItems {
  readonly items: readonly Json[]
  readonly keys: readonly string[]
  /** False when an item has no usable key or two share one. */
  readonly unique: boolean
  /** The item with this key; `near` is where it probably stands. */
  find(key: string, near: number): Json | undefined
  has(key: string): boolean
}

function scalarText(value: Json | undefined): string {
  if (typeof value === 'string') return `"${value}`
  return typeof value === 'object' ? structureText(value) : String(value)
}

const structureText = (value: Json): string =>
  JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member))

/** The key of one item of a keyed list; undefined when it has none of the key fields. */
function keyOfMap(item: Json, type: ListType): string | undefined {
  if (!isMap(item)) return undefined
  let text = ''
  let named = false
  for (const name of type.keys) {
    const value = Object.hasOwn(item, name) ? item[name] : own(type.keyDefaults, name)
    if (value !== undefined) named = true
    text = text === '' ? scalarText(value) : `${text}\u0000${scalarText(value)}`
  }
  return named ? text : undefined
}

/** Do both lists have the same plain keys, item by item? Far cheaper than indexing, and true for nearly every list. */
export function aligned(a: readonly Json[], b: readonly Json[], type: ListType): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (!sameKey(a[index] as Json, b[index], type)) return false
  return true
}

/** True when two items have the same key of plain values. */
function sameKey(a: Json, b: Json | undefined, type: ListType): boolean {
  if (type.listType === 'set') return typeof a !== 'object' && a === b
  if (!isMap(a) || !isMap(b)) return false
  for (const name of type.keys) {
    const value = own(a, name) ?? own(type.keyDefaults, name)
    if (value === undefined || typeof value === 'object') return false
    if (value !== (own(b, name) ?? own(type.keyDefaults, name))) return false
  }
  return type.keys.length > 0
}

export function keyOf(item: Json, type: ListType): string | undefined {
  if (type.listType === 'map') return keyOfMap(item, type)
  return typeof item === 'object' ? undefined : scalarText(item)
}

class Items implements KeyedItems {
  readonly items: readonly Json[]
  readonly keys: readonly string[]
  readonly unique: boolean
  private readonly places = new Map<string, number>()

  constructor(items: readonly Json[], type: ListType) {
    this.items = items
    const keys: string[] = []
    let unique = true
    items.forEach((item, index) => {
      const key = keyOf(item, type)
      if (key === undefined || this.places.has(key)) unique = false
      else this.places.set(key, index)
      keys.push(key ?? '')
    })
    this.keys = keys
    this.unique = unique
  }

  find(key: string, near: number): Json | undefined {
    const place = this.keys[near] === key && this.unique ? near : this.places.get(key)
    return place === undefined ? undefined : this.items[place]
  }

  has(key: string): boolean {
    return this.places.has(key)
  }
}

const NONE: KeyedItems = { items: [], keys: [], unique: true, find: () => undefined, has: () => false }

export function indexItems(items: readonly Json[], type: ListType): KeyedItems {
  return items.length === 0 ? NONE : new Items(items, type)
}

/** Do the items that both lists have stand in the same order? */
export function sameOrder(a: KeyedItems, b: KeyedItems): boolean {
  const inA = a.keys.filter((key) => b.has(key))
  const inB = b.keys.filter((key) => a.has(key))
  return inA.every((key, index) => inB[index] === key)
}
