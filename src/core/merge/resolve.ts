import type { Json } from '../kube/index.ts'
import type { ListType, MapType, ScalarType, TypeNode } from './types.ts'

/** A type that says what the value is: a scalar, a map or a list. */
export type Resolved = ScalarType | MapType | ListType

const ANY: ScalarType = { kind: 'scalar', format: 'any' }
const UNTYPED: TypeNode = { kind: 'untyped' }

const NONE: readonly string[] = []

const DEDUCED_MAP: MapType = {
  kind: 'map',
  atomic: false,
  names: NONE,
  preserveUnknown: true,
  field: () => UNTYPED,
  declares: () => false,
  defaultOf: () => undefined,
  omitsZero: () => false,
}
const DEDUCED_LIST: ListType = { kind: 'list', listType: 'atomic', keys: NONE, keyDefaults: {}, item: ANY }

/** The type that applies to a value: itself, or for an untyped one what the server deduces from the value's shape. */
export function typeFor(type: TypeNode | undefined, value: Json | undefined): Resolved {
  if (type === undefined) return deduced(undefined, undefined, value)
  return type.kind === 'untyped' ? deduced(type.map, type.list, value) : type
}

function deduced(map: MapType | undefined, list: ListType | undefined, value: Json | undefined): Resolved {
  if (Array.isArray(value)) return list ?? DEDUCED_LIST
  if (typeof value === 'object' || value === undefined) return map ?? DEDUCED_MAP
  return ANY
}

/** True when a value of this type is owned, compared and replaced as one. */
export function atomicValue(type: Resolved): boolean {
  return type.kind === 'scalar' || (type.kind === 'map' ? type.atomic : type.listType === 'atomic')
}
