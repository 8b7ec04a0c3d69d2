// Functions that put the members of a list in an order.
import type { Json } from '../kube/index.ts'
import type { Builtin, BuiltinCall, Place } from './machine.ts'
import { compareValues, listOf } from './values.ts'

const made = (value: Json): Place => ({ value, path: null })

/** Values sorted by what `f` says of them; equal ones keep their order. */
export function keyed({ machine, args, scope, input }: BuiltinCall, what: string): { value: Json; key: Json }[] {
  const items = listOf(input.value, what).map((value) => ({
    value,
    key: args[0] === undefined ? value : machine.values(args[0], scope, value),
  }))
  machine.spend(items.length)
  return items.sort((a, b) => compareValues(a.key, b.key))
}

export function groups(call: BuiltinCall, what: string): { value: Json; key: Json }[][] {
  const found: { value: Json; key: Json }[][] = []
  for (const item of keyed(call, what)) {
    const last = found.at(-1)
    if (last?.[0] !== undefined && compareValues(last[0].key, item.key) === 0) last.push(item)
    else found.push([item])
  }
  return found
}

export function extreme(pick: 'first' | 'last', what: string): Builtin {
  return (call) => {
    let found: { value: Json; key: Json } | undefined
    for (const item of keyed(call, what)) {
      if (pick === 'first' && found !== undefined) break
      found = item
    }
    call.emit(made(found?.value ?? null))
  }
}
