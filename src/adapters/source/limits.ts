/** Bounds on what one source may take. Times in ms, sizes in bytes. */
export interface SourceLimits {
  readonly fetchMs: number
  /** The first fetch of a repository, as long as it goes on. */
  readonly mirrorMs: number
  readonly readMs: number
  readonly renderMs: number
  /** Repositories fetched at the same time. */
  readonly fetches: number
  /** On top of them, for hosts that nothing is fetched from. */
  readonly spareFetches: number
  /** Renders at the same time. */
  readonly renders: number
  /** On top of them, for repositories of which nothing is rendered. */
  readonly spareRenders: number
  /** One file of a repository. */
  readonly fileBytes: number
  /** All files of one render. */
  readonly renderBytes: number
  readonly renderFiles: number
  /** What a render tool may print. */
  readonly outputBytes: number
  /** Memory of a render tool, with all that it starts. */
  readonly toolMemoryBytes: number
  /** Processes and threads of a render tool. */
  readonly toolProcesses: number
  /** Renders kept in memory so that a commit that does not touch them renders nothing. */
  readonly cacheBytes: number
  /** Renders kept on disk, for after a restart. */
  readonly diskCacheBytes: number
  /** The index of a chart repository. */
  readonly indexBytes: number
  /** A chart or an OCI artifact, packed. Unpacked it may have `renderBytes`. */
  readonly archiveBytes: number
  /** Charts, artifacts and indexes kept on disk. */
  readonly chartCacheBytes: number
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
  mirrorMs: 600_000,
  readMs: 30_000,
  renderMs: 60_000,
  fetches: 4,
  spareFetches: 8,
  renders: 3,
  spareRenders: 1,
  fileBytes: 16 * MIB,
  renderBytes: 64 * MIB,
  renderFiles: 20_000,
  outputBytes: 64 * MIB,
  toolMemoryBytes: 1024 * MIB,
  toolProcesses: 512,
  cacheBytes: 32 * MIB,
  diskCacheBytes: 512 * MIB,
  indexBytes: 128 * MIB,
  archiveBytes: 64 * MIB,
  chartCacheBytes: 512 * MIB,
  inlineBytes: 128 * 1024,
  failureMs: 5_000,
  outsideAgeMs: 60_000,
}
