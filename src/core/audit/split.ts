// A stream of bytes → the text of each audit event in it, whether they stand in lines or in an EventList.
import { BACKSLASH, CLOSE_MAP, OPEN_MAP, QUOTE } from './characters.ts'

const NEWLINE = 0x0a

/** No event is longer: the API server cuts bodies out of those beyond 10 MB by default. */
const LONGEST = 16 << 20

/** Lines of a stream. What is too long to be an event is dropped up to the next line, and that is told. */
export class LineReader {
  readonly #onLine: (line: string) => void
  readonly #onTooLong: () => void
  #rest: Buffer[] = []
  #bytes = 0
  #skipping = false

  constructor(onLine: (line: string) => void, onTooLong: () => void) {
    this.#onLine = onLine
    this.#onTooLong = onTooLong
  }

  /** Bytes of a line that has not ended yet. */
  get pending(): number {
    return this.#bytes
  }

  push(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#line(chunk.subarray(start, end))
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
  }

  /** The line that comes was begun elsewhere: up to its end it is not read. */
  skip(): void {
    this.#skipping = true
  }

  /** The stream ended: what has no line end is a line as well. */
  end(): void {
    if (this.#bytes > 0) this.#line(Buffer.alloc(0))
  }

  #line(last: Buffer): void {
    const skipped = this.#skipping
    const bytes = this.#rest.length === 0 ? last : Buffer.concat([...this.#rest, last])
    this.#rest = []
    this.#bytes = 0
    this.#skipping = false
    if (!skipped && bytes.length > 0) this.#onLine(bytes.toString('utf8'))
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length
    if (this.#skipping) return
    if (this.#bytes <= LONGEST) {
      // Copied: the caller may use its buffer again.
      this.#rest.push(Buffer.from(part))
      return
    }
    this.#onTooLong()
    this.#skipping = true
    this.#rest = []
  }
}

/** Items of an `audit.k8s.io` EventList, as they come in; the whole is never in memory. */
export class EventListReader {
  readonly #onEvent: (text: string) => void
  readonly #onTooLong: () => void
  #depth = 0
  /** Where the item begins in this chunk; -1 = in none. */
  #start = -1
  #inText = false
  #escaped = false
  #parts: Buffer[] = []
  #bytes = 0
  #tooLong = false

  constructor(onEvent: (text: string) => void, onTooLong: () => void) {
    this.#onEvent = onEvent
    this.#onTooLong = onTooLong
  }

  /** True when everything that was opened was closed. */
  get isWhole(): boolean {
    return this.#depth === 0 && !this.#inText
  }

  push(chunk: Buffer): void {
    // The list itself is one deep, its items are two.
    this.#start = this.#depth >= 2 ? 0 : -1
    let at = 0
    while (at < chunk.length) at = this.#inText ? this.#throughText(chunk, at) : this.#byte(chunk, at)
    if (this.#start >= 0) this.#keep(chunk.subarray(this.#start))
  }

  #byte(chunk: Buffer, at: number): number {
    const byte = chunk[at]
    if (byte === QUOTE) this.#inText = true
    else if (byte === OPEN_MAP) this.#open(at)
    else if (byte === CLOSE_MAP) this.#close(chunk, at)
    return at + 1
  }

  #open(at: number): void {
    this.#depth += 1
    if (this.#depth === 2) this.#start = at
  }

  #close(chunk: Buffer, at: number): void {
    this.#depth -= 1
    if (this.#depth !== 1) return
    this.#emit(chunk.subarray(this.#start, at + 1))
    this.#start = -1
  }

  /** Up to the end of a text, or of the chunk. */
  #throughText(chunk: Buffer, from: number): number {
    let at = from
    if (this.#escaped) {
      this.#escaped = false
      at += 1
    }
    for (;;) {
      const quote = chunk.indexOf(QUOTE, at)
      const end = quote < 0 ? chunk.length : quote
      let backslashes = 0
      while (end - 1 - backslashes >= at && chunk[end - 1 - backslashes] === BACKSLASH) backslashes += 1
      const odd = backslashes % 2 === 1
      if (quote < 0) {
        this.#escaped = odd
        return chunk.length
      }
      at = quote + 1
      if (odd) continue
      this.#inText = false
      return at
    }
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length
    if (this.#bytes > LONGEST) {
      this.#tooLong = true
      this.#parts = []
    } else this.#parts.push(Buffer.from(part))
  }

  #emit(last: Buffer): void {
    const tooLong = this.#tooLong
    const bytes = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last])
    this.#parts = []
    this.#bytes = 0
    this.#tooLong = false
    if (tooLong) this.#onTooLong()
    // `"metadata":{}` of the list is no event.
    else if (bytes.length > 2) this.#onEvent(bytes.toString('utf8'))
  }
}
