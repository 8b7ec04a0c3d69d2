// Functions that let through some of what another filter puts out.
import type { Json } from '../kube/index.ts'
import type { Filter } from './filter.ts'
import type { Builtin, BuiltinCall, Place } from './machine.ts'
import { describe, isNumber, isTrue, JqError, wrong } from './values.ts'

const made = (value: Json): Place => ({ value, path: null })

function numbers(values: readonly Json[]): number[] {
  return values.map((value) => {
    if (!isNumber(value)) throw wrong`range cannot be applied to: ${describe(value)}`
    return Number(value)
  })
}

interface Steps {
  readonly from: number
  readonly to: number
  readonly by: number
}

function count({ machine, emit }: BuiltinCall, { from, to, by }: Steps): void {
  if (by === 0) throw new JqError('range by 0 does not end')
  for (let at = from; by > 0 ? at < to : at > to; at += by) {
    machine.spend()
    emit(made(at))
  }
}

export function range(call: BuiltinCall): void {
  const { machine, args, scope, input } = call
  const [one = [], two, three = [1]] = args.map((arg) => numbers(machine.values(arg, scope, input.value)))
  const [froms, tos] = two === undefined ? [[0], one] : [one, two]
  const all = froms.flatMap((from) => tos.flatMap((to) => three.map((by) => ({ from, to, by }))))
  for (const steps of all) count(call, steps)
}

export function limit({ machine, args, scope, input, emit }: BuiltinCall): void {
  for (const count of numbers(machine.values(args[0] as Filter, scope, input.value))) {
    if (count < 0) throw new JqError(`limit count must not be negative`)
    if (count === 0) continue
    let left = count
    machine.labelled((token) =>
      machine.run(args[1] as Filter, scope, input, (place) => {
        left -= 1
        emit(place)
        if (left <= 0) machine.break(token)
      }),
    )
  }
}

export function first({ machine, args, scope, input, emit }: BuiltinCall): void {
  let found: Place | undefined
  machine.labelled((token) =>
    machine.run(args[0] as Filter, scope, input, (place) => {
      found = place
      machine.break(token)
    }),
  )
  if (found !== undefined) emit(found)
}

export function last({ machine, args, scope, input, emit }: BuiltinCall): void {
  let found: Place | undefined
  machine.run(args[0] as Filter, scope, input, (place) => {
    found = place
  })
  if (found !== undefined) emit(found)
}

export function select({ machine, args, scope, input, emit }: BuiltinCall): void {
  for (const value of machine.values(args[0] as Filter, scope, input.value)) if (isTrue(value)) emit(input)
}

/** any and all: `(f)` over the members, `(generator; f)`, or the members themselves. */
export function quantifier(kind: 'any' | 'all'): Builtin {
  const wanted = kind === 'any'
  return ({ machine, args, scope, input, emit }) => {
    const [source, test] = args.length === 2 ? args : [undefined, args[0]]
    let found = !wanted
    machine.labelled((token) => {
      const judge = ({ value }: Place): void => {
        const verdicts = test === undefined ? [value] : machine.values(test, scope, value)
        if (!verdicts.some((verdict) => isTrue(verdict) === wanted)) return
        found = wanted
        machine.break(token)
      }
      if (source === undefined) machine.each(made(input.value), judge)
      else machine.run(source, scope, made(input.value), judge)
    })
    emit(made(found))
  }
}
