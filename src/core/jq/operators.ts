// What each form of a filter does.
import type { Json } from '../kube/index.ts'
import type { BinaryOperator, Filter } from './filter.ts'
import { formatText } from './formats.ts'
import type { BuiltinCall, Emit, Language, Operation, Operator, Place, Scope } from './machine.ts'
import {
  add,
  compareValues,
  describe,
  divide,
  isTrue,
  JqError,
  mapOf,
  multiply,
  negate,
  remainder,
  subtract,
  toText,
  wrong,
} from './values.ts'

const ARITHMETIC: Readonly<Record<BinaryOperator, (a: Json, b: Json) => Json>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': remainder,
  '==': (a, b) => compareValues(a, b) === 0,
  '!=': (a, b) => compareValues(a, b) !== 0,
  '<': (a, b) => compareValues(a, b) < 0,
  '<=': (a, b) => compareValues(a, b) <= 0,
  '>': (a, b) => compareValues(a, b) > 0,
  '>=': (a, b) => compareValues(a, b) >= 0,
}

const made = (value: Json): Place => ({ value, path: null })

function valuesOf({ machine, scope, input }: Omit<BuiltinCall, 'args'>, filter: Filter): Json[] {
  return machine.values(filter, scope, input.value)
}

/** Catches the errors of `run`, not those of what comes after it. */
function forgiving(emit: Emit, run: (to: Emit) => void, caught: (error: JqError) => void): void {
  let after: unknown
  try {
    run((place) => {
      try {
        emit(place)
      } catch (error) {
        after = error
        throw error
      }
    })
  } catch (error) {
    if (!(error instanceof JqError) || error === after) throw error
    caught(error)
  }
}

function step({ optional }: { readonly optional: boolean }, emit: Emit, run: (to: Emit) => void): void {
  if (optional) forgiving(emit, run, () => undefined)
  else run(emit)
}

const index: Operator<'index'> = (operation) => {
  const { machine, filter, scope, input, emit } = operation
  const { of, by } = filter
  machine.run(of, scope, input, (place) => {
    if (by.op === 'literal') return step(filter, emit, (to) => machine.member(place, by.value, to))
    for (const key of valuesOf(operation, by)) step(filter, emit, (to) => machine.member(place, key, to))
  })
}

const slice: Operator<'slice'> = (operation) => {
  const { machine, filter, scope, input, emit } = operation
  const bounds = (bound: Filter | null): Json[] => (bound === null ? [null] : valuesOf(operation, bound))
  machine.run(filter.of, scope, input, (place) => {
    for (const to of bounds(filter.to))
      for (const from of bounds(filter.from)) step(filter, emit, (told) => machine.between(place, from, to, told))
  })
}

const string: Operator<'string'> = (operation) => {
  const { filter, emit } = operation
  const { parts, format } = filter
  const continued = (text: string, at: number): void => {
    const part = parts[at]
    if (part === undefined) return emit(made(text))
    if (typeof part === 'string') return continued(text + part, at + 1)
    for (const value of valuesOf(operation, part))
      continued(text + (format === null ? toText(value) : formatText(format, value)), at + 1)
  }
  continued('', 0)
}

const alternative: Operator<'alternative'> = ({ machine, filter, scope, input, emit }) => {
  const found: Place[] = []
  machine.run(filter.left, scope, input, (place) => {
    if (isTrue(place.value)) found.push(place)
  })
  if (found.length === 0) return machine.run(filter.right, scope, input, emit)
  for (const place of found) emit(place)
}

function logic(operation: Operation<'and'> | Operation<'or'>): void {
  const { filter, emit } = operation
  for (const left of valuesOf(operation, filter.left)) {
    if (isTrue(left) === (filter.op === 'or')) emit(made(filter.op === 'or'))
    else for (const right of valuesOf(operation, filter.right)) emit(made(isTrue(right)))
  }
}

const binary: Operator<'binary'> = (operation) => {
  const { filter, emit } = operation
  const operate = ARITHMETIC[filter.operator]
  for (const right of valuesOf(operation, filter.right))
    for (const left of valuesOf(operation, filter.left)) emit(made(operate(left, right)))
}

const condition: Operator<'if'> = (operation) => {
  const { machine, filter, scope, input, emit } = operation
  for (const when of valuesOf(operation, filter.when)) {
    const branch = isTrue(when) ? filter.then : filter.otherwise
    if (branch === null) emit(input)
    else machine.run(branch, scope, input, emit)
  }
}

