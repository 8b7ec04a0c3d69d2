// Parameters as arguments of helm that hold no secret: texts go by files, since everybody on a machine sees arguments.
// Only the value's side is taken apart here; what names mean stays helm's own business.
import type { HelmOptions } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'

export interface ParameterArguments {
  /** In order; `file` is the index of a text in `texts`. */
  readonly args: readonly {
    readonly flag: string
    readonly name: string
    readonly value: string | { readonly file: number }
  }[]
  readonly texts: readonly string[]
}

interface Assignment {
  /** As it is written, with its escapes. */
  readonly name: string
  /** Text of a value, escapes resolved; or the items of a list. */
  readonly value: string | readonly string[]
}

/**
 * A comma separates assignments, so Argo CD puts a backslash before those that have none, except in what looks like a
 * list.
 */
export function escapeCommas(value: string): string {
  if (value.startsWith('{') && value.endsWith('}')) return value
  return value.replace(/(?<!\\),/g, '\\,')
}

/** Reads one argument of `--set` or `--set-string` as helm's parser reads it. */
class Reader {
  readonly #chars: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#chars = [...text]
  }

  /** null when helm would refuse the argument. */
  assignments(): readonly Assignment[] | null {
    const found: Assignment[] = []
    while (this.#at < this.#chars.length) {
      const name = this.#name()
      const value = name === null ? null : this.#value()
      if (name === null || value === null) return null
      found.push({ name, value })
    }
    return found
  }

  /** Up to `=`, escapes left as they are; null when there is none before a comma or the end. */
  #name(): string | null {
    let name = ''
    let isIndex = false
    for (let char = this.#next(); char !== null; char = this.#next()) {
      if (char === '\\') {
        name += char + (this.#next() ?? '')
        continue
      }
      if (!isIndex && char === '=') return name
      if (!isIndex && char === ',') return null
      if (char === '[') isIndex = true
      if (char === ']') isIndex = false
      name += char
    }
    return null
  }

  #value(): Assignment['value'] | null {
    if (this.#chars[this.#at] !== '{') return this.#until(',').text
    this.#at += 1
    const items: string[] = []
    for (;;) {
      const { text, end } = this.#until(',}')
      if (end === null) return null
      items.push(text)
      if (end === ',') continue
      if (this.#chars[this.#at] === ',') this.#at += 1
      return items
    }
  }

  /** A backslash takes the next character as it is; one at the end is nothing. */
  #until(stop: string): { text: string; end: string | null } {
    let text = ''
    for (let char = this.#next(); char !== null; char = this.#next()) {
      if (stop.includes(char)) return { text, end: char }
      text += char === '\\' ? (this.#next() ?? '') : char
    }
    return { text, end: null }
  }

  #next(): string | null {
    const char = this.#chars[this.#at] ?? null
    this.#at += 1
    return char
  }
}

const MAX_INT = 0x7fff_ffff_ffff_ffffn
const WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null'])

/** Whether `--set` makes a number, truth value or null of this. */
export function isTyped(text: string): boolean {
  if (WORDS.has(text.toLowerCase()) || text === '0') return true
  if (!/^[+-]?[0-9]+$/.test(text) || text.startsWith('0')) return false
  const number = BigInt(text.replace(/^\+/, ''))
  return number <= MAX_INT && number >= -MAX_INT - 1n
}

const SECRET_NAME =
  /(?:password|passwd|passphrase|pwd|pin|pincode|secret|token|api_?key|secret_?key|access_?key|credential)s?$/i
const LONG_NUMBER = /^[+-]?[0-9]{4,}$/

/** A number that is somebody's password reaches the chart as text: as a number it would stand in the arguments. */
function mayBeSeen(name: string, value: string): boolean {
  return !(LONG_NUMBER.test(value) && SECRET_NAME.test(name.replace(/\[[0-9]+\]$/, '')))
}

type Flag = '--set' | '--set-string'

class Arguments {
  readonly #args: { flag: string; name: string; value: string | { file: number } }[] = []
  readonly texts: string[] = []

  add(flag: Flag, { name, value }: Assignment): void {
    if (typeof value === 'string') this.#addText({ flag, name }, value)
    else this.#addList({ flag, name }, value)
  }

  /** Files come last in any case: helm reads all that `--set` says before them. */
  ordered(): ParameterArguments['args'] {
    const rank = (flag: string): number => ['--set', '--set-string'].indexOf(flag)
    const plain = this.#args.filter(({ flag }) => flag !== '--set-file')
    return [
      ...plain.sort((a, b) => rank(a.flag) - rank(b.flag)),
      ...this.#args.filter(({ flag }) => flag === '--set-file'),
    ]
  }

  #addText({ flag, name }: { flag: Flag; name: string }, value: string): void {
    if (value === '' || (flag === '--set' && isTyped(value) && mayBeSeen(name, value))) {
      this.#args.push({ flag, name, value })
      return
    }
    this.#args.push({ flag: '--set-file', name, value: { file: this.texts.length } })
    this.texts.push(value)
  }

  /** The list with its texts left out, and then each of them. */
  #addList({ flag, name }: { flag: Flag; name: string }, items: readonly string[]): void {
    const open = (item: string): boolean => flag === '--set' && isTyped(item) && mayBeSeen(name, item)
    this.#args.push({ flag, name, value: `{${items.map((item) => (open(item) ? item : '')).join(',')}}` })
    for (const [index, item] of items.entries()) {
      if (item !== '' && !open(item)) this.#addText({ flag: '--set-string', name: `${name}[${index}]` }, item)
    }
  }
}

function refused(name: string): HoldfastError {
  const message = `spec.source.helm.parameters: ${JSON.stringify(name)} is not the name of a value, or its list has no end`
  return new HoldfastError(problem('HF2001', message, {}, 'Write names as `a.b[0].c`, lists as `{a,b}`.'))
}

/**
 * What `--set name=value` and `--set-string name=value` would do, for all parameters. Of two with one name the last
 * counts. Throws HF2001.
 */
export function parameterArguments(parameters: HelmOptions['parameters']): ParameterArguments {
  const found = new Arguments()
  for (const flag of ['--set', '--set-string'] as const) {
    const own = parameters.filter(({ forceString }) => forceString === (flag === '--set-string'))
    for (const [name, value] of new Map(own.map((one) => [one.name, one.value]))) {
      const assignments = new Reader(`${name}=${escapeCommas(value)}`).assignments()
      if (assignments === null) throw refused(name)
      for (const assignment of assignments) found.add(flag, assignment)
    }
  }
  return { args: found.ordered(), texts: found.texts }
}
