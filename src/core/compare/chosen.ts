// The normal form without what somebody chose in the server's place: the server's answer repeats it from the live object.
import { type FieldPath, isMap, type Json, type JsonMap, type PathElement } from '../kube/index.ts'
import { type TypeNode, typeFor } from '../merge/index.ts'
import { elementOf, memberType, UNTYPED } from './element.ts'

interface Search {
  readonly segments: readonly string[]
  readonly owned: (path: FieldPath) => boolean
}

function inList(items: readonly Json[], place: { path: FieldPath; type: TypeNode }, search: Search): readonly Json[] {
  const type = typeFor(place.type, items)
  const list = type.kind === 'list' ? type : null
  return items.map((item, index) => {
    const element: PathElement = list === null ? { kind: 'index', index } : elementOf(list, item, index)
    return without(item, { path: [...place.path, element], type: list?.item ?? UNTYPED }, search)
  })
}

function without(value: Json, place: { path: FieldPath; type: TypeNode }, search: Search): Json {
  const segment = search.segments[place.path.length]
  if (segment === undefined) return value
  if (Array.isArray(value)) return segment === '*' ? inList(value as readonly Json[], place, search) : value
  if (!isMap(value) || !Object.hasOwn(value, segment)) return value
  const path: FieldPath = [...place.path, { kind: 'field', name: segment }]
  const { [segment]: member = null, ...rest } = value
  if (path.length === search.segments.length) return search.owned(path) ? rest : value
  return { ...rest, [segment]: without(member, { path, type: memberType(place.type, segment) }, search) }
}

/** `chosen`: places of such values. */
export function withoutChosen(
  form: JsonMap,
  type: TypeNode,
  search: { chosen: readonly (readonly string[])[]; owned: (path: FieldPath) => boolean },
): JsonMap {
  let kept: Json = form
  for (const segments of search.chosen) kept = without(kept, { path: [], type }, { segments, owned: search.owned })
  return kept as JsonMap
}
