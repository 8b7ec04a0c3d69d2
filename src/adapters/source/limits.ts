/** Bounds on what one source may take. Times in ms, sizes in bytes. */
export interface SourceLimits {
  readonly fetchMs: number
  readonly readMs: number
  readonly renderMs: number
  /** Repositories fetched at the same time. */
  readonly fetches: number
  /** Renders at the same time. */
  readonly renders: number
  /** One file of a repository. */
  readonly fileBytes: number
  /** All files of one render. */
  readonly renderBytes: number
  readonly renderFiles: number
  /** What a render tool may print. */
  readonly outputBytes: number
  /** Memory of a render tool. */
  readonly toolMemoryBytes: number
  /** Renders kept so that a commit that does not touch them renders nothing. */
  readonly cacheBytes: number
  /** Input above this is read in a worker thread. */
  readonly inlineBytes: number
  /** A failed fetch answers for this long (or `maxAgeMs`, when that is shorter) instead of asking again. */
  readonly failureMs: number
  /** How old the copy of a repository may be that a source names beside its own. */
  readonly outsideAgeMs: number
}

const MIB = 1024 * 1024

export const SOURCE_LIMITS: SourceLimits = {
  fetchMs: 60_000,
  readMs: 30_000,
  renderMs: 60_000,
  fetches: 4,
  renders: 3,
  fileBytes: 16 * MIB,
  renderBytes: 64 * MIB,
  renderFiles: 20_000,
  outputBytes: 64 * MIB,
  toolMemoryBytes: 1024 * MIB,
  cacheBytes: 32 * MIB,
  inlineBytes: 128 * 1024,
  failureMs: 5_000,
  outsideAgeMs: 60_000,
}
