import { isMap } from '../kube/index.ts'
import type { JqPath, JqStep } from './types.ts'

export type JqParse = { readonly path: JqPath } | { readonly error: string }

type Literal = string | number | boolean | null
type Token = { readonly kind: 'name' | 'string' | 'number' | 'sign'; readonly text: string; readonly at: number }

interface Tokens {
  readonly list: readonly Token[]
  position: number
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const NUMBER = /-?\d{1,15}(?:\.\d{1,15})?/y
const STRING = /"(?:[^"\\]|\\.)*"/y
const MAX_LENGTH = 4096
const SIGNS = ['==', '.', '[', ']', '(', ')', '|', '?']

class NotInSubset extends Error {}

function sticky(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function tokenAt(text: string, at: number): Token {
  const name = sticky(NAME, text, at)
  if (name !== undefined) return { kind: 'name', text: name, at }
  const string = sticky(STRING, text, at)
  if (string !== undefined) return { kind: 'string', text: string, at }
  const number = sticky(NUMBER, text, at)
  if (number !== undefined) return { kind: 'number', text: number, at }
  const sign = SIGNS.find((candidate) => text.startsWith(candidate, at))
  if (sign !== undefined) return { kind: 'sign', text: sign, at }
  const found = text.slice(at, at + 12).split(/\s/, 1)[0]
  throw new NotInSubset(`${JSON.stringify(found)} at position ${at + 1} is not supported`)
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    if (/\s/.test(text[at] ?? '')) {
      at++
      continue
    }
    const token = tokenAt(text, at)
    tokens.push(token)
    at += token.text.length
  }
  return tokens
}

function peek(tokens: Tokens): Token | undefined {
  return tokens.list[tokens.position]
}

function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === 'sign' && token.text === sign
}

function accept(tokens: Tokens, sign: string): boolean {
  if (!isSign(peek(tokens), sign)) return false
  tokens.position++
  return true
}

function unexpected(tokens: Tokens, wanted: string): NotInSubset {
  const token = peek(tokens)
  const found = token === undefined ? 'the end' : `${JSON.stringify(token.text)} at position ${token.at + 1}`
  return new NotInSubset(`${wanted} expected, found ${found}`)
}

function expect(tokens: Tokens, sign: string): void {
  if (!accept(tokens, sign)) throw unexpected(tokens, JSON.stringify(sign))
}

function unquote(text: string): string {
  if (text.includes('\\(')) throw new NotInSubset('string interpolation is not supported')
  try {
    return JSON.parse(text) as string
  } catch {
    throw new NotInSubset(`${text} is not a valid string`)
  }
}

/** The part in brackets, after `[`: nothing, a number, or a string. */
function bracket(tokens: Tokens): JqStep {
  if (accept(tokens, ']')) return { kind: 'each' }
  const token = peek(tokens)
  if (token?.kind === 'number' && Number.isSafeInteger(Number(token.text))) {
    tokens.position++
    expect(tokens, ']')
    return { kind: 'index', index: Number(token.text) }
  }
  if (token?.kind === 'string') {
    tokens.position++
    expect(tokens, ']')
    return { kind: 'field', name: unquote(token.text) }
  }
  throw unexpected(tokens, 'a number, a string or "]"')
}

function fieldAfterDot(tokens: Tokens): JqStep | undefined {
  const token = peek(tokens)
  if (token?.kind === 'name') {
    tokens.position++
    return { kind: 'field', name: token.text }
  }
  if (token?.kind === 'string') {
    tokens.position++
    return { kind: 'field', name: unquote(token.text) }
  }
  return undefined
}

/** What may follow a step: `.a`, `."x"`, `[0]`, `[]`, `?`. `?` changes nothing here: what is not there never matches. */
function suffixes(tokens: Tokens): JqStep[] {
  const steps: JqStep[] = []
  for (;;) {
    if (accept(tokens, '[')) steps.push(bracket(tokens))
    else if (accept(tokens, '?')) continue
    else if (accept(tokens, '.')) {
      const field = fieldAfterDot(tokens)
      if (field !== undefined) steps.push(field)
      else if (accept(tokens, '[')) steps.push(bracket(tokens))
      else throw unexpected(tokens, 'a field name')
    } else return steps
  }
}

/** One path: `.`, `.a.b`, `.a["x"][0][]?`. */
function pathPart(tokens: Tokens): JqStep[] {
  expect(tokens, '.')
  const first = fieldAfterDot(tokens)
  if (first !== undefined) return [first, ...suffixes(tokens)]
  return isSign(peek(tokens), '.') ? [] : suffixes(tokens)
}

