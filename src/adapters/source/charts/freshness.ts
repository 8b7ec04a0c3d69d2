// How old an answer is, and who asks for a newer one: one at a time, shared by all who may use its result.
import { HoldfastError, type Problem } from '../../../core/problem/index.ts'
import type { Clock } from '../../../ports/clock.ts'

interface Asking<T> {
  readonly startedAt: number
  readonly answer: Promise<T>
}

export interface Answer<T> {
  readonly value: T
  /** Epoch ms of when it was asked for. */
  readonly at: number
}

export class Freshness<T> {
  readonly #clock: Clock
  readonly #failureMs: number
  #last: Answer<T> | null = null
  #asking: Asking<Answer<T>> | null = null
  #failure: { readonly at: number; readonly problem: Problem } | null = null

  /** A failure answers for `failureMs`, or for as long as an answer would do when that is shorter. */
  constructor(clock: Clock, failureMs: number) {
    this.#clock = clock
    this.#failureMs = failureMs
  }

  get at(): number | null {
    return this.#last?.at ?? null
  }

  /** The answer, when there is one of any age. */
  get last(): Answer<T> | null {
    return this.#last
  }

  /** What was noted of an answer in an earlier life. */
  remember(answer: Answer<T>): void {
    this.#last ??= answer
  }

  async get(maxAgeMs: number, ask: () => Promise<T>): Promise<Answer<T>> {
    const now = this.#clock.now()
    const usable = (at: number): boolean => now - at <= maxAgeMs
    if (this.#last !== null && usable(this.#last.at)) return this.#last
    const asking = this.#asking
    if (asking !== null && (usable(asking.startedAt) || this.#last === null)) return asking.answer
    if (asking !== null) await asking.answer.catch(() => undefined)
    if (this.#asking !== null) return this.#asking.answer
    const failed = this.#failure
    if (failed !== null && this.#clock.now() - failed.at < Math.min(this.#failureMs, Math.max(maxAgeMs, 0)))
      throw new HoldfastError(failed.problem)
    return this.#start(ask)
  }

  #start(ask: () => Promise<T>): Promise<Answer<T>> {
    const startedAt = this.#clock.now()
    const answer = ask()
      .then(
        (value) => {
          this.#failure = null
          this.#last = { value, at: startedAt }
          return this.#last
        },
        (error: unknown) => {
          if (error instanceof HoldfastError) this.#failure = { at: this.#clock.now(), problem: error.problem }
          throw error
        },
      )
      .finally(() => {
        this.#asking = null
      })
    this.#asking = { startedAt, answer }
    return answer
  }
}
