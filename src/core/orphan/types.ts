import type { ObjectRef } from '../kube/index.ts'

/** Who delivers objects and marks them. */
export type Tool = 'argocd' | 'kustomization' | 'helmrelease' | 'helm'

/** What an object's own marks say of its deliverer. Anybody can write them. */
export interface Claim {
  readonly tool: Tool
  /** As people say it: `Application web`, `Kustomization flux-system/apps`, `Helm release prod/web`. */
  readonly name: string
  /** `own`: made for this very object; `copied`: for another one; `label`: a label that charts write as well. */
  readonly mark: 'own' | 'copied' | 'label'
}

/** That an application's object was pruned. */
export interface Pruned {
  readonly app: string
  /** ISO. */
  readonly time: string
  readonly revision: string
}

/** What is known beside the objects themselves. Keys are `refKey`s, names as in `Claim`. */
export interface Deliveries {
  /** Who declares an object or has it in his inventory. */
  readonly held: ReadonlyMap<string, readonly string[]>
  /** Whose inventory has an object that Git no longer declares. */
  readonly left: ReadonlyMap<string, string>
  readonly pruned: ReadonlyMap<string, Pruned>
  /** Deliverers that are there. */
  readonly present: ReadonlySet<string>
  /** Those among them that are known by what they hold alone: a mark for them proves nothing. */
  readonly complete: ReadonlySet<string>
  /** Tools whose deliverers could not be looked at: what they mark is theirs. */
  readonly unseen: ReadonlySet<Tool>
  /** `group/Kind` of which every object of the namespaces was seen. */
  readonly surveyed: ReadonlySet<string>
}

/**
 * `left-git`: its application still has it in the inventory. `returned`: it was pruned, and somebody made it again.
 * `marked`: marked for a deliverer that neither declares it nor knows it. `copied-mark`: the mark was made for another
 * object. `deliverer-gone`: marked for one that is not there. `undeclared`: nothing says who delivers it.
 */
export type OrphanReason = 'left-git' | 'returned' | 'marked' | 'copied-mark' | 'deliverer-gone' | 'undeclared'

export interface Orphan {
  readonly ref: ObjectRef
  readonly why: OrphanReason
  /** Whom it is marked for; null = nobody. */
  readonly claimedBy: string | null
  /** ISO. */
  readonly createdAt: string | null
  /** The manager that wrote first as far as managedFields tell; they can be forged. */
  readonly writer: { readonly manager: string; readonly time: string | null } | null
  readonly pruned: Pruned | null
}
