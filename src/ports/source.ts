import type { Rendered } from '../core/desired/index.ts'
import type { SourceDefinition } from '../core/definition/index.ts'

export interface Resolved {
  /** Full commit hash. */
  readonly revision: string
  /** When the repository was last read successfully (epoch ms). */
  readonly fetchedAt: number
}

/** Git and rendering. Every failure is a HoldfastError with an HF1xxx problem that names repository, revision and path. */
export interface Source {
  /**
   * The commit that `targetRevision` names. Fetches the repository when the last fetch is older than `maxAgeMs`
   * (one fetch at a time per repository, shared by all callers).
   */
  resolve(source: SourceDefinition, options: { maxAgeMs: number; signal?: AbortSignal }): Promise<Resolved>
  /** Renders the source at this commit. Cached by the tree hashes of what the render reads. */
  render(
    source: SourceDefinition,
    revision: string,
    options: { appName: string; signal?: AbortSignal },
  ): Promise<Rendered>
  /** Author and subject of a commit, for evidence. */
  commit(source: SourceDefinition, revision: string): Promise<{ author: string; date: string; subject: string }>
}
