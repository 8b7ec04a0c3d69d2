import type { Json } from '../kube/index.ts'

/**
 * How a scalar is compared by meaning. `any` is one indivisible value of whatever shape (RawExtension);
 * `int-or-string` holds either.
 */
export type ScalarFormat =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'quantity'
  | 'int-or-string'
  | 'bytes'
  | 'time'
  | 'duration'
  | 'any'

export interface ScalarType {
  readonly kind: 'scalar'
  readonly format: ScalarFormat
}
export interface MapType {
  readonly kind: 'map'
  /** Atomic maps are replaced as a whole. */
  readonly atomic: boolean
  /** Type of a member; undefined when the schema does not know the field (and does not preserve unknown ones). */
  field(name: string): TypeNode | undefined
  /** True for a declared field, false for a member that only `additionalProperties` or preservation lets in. */
  declares(name: string): boolean
  /** The schema's own `default` of a declared field; the server applies it itself only in custom resources. */
  defaultOf(name: string): Json | undefined
  /** True for a scalar field whose zero value (`false`, 0, an empty text) the server leaves out: declared or not is the same. */
  omitsZero(name: string): boolean
  /** Names of the declared fields ([] for a free-form map). */
  readonly names: readonly string[]
  readonly preserveUnknown: boolean
}
export interface ListType {
  readonly kind: 'list'
  readonly listType: 'map' | 'set' | 'atomic'
  /** Key fields of `map` lists, in schema order, with their defaults where the schema gives them. */
  readonly keys: readonly string[]
  readonly keyDefaults: Readonly<Record<string, Json>>
  readonly item: TypeNode
}
/**
 * The value decides: maps granular, lists atomic, as the server deduces it. `map` and `list` narrow that where a schema
 * without `type` says more.
 */
export interface UntypedType {
  readonly kind: 'untyped'
  readonly map?: MapType
  readonly list?: ListType
}
export type TypeNode = ScalarType | MapType | ListType | UntypedType

/** The type of one kind. `digest` changes exactly when the schema does. */
export interface ObjectSchema {
  readonly root: TypeNode
  readonly digest: string
}
