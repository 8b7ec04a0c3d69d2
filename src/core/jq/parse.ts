// jq's text → a filter. The language is jq's, without assignment, destructuring, modules and input.
import type { Json } from '../kube/index.ts'
import { type BinaryOperator, type Filter, IDENTITY } from './filter.ts'
import { JqSyntaxError, Scanner } from './scanner.ts'

export type JqParse = { readonly filter: Filter } | { readonly error: string }

const MAX_LENGTH = 10_000
const MAX_DEPTH = 150

interface Level {
  readonly signs: readonly string[]
  readonly assoc: 'left' | 'right' | 'none'
}

/** Loosest first; `|` and `as` bind looser than all of them. */
const LEVELS: readonly Level[] = [
  { signs: [','], assoc: 'left' },
  { signs: ['//'], assoc: 'right' },
  { signs: ['or'], assoc: 'left' },
  { signs: ['and'], assoc: 'left' },
  { signs: ['==', '!=', '<', '<=', '>', '>='], assoc: 'none' },
  { signs: ['+', '-'], assoc: 'left' },
  { signs: ['*', '/', '%'], assoc: 'left' },
]
const ASSIGNMENTS = new Set(['=', '|=', '+=', '-=', '*=', '/=', '%=', '//='])
const CONSTANTS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
])
const KEYWORDS = new Set(
  'def if then elif else end as reduce foreach try catch label import include and or __loc__'.split(' '),
)

function binary(sign: string, left: Filter, right: Filter): Filter {
  if (sign === ',') return { op: 'comma', left, right }
  if (sign === '//') return { op: 'alternative', left, right }
  if (sign === 'and' || sign === 'or') return { op: sign, left, right }
  return { op: 'binary', operator: sign as BinaryOperator, left, right }
}

const negated = (of: Filter): Filter => ({ op: 'negate', of })

/** `?` after a step forgives the step alone; after anything else all of it. */
function optional(of: Filter, what: 'step' | 'whole'): Filter {
  return what === 'step' && 'optional' in of ? { ...of, optional: true } : { op: 'try', of, handler: null }
}

class Parser {
  readonly #in: Scanner
  #depth = 0

  constructor(text: string) {
    this.#in = new Scanner(text)
  }

  program(): Filter {
    const filter = this.#pipe()
    if (!this.#in.ended) throw this.#unexpected()
    return filter
  }

  #unexpected(): JqSyntaxError {
    const sign = this.#in.sign()
    if (ASSIGNMENTS.has(sign)) return this.#in.fail(`assignment (${sign}) is not supported`)
    return this.#in.unexpected()
  }

