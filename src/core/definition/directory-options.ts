import {
  booleanOf,
  complain,
  type Field,
  isZero,
  itemsOf,
  mapOf,
  member,
  refuseOthers,
  stringOf,
  stringsOf,
} from './field.ts'
import type { DirectoryOptions, JsonnetVariable, NameValue } from './source-types.ts'

/** An entry that is of no use without its name. */
export function nameOf(field: Field): string {
  const name = member(field, 'name')
  if (isZero(name)) complain(name, 'HF2001', `${name.path} is missing`)
  return stringOf(name)
}

export function readNameValue(field: Field): NameValue {
  mapOf(field)
  return { name: nameOf(field), value: stringOf(member(field, 'value')) }
}

function readVariables(field: Field): readonly JsonnetVariable[] {
  return itemsOf(field).map((item) => {
    refuseOthers(item, { supported: ['name', 'value', 'code'] })
    return { ...readNameValue(item), code: booleanOf(member(item, 'code')) ?? false }
  })
}

export function readDirectory(field: Field): DirectoryOptions {
  mapOf(field)
  refuseOthers(field, { supported: ['recurse', 'include', 'exclude', 'jsonnet', 'disableExtensionFilter'] })
  const jsonnet = member(field, 'jsonnet')
  mapOf(jsonnet)
  refuseOthers(jsonnet, { supported: ['extVars', 'tlas', 'libs'] })
  return {
    recurse: booleanOf(member(field, 'recurse')) ?? false,
    include: stringOf(member(field, 'include')),
    exclude: stringOf(member(field, 'exclude')),
    disableExtensionFilter: booleanOf(member(field, 'disableExtensionFilter')) ?? false,
    jsonnet: {
      extVars: readVariables(member(jsonnet, 'extVars')),
      tlas: readVariables(member(jsonnet, 'tlas')),
      libs: stringsOf(member(jsonnet, 'libs')),
    },
  }
}
