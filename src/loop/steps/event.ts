// Kubernetes Events on the Application: what was found and done, readable with kubectl alone.
import { createHash } from 'node:crypto'
import type { DeliveryReason } from '../../core/problem/index.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'

export type EventReason =
  | DeliveryReason
  | 'DeliveryRecovered'
  | 'DriftDetected'
  | 'DriftHealed'
  | 'ResourceCreated'
  | 'ResourcePruned'
  | 'SyncSucceeded'
  | 'SyncFailed'
  | 'Fight'
  | 'HealFailed'
  | 'AuthorFound'
  | 'OrphanReturned'
  | 'RenderChanged'

export interface AppEvent {
  readonly namespace: string
  readonly application: string
  readonly uid: string
  readonly reason: EventReason
  readonly type: 'Normal' | 'Warning'
  readonly message: string
  /** ISO. */
  readonly time: string
}

const MAX_MESSAGE = 1000

/** One Event object per occurrence; the caller limits the rate. */
export async function writeEvent(writer: ClusterWriter, event: AppEvent): Promise<void> {
  const seconds = event.time.replace(/\.\d+Z$/, 'Z')
  const suffix = createHash('sha256')
    .update(`${event.time}/${event.reason}/${event.message}`)
    .digest('hex')
    .slice(0, 16)
  await writer.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${event.application.slice(0, 200)}.${suffix}`, namespace: event.namespace },
    involvedObject: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      namespace: event.namespace,
      name: event.application,
      uid: event.uid,
    },
    reason: event.reason,
    type: event.type,
    message: event.message.length > MAX_MESSAGE ? `${event.message.slice(0, MAX_MESSAGE)}…` : event.message,
    firstTimestamp: seconds,
    lastTimestamp: seconds,
    count: 1,
    source: { component: 'holdfast' },
    reportingComponent: 'holdfast',
    reportingInstance: 'holdfast',
  })
}
