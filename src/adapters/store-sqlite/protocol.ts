import type { DriftNote, DriftRecord } from '../../core/record/index.ts'
import type { DriftQuery, Intent, JournalEntry, KeptRender } from '../../ports/store.ts'
import type { Failure } from './failure.ts'

/** What the thread that owns the database can be asked. Plain data in and out. */
export interface Engine {
  append(entries: readonly JournalEntry[]): Promise<void>
  journal(query: { app?: string; action?: JournalEntry['action']; limit: number }): Promise<readonly JournalEntry[]>
  firstSeen(query: { fingerprints: readonly string[]; now: string }): Promise<readonly (readonly [string, string])[]>
  forget(fingerprints: readonly string[]): Promise<void>
  intend(intent: Intent): Promise<void>
  settle(id: string): Promise<void>
  openIntents(): Promise<readonly Intent[]>
  preExisting(app: string): Promise<readonly (readonly [string, readonly string[]])[]>
  setPreExisting(entries: readonly PreExistingEntry[]): Promise<void>
  keepDrift(record: DriftRecord): Promise<void>
  openDrifts(): Promise<readonly DriftRecord[]>
  drifts(query: DriftQuery): Promise<readonly DriftRecord[]>
  annotate(note: { readonly id: string; readonly note: DriftNote }): Promise<void>
  lastRender(app: string): Promise<KeptRender | null>
  keepRender(kept: { readonly app: string; readonly render: KeptRender }): Promise<void>
  close(): Promise<void>
}

export interface PreExistingEntry {
  readonly app: string
  readonly object: string
  readonly paths: readonly string[]
}

export type Method = keyof Engine
export type Argument<M extends Method> = Parameters<Engine[M]>[0]
export type Answer<M extends Method> = Awaited<ReturnType<Engine[M]>>

export interface Request {
  readonly id: number
  readonly method: Method
  readonly argument: unknown
}

/** `id` 0 answers the opening of the database. */
export type Response =
  | { readonly id: number; readonly state: 'done'; readonly value: unknown }
  | { readonly id: number; readonly state: 'failed'; readonly failure: Failure }
