// What was decided about an addition that was there when enforcement began.
import type { TakeoverDecision } from '../definition/index.ts'

export interface Addition {
  /** Path text. */
  readonly at: string
  /** Who left it, as far as that is known. */
  readonly manager: string | null
  /** When that manager wrote last; null = not known. */
  readonly time: string | null
  /** Recorded as there before enforcement. */
  readonly preExisting: boolean
}

function isBelow(at: string, path: string): boolean {
  if (!at.startsWith(path)) return false
  const next = at.charAt(path.length)
  return next === '' || next === '.' || next === '['
}

function isMeant({ manager, path, asOf }: TakeoverDecision, addition: Addition): boolean {
  if (manager !== '' && manager !== addition.manager) return false
  if (path !== '' && !isBelow(addition.at, path)) return false
  if (asOf === '' || addition.time === null) return addition.preExisting
  return Date.parse(addition.time) <= Date.parse(asOf)
}

/** The number of the decision that holds for this addition; -1 = nobody decided. */
export function decisionOn(decisions: readonly TakeoverDecision[], addition: Addition): number {
  return decisions.findIndex((one) => isMeant(one, addition))
}
