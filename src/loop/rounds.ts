// When is looked around for what no watch tells? Every few minutes, and soon after something that may have changed it.
import { toProblem } from '../core/problem/index.ts'
import type { Deps } from './deps.ts'

const SOON_MS = 2_000

export interface RoundsOptions {
  /** For the log: `orphaned resources`. */
  readonly what: string
  /** After how many ms to look again. */
  readonly look: () => Promise<number>
  readonly everyMs: number
}

export class Rounds {
  readonly #deps: Pick<Deps, 'clock' | 'log'>
  readonly #options: RoundsOptions
  #timer: { cancel(): void } | null = null
  #dueAt = Number.POSITIVE_INFINITY
  #looking = false
  #stopped = false

  constructor(deps: Pick<Deps, 'clock' | 'log'>, options: RoundsOptions) {
    this.#deps = deps
    this.#options = options
  }

  get stopped(): boolean {
    return this.#stopped
  }

  soon(): void {
    this.#wake(SOON_MS)
  }

  #wake(ms: number): void {
    const { clock } = this.#deps
    const at = clock.monotonic() + ms
    if (this.#stopped || at >= this.#dueAt) return
    this.#timer?.cancel()
    this.#dueAt = at
    this.#timer = clock.after(ms, () => void this.#look())
  }

  async #look(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY
    if (this.#looking) return this.#wake(SOON_MS)
    this.#looking = true
    const { what, look, everyMs } = this.#options
    let next = everyMs
    try {
      next = await look()
    } catch (error) {
      this.#deps.log.warn({ error: toProblem(error, 'HF5001').message }, `${what} not looked for`)
    } finally {
      this.#looking = false
      this.#wake(next)
    }
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }
}
