import { formatPath, type Json, type JsonMap, isMap, type PathElement } from '../kube/index.ts'
import { isProblem, type Problem, problem } from '../problem/index.ts'
import { elementText } from './element.ts'
import { itemElement } from './item.ts'
import { typeFor } from './resolve.ts'
import type { ListType, MapType, ScalarFormat, ScalarType, TypeNode } from './types.ts'

export interface ValidateOptions {
  /** Whether two items of a list may have the same key: refused in what is applied, allowed in what is stored. */
  readonly duplicates?: 'refused' | 'allowed'
}

interface Walk {
  readonly found: Problem[]
  readonly path: PathElement[]
  readonly duplicates: boolean
}

const SHAPES: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'a boolean',
  number: 'a number',
  bigint: 'a number',
}

/** Values of Secrets may stand here: a message names shapes, never values. */
function shapeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return SHAPES[typeof value] ?? 'a map'
}

function report(walk: Walk, message: string): void {
  walk.found.push(problem('HF3007', message, { path: formatPath(walk.path) }))
}

const EXPECTED: Readonly<Partial<Record<ScalarFormat, string>>> = {
  string: 'text',
  bytes: 'text',
  duration: 'text',
  boolean: 'a boolean',
  integer: 'a number',
  number: 'a number',
}

/** The server checks no more than this at this stage; what a quantity or a time looks like is checked when it decodes. */
function checkScalar(value: Json, type: ScalarType, walk: Walk): void {
  if (typeof value === 'number' && !Number.isFinite(value)) return report(walk, 'The number is none, or too large.')
  if (value === null || type.format === 'any') return
  const shape = shapeOf(value)
  const expected = EXPECTED[type.format]
  if (shape === 'a list' || shape === 'a map') report(walk, `Expected ${expected ?? 'a scalar'}, found ${shape}.`)
  else if (expected !== undefined && expected !== shape) report(walk, `Expected ${expected}, found ${shape}.`)
}

function checkMap(value: Json, type: MapType, walk: Walk): void {
  if (value === null) return
  if (!isMap(value)) return report(walk, `Expected a map, found ${shapeOf(value)}.`)
  for (const name of Object.keys(value)) {
    const member = (value as JsonMap)[name]
    if (member === undefined) continue
    walk.path.push({ kind: 'field', name })
    const memberType = type.field(name)
    if (memberType === undefined) report(walk, 'Field not declared in the schema.')
    else check(member, memberType, walk)
    walk.path.pop()
  }
}

function checkList(value: Json, type: ListType, walk: Walk): void {
  if (value === null) return
  if (!Array.isArray(value)) return report(walk, `Expected a list, found ${shapeOf(value)}.`)
  const seen = new Set<string>()
  for (const [index, item] of (value as readonly Json[]).entries()) {
    const element = itemElement(type, item, index)
    if (isProblem(element)) {
      report(walk, element.message)
      continue
    }
    walk.path.push(element)
    if (type.listType !== 'atomic' && !walk.duplicates) {
      const text = elementText(element)
      if (seen.has(text)) report(walk, 'Another item of this list has the same key.')
      seen.add(text)
    }
    check(item, type.item, walk)
    walk.path.pop()
  }
}

function check(value: Json, type: TypeNode, walk: Walk): void {
  const resolved = typeFor(type, value)
  if (resolved.kind === 'scalar') checkScalar(value, resolved, walk)
  else if (resolved.kind === 'map') checkMap(value, resolved, walk)
  else checkList(value, resolved, walk)
}

/**
 * Everything that keeps `value` from being of this type (HF3007, with `subject.path`): wrong shapes, undeclared fields,
 * items without key, items with the same key. null passes everywhere. Messages never hold a value.
 */
export function validate(value: Json, type: TypeNode, options: ValidateOptions = {}): readonly Problem[] {
  const walk: Walk = { found: [], path: [], duplicates: options.duplicates === 'allowed' }
  check(value, type, walk)
  return walk.found
}
