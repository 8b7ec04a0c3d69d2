// What a kind may hold, as the comparison's own schemas say it: without a server there is nothing else to ask.
import type { ListType, MapType, TypeNode } from '../../src/core/merge/index.ts'
import type { ScalarName, Shape, Struct } from '../cluster/mutation/shape.ts'

const SCALARS: Readonly<Record<string, ScalarName>> = { duration: 'string' }

function structOf(type: MapType, required: readonly string[]): Struct {
  return {
    kind: 'struct',
    name: '',
    required,
    names: type.names,
    field: (member) => shapeOfType(type.field(member) ?? { kind: 'untyped' }),
  }
}

/** Servers take no item without its keys, whatever defaults the schema gives them. */
function listOf({ item, keys, listType }: ListType): Shape {
  return {
    kind: 'list',
    set: listType === 'set',
    item: () => (item.kind === 'map' && item.names.length > 0 ? structOf(item, keys) : shapeOfType(item)),
  }
}

export function shapeOfType(type: TypeNode): Shape {
  if (type.kind === 'scalar')
    return { kind: 'scalar', type: SCALARS[type.format] ?? (type.format as ScalarName), enums: [] }
  if (type.kind === 'list') return listOf(type)
  if (type.kind === 'untyped') return { kind: 'scalar', type: 'any', enums: [] }
  if (type.names.length > 0) return structOf(type, [])
  const values = type.field('mutated')
  return values === undefined ? structOf(type, []) : { kind: 'map', values: () => shapeOfType(values) }
}
