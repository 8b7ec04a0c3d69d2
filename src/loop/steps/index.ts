// The only holders of the cluster writer.
import type { Clock } from '../../ports/clock.ts'
import type { ClusterReader } from '../../ports/cluster-reader.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'
import type { Store } from '../../ports/store.ts'
import type { ApplyStep } from '../../core/plan/index.ts'
import type { ObjectRef } from '../../core/kube/index.ts'
import { type ApplyOutcome, applyObject } from './apply.ts'
import { type AppEvent, writeEvent } from './event.ts'
import { holdLease, type Lease, type LeaseOptions } from './lease.ts'
import { type PruneOutcome, pruneObject, type PruneRequest } from './prune.ts'
import { takeRequest, writeStatus } from './status.ts'

export interface Steps {
  apply(step: ApplyStep): Promise<ApplyOutcome>
  prune(request: PruneRequest): Promise<PruneOutcome>
  status(ref: ObjectRef, status: object): Promise<void>
  take(ref: ObjectRef, request: 'refresh' | 'operation'): Promise<void>
  event(event: AppEvent): Promise<void>
  lease(options: LeaseOptions): Lease
  /** Removes Holdfast's finalizer-guarded hold on a deleted Application. */
  finalize(ref: ObjectRef, finalizers: readonly string[], resourceVersion: string): Promise<void>
}

export function createSteps(tools: {
  reader: ClusterReader
  writer: ClusterWriter
  store: Store
  clock: Clock
}): Steps {
  const { writer } = tools
  return {
    apply: (step) => applyObject(writer, step),
    prune: (request) => pruneObject(tools, request),
    status: (ref, status) => writeStatus(writer, ref, status),
    take: (ref, request) => takeRequest(writer, ref, request),
    event: (event) => writeEvent(writer, event),
    lease: (options) => holdLease(tools, options),
    finalize: async (ref, finalizers, resourceVersion) => {
      await writer.mergePatch(ref, { metadata: { finalizers, resourceVersion } })
    },
  }
}

export { applyDefinition } from './install.ts'
export {
  type AnnotationRequest,
  type OperationRequest,
  requestAnnotation,
  requestOperation,
  requestRefresh,
} from './request.ts'
export { APPLICATION, applicationRef } from './status.ts'
export type { ApplyOutcome, AppEvent, Lease, LeaseOptions, PruneOutcome, PruneRequest }
export type { EventReason } from './event.ts'
