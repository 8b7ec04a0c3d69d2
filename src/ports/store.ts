import type { DriftNote, DriftRecord } from '../core/record/index.ts'
import type { GeneratorChange, RenderPrint } from '../core/classify/index.ts'

/** One line of the heal journal. Contains no values: digests stand in for them. */
export interface JournalEntry {
  readonly time: string
  readonly app: string
  readonly object: string
  readonly action: 'create' | 'heal' | 'sync' | 'prune' | 'drift' | 'fight' | 'orphan' | 'author' | 'render'
  readonly paths: readonly string[]
  readonly actor: string
  readonly result: 'done' | 'failed' | 'started'
  readonly because: string
  readonly revision: string
  readonly durationMs: number
  readonly message: string
}

export interface Intent {
  readonly id: string
  readonly app: string
  readonly object: string
  readonly uid: string
  readonly action: 'prune'
  readonly time: string
}

export interface DriftQuery {
  readonly app?: string
  /** The beginning of an id is enough. */
  readonly id?: string
  readonly limit: number
}

/** What an application rendered to last, in digests. */
export interface KeptRender {
  readonly print: RenderPrint
  /** The same revision rendered otherwise than before. */
  readonly generator: GeneratorChange | null
  /** Of its objects: those that are not as they are rendered now, as `formatRef` prints them. */
  readonly waiting: readonly string[]
}

/** Durable state beside the cluster. Failures are HoldfastError HF7001; the caller decides whether to go on. */
export interface Store {
  /** First time each fingerprint was seen (ISO), kept over restarts; entries not touched for 30 days may be dropped. */
  firstSeen(fingerprints: readonly string[], now: string): Promise<ReadonlyMap<string, string>>
  forget(fingerprints: readonly string[]): Promise<void>
  append(entries: readonly JournalEntry[]): Promise<void>
  /** Newest first. */
  journal(query: { app?: string; action?: JournalEntry['action']; limit: number }): Promise<readonly JournalEntry[]>
  /** A durable intent must exist before a delete. */
  intend(intent: Intent): Promise<void>
  settle(id: string): Promise<void>
  openIntents(): Promise<readonly Intent[]>
  /** By object key, for each object whose enforcement has begun: the paths that were there before, as `pathKey`s. */
  preExisting(app: string): Promise<ReadonlyMap<string, readonly string[]>>
  /** Enforcement of an object begins; [] = with nothing left over from before. Replaces what was said earlier. */
  setPreExisting(app: string, objectKey: string, paths: readonly string[]): Promise<void>
  /** Writes a drift record anew; its notes stay as they are. */
  keepDrift(record: DriftRecord): Promise<void>
  openDrifts(): Promise<readonly DriftRecord[]>
  /** With their notes, those opened last first. */
  drifts(query: DriftQuery): Promise<readonly DriftRecord[]>
  annotate(id: string, note: DriftNote): Promise<void>
  /** null = nothing is known. */
  lastRender(app: string): Promise<KeptRender | null>
  /** Replaces what was kept before. */
  keepRender(app: string, render: KeptRender): Promise<void>
  close(): Promise<void>
}
