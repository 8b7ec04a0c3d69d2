import type { Json } from '../kube/index.ts'

/**
 * A schema reduced to what structured merge asks of it, as plain JSON. A type is a scalar format, `untyped`, a
 * reference to a definition, a map or a list.
 */
export type TypeData = string | RefData | MapData | ListData | AnyData

export interface RefData {
  readonly ref: string
  /** Overrides the map type of the definition where the reference says so. */
  readonly atomic?: boolean
}
export interface MapData {
  readonly fields: Readonly<Record<string, TypeData>>
  readonly defaults?: Readonly<Record<string, Json>>
  /**
   * What the server's decoder writes even into an object that nobody filled in (built-in kinds only): `{}` for a Go
   * struct, null for a required list or map, the zero of a required scalar.
   */
  readonly zero?: Readonly<Record<string, Json>>
  /** Type of the members that are not declared. Absent: none are allowed. */
  readonly values?: TypeData
  readonly atomic?: true
}
export interface ListData {
  readonly items: TypeData
  readonly list?: 'map' | 'set'
  readonly keys?: readonly string[]
}
/** A schema without `type` that still says something about maps or lists. */
export interface AnyData {
  readonly any: { readonly map: MapData; readonly list: ListData }
}

/** Definitions by name, and which of them is which kind (`group/version/kind`). */
export interface SchemaData {
  readonly kinds: Readonly<Record<string, string>>
  readonly definitions: Readonly<Record<string, TypeData>>
}

/** Calls `found` for every definition that a type refers to directly. */
export function referencesIn(type: TypeData, found: (name: string) => void): void {
  if (typeof type === 'string') return
  if ('ref' in type) found(type.ref)
  else if ('items' in type) referencesIn(type.items, found)
  else if ('any' in type) {
    referencesIn(type.any.map, found)
    referencesIn(type.any.list, found)
  } else {
    for (const name of Object.keys(type.fields)) referencesIn(type.fields[name] as TypeData, found)
    if (type.values !== undefined) referencesIn(type.values, found)
  }
}
