import { isEmptyValue, isMap, type Json, type JsonMap } from '../kube/index.ts'
import { type FieldSet, FieldSetBuilder } from './field-set.ts'
import { fieldSetOf } from './field-set-of.ts'
import { nameItems } from './item.ts'
import { setOwn } from './own.ts'
import { atomicValue, typeFor } from './resolve.ts'
import type { ListType, MapType, TypeNode } from './types.ts'

function removeFromMap(map: JsonMap, items: FieldSet, type: MapType): Json {
  const out: Record<string, Json> = {}
  let changed = false
  for (const name of Object.keys(map)) {
    const value = map[name]
    if (value === undefined) continue
    const entry = items.entries.get(`f:${name}`)
    if (entry?.member === true) {
      changed = true
      continue
    }
    const kept = entry === undefined ? value : removeBelow(value, entry.children, type.field(name))
    changed ||= kept !== value
    setOwn(out, name, kept)
  }
  if (!changed) return map
  return Object.keys(out).length > 0 ? out : null
}

function removeFromList(list: readonly Json[], items: FieldSet, type: ListType): Json {
  const out: Json[] = []
  let changed = false
  for (const [index, element] of nameItems(type, list).entries()) {
    const entry = items.entry(element)
    const value = list[index] as Json
    if (entry?.member === true) {
      changed = true
      continue
    }
    const kept = entry === undefined ? value : removeBelow(value, entry.children, type.item)
    changed ||= kept !== value
    out.push(kept)
  }
  if (!changed) return list
  return out.length > 0 ? out : null
}

/** Whatever is emptied becomes null, and an atomic value that something below was asked of goes whole, as on the server. */
function removeBelow(value: Json, items: FieldSet, type: TypeNode | undefined): Json {
  const resolved = typeFor(type, value)
  if (resolved.kind === 'scalar') return value
  if (resolved.kind === 'map') {
    if (!isMap(value) || resolved.atomic || Object.keys(value).length === 0) return null
    return removeFromMap(value, items, resolved)
  }
  if (!Array.isArray(value) || resolved.listType === 'atomic' || value.length === 0) return null
  return removeFromList(value as readonly Json[], items, resolved)
}

/**
 * `value` without the fields and items that are members of `items`. A container that this empties stays as null (the
 * root as well), as the server leaves it; what is not touched is shared with `value`.
 */
export function removeItems(value: Json, items: FieldSet, type: TypeNode): Json {
  return removeBelow(value, items, type)
}

function extractFromMap(map: JsonMap, items: FieldSet, type: MapType): Json {
  const out: Record<string, Json> = {}
  for (const name of Object.keys(map)) {
    const value = map[name]
    const entry = items.entries.get(`f:${name}`)
    if (value === undefined || entry === undefined) continue
    setOwn(out, name, extractBelow(value, entry.children, type.field(name)))
  }
  return Object.keys(out).length > 0 ? out : null
}

function extractFromList(list: readonly Json[], items: FieldSet, type: ListType): Json {
  const out: Json[] = []
  for (const [index, element] of nameItems(type, list).entries()) {
    const entry = items.entry(element)
    if (entry !== undefined) out.push(extractBelow(list[index] as Json, entry.children, type.item))
  }
  return out.length > 0 ? out : null
}

/** A leaf is taken as it stands; a container only as far as `items` reach into it; an empty one comes out as null. */
function extractBelow(value: Json, items: FieldSet, type: TypeNode | undefined): Json {
  const resolved = typeFor(type, value)
  if (isEmptyValue(value)) return null
  if (atomicValue(resolved)) return value
  if (resolved.kind === 'map' && isMap(value)) return extractFromMap(value, items, resolved)
  if (resolved.kind === 'list' && Array.isArray(value))
    return extractFromList(value as readonly Json[], items, resolved)
  return null
}

export interface ExtractOptions {
  /** Add the key fields of every list item that is touched, so that the result can be applied. */
  readonly keyFields?: 'added'
}

/** Only the fields and items that are members of `items`; null when there are none. */
export function extractItems(value: Json, items: FieldSet, options: ExtractOptions & { type: TypeNode }): Json {
  const wanted =
    options.keyFields === 'added' ? items.union(keyFieldsOf(items, fieldSetOf(value, options.type))) : items
  return extractBelow(value, wanted, options.type)
}

/** The key fields of the items on every path of `items` that the value really has. */
function keyFieldsOf(items: FieldSet, present: FieldSet): FieldSet {
  const builder = new FieldSetBuilder()
  for (const path of items.intersection(present).paths()) {
    for (const [index, element] of path.entries()) {
      if (element.kind !== 'key') continue
      for (const name of Object.keys(element.fields))
        builder.insert([...path.slice(0, index + 1), { kind: 'field', name }])
    }
  }
  return builder.build()
}
