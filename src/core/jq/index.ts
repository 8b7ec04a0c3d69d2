// jq: programs that name places in objects, or compute values of them. Pure, bounded in steps and depth.
import type { Json } from '../kube/index.ts'
import { BUILTINS } from './builtins.ts'
import type { Filter } from './filter.ts'
import { type JsonPath, JqLimitError, Machine } from './machine.ts'
import { unknownName } from './names.ts'
import { OPERATORS } from './operators.ts'
import { type JqParse, parseJq } from './parse.ts'
import { JqError } from './values.ts'

export type { Filter } from './filter.ts'
export type { JsonPath } from './machine.ts'
export type { JqParse } from './parse.ts'

const LANGUAGE = { operators: OPERATORS, builtins: BUILTINS }

/** Of one run: far more than any rule needs, and some ten milliseconds at most. */
const STEPS = 200_000

/** Reads a program and looks its names up; never throws. */
export function compileJq(text: string): JqParse {
  const parsed = parseJq(text)
  if ('error' in parsed) return parsed
  const unknown = unknownName(parsed.filter)
  return unknown === null ? parsed : { error: `${unknown} is not defined or not supported` }
}

export interface JqOptions {
  readonly steps?: number
  /** True: a step into a value of the wrong type finds nothing instead of being an error. */
  readonly lenient?: boolean
}

export type JqResult<T> = { readonly found: readonly T[] } | { readonly error: string }

/** A stack that ends is a program that calls itself too deeply. */
function failure(error: unknown): { error: string } {
  if (error instanceof JqError || error instanceof JqLimitError) return { error: error.message }
  if (error instanceof RangeError) return { error: 'it goes too deep' }
  throw error
}

/** Every value that the program puts out; never throws. Broken off by an error, it has none. */
export function jqValues(
  filter: Filter,
  value: Json,
  { steps = STEPS, lenient = false }: JqOptions = {},
): JqResult<Json> {
  try {
    return { found: new Machine({ language: LANGUAGE, steps, lenient }).values(filter, null, value) }
  } catch (error) {
    return failure(error)
  }
}

/** Every place that the program names, whether something stands there or not; never throws. */
export function jqPaths(
  filter: Filter,
  value: Json,
  { steps = STEPS, lenient = false }: JqOptions = {},
): JqResult<JsonPath> {
  const found: JsonPath[] = []
  try {
    new Machine({ language: LANGUAGE, steps, lenient }).run(filter, null, { value, path: [] }, (place) => {
      if (place.path === null) throw new JqError('it names no place: it makes values of its own')
      found.push(place.path)
    })
    return { found }
  } catch (error) {
    return failure(error)
  }
}
