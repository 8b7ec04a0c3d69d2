// The complete object to apply: desired, except where live's value is to be left alone.
import { type FieldPath, isMap, type Json, type JsonMap, type KubeObject, type PathElement } from '../kube/index.ts'

/** A path whose live value is kept; `live` undefined = live lacks it, so the apply must not send it. */
export interface Carried {
  readonly path: FieldPath
  readonly live: Json | undefined
}

function indexOf(list: readonly Json[], element: PathElement): number {
  switch (element.kind) {
    case 'index':
      return element.index
    case 'value':
      return list.findIndex((item) => item === element.value)
    case 'key':
      return list.findIndex(
        (item) =>
          isMap(item) &&
          Object.entries(element.fields).every(([name, value]) => item[name] === value || item[name] === undefined),
      )
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

/** A copy of `root` with `value` at `path`; nothing changes where the path's parents do not exist. */
function place(root: Json, path: FieldPath, value: Json | undefined): Json {
  const [element, ...rest] = path
  if (element === undefined) return value ?? root
  if (Array.isArray(root)) return placeInList(root as readonly Json[], path, value)
  if (!isMap(root) || element.kind !== 'field') return root
  if (rest.length > 0) {
    const member = root[element.name]
    return member === undefined || !Object.hasOwn(root, element.name)
      ? root
      : { ...root, [element.name]: place(member, rest, value) }
  }
  const copy: Record<string, Json | undefined> = { ...root }
  if (value === undefined) delete copy[element.name]
  else Object.defineProperty(copy, element.name, { value, enumerable: true, configurable: true, writable: true })
  return copy
}

export function applyBody(desired: KubeObject, carried: readonly Carried[]): KubeObject {
  let body: Json = desired as unknown as JsonMap
  for (const { path, live } of carried) body = place(body, path, live)
  return body as unknown as KubeObject
}
