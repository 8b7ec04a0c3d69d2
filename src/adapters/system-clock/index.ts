// Time of this machine.
import type { Clock } from '../../ports/clock.ts'

/** Beyond it a Node timer fires at once. */
const LONGEST_MS = 2 ** 31 - 1

function after(ms: number, run: () => void): { cancel(): void } {
  let timer: NodeJS.Timeout
  const arm = (left: number): void => {
    const step = Math.min(Math.max(left, 0), LONGEST_MS)
    timer = setTimeout(() => (left > step ? arm(left - step) : run()), step)
  }
  arm(ms)
  return { cancel: () => clearTimeout(timer) }
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now(), after }
