// What a delegation rule is: a path that somebody else may write, and the object that proves it.
import type { Json } from '../kube/index.ts'
import type { ChangeKind } from './types.ts'

/** What has to exist, beside the path, before a value is left to its owner. */
export type EvidenceTest =
  /** An autoscaler of this object whose bounds hold the value. */
  | { readonly is: 'autoscaler' }
  /** A VerticalPodAutoscaler of this object that is not off and whose bounds for the container hold the value. */
  | { readonly is: 'vertical-autoscaler' }
  /**
   * A mutating webhook whose name fits one of the globs covers the pods of this object; `asked`: only those whose template (in
   * Git) or namespace carries the annotation with one of the values.
   */
  | {
      readonly is: 'injector'
      readonly hooks: readonly string[]
      readonly asked?: { readonly annotation: string; readonly values: readonly string[] }
    }
  /** A mutating webhook whose name fits one of the globs covers this very object. */
  | { readonly is: 'mutator'; readonly hooks: readonly string[] }
  /**
   * An object of this kind (`group/Kind`, served in one of `versions`) in the same namespace holds this object's name at one
   * of the paths; `ownName`: it has the same name itself, where it says nothing at those paths; `where`: it holds one of the
   * values at a path (null = nothing).
   */
  | {
      readonly is: 'named-by'
      readonly kind: string
      readonly versions: readonly string[]
      readonly at: readonly string[]
      readonly ownName?: true
      readonly where?: { readonly at: string; readonly values: readonly (string | null)[] }
    }
  /** There is an object of this kind with one of the names, in the namespace of this one or, for one without, in none. */
  | {
      readonly is: 'present'
      readonly kind: string
      readonly versions: readonly string[]
      readonly names: readonly string[]
    }
  /** The namespace of this object carries one of these annotations. */
  | { readonly is: 'namespace'; readonly annotations: readonly string[] }
  /**
   * Git itself asks for it: one of these labels or annotations (globs) stands in the declared object, one of these values at a
   * path of it, or it has one of these names; `template`: in its pod template as well.
   */
  | {
      readonly is: 'declared'
      readonly labels?: readonly string[]
      readonly annotations?: readonly string[]
      readonly values?: readonly { readonly at: readonly string[]; readonly oneOf: readonly Json[] }[]
      readonly names?: readonly string[]
      readonly template?: true
    }
  /** The kind itself: only its own controller brings it, and Git declares an object of it. */
  | { readonly is: 'own-kind' }

/** How live's value must look. */
export type DelegatedValue =
  | { readonly is: 'one-of'; readonly values: readonly Json[] }
  /** A text that fits one of these globs, or lists of only such. */
  | { readonly is: 'like'; readonly globs: readonly string[] }
  /** A map whose values all fit one of these globs. */
  | { readonly is: 'members-like'; readonly globs: readonly string[] }
  /** A number between 0 and the declared one. */
  | { readonly is: 'at-most-declared' }
  /** The declared image with another tag or digest. */
  | { readonly is: 'other-tag' }
  /** The name of the object itself. */
  | { readonly is: 'own-name' }
  /** An item whose name fits one of these globs and, where it has an image and globs for one are given, whose image does. */
  | { readonly is: 'item-named'; readonly names: readonly string[]; readonly images?: readonly string[] }
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
  /** Of a path that ends in `*`: only members whose names fit one of these globs. */
  readonly members?: readonly string[]
  /** Default: `added` only. */
  readonly changes?: readonly ChangeKind[]
  readonly value?: DelegatedValue
  /**
   * Globs over managers that may own the path. Nobody may, too: a name excuses nothing, but another name accuses. null =
   * ownership says nothing here.
   */
  readonly writers: readonly string[] | null
  /** One of them has to own it: where the owner writes through the API, a value without one is not its own. */
  readonly named?: true
  readonly evidence: EvidenceTest
}
