import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import { type Connection, connect } from './connection.ts'
import { gather } from './gather.ts'
import { journalBuffer } from './journal-buffer.ts'
import type { Answer, Argument, Method, PreExistingEntry } from './protocol.ts'
import { seenCache } from './seen-cache.ts'

const REOPEN_MS = 5_000

export interface SqliteStoreOptions {
  /** Path of the database file; it and its directory are made when missing (0600, 0700). */
  readonly file: string
  readonly clock: Clock
}

export interface SqliteStore extends Store {
  /** Opens the database now. Rejects with HF7001; every later call tries again, at most once in 5 s. */
  open(): Promise<void>
}

interface Caller {
  call<M extends Method>(method: M, argument: Argument<M>): Promise<Answer<M>>
  close(): Promise<void>
}

/** Opens on first use and again after the thread was lost, but never more often than once in 5 s. */
function reopening({ file, clock }: SqliteStoreOptions): Caller {
  let current: Connection | null = null
  let opening: Promise<Connection> | null = null
  let retryAt = Number.NEGATIVE_INFINITY
  let lastError: unknown = new HoldfastError(problem('HF7001', `The store ${file} was lost`, { file }))
  let closed = false

  const reopen = async (): Promise<Connection> => {
    retryAt = clock.monotonic() + REOPEN_MS
    try {
      current = await connect(file)
      return current
    } catch (error) {
      lastError = error
      throw error
    } finally {
      opening = null
    }
  }
  const connection = async (): Promise<Connection> => {
    if (closed) throw new HoldfastError(problem('HF7001', `The store ${file} is closed`, { file }))
    if (current?.isAlive()) return current
    if (opening === null && clock.monotonic() < retryAt) throw lastError
    opening ??= reopen()
    return opening
  }
  return {
    call: async <M extends Method>(method: M, argument: Argument<M>): Promise<Answer<M>> => {
      const open = await connection()
      return await open.call(method, argument)
    },
    close: async () => {
      closed = true
      await opening?.catch(() => null)
      await current?.close()
    },
  }
}

/**
 * The store on an embedded SQLite file. The database lives in a thread of its own; the caller's thread only copies
 * messages. `append` answers when its batch is committed: callers on a hot path do not wait for it, they watch for its
 * rejection.
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteStore {
  const thread = reopening(options)
  const seen = seenCache()
  const buffer = journalBuffer({ ...options, write: (entries) => thread.call('append', entries) })
  const begun = gather<PreExistingEntry>(options.clock, (entries) => thread.call('setPreExisting', entries))
  const askFirstSeen = async (fingerprints: readonly string[], now: string): Promise<Map<string, string>> => {
    const day = now.slice(0, 10)
    const known = new Map<string, string>()
    const unknown = new Set<string>()
    for (const fingerprint of fingerprints) {
      const first = seen.get(fingerprint, day)
      if (first === undefined) unknown.add(fingerprint)
      else known.set(fingerprint, first)
    }
    if (unknown.size === 0) return known
    for (const [fingerprint, first] of await thread.call('firstSeen', { fingerprints: [...unknown], now })) {
      known.set(fingerprint, first)
      seen.set(fingerprint, first, day)
    }
    return known
  }
  return {
    open: async () => void (await thread.call('openIntents', undefined)),
    firstSeen: askFirstSeen,
    forget: (fingerprints) => {
      for (const fingerprint of fingerprints) seen.delete(fingerprint)
      return fingerprints.length === 0 ? Promise.resolve() : thread.call('forget', fingerprints)
    },
    append: (entries) => buffer.add(entries),
    journal: async (query) => {
      await buffer.flush()
      return thread.call('journal', query)
    },
    intend: (intent) => thread.call('intend', intent),
    settle: (id) => thread.call('settle', id),
    openIntents: () => thread.call('openIntents', undefined),
    preExisting: async (app) => {
      await begun.flush()
      return new Map(await thread.call('preExisting', app))
    },
    setPreExisting: async (app, object, paths) => {
      if (paths.length > 0) await thread.call('setPreExisting', [{ app, object, paths }])
      else await begun.add({ app, object, paths })
    },
    keepDrift: (record) => thread.call('keepDrift', record),
    openDrifts: () => thread.call('openDrifts', undefined),
    drifts: (query) => thread.call('drifts', query),
    annotate: (id, note) => thread.call('annotate', { id, note }),
    lastRender: (app) => thread.call('lastRender', app),
    keepRender: (app, render) => thread.call('keepRender', { app, render }),
    close: async () => {
      await buffer.flush()
      await begun.flush()
      await thread.close()
    },
  }
}
