import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { JournalEntry } from '../../ports/store.ts'

const FLUSH_MS = 50
/** Entries per transaction and per message to the thread. */
const BATCH = 200
/** Entries not yet committed; beyond it new ones are refused, so a stuck disk cannot eat the memory. */
const CAPACITY = 5_000

interface Pending {
  readonly entries: readonly JournalEntry[]
  resolve(): void
  reject(error: unknown): void
}

export interface JournalBuffer {
  /** Resolves when all entries are committed; rejects with HF7001 when they are not or the buffer is full. */
  add(entries: readonly JournalEntry[]): Promise<void>
  /** Resolves when everything added before has been committed or refused. */
  flush(): Promise<void>
}

export interface JournalBufferOptions {
  readonly clock: Clock
  readonly file: string
  write(entries: readonly JournalEntry[]): Promise<void>
}

interface Waiting {
  /** One promise for all of them, in parts no larger than a batch. */
  push(entries: readonly JournalEntry[]): Promise<void>
  /** The oldest parts that fit into one batch; [] when nothing waits. */
  take(): readonly Pending[]
}

function waitingEntries(): Waiting {
  let pending: Pending[] = []
  const pushPart = (entries: readonly JournalEntry[]): Promise<void> =>
    new Promise((resolve, reject) => pending.push({ entries, resolve, reject }))
  return {
    push: async (entries) => {
      const parts: Promise<void>[] = []
      for (let start = 0; start < entries.length; start += BATCH)
        parts.push(pushPart(entries.slice(start, start + BATCH)))
      await Promise.all(parts)
    },
    take: () => {
      let taken = 0
      const end = pending.findIndex(({ entries }) => (taken += entries.length) > BATCH)
      const batch = end < 0 ? pending : pending.slice(0, end)
      pending = end < 0 ? [] : pending.slice(end)
      return batch
    },
  }
}

/** Gathers entries and writes them in order, one transaction per 50 ms or 200 entries. */
export function journalBuffer({ clock, file, write }: JournalBufferOptions): JournalBuffer {
  const waiting = waitingEntries()
  let size = 0
  let writing: Promise<void> | null = null
  let timer: { cancel(): void } | null = null

  const writeBatch = async (batch: readonly Pending[]): Promise<void> => {
    const entries = batch.flatMap((part) => part.entries)
    try {
      await write(entries)
      for (const part of batch) part.resolve()
    } catch (error) {
      for (const part of batch) part.reject(error)
    }
    size -= entries.length
  }
  const drain = async (): Promise<void> => {
    for (let batch = waiting.take(); batch.length > 0; batch = waiting.take()) await writeBatch(batch)
    writing = null
  }
  const flush = async (): Promise<void> => {
    timer?.cancel()
    timer = null
    // Later, never at once: `drain` ends by clearing what is assigned here.
    writing ??= Promise.resolve().then(drain)
    await writing
  }
  return {
    flush,
    add: async (entries) => {
      if (size + entries.length > CAPACITY) {
        const message = `The store ${file} is behind: ${size} journal entries wait, ${entries.length} were refused`
        throw new HoldfastError(problem('HF7001', message, { file }))
      }
      size += entries.length
      const committed = waiting.push(entries)
      if (size >= BATCH) void flush()
      else timer ??= clock.after(FLUSH_MS, () => void flush())
      await committed
    },
  }
}
