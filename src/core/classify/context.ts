// What a cause is judged by, besides the difference and the object's own bookkeeping.
import type { Neighbours } from '../compare/index.ts'
import { NO_WRITER_SETTINGS, type WriterSettings } from '../definition/index.ts'
import type { KubeObject, ObjectRef } from '../kube/index.ts'
import type { ObjectFacts, Window } from './attribute.ts'
import { type Delivery, NOTHING_PENDING } from './delivery.ts'

/** One step up from an object to what made it. */
export interface OwnerLink {
  readonly kind: string
  readonly name: string
  /** The application that its own mark names. */
  readonly app?: string
}

/** Helm's own record of the release that an object names. */
export interface HelmRecord {
  /** Of the Secret, and where it is. */
  readonly secret: string
  readonly namespace: string
  readonly revision: number
  /** As Helm says it: `deployed`, `failed`, … */
  readonly status: string
}

/** What the audit log may be asked about one difference. */
export interface AuditQuestion {
  readonly facts: ObjectFacts
  readonly window: Window | null
}

export interface CauseContext {
  readonly ref: ObjectRef
  readonly live: KubeObject | null
  readonly neighbours: Neighbours
  readonly writers: WriterSettings
  readonly delivery: Delivery
  /** MutatingWebhookConfigurations that are called for this object. */
  readonly webhooks: readonly string[]
  /** Owners, nearest first; absent = as far as the object itself tells. */
  readonly owners?: readonly OwnerLink[]
  readonly release?: HelmRecord
  /** Absent = no audit log is read. */
  readonly audit?: AuditQuestion
}

export function bareContext(ref: ObjectRef, live: KubeObject | null): CauseContext {
  return {
    ref,
    live,
    neighbours: { autoscalers: [] },
    writers: NO_WRITER_SETTINGS,
    delivery: NOTHING_PENDING,
    webhooks: [],
  }
}
