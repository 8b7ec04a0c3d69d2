import { nameOf, readNameValue } from './directory-options.ts'
import { type Field, isSet, itemsOf, mapOf, member, refuseOthers, stringMapOf, stringOf, stringsOf } from './field.ts'
import type { PluginOptions } from './source-types.ts'

function readParameter(field: Field): PluginOptions['parameters'][number] {
  mapOf(field)
  refuseOthers(field, { supported: ['name', 'string', 'array', 'map'] })
  const [string, array, map] = [member(field, 'string'), member(field, 'array'), member(field, 'map')]
  return {
    name: nameOf(field),
    string: isSet(string) ? stringOf(string) : null,
    array: isSet(array) ? stringsOf(array) : null,
    map: isSet(map) ? stringMapOf(map) : null,
  }
}

export function readPlugin(field: Field): PluginOptions | null {
  if (!isSet(field)) return null
  mapOf(field)
  refuseOthers(field, { supported: ['name', 'env', 'parameters'] })
  return {
    name: stringOf(member(field, 'name')),
    env: itemsOf(member(field, 'env')).map((item) => {
      refuseOthers(item, { supported: ['name', 'value'] })
      return readNameValue(item)
    }),
    parameters: itemsOf(member(field, 'parameters')).map(readParameter),
  }
}
