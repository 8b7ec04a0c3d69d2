// When a pass over an application is a sync, and which objects it visits.
import { announceInventory, beginOperation, finishOperation } from './operations.ts'
import { bringAll, type PassTools, pruneExtras } from './pass.ts'
import { blockedBecause, type Standing } from './permissions.ts'
import type { AppState, Tracked } from './state.ts'

export interface SyncTools extends Omit<PassTools, 'afterKinds'> {
  readonly standing: () => Standing
}

function mayWrite({ standing }: SyncTools, app: AppState): boolean {
  if (blockedBecause(app, standing()) !== null) return false
  return app.requested !== null || app.definition?.automated.enabled === true
}

function needsVisit(tools: SyncTools, tracked: Tracked): boolean {
  if (tracked.desired === null) return false
  if (tracked.app.requested !== null) return true
  if (tracked.evaluation === null || tracked.evaluatedFor !== tracked.desired.digest) return true
  if (tracked.evaluatedUnder !== tracked.app.rules) return true
  if (tracked.pending || tracked.queued || tracked.evaluation.status !== 'Synced') return true
  return !tracked.enforced && mayWrite(tools, tracked.app)
}

function hasExtras(app: AppState): boolean {
  return [...app.objects.values()].some(({ desired }) => desired === null)
}

/** Visits what has to be visited; where something has to be brought in or pruned and may be, that is an operation. */
export async function runPass(tools: SyncTools, app: AppState, afterKinds: () => Promise<void>): Promise<void> {
  const { deps, reporting } = tools
  const visit = [...app.objects.values()].filter((tracked) => needsVisit(tools, tracked))
  const isDue = app.requested !== null || visit.some(({ pending }) => pending) || hasExtras(app)
  const operation = isDue && mayWrite(tools, app) ? beginOperation(app, deps.clock) : null
  if (operation !== null && visit.some(({ evaluation }) => evaluation === null))
    await announceInventory({ deps, reporting }, app)
  app.passing = operation !== null
  try {
    await bringAll({ ...tools, afterKinds }, app, visit)
    await pruneExtras({ ...tools, afterKinds }, app)
  } finally {
    app.passing = false
    if (operation !== null) reporting.status.touchNow(app)
  }
  if (operation !== null) finishOperation({ deps, reporting }, app, operation)
}
