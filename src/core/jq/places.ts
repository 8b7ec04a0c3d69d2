// Functions about paths: naming them, following them, taking out what they name.
import { isMap, type Json, type JsonMap } from '../kube/index.ts'
import type { Filter } from './filter.ts'
import type { BuiltinCall, Place } from './machine.ts'
import { compareValues, describe, isList, isNumber, listOf, wrong } from './values.ts'

const made = (value: Json): Place => ({ value, path: null })

function pathOf(value: Json): readonly Json[] {
  return listOf(value, 'getpath')
}

export function getPath(call: BuiltinCall): void {
  const { machine, args, scope, input, emit } = call
  for (const path of machine.values(args[0] as Filter, scope, input.value)) {
    const walk = (place: Place, steps: readonly Json[]): void => {
      const [step, ...rest] = steps
      if (step === undefined) return emit(place)
      machine.member(place, step, (inner) => walk(inner, rest))
    }
    walk(input, pathOf(path))
  }
}

export function paths({ machine, args, scope, input, emit }: BuiltinCall): void {
  machine.run(args[0] as Filter, scope, { value: input.value, path: [] }, ({ path, value }) => {
    if (path === null) throw wrong`invalid path expression with result ${describe(value)}`
    emit(made(path as Json))
  })
}

function withoutPath(value: Json, [step, ...rest]: readonly Json[]): Json {
  if (step === undefined || value === null) return value
  if (isMap(value) && typeof step === 'string') {
    if (!Object.hasOwn(value, step)) return value
    const { [step]: inner, ...others } = value
    return rest.length === 0 ? (others as JsonMap) : { ...value, [step]: withoutPath(inner as Json, rest) }
  }
  if (isList(value) && isNumber(step)) {
    const at = Number(step) < 0 ? value.length + Number(step) : Number(step)
    if (rest.length === 0) return value.filter((_, index) => index !== at)
    return value.map((item, index) => (index === at ? withoutPath(item, rest) : item))
  }
  throw wrong`cannot delete ${describe(step)} of: ${describe(value)}`
}

export function deletePaths(value: Json, all: Json): Json {
  const sorted = [...listOf(all, 'delpaths')].sort(compareValues).reverse()
  return sorted.reduce<Json>((result, path) => {
    if (pathOf(path).length === 0) return null
    return withoutPath(result, pathOf(path))
  }, value)
}

export function remove(call: BuiltinCall): void {
  const found: Json[] = []
  paths({ ...call, emit: ({ value }) => found.push(value) })
  call.emit(made(deletePaths(call.input.value, found)))
}
