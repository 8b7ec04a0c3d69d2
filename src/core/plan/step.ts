import type { KubeObject, ObjectRef } from '../kube/index.ts'
import type { JsonPatchOperation } from './claim.ts'
import type { PrunePermit } from './permit.ts'

export type StepReason = 'create' | 'heal' | 'sync' | 'takeover'

/** One write of the complete desired object, preceded by a claim where bookkeeping must move first. */
export interface ApplyStep {
  readonly kind: 'apply'
  readonly ref: ObjectRef
  readonly reason: StepReason
  /** Without guard: `guard` goes into its metadata just before it is sent. */
  readonly body: KubeObject
  /** The state compared; null = the object did not exist. */
  readonly guard: { readonly uid: string; readonly resourceVersion: string } | null
  /** Moves ownership before the apply; metadata only, guarded by the same resourceVersion. */
  readonly claim: readonly JsonPatchOperation[] | null
  /** The differences this is to end, as path texts; empty for a creation. */
  readonly paths: readonly string[]
}

export interface DeleteStep {
  readonly kind: 'delete'
  readonly ref: ObjectRef
  readonly uid: string
  readonly permit: PrunePermit
  readonly propagation: 'Foreground' | 'Background' | 'Orphan'
}

export type Step = ApplyStep | DeleteStep
