// What every kind of source answers before anything is rendered: which files are read, by which tools, with which options.
import type { SourceDefinition, SourceSettings } from '../../../core/definition/index.ts'
import type { SourceType } from '../../../core/desired/index.ts'
import type { Problem, ProblemSubject } from '../../../core/problem/index.ts'
import type { InputFile } from '../files/input-file.ts'
import type { SourceFiles } from '../files/trees.ts'
import type { SourceLimits } from '../limits.ts'
import type { FileText } from './read-files.ts'
import type { Tool, ToolFinder } from './tools.ts'
import type { Workspace } from './workspace.ts'

export interface Directory {
  readonly id: string
  /** From the root of the source. */
  readonly path: readonly string[]
}

/** Brings what a source names beyond its own files. Everything brought is checked against the project's repositories. */
export interface Outside {
  /**
   * The files of another repository, as a kustomization names it (`https://host/org/repo//path?ref=v1`). `ref` '' = HEAD.
   * Throws HF1001, HF1002, HF1005, HF2003.
   */
  repository(url: string, ref: string): Promise<SourceFiles>
  /** One file by http or https. Throws HF1001, HF1004, HF1010, HF2003. */
  file(url: string): Promise<InputFile>
  /** A chart from a chart repository or OCI registry, as the archive that it is. `version` may be a range. Throws HF1001, HF1002, HF1005, HF2003. */
  chart(wanted: { repository: string; name: string; version: string }): Promise<InputFile & { version: string }>
}

/** A file of the repository that sets options of its source. */
export interface Override {
  readonly file: string
  /** What it says something about: `kustomize.images`. */
  readonly options: readonly string[]
}

export interface RenderContext {
  /** `.argocd-source.yaml` is already laid over it. */
  readonly source: SourceDefinition
  /** The files that say so. */
  readonly overrides: readonly Override[]
  readonly files: SourceFiles
  /** The directory that `path` names (the chart's own, for charts). */
  readonly place: Directory
  /** Where the repository begins in `files`: what paths such as `/env/prod.yaml` start from. */
  readonly top: readonly string[]
  /** Other sources by the name after `$`. */
  readonly refs: ReadonlyMap<string, SourceFiles>
  /** `ARGOCD_APP_NAME` and its like; see environmentOf. */
  readonly environment: Readonly<Record<string, string>>
  readonly app: { readonly name: string; readonly namespace: string; readonly project: string }
  readonly cluster: { readonly version: string; readonly apiVersions: readonly string[] }
  readonly settings: SourceSettings
  readonly outside: Outside
  readonly tools: ToolFinder
  readonly limits: SourceLimits
  /** Repository, revision and path for messages. */
  readonly subject: ProblemSubject
}

export interface Texts {
  readonly texts: readonly FileText[]
  /** Single files that cannot be read. */
  readonly problems: readonly Problem[]
}

export interface RenderPlan {
  readonly type: SourceType
  readonly files: readonly InputFile[]
  /** Everything else that the output follows: options, substituted variables, what is seen of the cluster. JSON. */
  readonly parts: readonly unknown[]
  readonly tools: readonly Tool[]
  readonly problems: readonly Problem[]
  /** Manifests. `files` are laid out below `work.directory` when it first is asked for; what is not among them is not there. */
  run(work: Workspace): Promise<Texts>
  /**
   * The same render with all that it might read, for when `files` turn out to be too few: when the tool fails, this plan is
   * tried before the failure is believed.
   */
  wider?(): Promise<RenderPlan>
}

/** Throws HF1002–HF1013 when nothing can be rendered; single unusable files become problems of the plan. */
export type Planner = (context: RenderContext) => Promise<RenderPlan>
