// Functions about the members of maps.
import { isMap, type Json, type JsonMap } from '../kube/index.ts'
import type { Filter } from './filter.ts'
import type { BuiltinCall, Place } from './machine.ts'
import { describe, mapOf, namesOf, toText, wrong } from './values.ts'

const made = (value: Json): Place => ({ value, path: null })

export function toEntries(value: Json): Json {
  if (!isMap(value)) throw wrong`to_entries cannot be applied to: ${describe(value)}`
  return namesOf(value).map((name) => ({ key: name, value: value[name] as Json }))
}

export function entryOf(entry: Json): [string, Json] {
  if (!isMap(entry)) throw wrong`from_entries cannot be applied to an entry: ${describe(entry)}`
  const pick = (names: readonly string[]): Json => {
    for (const name of names) {
      const found = Object.hasOwn(entry, name) ? (entry[name] ?? null) : null
      if (found !== null) return found
    }
    return null
  }
  const key = pick(['key', 'k', 'name', 'Name', 'Key', 'K'])
  if (key !== null && typeof key === 'object') throw wrong`expected a string for object key but got: ${describe(key)}`
  const value = ['value', 'v', 'Value', 'V'].find((name) => Object.hasOwn(entry, name))
  return [key === null ? 'null' : toText(key), value === undefined ? null : (entry[value] as Json)]
}

/**
 * `with_entries(f)`. Where places are asked for it names the members that `f` lets through: jq refuses it as a path, but
 * rules are written so (`.metadata.annotations | with_entries(select(.key | startswith("x-")))`).
 */
export function withEntries({ machine, args, scope, input, emit }: BuiltinCall): void {
  const { value, path } = input
  const entries = toEntries(value) as readonly JsonMap[]
  const through = entries.map((entry) => machine.values(args[0] as Filter, scope, entry))
  if (path === null) return emit(made(mapOf(through.flat().map(entryOf))))
  entries.forEach((entry, at) => {
    const name = entry['key'] as string
    if (through[at]?.some((kept) => isMap(kept) && kept['key'] === name) === true)
      emit({ value: entry['value'] as Json, path: [...path, name] })
  })
}
