// Cuts YAML text into documents, and lists into their items, by looking at how lines begin.
import { PieceBuffer, type PieceSink, type Splitter } from './pieces.ts'

/**
 * `head`: in a document, before its items. `seek`: behind `items:`. `items`: in an item. `tail`: behind the items. `rest`:
 * what is left of the file is one piece.
 */
type State = 'head' | 'seek' | 'items' | 'tail' | 'rest'

/** A line is judged by as much as this of it. */
const PREFIX = 4_096

const KEY = /^[A-Za-z][\w.-]*:(?:[ \t\r]|$)/
const ITEMS = /^items:[ \t]*(?:#.*)?\r?$/
const DASH = /^( *)-(?:[ \t\r]|$)/
const BARE_MARKER = /^---[ \t]*(?:#.*)?\r?$/
const END_MARKER = /^\.\.\.(?:[ \t\r]|$)/
const NOTHING = /^[ \t]*(?:#.*)?\r?$/

const LF = 0x0a
const SPACE = 0x20

/** Kubernetes' reader ends a document here whatever it is in. */
const MARKER = /^---(?:[ \t\r]|$)/

/**
 * Only block lists below a plain `items:` key are cut; any other document comes as a whole. Where a line stands too far left
 * to be part of an item and is neither the next one nor a key, it stays with the item: its parser will say.
 */
export class YamlSplitter implements Splitter {
  readonly #sink: PieceSink
  readonly #piece: PieceBuffer
  #carry = ''
  #inLine = false
  /** Line that is looked at, and where the document, the item and the tail began. */
  #line: number
  #docLine: number
  #itemLine = 0
  #tailLine = 0
  #state: State = 'head'
  #cuttable = true
  #head = ''
  #indent = 0

  constructor(sink: PieceSink, options: { limit: number; line?: number }) {
    this.#sink = sink
    this.#piece = new PieceBuffer(options.limit)
    this.#line = options.line ?? 1
    this.#docLine = this.#line
  }

  push(chunk: string): void {
    this.#read(this.#carry + chunk, PREFIX)
  }

  end(): void {
    this.#read(this.#carry, 0)
    this.#endDocument()
  }

  /** Lines that are not at hand as a whole are judged only when `enough` of them is. */
  #read(text: string, enough: number): void {
    let at = this.#inLine ? this.#restOfLine(text) : 0
    let taken = 0
    while (at < text.length) {
      const end = text.indexOf('\n', at)
      if (end < 0 && text.length - at < enough) break
      if (this.#cutsAt(text, at)) {
        this.#piece.add(text.slice(taken, at))
        taken = at
        this.#cut(text.slice(at, Math.min(end < 0 ? text.length : end, at + PREFIX)))
      }
      this.#inLine = end < 0
      if (end >= 0) this.#line += 1
      at = end < 0 ? text.length : end + 1
    }
    this.#piece.add(text.slice(taken, at))
    this.#carry = text.slice(at)
  }

  #restOfLine(text: string): number {
    const end = text.indexOf('\n')
    if (end < 0) return text.length
    this.#inLine = false
    this.#line += 1
    return end + 1
  }

  /** Cheap: may something begin or end with this line? */
  #cutsAt(text: string, at: number): boolean {
    const first = text.charCodeAt(at)
    if (this.#state === 'rest' || first === LF) return false
    if (this.#state === 'seek') return true
    if (first !== SPACE) return true
    if (this.#state !== 'items' || this.#indent === 0) return false
    let spaces = 1
    while (spaces <= this.#indent && text.charCodeAt(at + spaces) === SPACE) spaces += 1
    return spaces <= this.#indent
  }

  #cut(line: string): void {
    if (MARKER.test(line)) this.#begin(line)
    else if (this.#state === 'head') this.#inHead(line)
    else if (this.#state === 'seek') this.#inSeek(line)
    else if (this.#state === 'items') this.#inItems(line)
  }

  #begin(line: string): void {
    this.#endDocument()
    this.#docLine = this.#line
    this.#cuttable = BARE_MARKER.test(line)
  }

  #inHead(line: string): void {
    if (line.startsWith('%')) this.#state = 'rest'
    else if (this.#cuttable && ITEMS.test(line)) this.#beginSeek()
    else if (!KEY.test(line) && !NOTHING.test(line)) this.#cuttable = false
  }

  #beginSeek(): void {
    const head = this.#piece.take()
    if (head === null) {
      this.#cuttable = false
      this.#piece.spoil()
      return
    }
    this.#head = head
    this.#state = 'seek'
  }

  #inSeek(line: string): void {
    if (NOTHING.test(line)) return
    const dash = DASH.exec(line)
    if (dash !== null) {
      this.#piece.take()
      this.#indent = dash[1]?.length ?? 0
      this.#itemLine = this.#line
      this.#tailLine = 0
      this.#state = 'items'
    } else this.#unseek()
  }

  /** Not a list that can be cut. */
  #unseek(): void {
    const between = this.#piece.take()
    this.#piece.add(this.#head)
    if (between === null) this.#piece.spoil()
    else this.#piece.add(between)
    this.#cuttable = false
    this.#state = 'head'
  }

  #inItems(line: string): void {
    const dash = DASH.exec(line)
    if (dash !== null && dash[1]?.length === this.#indent) {
      this.#endItem()
      this.#itemLine = this.#line
    } else if (KEY.test(line) || END_MARKER.test(line)) {
      this.#endItem()
      this.#tailLine = this.#line
      this.#state = 'tail'
    }
  }

  #endItem(): void {
    this.#sink.item({ text: this.#piece.take(), line: this.#itemLine })
  }

  #endDocument(): void {
    if (this.#state === 'seek') this.#unseek()
    if (this.#state === 'items') this.#endItem()
    if (this.#state === 'items' || this.#state === 'tail') this.#endList()
    else this.#endWhole()
    this.#state = 'head'
    this.#cuttable = true
  }

  #endWhole(): void {
    const text = this.#piece.take()
    if (text === null || text.trim() !== '') this.#sink.document({ text, line: this.#docLine })
  }

  #endList(): void {
    const tail = this.#piece.take()
    const headLines = this.#head.split('\n').length - 1
    const [docLine, tailLine] = [this.#docLine, this.#tailLine]
    this.#sink.list({
      text: tail === null ? null : `${this.#head}items: []\n${tail}`,
      line: docLine,
      lineOf: (line) => (line <= headLines + 1 ? docLine + line - 1 : tailLine + line - headLines - 2),
    })
  }
}
