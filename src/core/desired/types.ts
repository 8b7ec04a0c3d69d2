import type { RuleDocument } from '../definition/index.ts'
import type { Json, KubeObject, ObjectRef } from '../kube/index.ts'
import type { Problem } from '../problem/index.ts'

/** Where a rendered object was written: file relative to the repository root, line 1-based (0 = unknown). */
export interface Origin {
  readonly file: string
  readonly line: number
  /** Which of the Application's sources; absent = the first. */
  readonly source?: number
}

export interface RenderedObject {
  readonly object: KubeObject
  readonly origin: Origin
}

export type SourceType = 'Directory' | 'Kustomize' | 'Helm' | 'Plugin'

/** What a render is made with; told where someone asks. */
export interface RenderExplanation {
  /** `version` '' = it does not say. */
  readonly tools: readonly { readonly name: string; readonly program: string; readonly version: string }[]
  /** What the tools are kept from, in words. */
  readonly isolation: string
  /** Files of the repository that set options of the source, and which. */
  readonly overrides: readonly { readonly file: string; readonly options: readonly string[] }[]
}

/** Something beyond the source's own files that a render read. */
export interface Brought {
  /** In words, without credentials: `https://host/base.git at main`. */
  readonly what: string
  /** Which state of it: a commit, a version, a digest. */
  readonly is: string
  /** Another look may find another state under the same name. */
  readonly floats: boolean
}

/** How one source was rendered. */
export interface RenderedSource {
  /** Full commit hash, or version of a chart; '' = files of this machine. */
  readonly revision: string
  readonly type: SourceType
  /** Hash of everything that the render reads: files, options, tool. */
  readonly key: string
  /** Which of the Application's sources; absent = the first. */
  readonly source?: number
  /** Files it reads, from the root of the repository; `$name/…` from that of the source with this `ref`. */
  readonly files: readonly string[]
  /** Those of them that lie in other sources' repositories, by their `ref`. */
  readonly refFiles?: readonly { readonly ref: string; readonly file: string }[]
  readonly tool: string | null
  /** Absent = nothing was looked for beyond its own files. */
  readonly brought?: readonly Brought[]
  readonly from: 'memory' | 'disk' | 'render'
  readonly tookMs: number
  readonly explanation?: RenderExplanation
}

/** What a render gave. `digest` changes exactly when the objects do. */
export interface Rendered {
  /** Of the first source; '' = files of this machine. */
  readonly revision: string
  /** Of every source, those that only lend files to others included; absent = files of this machine. */
  readonly revisions?: readonly string[]
  /** One entry per source that renders something, in their order. */
  readonly sources: readonly RenderedSource[]
  readonly objects: readonly RenderedObject[]
  readonly digest: string
  /** Files or documents that could not be read. Non-empty = the render is not complete and permits no prune. */
  readonly problems: readonly Problem[]
}

/** Per-object options from `argocd.argoproj.io/sync-options` and `compare-options`. */
export interface ObjectOptions {
  readonly prune: boolean
  readonly pruneLast: boolean
  /** False: stays when the Application is deleted with its resources. */
  readonly delete: boolean
  readonly ignoreExtraneous: boolean
  readonly validate: boolean
  /**
   * The destination namespace of CreateNamespace=true. It has to exist and to carry what is declared; whatever else live
   * has is not drift. It belongs to nobody: no tracking mark, never pruned or deleted, and several applications may
   * declare it.
   */
  readonly declaredOnly: boolean
  /** Asked for by Flux' annotations; null = nothing is left alone. */
  readonly leave: LeaveAlone | null
}

/**
 * What of an object is left alone: `additions` of others; all `differences` once it is there; `everything`, its creation
 * included.
 */
export interface LeaveAlone {
  readonly what: 'additions' | 'differences' | 'everything'
  /** The mark that says so, as the rule that is named. */
  readonly rule: string
}

export interface DesiredObject {
  readonly ref: ObjectRef
  /** Complete, as it is to be applied: namespace set, tracking marks on, stringData folded into data. */
  readonly object: KubeObject
  /** What Git declares of `status`, where the settings want it compared. It is never written. */
  readonly status?: Json
  /** What Git says where only the server writes, by place: never compared, never written. Absent = nothing. */
  readonly serverWritten?: ReadonlyMap<string, Json>
  /** Hash of `object`, and of `status`. */
  readonly digest: string
  readonly origin: Origin
  readonly wave: number
  readonly options: ObjectOptions
  /** Values of this object must not reach disk or any channel. */
  readonly secret: boolean
}

export interface DesiredSet {
  readonly revision: string
  readonly objects: readonly DesiredObject[]
  readonly problems: readonly Problem[]
  /** Ignore rules that the source declares for its own objects. */
  readonly rules: RuleDocument
  /** Objects of a kind the server does not serve (each with an HF3002 problem). They may be served later. */
  readonly unknown: readonly RenderedObject[]
  /** False when some rendered object could not be taken in, or the render was not complete: then nothing is pruned. */
  readonly complete: boolean
}
