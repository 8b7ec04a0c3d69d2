// Messages that somebody pushed, however many: each repository is looked at at once, then at most once a second.
import type { Clock } from '../ports/clock.ts'

const REST_MS = 1_000

interface Rest {
  timer: { cancel(): void }
  again: boolean
}

export class PushHints {
  readonly #clock: Clock
  readonly #look: (place: string) => void
  readonly #resting = new Map<string, Rest>()

  constructor(clock: Clock, look: (place: string) => void) {
    this.#clock = clock
    this.#look = look
  }

  /** No message is lost: one that comes during the rest is followed when the rest ends. */
  tell(place: string): void {
    const resting = this.#resting.get(place)
    if (resting !== undefined) {
      resting.again = true
      return
    }
    this.#resting.set(place, { again: false, timer: this.#clock.after(REST_MS, () => this.#rested(place)) })
    this.#look(place)
  }

  #rested(place: string): void {
    const again = this.#resting.get(place)?.again === true
    this.#resting.delete(place)
    if (again) this.tell(place)
  }

  stop(): void {
    for (const { timer } of this.#resting.values()) timer.cancel()
    this.#resting.clear()
  }
}
