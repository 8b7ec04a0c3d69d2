// The complete object to apply: desired, except where live's value is to be left alone.
import {
  canonicalJson,
  type FieldPath,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  type PathElement,
} from '../kube/index.ts'

/** A path whose live value is kept; `live` undefined = live lacks it, so the apply must not send it. */
export interface Carried {
  readonly path: FieldPath
  readonly live: Json | undefined
}

/** An item that names the whole key goes before one that leaves part of it to its default. */
function indexByKey(list: readonly Json[], fields: Readonly<Record<string, Json>>): number {
  const wanted = Object.entries(fields)
  const named = list.findIndex((item) => isMap(item) && wanted.every(([name, value]) => item[name] === value))
  if (named >= 0) return named
  return list.findIndex(
    (item) => isMap(item) && wanted.every(([name, value]) => item[name] === value || item[name] === undefined),
  )
}

function indexOf(list: readonly Json[], element: PathElement): number {
  switch (element.kind) {
    case 'index':
      return element.index < list.length ? element.index : -1
    case 'value':
      return list.findIndex((item) => canonicalJson(item) === canonicalJson(element.value))
    case 'key':
      return indexByKey(list, element.fields)
    case 'field':
      return -1
    default:
      return element satisfies never
  }
}

function placeInList(list: readonly Json[], path: FieldPath, value: Json | undefined): Json {
  const [element, ...rest] = path
  const index = indexOf(list, element as PathElement)
  if (rest.length > 0)
    return index < 0 ? list : list.map((item, at) => (at === index ? place(item, rest, value) : item))
  if (value === undefined) return list.filter((_, at) => at !== index)
  return index < 0 ? [...list, value] : list.map((item, at) => (at === index ? value : item))
}

function withMember(map: JsonMap, name: string, value: Json | undefined): JsonMap {
  const copy: Record<string, Json | undefined> = { ...map }
  if (value === undefined) delete copy[name]
  else Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true })
  return copy
}

/** A parent that is missing is made where a value is to stand under a name; an item's list is never made up. */
function placeInMap(map: JsonMap, path: FieldPath, value: Json | undefined): Json {
  const [element, ...rest] = path
  if (element?.kind !== 'field') return map
  if (rest.length === 0) return withMember(map, element.name, value)
  const member = Object.hasOwn(map, element.name) ? map[element.name] : undefined
  const missing = member === undefined || member === null
  if (missing && (value === undefined || rest.some(({ kind }) => kind !== 'field'))) return map
  return withMember(map, element.name, place(missing ? {} : member, rest, value))
}

/** A copy of `root` with `value` at `path`. */
function place(root: Json, path: FieldPath, value: Json | undefined): Json {
  if (path.length === 0) return value ?? root
  if (Array.isArray(root)) return placeInList(root as readonly Json[], path, value)
  return isMap(root) ? placeInMap(root, path, value) : root
}

export function applyBody(desired: KubeObject, carried: readonly Carried[]): KubeObject {
  let body: Json = desired as unknown as JsonMap
  for (const { path, live } of carried) body = place(body, path, live)
  return body as unknown as KubeObject
}
