/** Time as data. `now` is wall clock in epoch ms; `monotonic` never goes back. */
export interface Clock {
  now(): number
  monotonic(): number
  after(ms: number, run: () => void): { cancel(): void }
}
