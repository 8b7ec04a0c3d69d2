// Where the revisions and the files of a source come from: a Git repository, a chart repository, an OCI registry.
import type { SourceDefinition } from '../../core/definition/index.ts'
import type { FileChange, Resolved, ResolveOptions } from '../../ports/source.ts'
import type { SourceFiles } from './files/trees.ts'

export interface Host {
  /** URL without credentials. */
  readonly url: string
  /** Epoch ms of the last complete read; null = never. */
  readonly fetchedAt: number | null
  /** Throws HF1001, HF1002, HF1005. */
  resolve(source: SourceDefinition, options: Omit<ResolveOptions, 'project'>): Promise<Resolved>
  /**
   * Lets `read` see the files of a revision that `resolve` gave; when the cache turns out to be damaged or gone they are
   * brought again and `read` is called once more. Throws HF1001, HF1002 and what `read` throws.
   */
  withFiles<T>(source: SourceDefinition, revision: string, read: (files: SourceFiles) => Promise<T>): Promise<T>
  /** The id of a folder at a revision, as far as the cache knows; null = it does not. Nothing is fetched for it. */
  folderId(revision: string, path: string): Promise<string | null>
  /** null where there is no history. */
  lastChange(revision: string, files: readonly string[]): Promise<FileChange | null>
  close(): void
}

/** Bounds what all hosts fetch together; by the host of the URL nobody takes all. */
export type Slot = <T>(url: string, run: () => Promise<T>) => Promise<T>
