// The imprint of JSON that is still text: one walk, and no value is made on the way.
import { BACKSLASH, CLOSE_LIST, CLOSE_MAP, COLON, COMMA, OPEN_LIST, OPEN_MAP, QUOTE, SPACE } from './characters.ts'
import { DIGEST_LENGTH, type Digester, TEXT, WORD } from './digest.ts'
import { Malformed, pastSpace, pastText, pastValue, pastWord, textAt } from './scan.ts'

/** What the server alone writes: no request changes it, and managedFields are as long as the object. */
const SERVERS_OWN: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'selfLink',
])

/** Which part of an object a map is: only of these two something is left out. */
export type Within = 'object' | 'metadata' | 'other'

const isServersOwn = (name: string, within: Within): boolean =>
  within === 'object' ? name === 'status' : within === 'metadata' && SERVERS_OWN.has(name)

const ASCII_END = 0x80

const ROOM = 64 << 10
/** More than this is not kept for the next one. */
const MOST_ROOM = 1 << 20

/** Spelled in one way only: integers of up to 15 digits, and what is no number. */
const PLAIN_WORD = /^(?:true|false|0|-?[1-9]\d{0,14})$/
const isPlainWord = (word: string): boolean => PLAIN_WORD.test(word)

const asAscii = (text: string): string =>
  text.replace(/[^\0-~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A digest between quotes and a comma behind it. */
const SCALAR_ROOM = DIGEST_LENGTH + 3
/** A character of a name is six letters at most. */
const NAME_ROOM = 6

/** Told of each member of the object itself and of its metadata, and where its value begins. */
export type OnMember = (within: Within, name: string, at: number) => void

export interface Written {
  readonly imprint: string
  /** Where the JSON ends. */
  readonly end: number
}

export class ImprintWriter {
  readonly #digester: Digester
  #out = new Uint8Array(ROOM)
  #length = 0
  #onMember: OnMember | null = null

  constructor(digester: Digester) {
    this.#digester = digester
  }

  /** Throws where no JSON begins. */
  write(text: string, from: number, within: Within, onMember: OnMember | null = null): Written {
    this.#length = 0
    this.#onMember = onMember
    const end = this.#value(text, pastSpace(text, from), within)
    const imprint = Buffer.from(this.#out.buffer, 0, this.#length).toString('latin1')
    if (this.#out.length > MOST_ROOM) this.#out = new Uint8Array(ROOM)
    return { imprint, end }
  }

  /** Whatever is written next, up to so many bytes, has room. */
  #need(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return
    const larger = new Uint8Array(Math.max(this.#out.length * 2, this.#length + bytes))
    larger.set(this.#out.subarray(0, this.#length))
    this.#out = larger
  }

  #byte(byte: number): void {
    this.#out[this.#length] = byte
    this.#length += 1
  }

  #letters(text: string): void {
    for (let at = 0; at < text.length; at += 1) this.#byte(text.charCodeAt(at))
  }

  /** Answers where it ends. */
  #value(text: string, at: number, within: Within): number {
    const code = text.charCodeAt(at)
    this.#need(SCALAR_ROOM)
    if (code === QUOTE) return this.#scalarText(text, at)
    if (code === OPEN_MAP) return this.#map(text, at, within)
    return code === OPEN_LIST ? this.#list(text, at) : this.#word(text, at)
  }

  #scalarText(text: string, from: number): number {
    const place = this.#length
    this.#out[place] = QUOTE
    let end = this.#digester.writeQuoted(this.#out, place + 1, text, from + 1)
    if (end < 0) {
      this.#digester.write(this.#out, place + 1, TEXT, textAt(text, from))
      end = pastText(text, from + 1) - 1
    }
    this.#out[place + 1 + DIGEST_LENGTH] = QUOTE
    this.#length = place + 2 + DIGEST_LENGTH
    return end + 1
  }

  #word(text: string, from: number): number {
    const end = pastWord(text, from)
    const word = text.slice(from, end)
    if (word === 'null') this.#letters(word)
    else this.#digestOf(isPlainWord(word) ? word : String(JSON.parse(word)))
    return end
  }

  #digestOf(word: string): void {
    this.#byte(QUOTE)
    this.#digester.write(this.#out, this.#length, WORD, word)
    this.#length += DIGEST_LENGTH
    this.#byte(QUOTE)
  }

  #list(text: string, from: number): number {
    this.#byte(OPEN_LIST)
    let at = pastSpace(text, from + 1)
    while (text.charCodeAt(at) !== CLOSE_LIST) {
      at = pastSpace(text, this.#value(text, at, 'other'))
      if (text.charCodeAt(at) !== COMMA) break
      this.#byte(COMMA)
      at = pastComma(text, at, CLOSE_LIST)
    }
    return this.#close(text, at, CLOSE_LIST)
  }

  #map(text: string, from: number, within: Within): number {
    this.#byte(OPEN_MAP)
    const begun = this.#length
    let at = pastSpace(text, from + 1)
    while (text.charCodeAt(at) !== CLOSE_MAP) {
      const before = this.#length
      at = pastSpace(text, this.#member(text, at, within))
      if (text.charCodeAt(at) !== COMMA) break
      if (this.#length > before) this.#byte(COMMA)
      at = pastComma(text, at, CLOSE_MAP)
    }
    // What was left out at the end leaves the comma before it.
    if (this.#length > begun && this.#out[this.#length - 1] === COMMA) this.#length -= 1
    return this.#close(text, at, CLOSE_MAP)
  }

  #close(text: string, at: number, bracket: number): number {
    if (text.charCodeAt(at) !== bracket) throw new Malformed()
    this.#need(2)
    this.#byte(bracket)
    return at + 1
  }

  #member(text: string, from: number, within: Within): number {
    if (text.charCodeAt(from) !== QUOTE) throw new Malformed()
    if (within === 'other') return this.#value(text, pastColon(text, this.#name(text, from)), 'other')
    const name = textAt(text, from)
    const at = pastColon(text, pastText(text, from + 1))
    this.#onMember?.(within, name, at)
    if (isServersOwn(name, within)) return pastValue(text, at)
    this.#name(text, from)
    return this.#value(text, at, within === 'object' && name === 'metadata' ? 'metadata' : 'other')
  }

  /** Answers where it ends, behind its quote. */
  #name(text: string, from: number): number {
    let room = this.#out.length - this.#length
    const out = this.#out
    let place = this.#length
    for (let at = from; room > 2; at += 1) {
      const code = text.charCodeAt(at)
      if (code === BACKSLASH || code >= ASCII_END || code < SPACE || Number.isNaN(code)) break
      out[place] = code
      place += 1
      room -= 1
      if (code !== QUOTE || at === from) continue
      out[place] = COLON
      this.#length = place + 1
      return at + 1
    }
    return this.#spelledName(text, from)
  }

  #spelledName(text: string, from: number): number {
    const name = JSON.stringify(textAt(text, from))
    this.#need(name.length * NAME_ROOM + 1)
    this.#letters(asAscii(name))
    this.#byte(COLON)
    return pastText(text, from + 1)
  }
}

/** Where the value of the name that ends here begins. */
function pastColon(text: string, end: number): number {
  const at = pastSpace(text, end)
  if (text.charCodeAt(at) !== COLON) throw new Malformed()
  return pastSpace(text, at + 1)
}

/** Where the next one begins: behind a comma there is one. */
function pastComma(text: string, comma: number, close: number): number {
  const at = pastSpace(text, comma + 1)
  if (text.charCodeAt(at) === close) throw new Malformed()
  return at
}
