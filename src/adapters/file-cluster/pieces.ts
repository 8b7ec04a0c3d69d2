// What a dump is cut into. Text of pieces is bytes as Latin-1: what is kept is decoded, the rest never is.

export interface Piece {
  /** Null where the piece was longer than the limit. */
  readonly text: string | null
  /** 1-based line of the file where it begins. */
  readonly line: number
}

export interface RestOfList extends Piece {
  /** Lines of the file for lines of the text. */
  readonly lineOf: (line: number) => number
}

/** Told in the order of the file. */
export interface PieceSink {
  document(piece: Piece): void
  /** One item of a list. YAML items come with their dash. */
  item(piece: Piece): void
  /** After the items of a list: the document that held them, with `items: []` in their place. */
  list(rest: RestOfList): void
  /** The text breaks off, or goes on in a way that cannot be cut. */
  broken(line: number, reason: string): void
}

export interface Splitter {
  push(text: string): void
  end(): void
}

/** Gathers one piece from several chunks; what grows beyond the limit is let go. */
export class PieceBuffer {
  readonly #limit: number
  #parts: string[] = []
  #length = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  add(text: string): void {
    this.#length += text.length
    if (this.#length <= this.#limit) this.#parts.push(text)
    else this.#parts = []
  }

  /** As if it had grown too long. */
  spoil(): void {
    this.#parts = []
    this.#length = Number.POSITIVE_INFINITY
  }

  /** The text so far, null when it is too long; begins a new piece. */
  take(): string | null {
    const text = this.#length > this.#limit ? null : this.#parts.join('')
    this.#parts = []
    this.#length = 0
    return text
  }
}
