import { canonicalJson } from './json.ts'
import type { Json, JsonMap } from './object.ts'

/**
 * One step into an object. `key` names an item of a keyed list by the values of its key fields (in schema order),
 * `value` an item of a set, `index` an item of any other list.
 */
export type PathElement =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'key'; readonly fields: Readonly<Record<string, Json>> }
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'index'; readonly index: number }

export type FieldPath = readonly PathElement[]

const PLAIN_FIELD = /^[A-Za-z_][A-Za-z0-9_-]*$/

function formatElement(element: PathElement): string {
  switch (element.kind) {
    case 'field':
      return PLAIN_FIELD.test(element.name) ? `.${element.name}` : `[${JSON.stringify(element.name)}]`
    case 'key':
      return `[${Object.entries(element.fields)
        .map(([name, value]) => `${name}=${canonicalJson(value)}`)
        .join(',')}]`
    case 'value':
      return `[=${canonicalJson(element.value)}]`
    case 'index':
      return `[${element.index}]`
    default:
      return element satisfies never
  }
}

/** The report's path grammar: `.spec.containers[name="web"].image`, `["x.y/z"]`, `[="v"]`, `[0]`; '' is the whole object. */
export function formatPath(path: FieldPath): string {
  return path.map(formatElement).join('')
}

/** A stable key for maps and sets: two paths are the same path exactly when their keys are equal. */
export function pathKey(path: FieldPath): string {
  return formatPath(path)
}

/** An item that names the whole key goes before one that leaves part of it to its default. */
function keyedIndex(list: readonly Json[], fields: Readonly<Record<string, Json>>): number {
  const wanted = Object.entries(fields)
  const named = list.findIndex((item) => wanted.every(([name, value]) => (item as JsonMap | null)?.[name] === value))
  if (named >= 0) return named
  const fits = (found: Json | undefined, value: Json): boolean => found === value || found === undefined
  return list.findIndex((item) => wanted.every(([name, value]) => fits((item as JsonMap | null)?.[name], value)))
}

function itemIndex(list: readonly Json[], element: PathElement): number {
  switch (element.kind) {
    case 'index':
      return element.index
    case 'value':
      return list.findIndex((item) => canonicalJson(item) === canonicalJson(element.value))
    case 'key':
      return keyedIndex(list, element.fields)
    case 'field':
      return -1
    default:
      return element satisfies never
  }
}

/** RFC 6901 pointer of `path` in `root`; undefined when `root` has nothing there. */
export function formatPointer(root: Json | undefined, path: FieldPath): string | undefined {
  let pointer = ''
  let current: Json | undefined = root
  for (const element of path) {
    if (element.kind === 'field') {
      if (typeof current !== 'object' || current === null || Array.isArray(current)) return undefined
      if (!Object.hasOwn(current, element.name)) return undefined
      current = (current as JsonMap)[element.name]
      pointer += `/${element.name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    } else {
      if (!Array.isArray(current)) return undefined
      const index = itemIndex(current as readonly Json[], element)
      current = (current as readonly Json[])[index]
      if (current === undefined) return undefined
      pointer += `/${index}`
    }
  }
  return pointer
}
