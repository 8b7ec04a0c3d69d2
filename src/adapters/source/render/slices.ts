import { setImmediate as nextTurn } from 'node:timers/promises'

/** Longest stretch of work between two turns of the event loop. */
const SLICE_MS = 4

/**
 * Does `work` for each item, letting the event loop turn in between, so that nothing else waits for all of them. `now` in
 * milliseconds.
 */
export async function inSlices<T, R>(
  items: readonly T[],
  work: (item: T) => R,
  now: () => number = () => performance.now(),
): Promise<R[]> {
  const results: R[] = []
  let sliceStart = now()
  for (const item of items) {
    results.push(work(item))
    if (now() - sliceStart < SLICE_MS) continue
    await nextTurn()
    sliceStart = now()
  }
  return results
}
