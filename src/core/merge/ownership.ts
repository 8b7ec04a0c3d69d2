import type { Json } from '../kube/index.ts'
import type { FieldSet } from './field-set.ts'
import type { TypeNode } from './types.ts'

/** What one manager owns, in the words of one API version. `applied`: by server-side apply. */
export interface ManagedSet {
  readonly version: string
  readonly applied: boolean
  readonly set: FieldSet
}
export type Managers = ReadonlyMap<string, ManagedSet>

/** One object's API versions. */
export interface Versions {
  /** The type in a version; undefined when that version is no longer served: its managers are then forgotten. */
  type(version: string): TypeNode | undefined
  convert(value: Json, from: string, to: string): Json
  /** Paths that writes in this version can never own (status, for writers of the main resource). */
  ignored?(version: string): FieldSet
}
