// Audit events that wait until it is known which objects are delivered: of these alone the bodies are read.
import { isNoUse } from '../core/audit/index.ts'
import type { Clock } from '../ports/clock.ts'

/** So much is held back, in characters, for so long. */
const MOST = 16 << 20
const LONGEST_MS = 30_000
const AT_ONCE = 200

export interface HeldEventsOptions {
  readonly clock: Clock
  readonly read: (line: string) => void
  /** It is of no use, whatever is delivered. */
  readonly drop: () => void
}

export class HeldEvents {
  readonly #options: HeldEventsOptions
  /** Oldest first; null = nothing waits any more. */
  #lines: string[] | null = []
  #length = 0
  #released = false
  #timer: { cancel(): void } | null = null

  constructor(options: HeldEventsOptions) {
    this.#options = options
  }

  /** From now on nothing waits longer than that. */
  begin(): void {
    if (!this.#released) this.#timer = this.#options.clock.after(LONGEST_MS, () => this.release())
  }

  take(line: string): void {
    if (this.#lines === null) this.#options.read(line)
    else if (isNoUse(line)) this.#options.drop()
    else {
      this.#lines.push(line)
      this.#length += line.length
      // The oldest is asked after least.
      while (this.#length > MOST) this.#readOne(this.#lines)
    }
  }

  /** What waits is read, in its order and in parts; what comes in meanwhile after it. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#readOn()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #readOn(): void {
    this.stop()
    const lines = this.#lines ?? []
    for (let count = 0; count < AT_ONCE && lines.length > 0; count += 1) this.#readOne(lines)
    if (lines.length === 0) this.#lines = null
    else this.#timer = this.#options.clock.after(0, () => this.#readOn())
  }

  #readOne(lines: string[]): void {
    const line = lines.shift() ?? ''
    this.#length -= line.length
    this.#options.read(line)
  }
}
