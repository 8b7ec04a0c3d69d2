// Object evaluations → the application's verdict.
import { appHealth } from '../health/index.ts'
import type { Problem } from '../problem/index.ts'
import { refKey } from '../kube/index.ts'
import type { AppContext, Evaluation, ObjectEvaluation, SyncStatus } from './types.ts'

/** `trouble`: what kept the application from being compared whole (no render, invalid definition, unusable manifests). `unseen`: declared objects not looked at yet. */
export function foldApp(
  app: Pick<AppContext, 'app'>,
  objects: readonly ObjectEvaluation[],
  trouble: readonly Problem[] = [],
  unseen = 0,
): Evaluation {
  const sorted = [...objects].sort((a, b) => (refKey(a.ref) < refKey(b.ref) ? -1 : 1))
  const counts = {
    objects: sorted.length,
    inSync: sorted.filter(({ status }) => status === 'Synced').length,
    outOfSync: sorted.filter(({ status }) => status === 'OutOfSync').length,
    unknown: sorted.filter(({ status }) => status === 'Unknown').length,
    fields: sorted.reduce((sum, { fields, whole }) => sum + fields.length + (whole === null ? 0 : 1), 0),
  }
  // What is known to differ is worth more than what is not known; but nothing looks green that was not compared whole.
  const uncertain = trouble.length > 0 || counts.unknown > 0 || unseen > 0
  const status: SyncStatus = counts.outOfSync > 0 ? 'OutOfSync' : uncertain ? 'Unknown' : 'Synced'
  const health = appHealth(
    sorted.map(({ ref, difference, health }) => ({ ref, live: difference !== 'missing', health })),
  )
  return {
    app: app.app,
    status,
    health,
    counts,
    objects: sorted,
    problems: [...trouble, ...sorted.flatMap(({ problems }) => problems)],
  }
}
