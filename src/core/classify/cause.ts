// What is said of a difference: who, by what means, how sure, and where it is to be mended.

export type DriftClass =
  | 'desired-configuration'
  | 'runtime-metadata'
  | 'controller-managed'
  | 'defaulting'
  | 'admission-mutation'
  | 'orphan'
  | 'missing'
  | 'delivery-failure'
  | 'unobserved'

/** `certain` comes from the audit log or our own record only; managedFields can be forged and are `likely` at best. */
export type Confidence = 'certain' | 'likely' | 'unknown'

/** `unknown`: the tool is used by people and by machines alike, and no user is known. */
export type ActorKind = 'person' | 'machine' | 'unknown'

/**
 * By what way a difference came about: someone's hand or script (`manual`), another controller, the server's own defaults,
 * a delivery that failed, a change of Git that is not brought in yet, a render that changed though Git did not.
 */
export type Mechanism = 'manual' | 'controller' | 'defaulting' | 'failure' | 'git' | 'generator' | 'unknown'

/** What moved: Git, the live state, or what is made of Git. */
export type ChangeSource = 'git' | 'live' | 'generator' | 'unknown'

/** What was used. Stable words: scripts may rely on them. */
export type Means =
  | 'kubectl'
  | 'console'
  | 'helm'
  | 'client'
  | 'pipeline'
  | 'restore'
  | 'gitops'
  | 'autoscaler'
  | 'controller'
  | 'operator'
  | 'scale'
  | 'admission'
  | 'default'
  | 'git'
  | 'left-git'
  | 'generator'
  | 'failed-sync'
  | 'unknown'

export type FixPlace = 'repository' | 'permissions' | 'ignore-rules' | 'controller-settings' | 'incident-process'

export interface Actor {
  readonly user: string | null
  readonly manager: string | null
  readonly operation: 'Apply' | 'Update' | null
  readonly subresource: string | null
  /** ISO, 1 s grain; the server moves it when the manager changes a value, not when it removes one. */
  readonly time: string | null
  readonly kind: ActorKind
  /** What follows is known from the audit log alone. */
  readonly verb?: string
  readonly groups?: readonly string[]
  /** Whom `user` acted as. */
  readonly impersonatedUser?: string
  readonly sourceIPs?: readonly string[]
  readonly userAgent?: string
}

export type EvidenceSource =
  | 'managedFields'
  | 'record'
  | 'object'
  | 'lastApplied'
  | 'ownerReference'
  | 'autoscaler'
  | 'webhook'
  | 'namespace'
  | 'git'
  | 'sync'
  | 'audit'
  | 'event'
  | 'condition'
  | 'pod'

/** One fact, in words that hold no value of a Secret. */
export interface Evidence {
  readonly source: EvidenceSource
  readonly detail: string
  readonly time: string | null
}

export interface Cause {
  readonly class: DriftClass
  readonly actor: Actor
  readonly means: Means
  /** The tool in words, e.g. `kubectl set`, `Helm outside Git: release prod/web, revision 3`; null = not known. */
  readonly tool: string | null
  readonly mechanism: Mechanism
  readonly source: ChangeSource
  /** Somebody who may write here meant it. */
  readonly intended: boolean
  readonly fixBelongsIn: FixPlace | null
  /** Was there when enforcement of the object began. */
  readonly preExisting: boolean
  /** Whom to ask. */
  readonly owner: string | null
  readonly confidence: Confidence
  readonly evidence: readonly Evidence[]
}

export const NOBODY: Actor = {
  user: null,
  manager: null,
  operation: null,
  subresource: null,
  time: null,
  kind: 'unknown',
}

/** Where a difference that came about so is to be mended. */
const FIX: Readonly<Record<Mechanism, FixPlace | null>> = {
  manual: 'permissions',
  controller: 'controller-settings',
  defaulting: 'ignore-rules',
  failure: 'repository',
  git: 'repository',
  generator: 'repository',
  unknown: 'incident-process',
}

export function fixPlaceOf(mechanism: Mechanism): FixPlace | null {
  return FIX[mechanism]
}

type Told = Pick<Cause, 'class' | 'means' | 'mechanism' | 'source'> & Partial<Cause>

/** A cause with what follows from its mechanism filled in. */
export function causeOf(told: Told): Cause {
  return {
    class: told.class,
    actor: told.actor ?? NOBODY,
    means: told.means,
    tool: told.tool ?? null,
    mechanism: told.mechanism,
    source: told.source,
    intended: told.intended ?? false,
    fixBelongsIn: told.fixBelongsIn === undefined ? fixPlaceOf(told.mechanism) : told.fixBelongsIn,
    preExisting: told.preExisting ?? false,
    owner: told.owner ?? null,
    confidence: told.confidence ?? 'unknown',
    evidence: told.evidence ?? [],
  }
}
