import { FieldSet, type FieldSetEntry } from './field-set.ts'
import type { ListType, MapType, ScalarFormat, TypeNode } from './types.ts'

function mapOf(type: TypeNode | undefined): MapType | undefined {
  if (type?.kind === 'map') return type
  return type?.kind === 'untyped' ? type.map : undefined
}

function listOf(type: TypeNode | undefined): ListType | undefined {
  if (type?.kind === 'list') return type
  return type?.kind === 'untyped' ? type.list : undefined
}

/** The type of what an element leads to; undefined where the schema says nothing. */
function below(type: TypeNode | undefined, entry: FieldSetEntry): TypeNode | undefined {
  return entry.element.kind === 'field' ? mapOf(type)?.field(entry.element.name) : listOf(type)?.item
}

const OF_ANY_SCALAR: readonly ScalarFormat[] = ['int-or-string', 'time', 'duration']

/** A map of which the schema says nothing but that it is one: whether it is atomic the server does not look at. */
function isFreeForm(type: MapType): boolean {
  const member = type.names.length > 0 ? undefined : type.field('')
  return member?.kind === 'untyped' || (member?.kind === 'scalar' && OF_ANY_SCALAR.includes(member.format))
}

function mapEntries(set: FieldSet, change: (entry: FieldSetEntry) => FieldSetEntry): FieldSet {
  let entries: Map<string, FieldSetEntry> | null = null
  for (const [text, entry] of set.entries) {
    const changed = change(entry)
    if (changed === entry) continue
    entries ??= new Map(set.entries)
    entries.set(text, changed)
  }
  return entries === null ? set : new FieldSet(entries)
}

/** With every declared field that has members below it a member itself: what pruning counts as being there. */
export function withNamedFields(set: FieldSet, type: TypeNode | undefined): FieldSet {
  if (type === undefined || type.kind === 'scalar') return set
  const map = mapOf(type)
  return mapEntries(set, (entry) => {
    if (entry.children.isEmpty) return entry
    const children = withNamedFields(entry.children, below(type, entry))
    const member = entry.member || (entry.element.kind === 'field' && map?.declares(entry.element.name) === true)
    return member === entry.member && children === entry.children ? entry : { element: entry.element, member, children }
  })
}

function isAtomic(type: TypeNode): boolean {
  if (type.kind === 'list') return type.listType === 'atomic'
  if (type.kind === 'scalar') return type.format === 'any'
  const map = mapOf(type)
  return map?.atomic === true && !isFreeForm(map)
}

/**
 * Ownership written under an older schema, in terms of this one: who owned anything inside what is atomic now owns it
 * as a whole, unless it is a map without declared fields. What became granular is left as it is: its owner owned
 * everything inside.
 */
export function reconcileWithSchema(set: FieldSet, type: TypeNode | undefined): FieldSet {
  const map = mapOf(type)
  if (type === undefined || set.isEmpty || (map !== undefined && isFreeForm(map))) return set
  return mapEntries(set, (entry) => {
    // Where a value may be a map as well as a list the server looks at the map alone.
    const entryType = below(map ?? type, entry)
    if (entryType === undefined || entry.children.isEmpty) return entry
    if (isAtomic(entryType)) return { element: entry.element, member: true, children: FieldSet.EMPTY }
    const children = reconcileWithSchema(entry.children, entryType)
    return children === entry.children ? entry : { element: entry.element, member: entry.member, children }
  })
}
