import type { Ownership } from '../classify/index.ts'
import type { CompareInput, FieldClass, RuleIndex } from '../compare/index.ts'
import type { IgnoreRule } from '../definition/index.ts'
import type { FieldPath, ObjectRef } from '../kube/index.ts'

/** A declared object, as far as ignore rules have to do with it. */
export interface RuledObject {
  readonly ref: ObjectRef
  /** null = it is declared and not there. */
  readonly compared: {
    readonly input: Omit<CompareInput, 'ignore'>
    readonly rules: RuleIndex | undefined
    readonly ownership: Ownership
    /** Rules of Holdfast's own that hold whatever else does. */
    readonly always?: readonly IgnoreRule[]
  } | null
}

export interface Writer {
  readonly at: string
  readonly manager: string
  /** ISO; null = not told. */
  readonly time: string | null
}

/** A difference that one rule takes out of the reports. */
export interface HiddenDifference {
  readonly ref: ObjectRef
  readonly at: string
  /** The places that really differ: at `at`, or inside of it. */
  readonly places: readonly FieldPath[]
  /** Who owns these places, as far as bookkeeping tells. */
  readonly writers: readonly Writer[]
}

/** What one rule does, alone, to a set of objects. */
export interface RuleUse {
  readonly rule: IgnoreRule
  readonly objects: readonly ObjectRef[]
  /** Places that it names in them, whether they differ or not. */
  readonly fields: number
  readonly hidden: readonly HiddenDifference[]
  /** Why it cannot be used on some of them. */
  readonly errors: readonly string[]
}

export type FindingCode =
  | 'unusable'
  | 'no-path'
  | 'too-wide'
  | 'whole-map'
  | 'no-owner'
  | 'no-reason'
  | 'no-review-date'
  | 'overdue'
  | 'unscoped'
  | 'duplicate'
  | 'covered'
  | 'contradicts'
  | 'matches-nothing'
  | 'wider-than-needed'
  | 'hides-people'
  | 'without-effect'
  | 'unknown-rule'
  | 'switched-off'
  | 'too-many'

export interface Finding {
  readonly code: FindingCode
  /** `note`s are no reason to fail. */
  readonly severity: 'error' | 'warning' | 'note'
  /** Id of the rule; '' = of no single one. */
  readonly rule: string
  readonly message: string
  /** What to write instead, line by line. */
  readonly proposal: readonly string[]
}

/** Whether a class of changes would be seen on an object. */
export interface ClassSeen {
  readonly class: FieldClass
  /** What was changed in memory to find out. */
  readonly change: string
  readonly seen: boolean
  /** Nothing had to be changed: live has it, because Git declares it so, or as a difference. */
  readonly already: 'declared' | 'live' | null
  /** Rules that silence it. */
  readonly hiddenBy: readonly string[]
}
