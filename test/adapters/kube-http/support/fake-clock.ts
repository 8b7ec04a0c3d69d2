import type { Clock } from '../../../../src/ports/clock.ts'

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** Time that moves only when told to. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000
  #elapsed = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#elapsed
  }

  after(ms: number, run: () => void): { cancel(): void } {
    const timer = { at: this.#elapsed + ms, run }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  advance(ms: number): void {
    const end = this.#elapsed + ms
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.#set(due.at)
      due.run()
    }
    this.#set(end)
  }

  #set(elapsed: number): void {
    this.#now += elapsed - this.#elapsed
    this.#elapsed = elapsed
  }
}

/** Waits for real sockets, moving the given clock a little (default 20 ms) at each look. */
export async function eventually(clock: FakeClock | null, holds: () => boolean, stepMs = 20): Promise<void> {
  const deadline = performance.now() + 25_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`did not happen: ${String(holds)}`)
    await new Promise((done) => setTimeout(done, 2))
    clock?.advance(stepMs)
  }
}
