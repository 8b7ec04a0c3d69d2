// Where a path leads in an object.
import { type FieldPath, isMap, type Json, type JsonMap, type PathElement } from '../kube/index.ts'

/** The map in which `path` stands in `root`; null where there is none. */
export function parentAt(root: JsonMap, path: FieldPath): JsonMap | null {
  let value: Json | undefined = root
  for (const element of path.slice(0, -1)) value = stepInto(value, element)
  return isMap(value) ? value : null
}

function stepInto(value: Json | undefined, element: PathElement): Json | undefined {
  if (element.kind === 'field')
    return isMap(value) && Object.hasOwn(value, element.name) ? value[element.name] : undefined
  if (!Array.isArray(value)) return undefined
  const items = value as readonly Json[]
  if (element.kind === 'index') return items[element.index]
  if (element.kind === 'value') return items.find((item) => item === element.value)
  return itemByKey(items, element.fields)
}

/** The item with these key fields; one that leaves a key to its default stands for it when no item names it. */
function itemByKey(items: readonly Json[], fields: Readonly<Record<string, Json>>): Json | undefined {
  const wanted = Object.entries(fields)
  const named = items.find((item) => isMap(item) && wanted.every(([name, key]) => item[name] === key))
  if (named !== undefined) return named
  return items.find(
    (item) => isMap(item) && wanted.every(([name, key]) => item[name] === key || item[name] === undefined),
  )
}
