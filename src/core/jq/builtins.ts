// jq's own functions.
import { isMap, type Json } from '../kube/index.ts'
import type { Filter } from './filter.ts'
import { indices, type Builtin, type BuiltinCall, type Place } from './machine.ts'
import {
  add,
  compareValues,
  describe,
  isList,
  isNumber,
  isTrue,
  JqError,
  listOf,
  mapOf,
  namesOf,
  splitText,
  toJson,
  toText,
  typeOf,
  wrong,
} from './values.ts'
import { parseJq } from './parse.ts'
import { entryOf, toEntries, withEntries } from './entries.ts'
import { matchesPattern } from './pattern.ts'
import { deletePaths, getPath, paths, remove } from './places.ts'
import { extreme, groups, keyed } from './sorting.ts'
import { first, last, limit, quantifier, range, select } from './streams.ts'

const made = (value: Json): Place => ({ value, path: null })

/** A function of the input alone. */
const of0 =
  (compute: (value: Json) => Json): Builtin =>
  ({ input, emit }) =>
    emit(made(compute(input.value)))

/** A function of the input and the values of one argument. */
const of1 =
  (compute: (value: Json, argument: Json) => Json): Builtin =>
  ({ machine, args, scope, input, emit }) => {
    for (const argument of machine.values(args[0] as Filter, scope, input.value))
      emit(made(compute(input.value, argument)))
  }

const of2 =
  (compute: (value: Json, one: Json, two: Json) => Json): Builtin =>
  ({ machine, args, scope, input, emit }) => {
    for (const two of machine.values(args[1] as Filter, scope, input.value))
      for (const one of machine.values(args[0] as Filter, scope, input.value))
        emit(made(compute(input.value, one, two)))
  }

/** Lets the input through, with its place. */
const only =
  (holds: (value: Json) => boolean): Builtin =>
  ({ input, emit }) => {
    if (holds(input.value)) emit(input)
  }

function text(value: Json, what: string): string {
  if (typeof value === 'string') return value
  throw wrong`${what} cannot be applied to: ${describe(value)}`
}

function texts(value: Json, argument: Json, what: string): readonly [string, string] {
  if (typeof value === 'string' && typeof argument === 'string') return [value, argument]
  throw wrong`${what}(${describe(argument)}) cannot be applied to: ${describe(value)}`
}

function length(value: Json): Json {
  if (value === null) return 0
  if (typeof value === 'string') return [...value].length
  if (isList(value)) return value.length
  if (isMap(value)) return Object.keys(value).length
  if (isNumber(value)) return value < 0 ? (typeof value === 'bigint' ? -value : -value) : value
  throw wrong`length cannot be applied to: ${describe(value)}`
}

function keys(value: Json): Json {
  if (isMap(value)) return namesOf(value)
  return listOf(value, 'keys').map((_, index) => index)
}

function has(value: Json, key: Json): Json {
  if (value === null) return false
  if (isMap(value) && typeof key === 'string') return Object.hasOwn(value, key)
  if (isList(value) && isNumber(key)) return Number(key) >= 0 && Math.floor(Number(key)) < value.length
  throw wrong`has(${describe(key)}) cannot be applied to: ${describe(value)}`
}

function contains(value: Json, part: Json): boolean {
  if (isMap(value) && isMap(part))
    return Object.entries(part).every(
      ([name, inner]) => Object.hasOwn(value, name) && contains(value[name] as Json, inner as Json),
    )
  if (isList(value) && isList(part))
    return part.every((inner) => value.some((item) => sameType(item, inner) && contains(item, inner)))
  if (typeof value === 'string' && typeof part === 'string') return value.includes(part)
  if (!sameType(value, part)) throw wrong`contains(${describe(part)}) cannot be applied to: ${describe(value)}`
  return compareValues(value, part) === 0
}

const sameType = (a: Json, b: Json): boolean => typeOf(a) === typeOf(b)

function toNumber(value: Json): Json {
  if (isNumber(value)) return value
  const found = typeof value === 'string' ? /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.exec(value) : null
  if (found === null) throw wrong`tonumber cannot be applied to: ${describe(value)}`
  const number = Number(found[0])
  if (/^-?\d+$/.test(found[0]) && !Number.isSafeInteger(number)) return BigInt(found[0])
  return number
}

function fromJson(value: Json): Json {
  try {
    return JSON.parse(text(value, 'fromjson')) as Json
  } catch (error) {
    if (error instanceof JqError) throw error
    throw wrong`fromjson cannot be applied to: ${describe(value)}`
  }
}

function flatten(items: readonly Json[], depth: number): Json[] {
  return items.flatMap((item) => (isList(item) && depth > 0 ? flatten(item, depth - 1) : [item]))
}

function levels(depth: Json): number {
  if (isNumber(depth) && Number(depth) >= 0) return Number(depth)
  throw new JqError('flatten depth must not be negative')
}

