// jq expressions of ignore rules: which places of an object they name.
import type { Json } from '../kube/index.ts'
import { compileJq, type Filter, jqPaths } from '../jq/index.ts'
import type { JqPath } from './types.ts'

export type JqPathParse = { readonly path: JqPath } | { readonly error: string }

/** A concrete place in one object: member names and list indices. */
export type JsonPath = readonly (string | number)[]

/** Only lets the object through or not, whatever it is. */
function namesWhole(filter: Filter): boolean {
  if (filter.op === 'identity') return true
  if (filter.op === 'call') return filter.name === 'select'
  return filter.op === 'pipe' && namesWhole(filter.left) && namesWhole(filter.right)
}

/** Only makes values of its own: no place can come of it. (A slice is a place to jq, but not to a comparison by keys.) */
function makesValue(filter: Filter): boolean {
  if (filter.op === 'pipe') return makesValue(filter.right)
  if (filter.op === 'call') return ['del', 'map', 'keys', 'length', 'to_entries'].includes(filter.name)
  return ['literal', 'string', 'array', 'slice', 'object', 'binary', 'and', 'or', 'negate'].includes(filter.op)
}

/** Reads an expression; never throws. One that names the whole object, or no place ever, is an error. */
export function parseJqPath(text: string): JqPathParse {
  const compiled = compileJq(text)
  if ('error' in compiled) return compiled
  if (namesWhole(compiled.filter) || compiled.filter.op === 'recurse') return { error: 'it names the whole object' }
  if (makesValue(compiled.filter)) return { error: 'it names no place: it makes values of its own' }
  return { path: { text, filter: compiled.filter } }
}

/** `places` that were found, and what kept an expression from being used on this object. */
export interface JqMatches {
  readonly places: readonly JsonPath[]
  readonly errors: readonly string[]
}

function standsIn(root: unknown, path: JsonPath): boolean {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false
    value = (value as Record<string | number, unknown>)[step]
  }
  return true
}

/**
 * Every place in `object` that one of `paths` names, each once. A place that does not exist is left out, and a step into
 * a value of the wrong type finds nothing; any other error (a function on a value that it cannot take, too many steps)
 * is told, and that expression has no places.
 */
export function matchJqPaths(object: unknown, paths: readonly JqPath[]): JqMatches {
  const found = new Map<string, JsonPath>()
  const errors: string[] = []
  for (const { text, filter } of paths) {
    const result = jqPaths(filter, object as Json, { lenient: true })
    if ('error' in result) {
      errors.push(`${JSON.stringify(text)}: ${result.error}`)
      continue
    }
    const places = result.found.filter((path) => standsIn(object, path))
    if (places.some((path) => path.length === 0)) errors.push(`${JSON.stringify(text)}: it names the whole object`)
    else for (const path of places) found.set(JSON.stringify(path), path)
  }
  return { places: [...found.values()], errors }
}
