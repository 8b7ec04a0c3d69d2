// An operation: a sync as Argo CD's status tells it, from its beginning to its result.
import type { ReasonCode } from '../core/decide/index.ts'
import type { AppDefinition } from '../core/definition/index.ts'
import type { ObjectEvaluation } from '../core/evaluate/index.ts'
import type { ObjectRef } from '../core/kube/index.ts'
import type { OperationResult, OperationState } from '../core/record/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Deps } from './deps.ts'
import type { Reporting } from './reporting.ts'
import { revisionsOf, revisionStatus, shortRevision } from './revisions.ts'
import type { AppState, Tracked } from './state.ts'
import { applicationRef } from './steps/index.ts'

const HISTORY_LIMIT = 10

export interface OperationTools {
  readonly deps: Deps
  readonly reporting: Reporting
}

const isoNow = (clock: Clock): string => new Date(clock.now()).toISOString()

export function beginOperation(app: AppState, clock: Clock): OperationState {
  const { requested } = app
  return {
    phase: 'Running',
    message: '',
    startedAt: isoNow(clock),
    finishedAt: null,
    revisions: revisionsOf(app.revision),
    automated: requested === null,
    initiatedBy: requested?.initiatedBy ?? '',
    prune: requested?.prune ?? app.definition?.automated.prune ?? false,
    resources: [],
  }
}

/** Why an operation is not run; null = it is. */
export function refusalOf(definition: AppDefinition, blocked: ReasonCode | null): string | null {
  if (definition.refusedOperation !== null) return definition.refusedOperation.problems[0]?.message ?? 'not supported'
  return definition.operation !== null && blocked === 'mode-observe' ? `not run: ${blocked}` : null
}

/** Says in the status why a requested operation is not run, and takes it off the Application. */
export function refuseOperation({ deps, reporting }: OperationTools, app: AppState, message: string): void {
  const { definition } = app
  const asked = definition?.operation ?? definition?.refusedOperation ?? null
  if (definition === null || asked === null) return
  const now = isoNow(deps.clock)
  const { initiatedBy } = asked
  const prune = definition.operation?.prune ?? false
  app.operation = {
    phase: 'Error',
    message,
    startedAt: now,
    finishedAt: now,
    revisions: revisionsOf(app.revision),
    automated: false,
    initiatedBy,
    prune,
    resources: [],
  }
  deps.steps.take(applicationRef(definition.namespace, definition.name), 'operation').catch((error: unknown) => {
    deps.log.warn({ app: app.key, error: String(error) }, 'operation not taken off')
  })
  reporting.touch(app)
}

/** Before the first write of all the inventory is in the status, so that a crash leaves no orphan behind. */
export async function announceInventory({ deps }: OperationTools, app: AppState): Promise<void> {
  if (app.syncedRevision !== '' || app.definition === null) return
  const resources = [...app.objects.values()].map(({ ref }) => ({ ...ref, status: 'OutOfSync' }))
  const ref = applicationRef(app.definition.namespace, app.definition.name)
  await deps.steps.status(ref, {
    resources,
    sync: { status: 'OutOfSync', ...revisionStatus(app.definition, app.revision) },
  })
}

export function finishOperation({ deps, reporting }: OperationTools, app: AppState, started: OperationState): void {
  const finished = concluded(app, started, isoNow(deps.clock))
  const { definition } = app
  const succeeded = finished.phase === 'Succeeded'
  const quiet = succeeded && app.requested === null && app.syncedRevision === app.revision
  if (definition === null || quiet) return
  app.operation = finished
  reporting.touchNow(app)
  const { namespace, name, project } = definition
  deps.metrics.synced({
    namespace,
    name,
    project,
    destServer: 'https://kubernetes.default.svc',
    phase: succeeded ? 'Succeeded' : 'Failed',
    run: 'real',
  })
  reporting.event(
    app,
    succeeded ? 'SyncSucceeded' : 'SyncFailed',
    succeeded ? 'Normal' : 'Warning',
    `${shortRevision(app.revision)}: ${finished.message}`,
  )
  if (!succeeded) return
  if (app.syncedRevision !== app.revision) {
    const id = (app.history.at(-1)?.id ?? -1) + 1
    const entry = {
      id,
      revisions: revisionsOf(app.revision),
      deployStartedAt: started.startedAt,
      deployedAt: isoNow(deps.clock),
      automated: started.automated,
    }
    app.history = [...app.history, entry].slice(-HISTORY_LIMIT)
  }
  app.syncedRevision = app.revision
}

function resultOf(tracked: Tracked, evaluation: ObjectEvaluation): OperationResult {
  const { group, version, kind, namespace, name }: ObjectRef = tracked.ref
  const ref = { group, version, kind, namespace, name }
  if (tracked.desired === null)
    return { ...ref, status: evaluation.prune ? 'Pruned' : 'PruneSkipped', message: leftBecause(evaluation) }
  if (tracked.problem !== null) return { ...ref, status: 'SyncFailed', message: tracked.problem.message }
  return {
    ...ref,
    status: evaluation.difference === 'missing' ? 'SyncFailed' : 'Synced',
    message: leftBecause(evaluation),
  }
}

/** Why something was left as it is; '' when nothing was. */
function leftBecause(evaluation: ObjectEvaluation): string {
  const verdicts = [
    ...evaluation.fields.map(({ verdict }) => verdict),
    ...(evaluation.whole === null ? [] : [evaluation.whole.verdict]),
  ]
  return [...new Set(verdicts.filter(({ permitted }) => !permitted).map(({ because }) => because))].join(', ')
}

/** Did every object that this operation was to bring in arrive? */
function concluded(app: AppState, started: OperationState, now: string): OperationState {
  const all = [...app.objects.values()].flatMap((tracked) =>
    tracked.evaluation === null ? [] : [{ tracked, evaluation: tracked.evaluation }],
  )
  const resources = all.map(({ tracked, evaluation }) => resultOf(tracked, evaluation))
  const failures = all.filter(({ tracked }) => tracked.desired !== null && tracked.problem !== null)
  const phase = failures.length === 0 && app.desiredComplete ? 'Succeeded' : 'Failed'
  const message =
    phase === 'Succeeded'
      ? 'successfully synced'
      : failures.length === 0
        ? 'some manifests could not be used; see the conditions'
        : `${failures.length} object${failures.length === 1 ? '' : 's'} failed: ${failures
            .slice(0, 3)
            .map(({ tracked }) => tracked.problem?.message ?? '')
            .join(' ')}`
  return { ...started, phase, message, finishedAt: now, resources }
}
