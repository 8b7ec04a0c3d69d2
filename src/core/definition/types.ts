import type { JsonMap } from '../kube/index.ts'
import type { Filter } from '../jq/index.ts'
import type { Problem } from '../problem/index.ts'
import type { SourceDefinition } from './source-types.ts'

/** `namespace/name` of the Application. */
export type AppKey = string

/** `automated` as Argo CD reads it: block present and `enabled` not false. These are permissions, never orders. */
export interface AutomatedPermissions {
  readonly enabled: boolean
  readonly prune: boolean
  readonly selfHeal: boolean
  readonly allowEmpty: boolean
}

export interface SyncOptions {
  readonly createNamespace: boolean
  readonly prune: boolean
  readonly pruneLast: boolean
  readonly applyOutOfSyncOnly: boolean
  readonly respectIgnoreDifferences: boolean
  readonly validate: boolean
  readonly skipDryRunOnMissingResource: boolean
  readonly prunePropagationPolicy: 'foreground' | 'background' | 'orphan'
}

/** A jq expression that names places. */
export interface JqPath {
  readonly text: string
  readonly filter: Filter
}

/** Why somebody left something alone, and until when that holds; '' = they do not say. */
export interface RuleNote {
  readonly owner: string
  readonly reason: string
  /** The day (YYYY-MM-DD) on which the rule has to be looked at again. */
  readonly review: string
}

/** Where a rule is written: `platform` = a ConfigMap beside the Applications, `repository` = one that the source declares. */
export type RuleOrigin = 'application' | 'argocd-cm' | 'platform' | 'repository' | 'object' | 'builtin'

/** One `ignoreDifferences` entry. Globs match group, kind, name and namespace; '' for name or namespace means any. */
export interface IgnoreRule extends RuleNote {
  /** `spec.ignoreDifferences[0]`; shipped rules are `builtin/…`. */
  readonly id: string
  readonly origin: RuleOrigin
  readonly group: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly jsonPointers: readonly (readonly string[])[]
  readonly jqPaths: readonly JqPath[]
  readonly managers: readonly string[]
  /** Set when the rule cannot be used as written: objects it matches are held. */
  readonly problem: Problem | null
}

/** A sync that someone asked for through the Application's `operation` field. */
export interface RequestedOperation {
  /** Hash of the operation as written, to tell a new request from one already taken. */
  readonly digest: string
  /** That of the first source; null = its targetRevision. */
  readonly revision: string | null
  /** By source, '' or absent = its targetRevision. [] = none is named. With one source, at most one entry. */
  readonly revisions: readonly string[]
  readonly prune: boolean
  readonly dryRun: boolean
  readonly initiatedBy: string
  /** Empty = everything. */
  readonly resources: readonly {
    readonly group: string
    readonly kind: string
    readonly namespace: string
    readonly name: string
  }[]
}

export interface RefusedOperation {
  /** As in `RequestedOperation`. */
  readonly digest: string
  readonly initiatedBy: string
  readonly problems: readonly Problem[]
}

/** What is to become of additions that were there when enforcement began; '' as manager or path means any. */
export interface TakeoverDecision {
  readonly decision: 'heal' | 'accept'
  /** The field manager that left them. */
  readonly manager: string
  /** Path text; what lies below it is meant as well. */
  readonly path: string
  /** RFC 3339; what is known to be written later was not seen by whoever decided. '' = whenever. */
  readonly asOf: string
}

