import { join } from 'node:path'
import type { KubeObject } from '../../core/kube/index.ts'
import type { BodyCache } from '../../ports/body-cache.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { byteLru } from './byte-lru.ts'
import { decode, encode } from './codec.ts'
import { disk } from './disk.ts'
import { sweep } from './sweep.ts'
import { writeBehind } from './write-behind.ts'

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

/**
 * Bodies as files, with the recently used ones in memory. A body that comes back is shared with other callers and must
 * not be changed. A file that is gone, cut short or altered is a miss.
 */
export function fileCache(options: FileCacheOptions): FileCache {
  const root = join(options.directory, 'bodies')
  const files = disk(root)
  const swept = sweeper(root, { bound: options.diskBytes ?? 512 * MB, clock: options.clock })
  const parsed = byteLru<KubeObject>(PARSED_BYTES)
  const texts = byteLru<string>(options.memoryBytes ?? 24 * MB)
  const pinned = byteLru<string>(options.pinnedBytes ?? 16 * MB)
  let isTroubled = false
  const waiting = writeBehind({
    disk: files,
    bound: WAITING_BYTES,
    onWritten: (bytes) => {
      isTroubled = false
      swept.written(bytes)
    },
    onTrouble: (error) => {
      if (!isTroubled)
        options.log.warn({ directory: root, error }, 'the cache cannot be written; Holdfast goes on without it')
      isTroubled = true
    },
  })
  const fromDisk = (key: string): string | undefined => {
    const text = files.read(key)
    if (text !== undefined) texts.set(key, text, text.length)
    return text
  }
  const textOf = (key: string): string | undefined =>
    pinned.get(key) ?? texts.get(key) ?? waiting.get(key) ?? fromDisk(key)
  return {
    get: (key) => {
      const known = parsed.get(key)
      if (known) return known
      const text = textOf(key)
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
        waiting.cancel(key)
        pinned.set(key, text, text.length)
        void files.remove(key)
        return
      }
      pinned.delete(key)
      texts.set(key, text, text.length)
      waiting.add(key, text)
    },
    idle: async () => {
      await waiting.idle()
      await swept.idle()
    },
  }
}
