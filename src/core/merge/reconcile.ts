import { FieldSet, type FieldSetEntry } from './field-set.ts'
import type { TypeNode } from './types.ts'

/** The type of what an element leads to; undefined where the schema says nothing. */
function below(type: TypeNode | undefined, entry: FieldSetEntry): TypeNode | undefined {
  const map = mapOf(type)
  if (map !== undefined) return entry.element.kind === 'field' ? map.field(entry.element.name) : undefined
  return type?.kind === 'list' && entry.element.kind !== 'field' ? type.item : undefined
}

function mapOf(type: TypeNode | undefined) {
  if (type?.kind === 'map') return type
  return type?.kind === 'untyped' ? type.map : undefined
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
  if (type.kind === 'map') return type.atomic
  if (type.kind === 'list') return type.listType === 'atomic'
  return type.kind === 'scalar' ? type.format === 'any' : type.map?.atomic === true
}

/**
 * Ownership written under an older schema, in terms of this one: who owned anything inside what is atomic now owns it
 * as a whole. What became granular is left as it is: its owner owned everything inside.
 */
export function reconcileWithSchema(set: FieldSet, type: TypeNode | undefined): FieldSet {
  if (type === undefined || set.isEmpty) return set
  return mapEntries(set, (entry) => {
    const entryType = below(type, entry)
    if (entryType === undefined || entry.children.isEmpty) return entry
    if (isAtomic(entryType)) return { element: entry.element, member: true, children: FieldSet.EMPTY }
    const children = reconcileWithSchema(entry.children, entryType)
    return children === entry.children ? entry : { element: entry.element, member: entry.member, children }
  })
}
