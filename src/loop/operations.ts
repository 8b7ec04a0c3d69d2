// An operation: a sync as Argo CD's status tells it, from its beginning to its result.
import type { ReasonCode } from '../core/decide/index.ts'
import type { RefusedOperation, RequestedOperation } from '../core/definition/index.ts'
import type { ObjectEvaluation } from '../core/evaluate/index.ts'
import type { ObjectRef } from '../core/kube/index.ts'
import { type Problem, problem } from '../core/problem/index.ts'
import {
  conditionsOf,
  type OperationResult,
  type OperationState,
  problemSeverity,
  saidBriefly,
} from '../core/record/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Deps } from './deps.ts'
import type { Reporting } from './reporting.ts'
import { revisionsOf, revisionStatus, shortRevision } from './revisions.ts'
import type { AppState, Tracked } from './state.ts'
import { applicationRef } from './steps/index.ts'

const HISTORY_LIMIT = 10

/** What a person can do where an operation is not run. */
const NOT_RUN: Partial<Record<ReasonCode, string>> = {
  'mode-observe':
    'Enforce it: holdfast run --mode enforce, and the annotation holdfast.dev/mode: enforce on the Application.',
  'not-leader': 'Ask again: another replica leads now.',
}

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
export function refusalOf(app: AppState, blocked: ReasonCode | null): Problem | null {
  const { definition, definitionUsable, definitionProblems } = app
  if (definition?.refusedOperation) return definition.refusedOperation.problems[0] ?? null
  if (!definitionUsable) return definitionProblems[0] ?? problem('HF2001', 'the Application cannot be used as it is')
  if (blocked !== null) return problem('HF6004', `not run: ${blocked}`, { app: app.key }, NOT_RUN[blocked])
  return null
}

/** Takes what was asked for off the Application: it is this controller's now. */
export function takeOperation({ deps }: OperationTools, app: AppState): void {
  const [namespace = '', name = ''] = app.key.split('/')
  deps.steps.take(applicationRef(namespace, name), 'operation').catch((error: unknown) => {
    deps.log.warn({ app: app.key, error: String(error) }, 'operation not taken off')
  })
}

/** Says in the status why an operation that was asked for did not begin. Nothing was written for it. */
export function failOperation(
  { deps, reporting }: OperationTools,
  app: AppState,
  asked: RequestedOperation | RefusedOperation,
  why: Problem,
): void {
  const now = isoNow(deps.clock)
  const [condition] = conditionsOf([why])
  app.operation = {
    phase: 'Error',
    message: condition === undefined ? why.message : `${condition.type}: ${condition.message}`,
    startedAt: now,
    finishedAt: now,
    revisions: revisionsOf(app.attempted),
    automated: false,
    initiatedBy: asked.initiatedBy,
    prune: 'prune' in asked && asked.prune,
    resources: [],
  }
  reporting.status.touchNow(app)
  const { definition } = app
  if (definition === null) return
  const { namespace, name, project } = definition
  const destServer = 'https://kubernetes.default.svc'
  deps.metrics.synced({ namespace, name, project, destServer, phase: 'Error', run: 'real' })
  reporting.events.tell(app, 'SyncFailed', 'Warning', app.operation.message)
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
  reporting.status.touchNow(app)
  const { namespace, name, project } = definition
  deps.metrics.synced({
    namespace,
    name,
    project,
    destServer: 'https://kubernetes.default.svc',
    phase: succeeded ? 'Succeeded' : 'Failed',
    run: 'real',
  })
  reporting.events.tell(
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
  if (tracked.problem !== null) return { ...ref, status: 'SyncFailed', message: saidBriefly(tracked.problem) }
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
  const message = phase === 'Succeeded' ? 'successfully synced' : failureText(app, failures)
  return { ...started, phase, message, finishedAt: now, resources }
}

const SHOWN_FAILURES = 3

function failureText(app: AppState, failures: readonly { readonly tracked: Tracked }[]): string {
  const said = failures.flatMap(({ tracked }) => (tracked.problem === null ? [] : [saidBriefly(tracked.problem)]))
  if (said.length > 0) {
    const more = said.length > SHOWN_FAILURES ? ` … and ${said.length - SHOWN_FAILURES} more` : ''
    return `${said.length} object${said.length === 1 ? '' : 's'} failed: ${said.slice(0, SHOWN_FAILURES).join('; ')}${more}`
  }
  const first = app.desiredProblems.find(({ code }) => problemSeverity(code) === 'error') ?? app.desiredProblems[0]
  return first === undefined
    ? 'some manifests could not be used; see the conditions'
    : `some manifests could not be used: ${saidBriefly(first)}`
}
