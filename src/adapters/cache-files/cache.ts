import { join } from 'node:path'
import type { KubeObject } from '../../core/kube/index.ts'
import type { BodyCache } from '../../ports/body-cache.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { byteLru } from './byte-lru.ts'
import { decode, encode } from './codec.ts'
import { disk } from './disk.ts'
import { sweep } from './sweep.ts'
import { type WriteBehind, writeBehind } from './write-behind.ts'

const MB = 1_000_000

export interface FileCacheOptions {
  /** Bodies go into its folder `bodies` (0700, files 0600). */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  /** Bounds in bytes of JSON text; defaults 24 MB of memory, 16 MB for bodies placed in memory, 512 MB on disk. */
  readonly memoryBytes?: number
  readonly pinnedBytes?: number
  readonly diskBytes?: number
}

export interface FileCache extends BodyCache {
  /** Resolves when everything put so far is on disk or given up. */
  idle(): Promise<void>
}

/** Parsed bodies at hand; each takes about 1.6 times its JSON text, so only the busiest few are kept that way. */
const PARSED_BYTES = 4 * MB
const WAITING_BYTES = 16 * MB

/** Sweeps after start-up and whenever a sixteenth of the bound was written since. One at a time. */
function sweeper(
  root: string,
  options: { bound: number; clock: Clock },
): { written(bytes: number): void; idle(): Promise<void> } {
  let since = Number.POSITIVE_INFINITY
  let running: Promise<void> | null = null
  return {
    written: (bytes) => {
      since += bytes
      if (running || since < options.bound / 16) return
      since = 0
      running = sweep(root, { bound: options.bound, now: options.clock.now() }).finally(() => {
        running = null
      })
    },
    idle: async () => {
      await running
    },
  }
}

/** Says once that the disk gives trouble, and again only after it was fine in between. */
function troubleTeller(root: string, log: Log): { trouble(error: unknown): void; fine(): void } {
  let isTold = false
  return {
    fine: () => {
      isTold = false
    },
    trouble: (error) => {
      if (!isTold) log.warn({ directory: root, error }, 'the cache cannot be written; Holdfast goes on without it')
      isTold = true
    },
  }
}

interface Files {
  read(key: string): string | undefined
  readonly waiting: WriteBehind
  remove(key: string): void
  idle(): Promise<void>
}

/** The disk with its queue of writes and its sweeps. */
function filesOf({ directory, diskBytes, clock, log }: FileCacheOptions): Files {
  const root = join(directory, 'bodies')
  const files = disk(root)
  const swept = sweeper(root, { bound: diskBytes ?? 512 * MB, clock })
  const told = troubleTeller(root, log)
  const waiting = writeBehind({
    disk: files,
    bound: WAITING_BYTES,
    onTrouble: told.trouble,
    onWritten: (bytes) => {
      told.fine()
      swept.written(bytes)
    },
  })
  return {
    waiting,
    read: (key) => waiting.get(key) ?? files.read(key),
    remove: (key) => {
      waiting.cancel(key)
      void files.remove(key)
    },
    idle: async () => {
      await waiting.idle()
      await swept.idle()
    },
  }
}

/**
 * Bodies as files, with the recently used ones in memory. A body that comes back is shared with other callers and must
 * not be changed. A file that is gone, cut short or altered is a miss.
 */
export function fileCache(options: FileCacheOptions): FileCache {
  const files = filesOf(options)
  const parsed = byteLru<KubeObject>(PARSED_BYTES)
  const texts = byteLru<string>(options.memoryBytes ?? 24 * MB)
  const pinned = byteLru<string>(options.pinnedBytes ?? 16 * MB)
  const fromFiles = (key: string): string | undefined => {
    const text = files.read(key)
    if (text !== undefined) texts.set(key, text, text.length)
    return text
  }
  return {
    idle: files.idle,
    get: (key) => {
      const known = parsed.get(key)
      if (known) return known
      const text = pinned.get(key) ?? texts.get(key) ?? fromFiles(key)
      if (text === undefined) return undefined
      const body = decode(text)
      if (body) parsed.set(key, body, text.length)
      return body
    },
    put: (key, body, place) => {
      const text = encode(body)
      parsed.delete(key)
      if (place === 'memory') {
        texts.delete(key)
        pinned.set(key, text, text.length)
        files.remove(key)
      } else {
        pinned.delete(key)
        // Put before, and still at hand: after a push hundreds of applications put what they had.
        if (texts.get(key) === text) return
        texts.set(key, text, text.length)
        files.waiting.add(key, text)
      }
    },
  }
}
