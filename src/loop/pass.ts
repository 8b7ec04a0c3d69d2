// One pass over an application: brings every pending object to Git's state in order, then prunes what left Git.
import { appTrackingName } from '../core/desired/index.ts'
import { orderDeletes, orderSteps } from '../core/plan/index.ts'
import type { Settings } from '../core/definition/index.ts'
import type { Deps } from './deps.ts'
import type { ObjectRunner } from './objects.ts'
import type { Reporting } from './reporting.ts'
import type { AppState, ObjectIndex, Tracked } from './state.ts'

export interface PassTools {
  readonly deps: Deps
  readonly objects: ObjectRunner
  readonly index: ObjectIndex
  readonly reporting: Reporting
  readonly settings: () => Settings
  /** Runs at most so many object turns at once, over all applications. */
  readonly limit: <T>(run: () => Promise<T>) => Promise<T>
  /** Runs between groups that create kinds and those that use them. */
  readonly afterKinds: (app: AppState) => Promise<void>
}

/** `visit`: objects whose state under the present revision is not known yet. */
export async function bringAll(tools: PassTools, app: AppState, visit: readonly Tracked[]): Promise<void> {
  for (const tracked of visit) tracked.queued = true
  const groups = orderSteps(visit.map((tracked) => ({ ref: tracked.ref, wave: tracked.desired?.wave ?? 0, tracked })))
  for (const group of groups) {
    await Promise.all(group.map(({ tracked }) => tools.limit(() => tools.objects.bring(tracked))))
    if (group.some(({ ref }) => ref.kind === 'CustomResourceDefinition')) await tools.afterKinds(app)
  }
}

async function pruneOne(tools: PassTools, tracked: Tracked): Promise<void> {
  const { app } = tracked
  const { definition } = app
  if (definition === null || tracked.evaluation?.prune !== true) return
  const propagation = { foreground: 'Foreground', background: 'Background', orphan: 'Orphan' } as const
  const outcome = await tools.deps.steps.prune({
    app: app.key,
    trackingName: appTrackingName(definition, tools.deps.options.namespace),
    settings: tools.settings(),
    ref: tracked.ref,
    uid: tracked.uid,
    desired: {
      complete: app.desiredComplete,
      keys: new Set([...app.objects.values()].flatMap(({ key, desired }) => (desired === null ? [] : [key]))),
      renderedAt: app.renderedAt,
    },
    propagation: propagation[definition.options.prunePropagationPolicy],
  })
  if (outcome.state === 'done') tools.reporting.pruned(tracked, 'done', '')
  if (outcome.state === 'gone') tools.index.untrack(tracked)
  if (outcome.state !== 'refused' && outcome.state !== 'failed') return
  tracked.problem = outcome.problem
  tools.reporting.pruned(tracked, 'failed', outcome.problem.message)
}

/** Evaluates every extra object afresh and deletes those that may be deleted, in reverse order of applying. */
export async function pruneExtras(tools: PassTools, app: AppState): Promise<void> {
  const extras = orderDeletes([...app.objects.values()].filter(({ desired }) => desired === null))
  for (const tracked of extras) {
    // What another application declares by now is no longer ours to prune.
    if (tools.index.get(tracked.key).some(({ desired }) => desired !== null)) {
      tools.index.untrack(tracked)
      continue
    }
    await tools.limit(() => tools.objects.bring(tracked))
    // Who takes an Application away without its objects means to keep them; its last evaluations say otherwise.
    if (app.removed) return
    await pruneOne(tools, tracked)
  }
}
