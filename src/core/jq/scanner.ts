// A jq program's text, read from left to right.

/** The text is no program of the supported language; the message says where. */
export class JqSyntaxError extends Error {}

const SPACE = /(?:\s|#[^\n]*)*/y
const NAME = /[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*/y
const DOT_NAME = /\.[A-Za-z_][A-Za-z0-9_]*/y
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const SIGNS = ['?//', '//=', '|=', '+=', '-=', '*=', '/=', '%=', '==', '!=', '<=', '>=', '//', '..']

export class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#skip()
  }

  get ended(): boolean {
    return this.#at >= this.#text.length
  }

  fail(message: string): JqSyntaxError {
    const found = this.ended ? 'at the end' : `at position ${this.#at + 1}`
    return new JqSyntaxError(`${message} ${found}`)
  }

  /** What stands here should not. */
  unexpected(): JqSyntaxError {
    if (this.ended) return new JqSyntaxError('it ends too early')
    const found = this.peekName() || this.sign() || (this.#text[this.#at] ?? '')
    return new JqSyntaxError(`${JSON.stringify(found)} is not expected at position ${this.#at + 1}`)
  }

  /** The sign that stands here, '' = none: the longest that fits. */
  sign(): string {
    const long = SIGNS.find((sign) => this.#text.startsWith(sign, this.#at))
    if (long !== undefined) return long
    const one = this.#text[this.#at] ?? ''
    return /[A-Za-z0-9_"\s]/.test(one) ? '' : one
  }

  accept(sign: string): boolean {
    if (this.sign() !== sign) return false
    this.#advance(sign.length)
    return true
  }

  expect(sign: string): void {
    if (!this.accept(sign)) throw this.fail(`${JSON.stringify(sign)} expected`)
  }

  /** The name that stands here; '' = none. */
  peekName(): string {
    return this.#match(NAME)
  }

  acceptName(name: string): boolean {
    if (this.peekName() !== name) return false
    this.#advance(name.length)
    return true
  }

  name(): string {
    const name = this.peekName()
    if (name === '') throw this.fail('a name expected')
    this.#advance(name.length)
    return name
  }

  /** `.name`, without a space between; '' = it is something else that begins here. */
  dotName(): string {
    const found = this.#match(DOT_NAME)
    this.#advance(found.length)
    return found.slice(1)
  }

  number(): number | bigint | undefined {
    const text = this.#match(NUMBER)
    if (text === '') return undefined
    this.#advance(text.length)
    const number = Number(text)
    return /^\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number
  }

  get atString(): boolean {
    return this.#text[this.#at] === '"'
  }

  /** Reads a string; `inner` reads what stands in `\( … )`. Adjoining texts are one part. */
  string<T>(inner: () => T): (string | T)[] {
    const parts: (string | T)[] = []
    let text = ''
    this.#at += 1
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined) throw this.fail('a string does not end')
      this.#at += 1
      if (char === '"') break
      if (char !== '\\') text += char
      else if (this.#text[this.#at] === '(') {
        this.#advance(1)
        parts.push(text, inner())
        text = ''
        if (this.#text[this.#at] !== ')') throw this.fail('")" expected')
        this.#at += 1
      } else text += this.#escape()
    }
    this.#skip()
    return [...parts, text].filter((part) => part !== '')
  }

  #escape(): string {
    const escape = /(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
    escape.lastIndex = this.#at
    const found = escape.exec(this.#text)?.[0]
    if (found === undefined) throw this.fail('an escape that is none')
    this.#at += found.length
    return JSON.parse(`"\\${found}"`) as string
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0] ?? ''
  }

  #advance(length: number): void {
    this.#at += length
    this.#skip()
  }

  #skip(): void {
    this.#at += this.#match(SPACE).length
  }
}
