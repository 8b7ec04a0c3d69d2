// What is known of bringing Git's state in: what waits, what failed, what was made anew.

export interface FailedSync {
  /** ISO time at which it began: the name of a sync that did not succeed. */
  readonly id: string
  readonly revision: string
  readonly message: string
  /** Objects that the server refused, as `formatRef` prints them. */
  readonly refused: readonly { readonly object: string; readonly message: string }[]
}

/** One revision rendered otherwise than before. */
export interface GeneratorChange {
  readonly revision: string
  /** Digests of the two renders. */
  readonly before: string
  readonly now: string
  /** Objects that came out otherwise, as `formatRef` prints them. */
  readonly objects: readonly string[]
  /** What made it otherwise, as far as it can be told, in words. */
  readonly moved: readonly string[]
}

export interface Delivery {
  /** What Git declares of this object was not brought in yet. */
  readonly pending: boolean
  /** Of the declared state. */
  readonly revision: string
  /** That was brought in whole last; '' = none, or not known. */
  readonly delivered: string
  readonly failed: FailedSync | null
  readonly generator: GeneratorChange | null
}

export const NOTHING_PENDING: Delivery = {
  pending: false,
  revision: '',
  delivered: '',
  failed: null,
  generator: null,
}
