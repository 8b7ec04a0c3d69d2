import { type Json, type JsonMap, isMap, type PathElement } from '../kube/index.ts'
import { isProblem } from '../problem/index.ts'
import { elementText } from './element.ts'
import { type FieldSet, FieldSetBuilder } from './field-set.ts'
import { itemElement } from './item.ts'
import { atomicValue, type Resolved, typeFor } from './resolve.ts'
import type { ListType, MapType, TypeNode } from './types.ts'

/** What to do with a value inside its parent: `whole` makes the parent own it as one, `inside` descends. */
function visit(value: Json, type: TypeNode | undefined, at: { into: FieldSetBuilder; element: PathElement }): void {
  const resolved: Resolved = typeFor(type, value)
  if (atomicValue(resolved)) at.into.add(at.element)
  else if (resolved.kind === 'map' && isMap(value)) visitMap(value, resolved, at.into.child(at.element))
  else if (resolved.kind === 'list' && Array.isArray(value))
    visitList(value as readonly Json[], resolved, at.into.child(at.element))
}

function visitMap(map: JsonMap, type: MapType, into: FieldSetBuilder): void {
  for (const name of Object.keys(map)) {
    const value = map[name]
    if (value === undefined) continue
    const element: PathElement = { kind: 'field', name }
    visit(value, type.field(name), { into, element })
    const empty = value === null || (isMap(value) && Object.keys(value).length === 0)
    if (empty || !type.declares(name)) into.add(element)
  }
}

function visitList(list: readonly Json[], type: ListType, into: FieldSetBuilder): void {
  const elements = list.map((item, index) => {
    const element = itemElement(type, item, index)
    return isProblem(element) ? ({ kind: 'index', index } as const) : element
  })
  const count = new Map<string, number>()
  const texts = elements.map(elementText)
  for (const text of texts) count.set(text, (count.get(text) ?? 0) + 1)
  for (const [index, element] of elements.entries()) {
    into.add(element)
    // Items that share a key cannot be told apart below it, so the server owns them as one.
    if (count.get(texts[index] as string) === 1) visit(list[index] as Json, type.item, { into, element })
  }
}

/**
 * The paths that an applier of `value` owns: every leaf; atomic lists and maps as a whole; items of keyed lists and
 * sets, each also as a member of its own; null, and an empty map, where they stand (an empty keyed list or set owns
 * nothing). What the server takes out of ownership (`apiVersion`, `kind`, parts of `metadata`) is still in it: see
 * `stripServerFields`. An item that cannot be named is owned by its index.
 */
export function fieldSetOf(value: Json, type: TypeNode): FieldSet {
  const into = new FieldSetBuilder()
  const resolved = typeFor(type, value)
  if (!atomicValue(resolved)) {
    if (resolved.kind === 'map' && isMap(value)) visitMap(value, resolved, into)
    if (resolved.kind === 'list' && Array.isArray(value)) visitList(value as readonly Json[], resolved, into)
  }
  return into.build()
}