  #pipe(): Filter {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw this.#in.fail(`nested deeper than ${MAX_DEPTH}`)
    const filter = this.#piped()
    this.#depth -= 1
    return filter
  }

  #piped(): Filter {
    const first = this.#in.peekName()
    if (first === 'def') return this.#define()
    if (first === 'label') return this.#label()
    const left = this.#level(0)
    return this.#in.accept('|') ? { op: 'pipe', left, right: this.#pipe() } : left
  }

  #define(): Filter {
    this.#in.acceptName('def')
    const name = this.#in.name()
    const params: string[] = []
    if (this.#in.accept('(')) {
      do params.push(this.#in.accept('$') ? `$${this.#in.name()}` : this.#in.name())
      while (this.#in.accept(';'))
      this.#in.expect(')')
    }
    this.#in.expect(':')
    const body = this.#pipe()
    this.#in.expect(';')
    return { op: 'define', name, params, body, rest: this.#pipe() }
  }

  #label(): Filter {
    this.#in.acceptName('label')
    const name = this.#variable()
    this.#in.expect('|')
    return { op: 'label', name, body: this.#pipe() }
  }

  #variable(): string {
    this.#in.expect('$')
    return this.#in.name()
  }

  #operator({ signs }: Level): string | undefined {
    const [first = ''] = signs
    const found = /^[a-z]/.test(first) ? this.#in.peekName() : this.#in.sign()
    if (found === '' || !signs.includes(found)) return undefined
    if (!this.#in.acceptName(found)) this.#in.accept(found)
    return found
  }

  #level(at: number): Filter {
    const level = LEVELS[at]
    if (level === undefined) return this.#unary()
    let left = this.#level(at + 1)
    for (;;) {
      const sign = this.#operator(level)
      if (sign === undefined) return left
      if (level.assoc === 'right') return binary(sign, left, this.#level(at))
      left = binary(sign, left, this.#level(at + 1))
      if (level.assoc === 'none') return left
    }
  }

  #unary(): Filter {
    if (this.#in.accept('-')) return negated(this.#unary())
    return this.#bound(this.#postfix())
  }

  /** `term as $name | body`: the body reaches as far as it can. */
  #bound(of: Filter): Filter {
    if (!this.#in.acceptName('as')) return of
    if (this.#in.sign() !== '$') throw this.#in.fail('destructuring is not supported')
    const name = this.#variable()
    this.#in.expect('|')
    return { op: 'bind', of, name, body: this.#pipe() }
  }

  #postfix(): Filter {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw this.#in.fail(`nested deeper than ${MAX_DEPTH}`)
    let isStep = this.#in.sign() === '.'
    let term = this.#term()
    for (;;) {
      const forgiven = this.#in.accept('?')
      const next = forgiven ? optional(term, isStep ? 'step' : 'whole') : this.#suffix(term)
      if (next === undefined) break
      term = next
      isStep ||= !forgiven
    }
    this.#depth -= 1
    return term
  }

  #suffix(of: Filter): Filter | undefined {
    if (this.#in.sign() === '[') return this.#bracket(of)
    if (this.#in.sign() !== '.') return undefined
    return this.#dotted(of) ?? this.#fail('a field name expected')
  }

  #fail(message: string): never {
    throw this.#in.fail(message)
  }

  /** `.name`, `."name"`, `.[…]`; undefined (the dot is taken) when nothing of it follows. */
  #dotted(of: Filter): Filter | undefined {
    const name = this.#in.dotName()
    if (name !== '') return { op: 'index', of, by: { op: 'literal', value: name }, optional: false }
    this.#in.accept('.')
    if (this.#in.atString) return { op: 'index', of, by: this.#string(null), optional: false }
    return this.#in.sign() === '[' ? this.#bracket(of) : undefined
  }

  #bracket(of: Filter): Filter {
    this.#in.expect('[')
    if (this.#in.accept(']')) return { op: 'each', of, optional: false }
    const from = this.#in.sign() === ':' ? null : this.#pipe()
    if (!this.#in.accept(':')) {
      this.#in.expect(']')
      return { op: 'index', of, by: from as Filter, optional: false }
    }
    const to = this.#in.sign() === ']' ? null : this.#pipe()
    this.#in.expect(']')
    if (from === null && to === null) throw this.#in.fail('a slice without bounds')
    return { op: 'slice', of, from, to, optional: false }
  }

  #term(): Filter {
    const number = this.#in.number()
    if (number !== undefined) return { op: 'literal', value: number }
    if (this.#in.atString) return this.#string(null)
    switch (this.#in.sign()) {
      case '..':
        this.#in.accept('..')
        return { op: 'recurse' }
      case '.':
        return this.#dot()
      case '(':
        return this.#inParentheses()
      case '[':
        return this.#array()
      case '{':
        return this.#object()
      case '$':
        return { op: 'variable', name: this.#variable() }
      case '@':
        return this.#format()
      case '-':
        return this.#unary()
      case '':
        return this.#word()
      default:
        throw this.#unexpected()
    }
  }

  #dot(): Filter {
    return this.#dotted(IDENTITY) ?? IDENTITY
  }

  #inParentheses(): Filter {
    this.#in.expect('(')
    const inner = this.#pipe()
    this.#in.expect(')')
    return inner
  }

  #array(): Filter {
    this.#in.expect('[')
    if (this.#in.accept(']')) return { op: 'array', of: null }
    const of = this.#pipe()
    this.#in.expect(']')
    return { op: 'array', of }
  }

  #format(): Filter {
    this.#in.expect('@')
    const format = this.#in.name()
    if (this.#in.atString) return this.#string(format)
    return { op: 'string', parts: [IDENTITY], format }
  }

  #string(format: string | null): Filter {
    const parts = this.#in.string(() => this.#pipe())
    if (parts.length === 0) return { op: 'literal', value: '' }
    const [only] = parts
    if (parts.length === 1 && typeof only === 'string') return { op: 'literal', value: only }
    return { op: 'string', parts, format }
  }

  #object(): Filter {
    this.#in.expect('{')
    const entries: { key: Filter; value: Filter }[] = []
    while (!this.#in.accept('}')) {
      entries.push(this.#entry())
      if (!this.#in.accept(',') && this.#in.sign() !== '}') throw this.#in.fail('"," or "}" expected')
    }
    return { op: 'object', entries }
  }

  #entry(): { key: Filter; value: Filter } {
    if (this.#in.sign() === '$') {
      const name = this.#variable()
      return { key: { op: 'literal', value: name }, value: { op: 'variable', name } }
    }
    const key: Filter =
      this.#in.sign() === '('
        ? this.#inParentheses()
        : this.#in.atString
          ? this.#string(null)
          : { op: 'literal', value: this.#in.name() }
    if (!this.#in.accept(':')) return { key, value: { op: 'index', of: IDENTITY, by: key, optional: false } }
    return { key, value: this.#objectValue() }
  }

  /** No comma: it parts the entries. */
  #objectValue(): Filter {
    const left = this.#level(1)
    return this.#in.accept('|') ? { op: 'pipe', left, right: this.#objectValue() } : left
  }

  #word(): Filter {
    const name = this.#in.peekName()
    const constant = CONSTANTS.get(name)
    if (constant !== undefined) {
      this.#in.name()
      return { op: 'literal', value: constant }
    }
    switch (name) {
      case 'if':
        return this.#if()
      case 'try':
        return this.#try()
      case 'reduce':
      case 'foreach':
        return this.#fold(name)
      case 'break':
        this.#in.name()
        return { op: 'break', name: this.#variable() }
      default:
        return this.#call(name)
    }
  }

  #if(): Filter {
    this.#in.name()
    const when = this.#pipe()
    if (!this.#in.acceptName('then')) throw this.#in.fail('"then" expected')
    const then = this.#pipe()
    if (this.#in.peekName() === 'elif') return { op: 'if', when, then, otherwise: this.#if() }
    const otherwise = this.#in.acceptName('else') ? this.#pipe() : null
    if (!this.#in.acceptName('end')) throw this.#in.fail('"end" expected')
    return { op: 'if', when, then, otherwise }
  }

  #try(): Filter {
    this.#in.name()
    const of = this.#postfix()
    return { op: 'try', of, handler: this.#in.acceptName('catch') ? this.#postfix() : null }
  }

  #fold(op: 'reduce' | 'foreach'): Filter {
    this.#in.name()
    const of = this.#in.accept('-') ? negated(this.#postfix()) : this.#postfix()
    if (!this.#in.acceptName('as')) throw this.#in.fail('"as" expected')
    if (this.#in.sign() !== '$') throw this.#in.fail('destructuring is not supported')
    const name = this.#variable()
    this.#in.expect('(')
    const start = this.#pipe()
    this.#in.expect(';')
    const update = this.#pipe()
    const extract = op === 'foreach' && this.#in.accept(';') ? this.#pipe() : null
    this.#in.expect(')')
    return { op, of, name, start, update, extract }
  }

  #call(name: string): Filter {
    if (name === '' || KEYWORDS.has(name)) throw this.#in.unexpected()
    this.#in.name()
    const args: Filter[] = []
    if (this.#in.accept('(')) {
      do args.push(this.#pipe())
      while (this.#in.accept(';'))
      this.#in.expect(')')
    }
    return { op: 'call', name, args }
  }
}

/** Reads a program; never throws. Names of functions are not looked up: see `unknownFunction`. */
export function parseJq(text: string): JqParse {
  if (text.length > MAX_LENGTH) return { error: `it is longer than ${MAX_LENGTH} characters` }
  try {
    return { filter: new Parser(text).program() }
  } catch (error) {
    if (error instanceof JqSyntaxError) return { error: error.message }
    throw error
  }
}
