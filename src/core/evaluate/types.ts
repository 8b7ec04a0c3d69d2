import type {
  Cause,
  Concern,
  Delivery,
  FieldOwner,
  HelmRecord,
  ObjectFacts,
  Owner,
  OwnerLink,
  OwnerSources,
  Window,
} from '../classify/index.ts'
import type { FieldChange, IgnoredChange, Neighbours, RuleIndex } from '../compare/index.ts'
import type { FightState, Permissions, Verdict } from '../decide/index.ts'
import type { AppKey, OwnershipSettings, RuleBook, TakeoverDecision } from '../definition/index.ts'
import type { DesiredObject } from '../desired/index.ts'
import type { Health } from '../health/index.ts'
import type { KubeObject, ObjectRef } from '../kube/index.ts'
import type { ObjectSchema } from '../merge/index.ts'
import type { ApplyStep } from '../plan/index.ts'
import type { Problem } from '../problem/index.ts'

/** How much of something was seen. Nothing is concluded from absence unless it is `complete`. */
export type Observed<T> =
  | { readonly state: 'complete'; readonly value: T }
  | { readonly state: 'unknown'; readonly problems: readonly Problem[] }

/** What holds for a whole application while its objects are evaluated. */
export interface AppContext {
  readonly app: AppKey
  readonly revision: string
  readonly permissions: Permissions
  readonly ignore: RuleBook
  /** What was decided about additions that were there before enforcement. */
  readonly takeover?: readonly TakeoverDecision[]
  /** Key for the digests that stand in for values; one per installation. */
  readonly digestKey: string
  /** Whose fields and objects are whose, who is a person and who a machine, as the installation says. */
  readonly ownership?: OwnershipSettings
  /** Where an owner of objects may be named. */
  readonly owners?: OwnerSources
  /** What is known of bringing Git's state in; whether this object waits is said by `permissions`. */
  readonly delivery?: Delivery
}

/** What is remembered of one object. */
export interface ObjectHistory {
  /** Enforcement of this object has begun before. */
  readonly enforced: boolean
  /** Path texts of additions that were there before that. */
  readonly preExisting: ReadonlySet<string>
  readonly fights: ReadonlyMap<string, FightState>
  /** By path text: who made an addition that our own claim has since moved into our bookkeeping. */
  readonly authors: ReadonlyMap<string, Cause>
  /** ISO time by fingerprint. */
  readonly firstSeen: ReadonlyMap<string, string>
  /** The look before this one; absent = there was none that can be compared with it. */
  readonly before?: LookBefore
}

/** The object as it was last looked at, against what Git declares now. */
export interface LookBefore {
  readonly uid: string
  readonly resourceVersion: string
  /** Epoch ms. */
  readonly time: number
  /** By fingerprint, for what differed then: between which looks it came about; null = nobody knows. */
  readonly windows: ReadonlyMap<string, Window | null>
  /** Path texts of what differed, but was explained. */
  readonly explained: ReadonlySet<string>
}

export interface ObjectSnapshot {
  readonly ref: ObjectRef
  /** null = Git does not declare it (any more). */
  readonly desired: DesiredObject | null
  readonly live: Observed<KubeObject | null>
  readonly schema: ObjectSchema
  readonly normalForm: KubeObject | null
  /** An earlier answer of the server that `normalForm` contradicts: what differs between them is made anew each time. */
  readonly formBefore?: KubeObject | null
  /** `open`: the server may be asked; `refused`: it was and did not answer; `never`: it must not be asked. */
  readonly question: 'open' | 'refused' | 'never'
  /** What the server said when it refused to answer. */
  readonly refusal?: string
  readonly neighbours: Neighbours
  readonly history: ObjectHistory
  /** Another application that the live object belongs to. */
  readonly contender: AppKey | null
  /** Other tools that deliver it too, as their marks, and they themselves, say: `Kustomization flux-system/apps`. */
  readonly otherDeliverers?: readonly string[]
  /** Set on live objects that must not be pruned. */
  readonly pruneProtected: boolean
  /** Epoch ms. */
  readonly now: number
  /** What the audit log says of the object; absent = none is read. */
  readonly facts?: ObjectFacts
  /** Who made the live object, nearest first; absent = as far as the object itself tells. */
  readonly owners?: readonly OwnerLink[]
  /** Of the release that the live object names; absent = none, or not looked for. */
  readonly release?: HelmRecord
  /** Compiled shipped rules of this kind, to spare compiling them per object. */
  readonly rules?: RuleIndex
}

export interface EvaluatedField {
  readonly field: FieldChange
  readonly concern: Concern
  readonly cause: Cause
  /** Whose the field is. */
  readonly ownedBy: FieldOwner
  readonly verdict: Verdict
  /** Hash of (app, object, path, change, desired digest, live digest). */
  readonly fingerprint: string
  /** ISO. */
  readonly firstSeen: string
  /** Between which looks at the object it came about; null = it was there at the first. */
  readonly window: Window | null
}

export type SyncStatus = 'Synced' | 'OutOfSync' | 'Unknown'

export interface ObjectEvaluation {
  readonly ref: ObjectRef
  readonly status: SyncStatus
  readonly difference: 'missing' | 'extra' | 'changed' | null
  readonly fields: readonly EvaluatedField[]
  readonly ignored: readonly IgnoredChange[]
  /** Of the whole object when it is missing or extra. */
  readonly whole: { readonly cause: Cause; readonly verdict: Verdict } | null
  /** The server should be asked before this is acted on. */
  readonly question: boolean
  /** Kinds (`group/Kind`) of other objects that should be looked at before this is acted on: they may explain it. */
  readonly wanted: readonly string[]
  readonly step: ApplyStep | null
  /** May be pruned, given a permit. */
  readonly prune: boolean
  /** To be remembered: enforcement begins with these additions in place. null = nothing new. */
  readonly takeover: readonly string[] | null
  readonly health: Health | null
  /** Whom to ask; looked for only where something differs. */
  readonly owner: Owner | null
  /** MutatingWebhookConfigurations that are called for the object, as far as they are known. */
  readonly webhooks: readonly string[]
  readonly problems: readonly Problem[]
}

export interface Evaluation {
  readonly app: AppKey
  readonly status: SyncStatus
  readonly health: Health
  readonly counts: {
    readonly objects: number
    readonly inSync: number
    readonly outOfSync: number
    readonly unknown: number
    readonly fields: number
  }
  readonly objects: readonly ObjectEvaluation[]
  readonly problems: readonly Problem[]
}
