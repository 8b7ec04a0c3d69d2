// Bytes of a watch body → lines, at once and without copying more than a line.

const NEWLINE = 0x0a
/** Nothing the API server sends is near this; a longer line is not a watch. */
const LONGEST_LINE = 64 << 20

/**
 * Calls `onLine` for each complete line, synchronously; a cut line waits for its rest. `onLine` answers `stop` to drop
 * everything after it. Throws RangeError on a line without end.
 */
export class LineSplitter {
  readonly #onLine: (line: string) => 'go-on' | 'stop'
  #rest: Buffer[] = []
  #restBytes = 0

  constructor(onLine: (line: string) => 'go-on' | 'stop') {
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = this.#complete(chunk, start, end)
      start = end + 1
      if (line !== '' && this.#onLine(line) === 'stop') return
    }
    if (start === chunk.length) return
    this.#rest.push(chunk.subarray(start))
    this.#restBytes += chunk.length - start
    if (this.#restBytes > LONGEST_LINE) throw new RangeError('a line of the watch is longer than 64 MiB')
  }

  /** True when the body ended in the middle of a line. */
  get isCut(): boolean {
    return this.#restBytes > 0
  }

  #complete(chunk: Buffer, start: number, end: number): string {
    if (this.#restBytes === 0) return chunk.toString('utf8', start, end)
    const bytes = Buffer.concat([...this.#rest, chunk.subarray(start, end)])
    this.#rest = []
    this.#restBytes = 0
    return bytes.toString('utf8')
  }
}
