import type { KubeObject, ObjectRef } from '../core/kube/index.ts'
import type { ObjectSchema } from '../core/merge/index.ts'

/** One kind as discovery serves it. `resource` is the plural of the URL. */
export interface KindInfo {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly resource: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly subresources: readonly string[]
}

/**
 * What the watch of one kind says. `relisted` follows every complete list: the view is whole up to that point. `key` is
 * the `refKey` of the object. A list tells only what is new or changed; an object recreated under its name (another uid)
 * is a delete and an upsert. Callbacks are synchronous; one that throws is told so as trouble.
 */
export type WatchEvent =
  | { readonly type: 'upsert'; readonly key: string; readonly object: KubeObject; readonly initial: boolean }
  | { readonly type: 'delete'; readonly key: string; readonly ref: ObjectRef; readonly uid: string }
  | { readonly type: 'relisted'; readonly resourceVersion: string; readonly count: number }
  | { readonly type: 'trouble'; readonly error: Error }

export interface WatchedKind {
  /** Resolves after the first complete list; never rejects (it keeps trying). */
  readonly ready: Promise<void>
  /** True while the view is proven whole and live (listed, and the watch heard from within the idle limit). */
  isFresh(): boolean
  /** uid and resourceVersion of every object seen, by `namespace/name`. */
  known(namespaceName: string): { readonly uid: string; readonly resourceVersion: string } | undefined
  stop(): void
}

export interface Capabilities {
  readonly version: string
  readonly apiVersions: readonly string[]
}

export type DryRunAnswer =
  | { readonly state: 'answered'; readonly object: KubeObject; readonly way: 'put' | 'create' }
  | { readonly state: 'refused'; readonly message: string }

export interface ClusterReader {
  /** e.g. `1.35` */
  readonly serverMinor: () => Promise<string>
  /** Kind of this group and version, or undefined when the server does not serve it. `refresh` asks discovery again. */
  kind(
    query: { group: string; version: string; kind: string },
    options?: { refresh?: boolean },
  ): Promise<KindInfo | undefined>
  /** What render tools are told: `1.35.4`, and `v1`, `apps/v1`, `apps/v1/Deployment`, … sorted. */
  capabilities(): Promise<Capabilities>
  schema(query: { group: string; version: string; kind: string }): Promise<ObjectSchema>
  /** Asks now whether schemas changed; returns the group-versions that did (`apps/v1`, `v1`): compare their kinds anew. */
  refreshSchemas?(): Promise<readonly string[]>
  /** The live object; null when it does not exist. Throws HoldfastError otherwise. */
  get(ref: ObjectRef): Promise<KubeObject | null>
  /** Complete list (all pages). `metadataOnly` asks for PartialObjectMetadata. */
  list(query: {
    group: string
    version: string
    kind: string
    namespace?: string
    metadataOnly?: boolean
    /** As the API server reads it: `a=b,c in (d,e)`. */
    labelSelector?: string
    /** What it refuses is dropped page by page: a list of any length then takes the memory of a page. */
    keep?: (object: KubeObject) => boolean
    /** As the API server reads it: `a.b=c,d=e`. */
    fieldSelector?: string
    /** One page of so many objects is enough. */
    atMost?: number
  }): Promise<{ items: KubeObject[]; resourceVersion: string }>
  /** Watches one kind in all namespaces (or, where that is forbidden, in `namespaces`), for ever, until stopped. */
  watch(kind: KindInfo, onEvent: (event: WatchEvent) => void, options?: { namespaces?: readonly string[] }): WatchedKind
  /** What the server would make of `desired`: dry-run PUT on the live object, else dry-run create. Changes nothing. */
  dryRun(desired: KubeObject, live: KubeObject): Promise<DryRunAnswer>
}