const attempt: Operator<'try'> = ({ machine, filter, scope, input, emit }) => {
  forgiving(
    emit,
    (to) => machine.run(filter.of, scope, input, to),
    (error) => {
      if (filter.handler !== null) machine.run(filter.handler, scope, made(error.value), emit)
    },
  )
}

const object: Operator<'object'> = (operation) => {
  const { entries } = operation.filter
  const continued = (done: readonly (readonly [string, Json])[], at: number): void => {
    const entry = entries[at]
    if (entry === undefined) return operation.emit(made(mapOf(done)))
    for (const key of valuesOf(operation, entry.key)) {
      if (typeof key !== 'string') throw wrong`expected a string for object key but got: ${describe(key)}`
      for (const value of valuesOf(operation, entry.value)) continued([...done, [key, value]], at + 1)
    }
  }
  continued([], 0)
}

const reduce: Operator<'reduce'> = (operation) => {
  const { machine, filter, scope, input, emit } = operation
  machine.run(filter.start, scope, input, (start) => {
    let state: Place | null = start
    for (const value of valuesOf(operation, filter.of)) {
      const inner: Scope = { kind: 'variable', name: filter.name, value, next: scope }
      let last: Place | null = null
      if (state !== null)
        machine.run(filter.update, inner, state, (place) => {
          last = place
        })
      state = last
    }
    emit(state ?? made(null))
  })
}

const foreach: Operator<'foreach'> = (operation) => {
  const { machine, filter, scope, input, emit } = operation
  machine.run(filter.start, scope, input, (start) => {
    let state = start
    for (const value of valuesOf(operation, filter.of)) {
      const inner: Scope = { kind: 'variable', name: filter.name, value, next: scope }
      machine.run(filter.update, inner, state, (place) => {
        state = place
        if (filter.extract === null) emit(place)
        else machine.run(filter.extract, inner, place, emit)
      })
    }
  })
}

function variable(name: string, scope: Scope): Json {
  for (let at = scope; at !== null; at = at.next) if (at.kind === 'variable' && at.name === name) return at.value
  throw new JqError(`variable not defined: $${name}`)
}

function token(name: string, scope: Scope): object {
  for (let at = scope; at !== null; at = at.next) if (at.kind === 'label' && at.name === name) return at.token
  throw new JqError(`label not defined: $${name}`)
}

export const OPERATORS: Language['operators'] = {
  identity: ({ input, emit }) => emit(input),
  literal: ({ filter, emit }) => emit(made(filter.value)),
  recurse: ({ machine, input, emit }) => machine.recurse(input, emit),
  string,
  index,
  slice,
  each: ({ machine, filter, scope, input, emit }) =>
    machine.run(filter.of, scope, input, (place) => step(filter, emit, (to) => machine.each(place, to))),
  negate: ({ machine, filter, scope, input, emit }) =>
    machine.run(filter.of, scope, input, ({ value }) => emit(made(negate(value)))),
  pipe: ({ machine, filter, scope, input, emit }) =>
    machine.run(filter.left, scope, input, (place) => machine.run(filter.right, scope, place, emit)),
  comma: ({ machine, filter, scope, input, emit }) => {
    machine.run(filter.left, scope, input, emit)
    machine.run(filter.right, scope, input, emit)
  },
  alternative,
  and: (operation) => logic(operation),
  or: (operation) => logic(operation),
  binary,
  if: condition,
  try: attempt,
  array: (operation) =>
    operation.emit(made(operation.filter.of === null ? [] : valuesOf(operation, operation.filter.of))),
  object,
  reduce,
  foreach,
  bind: (operation) => {
    const { machine, filter, scope, input, emit } = operation
    for (const value of valuesOf(operation, filter.of))
      machine.run(filter.body, { kind: 'variable', name: filter.name, value, next: scope }, input, emit)
  },
  variable: ({ filter, scope, emit }) => emit(made(variable(filter.name, scope))),
  label: ({ machine, filter, scope, input, emit }) =>
    machine.labelled((own) =>
      machine.run(filter.body, { kind: 'label', name: filter.name, token: own, next: scope }, input, emit),
    ),
  break: ({ machine, filter, scope }) => machine.break(token(filter.name, scope)),
  call: ({ machine, filter, scope, input, emit }) => machine.call(filter, scope, input, emit),
  define: ({ machine, filter, scope, input, emit }) =>
    machine.run(filter.rest, { ...filter, kind: 'function', next: scope }, input, emit),
}
