// Deletes one object that left Git: observe completely, obtain the permit, record the intent, delete exactly that object.
import { ownershipOf } from '../../core/classify/index.ts'
import { readTracking } from '../../core/desired/index.ts'
import { formatRef, type KubeObject, type ObjectRef, refKey, refOf } from '../../core/kube/index.ts'
import { permitPrune, type PruneObservation } from '../../core/plan/index.ts'
import { isProblem, type Problem, toProblem } from '../../core/problem/index.ts'
import type { Settings } from '../../core/definition/index.ts'
import type { ClusterReader } from '../../ports/cluster-reader.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'
import type { Store } from '../../ports/store.ts'
import type { Clock } from '../../ports/clock.ts'

export interface PruneRequest {
  readonly app: string
  /** How tracking marks name this app. */
  readonly trackingName: string
  readonly settings: Settings
  readonly ref: ObjectRef
  readonly uid: string
  readonly desired: PruneObservation['desired']
  readonly propagation: 'Foreground' | 'Background' | 'Orphan'
}

export type PruneOutcome =
  | { readonly state: 'done' | 'gone' }
  | { readonly state: 'refused' | 'failed'; readonly problem: Problem }

export interface PruneTools {
  readonly reader: ClusterReader
  readonly writer: ClusterWriter
  readonly store: Store
  readonly clock: Clock
}

function isMarked(object: KubeObject, request: PruneRequest): boolean {
  const tracking = readTracking(object, request.settings)
  const ours = ownershipOf(object).ours !== undefined && object.metadata.uid === request.uid
  if (tracking !== null && tracking.app !== request.trackingName) return false
  // A label is inherited by what an object creates; an object taken over from another deliverer may carry no mark yet.
  // Then only our own Apply entry and the inventory's uid together prove that it is ours.
  if (tracking === null || request.settings.trackingMethod === 'label') return ours
  return tracking.selfReferencing
}

async function observe(tools: PruneTools, request: PruneRequest): Promise<PruneObservation> {
  const { ref } = request
  const takenAt = tools.clock.now()
  const namespace = ref.namespace === '' ? {} : { namespace: ref.namespace }
  const list = await tools.reader.list({
    group: ref.group,
    version: ref.version,
    kind: ref.kind,
    metadataOnly: true,
    ...namespace,
  })
  const keys = new Set(list.items.map((item) => refKey({ ...refOf(item), group: ref.group, kind: ref.kind })))
  const confirmed = await tools.reader.get(ref)
  return {
    ref,
    uid: request.uid,
    desired: request.desired,
    listed: { keys, takenAt },
    confirmed,
    marked: confirmed !== null && isMarked(confirmed, request),
  }
}

async function remove(tools: PruneTools, request: PruneRequest, confirmed: KubeObject): Promise<PruneOutcome> {
  const id = `prune/${request.uid}`
  const time = new Date(tools.clock.now()).toISOString()
  await tools.store.intend({
    id,
    app: request.app,
    object: formatRef(request.ref),
    uid: request.uid,
    action: 'prune',
    time,
  })
  const resourceVersion = confirmed.metadata.resourceVersion
  const existed = await tools.writer.remove(request.ref, {
    uid: request.uid,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    propagation: request.propagation,
  })
  await tools.store.settle(id)
  return { state: existed ? 'done' : 'gone' }
}

/** Never throws. Fails closed: without a durable intent nothing is deleted. */
export async function pruneObject(tools: PruneTools, request: PruneRequest): Promise<PruneOutcome> {
  try {
    const seen = await observe(tools, request)
    if (seen.confirmed === null) return { state: 'gone' }
    if (seen.confirmed.metadata.deletionTimestamp !== undefined) return { state: 'done' }
    const permit = permitPrune(seen)
    if (isProblem(permit)) return { state: 'refused', problem: permit }
    return await remove(tools, request, seen.confirmed)
  } catch (error) {
    return {
      state: 'failed',
      problem: toProblem(error, 'HF4008', { object: formatRef(request.ref), app: request.app }),
    }
  }
}
