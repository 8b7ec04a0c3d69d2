// What is to be done for one application next; wishes that arrive while it is worked on become one.
import type { RefreshOptions } from './refresh.ts'

export interface Wish {
  /** null = the desired set in force will do. */
  readonly refresh: RefreshOptions | null
  readonly pass: boolean
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

export function merged(before: Wish | null, next: Wish): Wish {
  if (before === null) return next
  return { pass: before.pass || next.pass, refresh: mergedRefresh(before.refresh, next.refresh) }
}
