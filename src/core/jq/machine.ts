// Runs a filter: every output is told by a callback, with its path where it is a place of the input.
import { isMap, type Json } from '../kube/index.ts'
import type { Filter } from './filter.ts'
import { compareValues, describe, isList, isNumber, JqError, namesOf, wrong } from './values.ts'

export type JsonPath = readonly (string | number)[]

/** `path` null: a value that was made, or places are not asked for. */
export interface Place {
  readonly value: Json
  readonly path: JsonPath | null
}

export type Emit = (place: Place) => void

/** What a filter's names mean. */
export type Scope =
  | { readonly kind: 'variable'; readonly name: string; readonly value: Json; readonly next: Scope }
  | {
      readonly kind: 'function'
      readonly name: string
      readonly params: readonly string[]
      readonly body: Filter
      readonly next: Scope
    }
  /** A parameter: a filter with the scope of whoever called. */
  | {
      readonly kind: 'argument'
      readonly name: string
      readonly filter: Filter
      readonly scope: Scope
      readonly next: Scope
    }
  | { readonly kind: 'label'; readonly name: string; readonly token: object; readonly next: Scope }
  | null

/** The program took more steps, or called deeper, than it may. */
export class JqLimitError extends Error {}

/** `break` on its way to its label. */
class Broken {
  readonly token: object
  constructor(token: object) {
    this.token = token
  }
}

const DEEPEST_CALL = 400

const made = (value: Json): Place => ({ value, path: null })

/** One of jq's own functions, by what it does or by what it stands for. */
export type Builtin = ((call: BuiltinCall) => void) | { readonly params: readonly string[]; readonly body: Filter }

export interface BuiltinCall {
  readonly machine: Machine
  readonly args: readonly Filter[]
  readonly scope: Scope
  readonly input: Place
  readonly emit: Emit
}

export interface Operation<Op extends Filter['op']> extends Omit<BuiltinCall, 'args'> {
  readonly filter: Extract<Filter, { readonly op: Op }>
}

export type Operator<Op extends Filter['op']> = (operation: Operation<Op>) => void

/** What a machine can do. */
export interface Language {
  readonly operators: { readonly [Op in Filter['op']]: Operator<Op> }
  /** By `name/arity`. */
  readonly builtins: ReadonlyMap<string, Builtin>
}

export interface MachineOptions {
  readonly language: Language
  readonly steps: number
  /** True: a step into a value of the wrong type finds nothing, instead of being an error. */
  readonly lenient: boolean
}

export class Machine {
  readonly lenient: boolean
  readonly #language: Language
  #left: number
  #calls = 0

  constructor({ language, steps, lenient }: MachineOptions) {
    this.#language = language
    this.#left = steps
    this.lenient = lenient
  }

