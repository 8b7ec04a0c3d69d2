import { isMap, type Json, type JsonMap, type PathElement } from '../kube/index.ts'
import { elementText } from './element.ts'
import { FieldSet, type FieldSetEntry } from './field-set.ts'
import { nameItems } from './item.ts'
import { atomicValue, typeFor } from './resolve.ts'
import type { ListType, MapType, TypeNode } from './types.ts'

function isEmptyMap(value: Json): boolean {
  if (!isMap(value)) return false
  for (const name in value) if (value[name] !== undefined) return false
  return true
}

/** What lies below a value; null when the value is owned as one. */
function below(value: Json, type: TypeNode | undefined): FieldSet | null {
  const resolved = typeFor(type, value)
  if (atomicValue(resolved)) return null
  if (resolved.kind === 'map' && isMap(value)) return belowMap(value, resolved)
  if (resolved.kind === 'list' && Array.isArray(value)) return belowList(value as readonly Json[], resolved)
  return FieldSet.EMPTY
}

function add(
  entries: Map<string, FieldSetEntry>,
  at: { text: string; element: PathElement; member: boolean },
  children: FieldSet | null,
): void {
  if (children === null) entries.set(at.text, { element: at.element, member: true, children: FieldSet.EMPTY })
  else if (at.member || !children.isEmpty) entries.set(at.text, { element: at.element, member: at.member, children })
}

function belowMap(map: JsonMap, type: MapType): FieldSet {
  const entries = new Map<string, FieldSetEntry>()
  for (const name of Object.keys(map)) {
    const value = map[name]
    if (value === undefined) continue
    const member = value === null || isEmptyMap(value) || !type.declares(name)
    add(entries, { text: `f:${name}`, element: { kind: 'field', name }, member }, below(value, type.field(name)))
  }
  return entries.size === 0 ? FieldSet.EMPTY : new FieldSet(entries)
}

/** Items that share a name cannot be told apart below it, so the server owns them as one. */
function belowList(list: readonly Json[], type: ListType): FieldSet {
  const entries = new Map<string, FieldSetEntry>()
  for (const [index, element] of nameItems(type, list).entries()) {
    const text = elementText(element)
    const children = entries.has(text) ? FieldSet.EMPTY : below(list[index] as Json, type.item)
    add(entries, { text, element, member: true }, children)
  }
  return entries.size === 0 ? FieldSet.EMPTY : new FieldSet(entries)
}

/**
 * The paths that an applier of `value` owns: every leaf; atomic lists and maps as a whole; items of keyed lists and
 * sets, each also as a member of its own; null, and an empty map, where they stand (an empty keyed list or set owns
 * nothing). What the server takes out of ownership (`apiVersion`, `kind`, parts of `metadata`) is still in it: see
 * `stripServerFields`. An item that cannot be named is owned by its index.
 */
export function fieldSetOf(value: Json, type: TypeNode): FieldSet {
  return below(value, type) ?? FieldSet.EMPTY
}
