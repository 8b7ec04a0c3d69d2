import type { Disk } from './disk.ts'

const PARALLEL = 4

/** Writes to disk later; what is not yet written can be read here. */
export interface WriteBehind {
  get(key: string): string | undefined
  /** Dropped when the queue is full: a cache may lose anything. */
  add(key: string, text: string): void
  cancel(key: string): void
  /** Resolves when nothing is left to write. */
  idle(): Promise<void>
}

export interface WriteBehindOptions {
  readonly disk: Disk
  /** Bytes of text that may wait. */
  readonly bound: number
  onWritten(bytes: number): void
  onTrouble(error: unknown): void
}

export function writeBehind({ disk, bound, onWritten, onTrouble }: WriteBehindOptions): WriteBehind {
  const pending = new Map<string, string>()
  const queue: string[] = []
  const running = new Set<Promise<void>>()
  let bytes = 0

  const forget = (key: string): void => {
    bytes -= pending.get(key)?.length ?? 0
    pending.delete(key)
  }
  const writeOne = async (key: string): Promise<void> => {
    const text = pending.get(key)
    if (text === undefined) return
    try {
      onWritten(await disk.write(key, text))
    } catch (error) {
      onTrouble(error)
    }
    // Cancelled while it was written: the file must not outlive that.
    if (!pending.has(key)) await disk.remove(key)
    else if (pending.get(key) === text) forget(key)
    else queue.push(key)
  }
  const work = async (): Promise<void> => {
    for (let key = queue.shift(); key !== undefined; key = queue.shift()) await writeOne(key)
  }
  const start = (): void => {
    if (running.size >= PARALLEL) return
    const worker = work().finally(() => running.delete(worker))
    running.add(worker)
  }
  return {
    get: (key) => pending.get(key),
    cancel: forget,
    add: (key, text) => {
      const isQueued = pending.has(key)
      forget(key)
      if (bytes + text.length > bound) return
      pending.set(key, text)
      bytes += text.length
      if (!isQueued) queue.push(key)
      start()
    },
    idle: async () => {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
