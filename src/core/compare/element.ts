// How the comparison names list items and finds the types of members.
import type { FieldPath, Json, PathElement } from '../kube/index.ts'
import { itemElement, type ListType, type ObjectSchema, type TypeNode, typeFor } from '../merge/index.ts'
import { isProblem } from '../problem/index.ts'

export const UNTYPED: TypeNode = { kind: 'untyped' }

/** The item's name in its list; an item that cannot be named stands at its index. */
export function elementOf(list: ListType, item: Json, index: number): PathElement {
  const element = itemElement(list, item, index)
  return isProblem(element) ? { kind: 'index', index } : element
}

export function memberType(type: TypeNode, name: string): TypeNode {
  const map = type.kind === 'untyped' ? type.map : type
  return map?.kind === 'map' ? (map.field(name) ?? UNTYPED) : UNTYPED
}

export function itemType(type: TypeNode): TypeNode {
  const list = type.kind === 'untyped' ? type.list : type
  return list?.kind === 'list' ? list.item : UNTYPED
}

/** Does the server leave this scalar out because it holds the zero value of its type? */
export function isOmittedZero(schema: ObjectSchema, path: FieldPath, value: Json | undefined): boolean {
  if (value !== false && value !== 0 && value !== '') return false
  const last = path.at(-1)
  const parent = typeAt(schema, path.slice(0, -1))
  return last?.kind === 'field' && parent.kind === 'map' && parent.omitsZero(last.name)
}

export function typeAt(schema: ObjectSchema, path: FieldPath): TypeNode {
  let type: TypeNode = schema.root
  for (const element of path) type = element.kind === 'field' ? memberType(type, element.name) : itemType(type)
  return type
}

/** Is a value of this type compared, owned and replaced as one? */
export function atomicType(declared: TypeNode, value: Json | undefined): boolean {
  const type = typeFor(declared, value)
  return type.kind === 'scalar' || (type.kind === 'map' ? type.atomic : type.listType === 'atomic')
}