  spend(steps = 1): void {
    this.#left -= steps
    if (this.#left < 0) throw new JqLimitError('it takes too many steps')
  }

  /** All outputs of a filter that is asked for values alone. */
  values(filter: Filter, scope: Scope, value: Json): Json[] {
    const found: Json[] = []
    this.run(filter, scope, made(value), (place) => found.push(place.value))
    return found
  }

  run(filter: Filter, scope: Scope, input: Place, emit: Emit): void {
    this.spend()
    const operator = this.#language.operators[filter.op] as Operator<Filter['op']>
    operator({ machine: this, filter: filter as never, scope, input, emit })
  }

  /** Runs until it ends or somebody breaks out with the token. */
  labelled(run: (token: object) => void): void {
    const token = {}
    try {
      run(token)
    } catch (error) {
      if (!(error instanceof Broken) || error.token !== token) throw error
    }
  }

  break(token: object): never {
    throw new Broken(token)
  }

  call({ name, args }: Extract<Filter, { op: 'call' }>, scope: Scope, input: Place, emit: Emit): void {
    this.#calls += 1
    if (this.#calls > DEEPEST_CALL) throw new JqLimitError('it calls itself too deeply')
    try {
      this.#found({ name, args, scope }, input, emit)
    } finally {
      this.#calls -= 1
    }
  }

  #found(call: { name: string; args: readonly Filter[]; scope: Scope }, input: Place, emit: Emit): void {
    const { name, args, scope } = call
    for (let at = scope; at !== null; at = at.next) {
      if (at.kind === 'argument' && args.length === 0 && at.name === name)
        return this.run(at.filter, at.scope, input, emit)
      if (at.kind === 'function' && at.name === name && at.params.length === args.length) {
        const own = at
        return this.#enter({ params: own.params, args, at: 0, scope: own, caller: scope }, input, (inner) =>
          this.run(own.body, inner, input, emit),
        )
      }
    }
    const builtin = this.#language.builtins.get(`${name}/${args.length}`)
    if (builtin === undefined) throw new JqError(`function not defined: ${name}/${args.length}`)
    if (typeof builtin === 'function') return builtin({ machine: this, args, scope, input, emit })
    return this.#enter({ params: builtin.params, args, at: 0, scope: null, caller: scope }, input, (inner) =>
      this.run(builtin.body, inner, input, emit),
    )
  }

  /** Binds the arguments one after the other; `$name` once for every value of its argument. */
  #enter(
    call: { params: readonly string[]; args: readonly Filter[]; at: number; scope: Scope; caller: Scope },
    input: Place,
    run: (scope: Scope) => void,
  ): void {
    const { params, args, at, scope, caller } = call
    const [param, filter] = [params[at], args[at]]
    if (param === undefined || filter === undefined) return run(scope)
    if (!param.startsWith('$')) {
      const next: Scope = { kind: 'argument', name: param, filter, scope: caller, next: scope }
      return this.#enter({ ...call, at: at + 1, scope: next }, input, run)
    }
    const name = param.slice(1)
    for (const value of this.values(filter, caller, input.value)) {
      const variable: Scope = { kind: 'variable', name, value, next: scope }
      const next: Scope = { kind: 'argument', name, filter: { op: 'literal', value }, scope: null, next: variable }
      this.#enter({ ...call, at: at + 1, scope: next }, input, run)
    }
  }

  recurse(place: Place, emit: Emit): void {
    this.spend()
    emit(place)
    if (isList(place.value) || isMap(place.value)) this.each(place, (inner) => this.recurse(inner, emit))
  }

  each(place: Place, emit: Emit): void {
    const { value, path } = place
    if (isList(value)) {
      value.forEach((item, index) => {
        this.spend()
        emit({ value: item, path: path === null ? null : [...path, index] })
      })
    } else if (isMap(value)) {
      for (const name of namesOf(value)) {
        this.spend()
        emit({ value: value[name] as Json, path: path === null ? null : [...path, name] })
      }
    } else this.#fail(wrong`cannot iterate over ${describe(value)}`)
  }

  #fail(error: JqError): void {
    if (!this.lenient) throw error
  }

  /** `.[key]`: what is not there is null, at a place where it would be. */
  member(place: Place, key: Json, emit: Emit): void {
    const { value } = place
    if (typeof key === 'string' && (isMap(value) || value === null)) return this.#field(place, key, emit)
    if (isNumber(key) && (isList(value) || value === null)) return this.#item(place, Math.floor(Number(key)), emit)
    if (isMap(key)) return this.between(place, key['start'] ?? null, key['end'] ?? null, emit)
    this.#other(place, key, emit)
  }

  #other({ value }: Place, key: Json, emit: Emit): void {
    if (isList(key) && isList(value)) return emit(made(indices(value, key)))
    this.#fail(wrong`expected ${typeof key === 'string' ? 'an object' : 'an array'} but got: ${describe(value)}`)
  }

  #field({ value, path }: Place, name: string, emit: Emit): void {
    const found = isMap(value) && Object.hasOwn(value, name) ? (value[name] as Json) : null
    emit({ value: found, path: path === null ? null : [...path, name] })
  }

  #item({ value, path }: Place, index: number, emit: Emit): void {
    const items = isList(value) ? value : []
    const at = index < 0 && isList(value) ? items.length + index : index
    emit({ value: items[at] ?? null, path: path === null ? null : [...path, at] })
  }

  /** A part of a list is no place of its own here: what is named in it would be named by another index. */
  between({ value, path }: Place, from: Json, to: Json, emit: Emit): void {
    if (value === null) return emit(made(null))
    const items = typeof value === 'string' ? [...value] : value
    if (!isList(items)) return this.#fail(wrong`expected an array but got: ${describe(value)}`)
    if (path !== null) throw new JqError('a slice cannot be used as a path here')
    const start = bound(from, { length: items.length, absent: 0, round: Math.floor })
    const end = bound(to, { length: items.length, absent: items.length, round: Math.ceil })
    const part = items.slice(start, Math.max(start, end)) as readonly Json[]
    emit(made(typeof value === 'string' ? part.join('') : part))
  }
}

function bound(
  at: Json,
  { length, absent, round }: { length: number; absent: number; round: (at: number) => number },
): number {
  if (at === null) return absent
  if (!isNumber(at)) throw new JqError('expected a number for slicing')
  const whole = round(Number(at))
  return whole < 0 ? Math.max(0, length + whole) : Math.min(whole, length)
}

/** Where a list occurs in another. */
export function indices(list: readonly Json[], part: readonly Json[]): Json {
  if (part.length === 0) return null
  return list.flatMap((_, at) =>
    part.every((item, offset) => at + offset < list.length && compareValues(list[at + offset] as Json, item) === 0)
      ? [at]
      : [],
  )
}
