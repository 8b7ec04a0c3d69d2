// `test(pattern)`: in linear time, whatever the pattern, because rules and objects are other people's.
import { RE2JS } from 're2js'
import type { Json } from '../kube/index.ts'
import { describe, JqError, wrong } from './values.ts'

const FLAGS: Readonly<Record<string, number>> = { i: RE2JS.CASE_INSENSITIVE, s: RE2JS.DOTALL }

function flagsOf(flags: Json): number {
  if (flags === null) return 0
  if (typeof flags !== 'string') throw wrong`${describe(flags)} is not a string`
  let bits = 0
  for (const flag of flags) {
    if (!'gnisl'.includes(flag)) throw wrong`unsupported regular expression flag: ${describe(flags)}`
    bits |= FLAGS[flag] ?? 0
  }
  return bits
}

function compile(pattern: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(pattern, flags)
  } catch (error) {
    // What is quoted may come out of an object.
    const why = String((error as Error).message).replace(/:? *`[^]*/, '')
    throw new JqError(`invalid regular expression (${why})`)
  }
}

export function matchesPattern(value: Json, pattern: Json, flags: Json): boolean {
  if (typeof value !== 'string') throw wrong`test(${describe(pattern)}) cannot be applied to: ${describe(value)}`
  if (typeof pattern !== 'string') throw wrong`test(${describe(pattern)}): the pattern must be a string`
  return compile(pattern, flagsOf(flags)).matcher(value).find()
}
