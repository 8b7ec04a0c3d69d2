// What is known of bringing the revision in force to an object: what waits, what failed.
import { type Delivery, NOTHING_PENDING } from '../core/classify/index.ts'
import { formatRef, isMap, type Json, type JsonMap, type KubeObject } from '../core/kube/index.ts'
import { deliveryReasonOf, type Problem } from '../core/problem/index.ts'
import { saidBriefly } from '../core/record/index.ts'
import { historyOf, revisionIn } from './definitions.ts'
import { generatorOf } from './renders.ts'
import { revisionsOf, shortRevision } from './revisions.ts'
import type { AppState, Tracked } from './state.ts'

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** As the loop knows it. Once it was written, what differs is no matter of delivery. */
export function deliveryOf(tracked: Tracked): Delivery {
  const { app, ref, desired, pending, applied, problem } = tracked
  const generator = generatorOf(tracked)
  const isOpen = pending && desired !== null && applied !== desired.digest
  // What is not rendered any more is not pending, and left behind all the same.
  if (!isOpen) return desired === null && generator !== null ? { ...NOTHING_PENDING, generator } : NOTHING_PENDING
  const delivered = app.syncedRevision === app.revision ? '' : shortRevision(app.syncedRevision)
  const common = { ...NOTHING_PENDING, pending: true, revision: app.revision, delivered, generator }
  if (problem === null || deliveryReasonOf(problem) === null) return common
  const refused = [{ object: formatRef(ref), message: saidBriefly(problem) }]
  const id = app.operation?.startedAt ?? ''
  return { ...common, failed: { id, revision: app.revision, message: problem.message, refused } }
}

/** As the status tells it of this revision (of the first source), whoever brings it in. */
export function deliveryIn(object: KubeObject, revision: string): Delivery {
  const status = isMap(object.status) ? object.status : {}
  const delivered = historyOf(status).at(-1)?.revisions[0] ?? ''
  const operation = isMap(status.operationState) ? status.operationState : {}
  const failed = failedIn(operation, revision)
  if (delivered === revision || succeededIn(operation) === revision || (delivered === '' && failed === null))
    return NOTHING_PENDING
  return { ...NOTHING_PENDING, pending: true, revision, delivered: shortRevision(delivered), failed }
}

/** The revision that the operation brought in; '' = it did not. */
function succeededIn({ phase, syncResult }: JsonMap): string {
  return phase === 'Succeeded' && isMap(syncResult) ? (revisionsOf(revisionIn(syncResult))[0] ?? '') : ''
}

/** The operation, when it tried to bring this revision in and did not succeed. */
function failedIn({ phase, message, startedAt, syncResult }: JsonMap, revision: string): Delivery['failed'] {
  const result = isMap(syncResult) ? syncResult : {}
  const tried = revisionsOf(revisionIn(result))[0] ?? ''
  if (tried !== revision || (phase !== 'Failed' && phase !== 'Error')) return null
  const results = Array.isArray(result.resources) ? (result.resources as readonly Json[]).filter(isMap) : []
  const refused = results
    .filter(({ status }) => status === 'SyncFailed')
    .map((one) => ({ object: formatRef(refIn(one)), message: text(one.message) }))
  return { id: text(startedAt), revision, message: text(message), refused }
}

function refIn({ group, kind, namespace, name }: JsonMap): Parameters<typeof formatRef>[0] {
  return { group: text(group), kind: text(kind), namespace: text(namespace), name: text(name) }
}

/** Attempted is not applied: which revision was, and when. */
export function stuck(app: AppState, problem: Problem): Problem {
  const last = app.history.at(-1)
  if (deliveryReasonOf(problem) === null || last === undefined || app.revision === app.syncedRevision) return problem
  const [attempted, delivered] = [app.revision, last.revisions.join(' ')].map(shortRevision)
  if (attempted === delivered) return problem
  const note = `Revision ${attempted} is not delivered; revision ${delivered} was delivered last, at ${last.deployedAt}.`
  return { ...problem, note }
}
