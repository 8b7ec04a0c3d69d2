import type { RuleBook } from '../definition/index.ts'
import type { FieldPath, Json, KubeObject, ObjectRef } from '../kube/index.ts'
import type { ObjectSchema } from '../merge/index.ts'
import type { Neighbours } from './neighbours.ts'
import type { Problem } from '../problem/index.ts'

export type ChangeKind = 'changed' | 'added' | 'removed'

/** One difference seen from Git: `added` = only in live, `removed` = only in Git. */
export interface FieldChange {
  readonly path: FieldPath
  /** `formatPath(path)`: the report's path and the key of this change within its object. */
  readonly at: string
  /** RFC 6901, into live, or into desired when live lacks the path. */
  readonly pointer: string
  readonly change: ChangeKind
  readonly desired?: Json
  readonly live?: Json
  /** Of a list that is told as one (its items stand in another order): what only live has inside and nobody explains. */
  readonly within?: readonly FieldPath[]
}

/** What makes a value somebody else's, or nobody's. */
export interface Explanation {
  readonly rule: string
  readonly owner: string | null
  /** Live's value is to be left alone by every write. */
  readonly carry: boolean
  /** Another object proves that the value may be the owner's, not that nobody else wrote it. */
  readonly confidence?: 'likely'
}

/** A difference that is none, with the rule that says so. */
export interface IgnoredChange extends FieldChange {
  /** `builtin/…` or the place of the user's rule. */
  readonly rule: string
  /** Who owns the value, where the rule delegates it. */
  readonly owner: string | null
  /**
   * True when live's value is to be left alone: an apply carries it where it would else overwrite it with Git's, or, for
   * what only live has, remove it because Holdfast owns it.
   */
  readonly carry: boolean
  /** How sure the owner is, where the rule delegates. */
  readonly confidence?: 'likely'
  /** Where the value stands in desired (JSON path), when `carry`. */
  readonly jsonPath?: readonly (string | number)[]
}

export interface CompareInput {
  readonly ref: ObjectRef
  readonly desired: KubeObject
  /** What Git declares of `status`, where that is to be compared. */
  readonly declaredStatus?: Json
  readonly live: KubeObject
  readonly schema: ObjectSchema
  /** What the server itself makes of `desired`; null = not known (tables stand in). */
  readonly normalForm: KubeObject | null
  /** An earlier form that `normalForm` contradicts. */
  readonly formBefore?: KubeObject | null
  /** The user's rules, of which those hold that speak of this object. */
  readonly ignore: RuleBook
  readonly neighbours: Neighbours
  /** Names of managers that own a path, for `managedFieldsManagers` rules. */
  readonly managersOf: (path: FieldPath) => readonly string[]
  /** Bookkeeping that Holdfast wrote is gone: whoever took it may be hiding. */
  readonly emptied?: boolean
}

export interface Comparison {
  /** Sorted by path. */
  readonly fields: readonly FieldChange[]
  readonly ignored: readonly IgnoredChange[]
  /** True when the normal form is unknown and would decide: the server should be asked before anyone acts. */
  readonly doubtful: boolean
  /** HF2005: a rule of the user's that matches this object cannot be used on it. The object is held. */
  readonly brokenRule: Problem | null
  /** Kinds (`group/Kind`) of other objects that would have to be looked at to explain what is left. */
  readonly wanted: readonly string[]
}
