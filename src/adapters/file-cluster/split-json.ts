// Cuts JSON text into documents, and lists into their items, by counting brackets.
import { PieceBuffer, type PieceSink, type Splitter } from './pieces.ts'

/**
 * `between`: outside every document. `document`: in one, outside its items. `items`: between two items. `item`: in one.
 * `over`: nothing more is read here.
 */
type State = 'between' | 'document' | 'items' | 'item' | 'over'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LF = 0x0a
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_MAP = 0x7b
const CLOSE_MAP = 0x7d
const COMMA = 0x2c

const isSpace = (char: number): boolean => char === 0x20 || char === LF || char === 0x0d || char === 0x09

/** Characters of numbers and of `true`, `false`, `null`. */
const PLAIN = new Set([...'0123456789+-.eEtrufalsn'].map((char) => char.charCodeAt(0)))

export interface JsonSplitterOptions {
  readonly limit: number
  /** What follows is no JSON: it is handed over from the beginning of its document, with that line. */
  readonly notJson: (text: string, line: number) => void
}

/** Pieces are cut where JSON lets nothing else be; whether each is JSON is for its parser to say. */
export class JsonSplitter implements Splitter {
  readonly #sink: PieceSink
  readonly #options: JsonSplitterOptions
  readonly #piece: PieceBuffer
  #state: State = 'between'
  #line = 1
  #docLine = 1
  #itemLine = 1
  #tailLine = 1
  #depth = 0
  #inString = false
  #escaped = false
  /** The last text in the document outside its values; where it is read. */
  #key = ''
  #isKey = false
  #head: string | null = null
  #told = false
  #afterItem = false

  constructor(sink: PieceSink, options: JsonSplitterOptions) {
    this.#sink = sink
    this.#options = options
    this.#piece = new PieceBuffer(options.limit)
  }

  push(text: string): void {
    let at = 0
    let taken = 0
    while (at < text.length && this.#state !== 'over') {
      if (this.#inString) {
        at = this.#string(text, at)
        continue
      }
      const char = text.charCodeAt(at)
      if (char === LF) this.#line += 1
      const cut = this.#step(char)
      if (cut === 'refused') {
        this.#refuse(text, taken)
        return
      }
      if (cut === 'before') taken = this.#cutBefore(text, { taken, at })
      if (cut === 'after') taken = this.#cutAfter(text, { taken, at: at + 1 })
      at += 1
    }
    if (this.#state !== 'over') this.#piece.add(text.slice(taken))
  }

  end(): void {
    if (this.#state === 'between' || this.#state === 'over') return
    this.#sink.broken(this.#line, 'the text ends in the middle of a JSON document')
  }

  /** To behind the closing quote, or to the end of the text. */
  #string(text: string, from: number): number {
    let at = from
    if (this.#escaped) {
      this.#escaped = false
      at += 1
    }
    for (;;) {
      const quote = text.indexOf('"', at)
      const end = quote < 0 ? text.length : quote
      let slashes = 0
      while (end - slashes > at && text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1
      const escaped = slashes % 2 === 1
      if (quote >= 0 && escaped) {
        at = quote + 1
        continue
      }
      if (this.#isKey && this.#key.length < 16) this.#key += text.slice(from, Math.min(end, from + 16))
      this.#escaped = quote < 0 && escaped
      this.#inString = quote < 0
      return quote < 0 ? text.length : quote + 1
    }
  }

  /** Where a piece begins or ends at this character. */
  #step(char: number): 'no' | 'before' | 'after' | 'refused' {
    switch (this.#state) {
      case 'between':
        return isSpace(char) ? 'no' : char === OPEN_MAP ? 'before' : 'refused'
      case 'document':
        return this.#inDocument(char)
      case 'items':
        return this.#betweenItems(char)
      case 'item':
        return this.#inItem(char)
      case 'over':
        return 'no'
      default:
        return this.#state satisfies never
    }
  }

  #inDocument(char: number): 'no' | 'after' | 'refused' {
    if (char === QUOTE) {
      this.#inString = true
      if (this.#isKey) this.#key = ''
      return 'no'
    }
    if (this.#depth === 1 && char === OPEN_LIST && !this.#isKey && this.#key === 'items' && !this.#told) return 'after'
    if (this.#depth === 1 && (char === COMMA || char === 0x3a)) this.#isKey = char === COMMA
    return this.#bracket(char)
  }

  /** Keeps the depth; refuses what JSON has not. */
  #bracket(char: number): 'no' | 'after' | 'refused' {
    if (char === OPEN_MAP || char === OPEN_LIST) this.#depth += 1
    else if (char === CLOSE_MAP || char === CLOSE_LIST) {
      this.#depth -= 1
      if (this.#depth === (this.#state === 'item' ? 2 : 0)) return 'after'
    } else if (!isSpace(char) && char !== COMMA && char !== 0x3a && !PLAIN.has(char)) return 'refused'
    return 'no'
  }

  #betweenItems(char: number): 'no' | 'before' | 'refused' {
    if (isSpace(char)) return 'no'
    if (char === COMMA && this.#afterItem) {
      this.#afterItem = false
      return 'no'
    }
    if (char === CLOSE_LIST) return 'before'
    return this.#afterItem || char !== OPEN_MAP ? 'refused' : 'before'
  }

  #inItem(char: number): 'no' | 'after' | 'refused' {
    if (char !== QUOTE) return this.#bracket(char)
    this.#inString = true
    return 'no'
  }

  /** A document, an item, or the end of a list begins at `at`. */
  #cutBefore(text: string, { taken, at }: { taken: number; at: number }): number {
    this.#piece.take()
    if (this.#state === 'between') {
      this.#state = 'document'
      this.#docLine = this.#line
      this.#depth = 1
      this.#isKey = true
      this.#key = ''
      this.#told = false
    } else if (text.charCodeAt(at) === CLOSE_LIST) {
      this.#state = 'document'
      this.#tailLine = this.#line
      this.#depth = 1
    } else {
      this.#state = 'item'
      this.#itemLine = this.#line
      this.#depth = 3
    }
    return Math.max(taken, at)
  }

  /** A document, an item, or what stands before the items ends at `at`. */
  #cutAfter(text: string, { taken, at }: { taken: number; at: number }): number {
    this.#piece.add(text.slice(taken, at))
    const piece = this.#piece.take()
    if (this.#state === 'item') {
      this.#state = 'items'
      this.#afterItem = true
      this.#sink.item({ text: piece, line: this.#itemLine })
    } else if (this.#depth === 0) {
      this.#state = 'between'
      if (this.#told) this.#endList(piece)
      else this.#sink.document({ text: piece, line: this.#docLine })
      this.#docLine = this.#line
    } else {
      this.#state = 'items'
      this.#head = piece
      this.#told = true
      this.#afterItem = false
    }
    return at
  }

  #endList(tail: string | null): void {
    const head = this.#head
    const [docLine, tailLine] = [this.#docLine, this.#tailLine]
    const headLines = (head ?? '').split('\n').length
    this.#sink.list({
      text: head === null || tail === null ? null : head + tail,
      line: docLine,
      lineOf: (line) => (line <= headLines ? docLine + line - 1 : tailLine + line - headLines),
    })
  }

  #refuse(text: string, taken: number): void {
    const state = this.#state
    this.#state = 'over'
    const begun = this.#piece.take()
    if ((state !== 'between' && this.#told) || begun === null)
      this.#sink.broken(this.#line, 'the text goes on in a way that is no JSON; nothing behind it is read')
    else this.#options.notJson(begun + text.slice(taken), this.#docLine)
  }
}