function index(value: Json, part: Json): Json {
  if (value === null) return null
  if (typeof value === 'string' && typeof part === 'string') {
    if (part === '') return null
    return indices([...value], [...part])
  }
  const items = listOf(value, 'indices')
  return indices(items, isList(part) ? part : [part])
}

function join(value: Json, separator: Json): Json {
  const items = listOf(value, 'join')
  if (items.length === 0) return ''
  const glue = text(separator, 'join')
  return items
    .map((item) => {
      if (item !== null && typeof item === 'object') throw wrong`${describe(item)} cannot be joined`
      return item === null ? '' : toText(item)
    })
    .join(glue)
}

function bytesOf(value: Json): Json {
  return Buffer.byteLength(text(value, 'utf8bytelength'), 'utf8')
}

const ascii = (change: (char: string) => string, pattern: RegExp, what: string): Builtin =>
  of0((value) => text(value, what).replace(pattern, change))

function trimmed(value: Json, argument: Json, side: 'start' | 'end'): Json {
  if (typeof value !== 'string' || typeof argument !== 'string') return value
  if (side === 'start') return value.startsWith(argument) ? value.slice(argument.length) : value
  return value.endsWith(argument) ? value.slice(0, value.length - argument.length) : value
}

const rounded = (round: (value: number) => number, what: string): Builtin =>
  of0((value) => {
    if (!isNumber(value)) throw wrong`${what} cannot be applied to: ${describe(value)}`
    return typeof value === 'bigint' ? value : round(value)
  })

const scalar = (value: Json): boolean => value === null || typeof value !== 'object'

const NATIVE: readonly (readonly [string, Builtin])[] = [
  ['empty/0', () => undefined],
  ['not/0', of0((value) => !isTrue(value))],
  ['error/0', ({ input }) => raise(input.value)],
  ['error/1', of1((_, message) => raise(message))],
  ['length/0', of0(length)],
  ['utf8bytelength/0', of0(bytesOf)],
  ['keys/0', of0(keys)],
  ['keys_unsorted/0', of0(keys)],
  ['has/1', of1(has)],
  ['in/1', of1((key, value) => has(value, key))],
  ['contains/1', of1(contains)],
  ['inside/1', of1((part, value) => contains(value, part))],
  [
    'add/0',
    of0((value) =>
      (isMap(value) ? namesOf(value).map((name) => value[name] as Json) : listOf(value, 'add')).reduce(add, null),
    ),
  ],
  ['type/0', of0(typeOf)],
  ['tostring/0', of0(toText)],
  ['tonumber/0', of0(toNumber)],
  ['tojson/0', of0(toJson)],
  ['fromjson/0', of0(fromJson)],
  ['floor/0', rounded(Math.floor, 'floor')],
  ['ceil/0', rounded(Math.ceil, 'ceil')],
  ['sqrt/0', rounded(Math.sqrt, 'sqrt')],
  ['abs/0', rounded(Math.abs, 'abs')],
  [
    'startswith/1',
    of1((value, argument) => {
      const [a, b] = texts(value, argument, 'startswith')
      return a.startsWith(b)
    }),
  ],
  [
    'endswith/1',
    of1((value, argument) => {
      const [a, b] = texts(value, argument, 'endswith')
      return a.endsWith(b)
    }),
  ],
  ['ltrimstr/1', of1((value, argument) => trimmed(value, argument, 'start'))],
  ['rtrimstr/1', of1((value, argument) => trimmed(value, argument, 'end'))],
  ['trim/0', of0((value) => text(value, 'trim').replace(/^\s+|\s+$/g, ''))],
  ['ltrim/0', of0((value) => text(value, 'ltrim').replace(/^\s+/, ''))],
  ['rtrim/0', of0((value) => text(value, 'rtrim').replace(/\s+$/, ''))],
  ['ascii_downcase/0', ascii((char) => char.toLowerCase(), /[A-Z]/g, 'ascii_downcase')],
  ['ascii_upcase/0', ascii((char) => char.toUpperCase(), /[a-z]/g, 'ascii_upcase')],
  ['explode/0', of0((value) => [...text(value, 'explode')].map((char) => char.codePointAt(0) ?? 0))],
  [
    'split/1',
    of1((value, argument) => {
      const [a, b] = texts(value, argument, 'split')
      return splitText(a, b)
    }),
  ],
  ['join/1', of1(join)],
  ['test/1', of1((value, pattern) => matchesPattern(value, pattern, null))],
  ['test/2', of2((value, pattern, flags) => matchesPattern(value, pattern, flags))],
  [
    'reverse/0',
    of0((value) =>
      value === null
        ? []
        : typeof value === 'string'
          ? [...value].reverse().join('')
          : [...listOf(value, 'reverse')].reverse(),
    ),
  ],
  ['sort/0', (call) => call.emit(made(keyed(call, 'sort').map(({ value }) => value)))],
  ['sort_by/1', (call) => call.emit(made(keyed(call, 'sort_by').map(({ value }) => value)))],
  ['group_by/1', (call) => call.emit(made(groups(call, 'group_by').map((group) => group.map(({ value }) => value))))],
  ['unique/0', (call) => call.emit(made(groups(call, 'unique').map(([one]) => one?.value ?? null)))],
  ['unique_by/1', (call) => call.emit(made(groups(call, 'unique_by').map(([one]) => one?.value ?? null)))],
  ['min/0', extreme('first', 'min')],
  ['min_by/1', extreme('first', 'min_by')],
  ['max/0', extreme('last', 'max')],
  ['max_by/1', extreme('last', 'max_by')],
  ['flatten/0', of0((value) => flatten(listOf(value, 'flatten'), Number.POSITIVE_INFINITY))],
  ['flatten/1', of1((value, depth) => flatten(listOf(value, 'flatten'), levels(depth)))],
  ['indices/1', of1(index)],
  [
    'index/1',
    of1((value, part) => {
      const found = index(value, part)
      return isList(found) ? (found[0] ?? null) : null
    }),
  ],
  [
    'rindex/1',
    of1((value, part) => {
      const found = index(value, part)
      return isList(found) ? (found.at(-1) ?? null) : null
    }),
  ],
  ['range/1', range],
  ['range/2', range],
  ['range/3', range],
  ['limit/2', limit],
  ['first/1', first],
  ['last/1', last],
  ['select/1', select],
  ['any/0', quantifier('any')],
  ['any/1', quantifier('any')],
  ['any/2', quantifier('any')],
  ['all/0', quantifier('all')],
  ['all/1', quantifier('all')],
  ['all/2', quantifier('all')],
  ['to_entries/0', of0(toEntries)],
  ['from_entries/0', of0((value) => mapOf(listOf(value, 'from_entries').map(entryOf)))],
  ['with_entries/1', withEntries],
  ['path/1', paths],
  ['getpath/1', getPath],
  ['del/1', remove],
  ['delpaths/1', of1(deletePaths)],
  ['recurse/0', ({ machine, input, emit }) => machine.recurse(input, emit)],
  ['values/0', only((value) => value !== null)],
  ['nulls/0', only((value) => value === null)],
  ['booleans/0', only((value) => typeof value === 'boolean')],
  ['numbers/0', only(isNumber)],
  ['strings/0', only((value) => typeof value === 'string')],
  ['arrays/0', only(isList)],
  ['objects/0', only(isMap)],
  ['iterables/0', only((value) => !scalar(value))],
  ['scalars/0', only(scalar)],
]