export interface AppDefinition {
  readonly key: AppKey
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly project: string
  /** At least one; entries that only have a `ref` render nothing themselves. */
  readonly sources: readonly SourceDefinition[]
  /** `spec.sources` is used: the status speaks of `sources` and `revisions`. */
  readonly multiSource: boolean
  readonly destinationNamespace: string
  readonly automated: AutomatedPermissions
  readonly options: SyncOptions
  readonly managedNamespaceMetadata: {
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }
  readonly ignoreDifferences: readonly IgnoreRule[]
  /** Shipped rules that do not hold for this application. */
  readonly switchedOff: readonly string[]
  /** Destination and ignore rules as they stand in the Application, for `status.sync.comparedTo`. */
  readonly written: { readonly destination: JsonMap; readonly ignoreDifferences: readonly JsonMap[] }
  /** From `holdfast.dev/mode` on the Application; null = says nothing. */
  readonly mode: 'enforce' | 'observe' | null
  /** From `holdfast.dev/takeover`; the first that matches counts. */
  readonly takeover: readonly TakeoverDecision[]
  /** From `argocd.argoproj.io/refresh`. */
  readonly refresh: 'normal' | 'hard' | null
  /** `argocd.argoproj.io/skip-reconcile: "true"`: neither compared nor written, its status included. */
  readonly skip: boolean
  readonly operation: RequestedOperation | null
  /** An operation that asks for something unsupported: nothing of it may be run. `operation` is null then. */
  readonly refusedOperation: RefusedOperation | null
  readonly deleting: boolean
  /** What the `resources-finalizer.argocd.argoproj.io` family asks for when the Application is deleted. */
  readonly cascadeDelete: 'none' | 'foreground' | 'background'
  /** Hash of everything that decides source and behaviour (not of refresh and operation). */
  readonly digest: string
}

export interface GroupKind {
  readonly group: string
  readonly kind: string
}

/** An entry of a project's cluster-scoped lists; '' as name means any. */
export interface ClusterResource extends GroupKind {
  readonly name: string
}

/** `spec.orphanedResources` of an AppProject. */
export interface OrphanedResources {
  /** A condition says so; otherwise they are only counted. */
  readonly warn: boolean
  /** Globs; '' as kind or name means any, '' as group the core group. */
  readonly ignore: readonly ClusterResource[]
}

/** What an AppProject permits. Globs as Argo CD reads them (`*`, leading `!` denies). */
export interface ProjectDefinition {
  readonly name: string
  readonly mode: 'enforce' | 'observe' | null
  readonly sourceRepos: readonly string[]
  readonly destinations: readonly { readonly server: string; readonly name: string; readonly namespace: string }[]
  readonly clusterResourceWhitelist: readonly ClusterResource[]
  readonly clusterResourceBlacklist: readonly ClusterResource[]
  /** null = not given: every namespaced kind is allowed. */
  readonly namespaceResourceWhitelist: readonly GroupKind[] | null
  readonly namespaceResourceBlacklist: readonly GroupKind[]
  /** Whether objects in the destinations' namespaces that nobody declares are told; null = they are not. */
  readonly orphanedResources: OrphanedResources | null
  /** Ids of the GPG keys one of which must have signed the commit of every Git source; [] = no signature is demanded. */
  readonly signatureKeys: readonly string[]
}

export type TrackingMethod = 'annotation' | 'label' | 'annotation+label'

/** Installation-wide settings from `argocd-cm`. */
export interface Settings {
  readonly trackingMethod: TrackingMethod
  readonly instanceLabelKey: string
  readonly installationID: string
  /** `timeout.reconciliation` and its jitter, in milliseconds; 0 = no polling. */
  readonly reconciliationMs: number
  readonly reconciliationJitterMs: number
  /** Rules for the objects of every application, as `argocd-cm` has them. */
  readonly ignoreDifferences: readonly IgnoreRule[]
  /** Fields of custom resources that hold a type of Kubernetes' own. */
  readonly knownTypes: readonly KnownTypeField[]
  /** Whose declared `status` is compared. */
  readonly ignoreStatus: 'all' | 'crd' | 'none'
  readonly resources: ResourceFilter
}

/** `knownTypeFields`: the value at `field` of this kind is a `type` (`core/Quantity`, `core/v1/PodSpec`). */
export interface KnownTypeField extends GroupKind {
  readonly field: readonly string[]
  readonly type: string
}

/** An entry of `resource.exclusions` or `resource.inclusions`; an empty list means any. */
export interface ResourceEntry {
  readonly apiGroups: readonly string[]
  readonly kinds: readonly string[]
  readonly clusters: readonly string[]
}

/** Which kinds are worked on at all. */
export interface ResourceFilter {
  readonly exclusions: readonly ResourceEntry[]
  /** [] = all kinds that are not excluded. */
  readonly inclusions: readonly ResourceEntry[]
}

/** Either a usable definition, or the problems that say why not. A usable one may carry problems that only report. */
export interface Parsed<T> {
  readonly value: T | null
  readonly problems: readonly Problem[]
}