const WORDS: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** The value a token stands for; undefined when it is no literal. */
function valueOf(token: Token | undefined): Literal | undefined {
  if (token?.kind === 'string') return unquote(token.text)
  if (token?.kind === 'name') return WORDS.get(token.text)
  if (token?.kind !== 'number') return undefined
  const value = Number(token.text)
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined
}

function literal(tokens: Tokens): Literal {
  const value = valueOf(peek(tokens))
  if (value === undefined) throw unexpected(tokens, 'a string, a number, true, false or null')
  tokens.position++
  return value
}

/** The part after `select`: `(.a.b == literal)`. */
function selection(tokens: Tokens): JqStep {
  expect(tokens, '(')
  const path = pathPart(tokens).map((step) => {
    if (step.kind !== 'field') throw new NotInSubset('inside select(…) only field names are supported')
    return step.name
  })
  expect(tokens, '==')
  const equals = literal(tokens)
  expect(tokens, ')')
  return { kind: 'select', path, equals }
}

function stage(tokens: Tokens): JqStep[] {
  const token = peek(tokens)
  if (token?.kind !== 'name') return pathPart(tokens)
  if (token.text !== 'select') throw new NotInSubset(`the function ${token.text} is not supported`)
  tokens.position++
  return [selection(tokens), ...suffixes(tokens)]
}

/**
 * Reads the subset of jq path expressions that ignore rules are written in: `.a.b`, `."x"`, `.["x.y/z"]`, `.a[0]`,
 * `.a[]`, `?`, `select(.a.b == literal)`, joined by `|`. Anything else is an error that says where.
 */
export function parseJqPath(text: string): JqParse {
  if (text.length > MAX_LENGTH) return { error: `it is longer than ${MAX_LENGTH} characters` }
  try {
    const tokens: Tokens = { list: tokenize(text), position: 0 }
    const path = stage(tokens)
    while (accept(tokens, '|')) path.push(...stage(tokens))
    if (peek(tokens) !== undefined) throw unexpected(tokens, '"|" or the end')
    if (!path.some((step) => step.kind !== 'select')) return { error: 'it names the whole object' }
    return { path }
  } catch (error) {
    if (error instanceof NotInSubset) return { error: error.message }
    throw error
  }
}

/** A concrete place in one object: member names and list indices. */
export type JsonPath = readonly (string | number)[]

interface Place {
  readonly path: JsonPath
  readonly value: unknown
}

function at(place: Place, step: string | number, value: unknown): Place {
  return { path: [...place.path, step], value }
}

function each(place: Place): readonly Place[] {
  if (Array.isArray(place.value)) return place.value.map((item: unknown, index) => at(place, index, item))
  if (!isMap(place.value)) return []
  return Object.entries(place.value).map(([name, value]) => at(place, name, value))
}

/** The value at `path`; null where there is nothing, as in jq. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value
  for (const name of path) current = isMap(current) && Object.hasOwn(current, name) ? current[name] : null
  return current ?? null
}

function field(place: Place, name: string): readonly Place[] {
  const { value } = place
  return isMap(value) && Object.hasOwn(value, name) ? [at(place, name, value[name])] : []
}

function item(place: Place, index: number): readonly Place[] {
  const { value } = place
  if (!Array.isArray(value)) return []
  const found = index < 0 ? value.length + index : index
  return found >= 0 && found < value.length ? [at(place, found, value[found])] : []
}

function isSelected({ value }: Place, step: Extract<JqStep, { kind: 'select' }>): boolean {
  const found = valueAt(value, step.path)
  return (typeof found === 'bigint' ? Number(found) : found) === step.equals
}

function follow(place: Place, step: JqStep): readonly Place[] {
  switch (step.kind) {
    case 'field':
      return field(place, step.name)
    case 'index':
      return item(place, step.index)
    case 'each':
      return each(place)
    case 'select':
      return isSelected(place, step) ? [place] : []
    default:
      return step satisfies never
  }
}

/**
 * Every place in `object` that one of `paths` names, as jq's `path(…)` would print them, each once. Unlike there, a
 * place that does not exist is left out, and a step into a value of the wrong type matches nothing.
 */
export function matchJqPaths(object: unknown, paths: readonly JqPath[]): readonly JsonPath[] {
  const found = new Map<string, JsonPath>()
  for (const path of paths) {
    let places: readonly Place[] = [{ path: [], value: object }]
    for (const step of path) places = places.flatMap((place) => follow(place, step))
    for (const place of places) found.set(JSON.stringify(place.path), place.path)
  }
  return [...found.values()]
}
