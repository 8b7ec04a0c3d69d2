// What is to be done for one application next; wishes that arrive while it is worked on become one.
import type { RequestedOperation } from '../core/definition/index.ts'
import type { RefreshOptions } from './refresh.ts'

export interface Wish {
  /** null = the desired set in force will do. */
  readonly refresh: RefreshOptions | null
  readonly pass: boolean
  /** The sync that somebody asked for: it begins after this wish's own look at the source, and after no other. */
  readonly operation?: RequestedOperation
  /** The refresh that somebody asked for is answered when all this is done. */
  readonly answers?: 'normal' | 'hard'
}

function mergedRefresh(before: RefreshOptions | null, next: RefreshOptions | null): RefreshOptions | null {
  if (before === null || next === null) return next ?? before
  return {
    ...before,
    ...next,
    maxAgeMs: Math.min(before.maxAgeMs, next.maxAgeMs),
    rebuild: before.rebuild === true || next.rebuild === true,
    fresh: before.fresh === true || next.fresh === true,
  }
}

/** What an operation wants first: the revision that it is about, whatever was looked at before. */
export function wishFor(operation: RequestedOperation): Wish {
  const revisions = operation.revision === null ? operation.revisions : [operation.revision]
  return { refresh: { maxAgeMs: 0, rebuild: true, revisions }, pass: true, operation }
}

export function merged(before: Wish | null, next: Wish): Wish {
  if (before === null) return next
  return {
    ...before,
    ...next,
    pass: before.pass || next.pass,
    refresh: mergedRefresh(before.refresh, next.refresh),
  }
}