function raise(value: Json): never {
  throw new JqError(value, 'it ends with an error of its own')
}

/** Functions that jq itself defines by others. */
const DEFINED = `
def map(f): [.[] | f];
def map_values(f): _with_values(f);
def recurse(f): def r: ., (f | r); r;
def recurse(f; cond): def r: ., (f | select(cond) | r); r;
def paths: path(..) | select(length > 0);
def paths(f): paths as $p | select(getpath($p) | f) | $p;
def leaf_paths: paths(scalars);
def first: .[0];
def last: .[-1];
def nth($n): .[$n];
def until(cond; update): def _until: if cond then . else (update | _until) end; _until;
def while(cond; update): def _while: if cond then ., (update | _while) else empty end; _while;
def repeat(f): def _repeat: ., (f | _repeat); _repeat;
def isempty(g): first((g | false), true);
def add(f): reduce f as $x (null; . + $x);
def walk(f): def w: if type == "object" then _with_values(w) elif type == "array" then map(w) else . end | f; w;
`

/** `map_values` for maps and lists alike: what `f` gives nothing for goes. */
function withValues({ machine, args, scope, input, emit }: BuiltinCall): void {
  const { value } = input
  const one = (member: Json): Json[] => machine.values(args[0] as Filter, scope, member).slice(0, 1)
  if (isList(value)) return emit(made(value.flatMap(one)))
  if (!isMap(value)) throw wrong`cannot iterate over ${describe(value)}`
  emit(
    made(mapOf(namesOf(value).flatMap((name) => one(value[name] as Json).map((made): [string, Json] => [name, made])))),
  )
}

function definitionsIn(source: string): [string, Builtin][] {
  const parsed = parseJq(`${source} .`)
  if ('error' in parsed) throw new Error(parsed.error)
  const found: [string, Builtin][] = []
  for (let at = parsed.filter; at.op === 'define'; at = at.rest)
    found.push([`${at.name}/${at.params.length}`, { params: at.params, body: at.body }])
  return found
}

export const BUILTINS: ReadonlyMap<string, Builtin> = new Map([
  ...NATIVE,
  ['_with_values/1', withValues] as const,
  ...definitionsIn(DEFINED),
])
