import type { Rendered } from '../core/desired/index.ts'
import type { SourceDefinition, SourceSettings } from '../core/definition/index.ts'

export interface Resolved {
  /** Full commit hash; the version of a chart; the digest of an OCI artifact. */
  readonly revision: string
  /** When the repository was last read successfully (epoch ms). */
  readonly fetchedAt: number
}

export interface ResolveOptions {
  /** The repository is fetched when the last fetch is older (one fetch at a time per repository, shared by all callers). */
  readonly maxAgeMs: number
  /** Ids of the keys of which one must have signed the commit; null = signatures are not asked for. */
  readonly signedBy: readonly string[] | null
  /** Whose credentials may be used: a repository Secret may name one project. */
  readonly project: string
  readonly signal?: AbortSignal
}

/** One source with the revision that `resolve` gave. */
export interface RevisedSource {
  readonly source: SourceDefinition
  readonly revision: string
}

export interface RenderRequest {
  /** All sources of the Application in their order: one may name files of another by its `ref`. */
  readonly sources: readonly RevisedSource[]
  /** What tools are told of the Application (`$ARGOCD_APP_NAME`, release name, namespace, …). */
  readonly app: { readonly name: string; readonly namespace: string; readonly project: string }
  /** Globs of repositories that remote bases may come from (`sourceRepos`); null = nobody restricts. */
  readonly sourceRepos: readonly string[] | null
  /** What tools see of the cluster: `1.35.4`, and `apps/v1`, `apps/v1/Deployment`, … */
  readonly cluster: { readonly version: string; readonly apiVersions: readonly string[] }
  readonly signal?: AbortSignal
  /** Renders anew, whatever is kept. */
  readonly fresh?: boolean
  /** How old a copy of what the sources name beyond their own files may be; absent: as old as usual. */
  readonly maxAgeMs?: number
  /** Asks for `RenderedSource.explanation`. */
  readonly explain?: boolean
  /** Who asks: an older request of the same one for other revisions is given up (HF1009). */
  readonly requester?: string
}

/** Who changed a file last, for evidence. */
export interface FileChange {
  readonly commit: string
  readonly author: string
  /** ISO. */
  readonly date: string
  readonly subject: string
  /** Which of the files that were asked for it changed; of several the first by name. */
  readonly file?: string
}

/** Git, charts and rendering. Every failure is a HoldfastError with an HF1xxx problem that names repository, revision and path. */
export interface Source {
  /** Credentials, certificates and plugins of the installation; replaces what was said before. */
  configure(settings: SourceSettings): void
  /** The commit or version that `targetRevision` names. */
  resolve(source: SourceDefinition, options: ResolveOptions): Promise<Resolved>
  /** Renders all sources at these revisions. Kept by the hashes of what the render reads. */
  render(request: RenderRequest): Promise<Rendered>
  /** The last change of any of these files (paths from the repository root) at this revision; null where there is no history. */
  lastChange(revised: RevisedSource, files: readonly string[]): Promise<FileChange | null>
  /** The text of a file of the repository at this revision; null where there is none. */
  textOf(revised: RevisedSource, file: string): Promise<string | null>
  /** Whether the source's own folder holds the same at another revision; false where the cache does not tell. */
  isSame(revised: RevisedSource, before: string, project: string): Promise<boolean>
}
