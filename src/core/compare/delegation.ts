// What a delegation rule is: a path that somebody else may write, and the object that proves it.
import type { Json } from '../kube/index.ts'
import type { ChangeKind } from './types.ts'

/** What has to exist, beside the path, before a value is left to its owner. */
export type EvidenceTest =
  /** An autoscaler of this object whose bounds hold the value. */
  | { readonly is: 'autoscaler' }
  /**
   * A mutating webhook with this name, or one that ends in `.` and it, covers the pods of this object; `asked`: only those whose
   * template (in Git) or namespace carries the annotation with one of the values.
   */
  | {
      readonly is: 'injector'
      readonly hook: string
      readonly asked?: { readonly annotation: string; readonly values: readonly string[] }
    }
  /**
   * An object of this kind (`group/Kind`, served in one of `versions`) in the same namespace holds this object's name at one
   * of the paths; `ownName`: it has the same name itself, where it says nothing at those paths.
   */
  | {
      readonly is: 'named-by'
      readonly kind: string
      readonly versions: readonly string[]
      readonly at: readonly string[]
      readonly ownName?: true
    }
  /** Git itself asks for it: one of these labels or annotations stands in the declared object. */
  | { readonly is: 'declared'; readonly labels?: readonly string[]; readonly annotations?: readonly string[] }

/** How live's value must look. */
export type DelegatedValue =
  | { readonly is: 'one-of'; readonly values: readonly Json[] }
  /** An item with one of these names. */
  | { readonly is: 'item-named'; readonly names: readonly string[] }
  /** What Git declares and these members besides, nothing else. */
  | { readonly is: 'desired-plus'; readonly members: readonly string[] }
  /** What Git declares, but for members with these names, at whatever depth. */
  | { readonly is: 'same-without'; readonly members: readonly string[] }
  /** An owner reference to a controller of one of these kinds. */
  | { readonly is: 'controlled-by'; readonly kinds: readonly string[] }

export interface DelegationRule {
  readonly id: string
  /** The outside fact. */
  readonly reason: string
  /** Where the fact is documented. */
  readonly source: string
  readonly owner: string
  /** `group/Kind`, core kinds as `Kind`, `@pod` = every kind with a pod template. */
  readonly kinds: readonly string[]
  /** As in `BuiltinRule.path`. */
  readonly paths: readonly string[]
  /** Default: `added` only. */
  readonly changes?: readonly ChangeKind[]
  readonly value?: DelegatedValue
  /**
   * Globs over managers that may own the path. Nobody may, too: a name excuses nothing, but another name accuses. null =
   * ownership says nothing here.
   */
  readonly writers: readonly string[] | null
  readonly evidence: EvidenceTest
}
