// The write budget: a token bucket that bounds all heals of one cluster together.
import type { Clock } from '../ports/clock.ts'

export interface BucketOptions {
  readonly perSecond: number
  readonly burst: number
}

export class TokenBucket {
  readonly #clock: Clock
  readonly #options: BucketOptions
  #tokens: number
  #filledAt: number

  constructor(clock: Clock, options: BucketOptions) {
    this.#clock = clock
    this.#options = options
    this.#tokens = options.burst
    this.#filledAt = clock.monotonic()
  }

  #fill(): void {
    const now = this.#clock.monotonic()
    this.#tokens = Math.min(
      this.#options.burst,
      this.#tokens + ((now - this.#filledAt) * this.#options.perSecond) / 1_000,
    )
    this.#filledAt = now
  }

  /** Takes a token at once (undefined), or the promise of the next one. */
  take(): Promise<void> | undefined {
    this.#fill()
    this.#tokens -= 1
    if (this.#tokens >= 0) return undefined
    const waitMs = (-this.#tokens * 1_000) / this.#options.perSecond
    return new Promise((resolve) => {
      this.#clock.after(waitMs, resolve)
    })
  }
}
