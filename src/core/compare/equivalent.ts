// Do two values of whatever shape mean the same all the way down?
import { isMap, type Json, type JsonMap } from '../kube/index.ts'
import type { TypeNode } from '../merge/index.ts'
import { itemType, memberType } from './element.ts'
import { sameMeaning } from './meaning.ts'

export function absent(value: Json | undefined): boolean {
  return value === undefined || value === null
}

export function own(map: Json | undefined, key: string): Json | undefined {
  return isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined
}

function sameLists(a: readonly Json[], b: readonly Json[], type: TypeNode): boolean {
  if (a.length !== b.length) return false
  const below = itemType(type)
  return a.every((item, index) => equivalent(item, b[index], below))
}

function sameMaps(a: JsonMap, b: JsonMap, type: TypeNode): boolean {
  for (const key of Object.keys(a)) {
    const left = a[key]
    const right = own(b, key)
    if (left !== right && !equivalent(left, right, memberType(type, key))) return false
  }
  return Object.keys(b).every((key) => Object.hasOwn(a, key) || absent(b[key]))
}

/** Equal by meaning; null and absent are alike, lists are compared by position. */
export function equivalent(a: Json | undefined, b: Json | undefined, type: TypeNode): boolean {
  if (a === b) return true
  if (absent(a) || absent(b)) return absent(a) && absent(b)
  if (Array.isArray(a)) return Array.isArray(b) && sameLists(a as readonly Json[], b as readonly Json[], type)
  if (isMap(a)) return isMap(b) && sameMaps(a, b, type)
  return sameMeaning(a as Json, b as Json, type.kind === 'scalar' ? type.format : 'any')
}
