// Calls of one moment → one message to the database's thread.
import type { Clock } from '../../ports/clock.ts'

const MOMENT_MS = 20

export interface Gatherer<T> {
  /** Ends as the write of the item's batch does. */
  add(item: T): Promise<void>
  /** Writes what waits, at once. Never rejects: whoever added is told. */
  flush(): Promise<void>
}

export function gather<T>(clock: Clock, write: (items: readonly T[]) => Promise<void>): Gatherer<T> {
  let items: T[] = []
  let batch: { readonly done: Promise<void>; go(): void } | null = null
  const open = (): NonNullable<typeof batch> => {
    let go = (): void => {}
    const started = new Promise<void>((resolve) => {
      go = resolve
    })
    const timer = clock.after(MOMENT_MS, go)
    const done = started.then(() => {
      timer.cancel()
      const due = items
      items = []
      batch = null
      return write(due)
    })
    return { done, go }
  }
  return {
    add: (item) => {
      items.push(item)
      batch ??= open()
      return batch.done
    },
    flush: async () => {
      const waiting = batch
      waiting?.go()
      await waiting?.done.catch(() => undefined)
    },
  }
}
