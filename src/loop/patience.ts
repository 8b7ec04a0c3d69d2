import type { Clock } from '../ports/clock.ts'

/** Whether the promise was fulfilled within the time; rejects with it. */
export async function within(clock: Clock, promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: { cancel(): void } | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = clock.after(ms, () => resolve(false))
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    timer?.cancel()
  }
}
