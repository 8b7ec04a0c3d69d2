// Orphans as people read of them.
import { formatRef } from '../kube/index.ts'
import type { Orphan, OrphanReason } from './types.ts'

const WHY: Readonly<Record<OrphanReason, (by: string) => string>> = {
  'left-git': (by) => `left Git; ${by} still has it in its inventory`,
  returned: () => 'was pruned and came back',
  marked: (by) =>
    `marked for ${by}, which neither declares it nor has it in its inventory: a candidate, never pruned unasked`,
  'copied-mark': (by) => `carries a mark for ${by} that was made for another object`,
  'deliverer-gone': (by) => `marked for ${by}, which is not there`,
  undeclared: () => 'nobody declares it',
}

/** Why it is told, in one sentence without a full stop. */
export function orphanWhy({ why, claimedBy, pruned, writer }: Orphan): string {
  const said = WHY[why](claimedBy ?? 'nobody')
  const before =
    pruned === null
      ? ''
      : `; ${pruned.app} pruned it at ${pruned.time} (revision ${pruned.revision.slice(0, 12) || 'unknown'})`
  const by = writer === null ? '' : `; written by ${writer.manager}${writer.time === null ? '' : ` at ${writer.time}`}`
  return `${said}${before}${why === 'returned' ? by : ''}`
}

const SHOWN = 10

/** `Application web has 3 orphaned resources: …`, the first ones by name. */
export function orphansTold(orphans: readonly Orphan[]): string {
  const shown = orphans.slice(0, SHOWN).map((orphan) => `${formatRef(orphan.ref)} (${orphanWhy(orphan)})`)
  const more = orphans.length > SHOWN ? ` and ${orphans.length - SHOWN} more` : ''
  return `${orphans.length} orphaned resource${orphans.length === 1 ? '' : 's'}: ${shown.join(', ')}${more}`
}
