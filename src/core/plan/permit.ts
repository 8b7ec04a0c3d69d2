// A delete needs a permit, and only complete observations can mint one.
import type { KubeObject, ObjectRef } from '../kube/index.ts'
import { controllerOf, formatRef, refKey, refOf } from '../kube/index.ts'
import { type Problem, problem } from '../problem/index.ts'

declare const minted: unique symbol
export interface PrunePermit {
  readonly [minted]: true
}

export interface PruneObservation {
  readonly ref: ObjectRef
  readonly uid: string
  /** The render is complete and does not contain the object. */
  readonly desired: { readonly complete: boolean; readonly keys: ReadonlySet<string>; readonly renderedAt: number }
  /** Keys of the complete list of this kind in this namespace, and when it was taken. */
  readonly listed: { readonly keys: ReadonlySet<string>; readonly takenAt: number }
  /** The object as a GET just returned it. */
  readonly confirmed: KubeObject | null
  /** Does the confirmed object carry this app's tracking mark for itself? */
  readonly marked: boolean
}

function refusal(seen: PruneObservation): string | null {
  const key = refKey(seen.ref)
  if (!seen.desired.complete) return 'the render is not complete'
  if (seen.desired.keys.has(key)) return 'Git declares it'
  if (seen.listed.takenAt < seen.desired.renderedAt) return 'the list is older than the render'
  if (!seen.listed.keys.has(key)) return 'the complete list does not contain it'
  if (seen.confirmed === null) return 'it is gone'
  if (seen.confirmed.metadata.uid !== seen.uid) return 'another object has its name now'
  if (refKey(refOf(seen.confirmed)) !== key) return 'the server returned another object'
  const controller = controllerOf(seen.confirmed)
  if (controller !== null) return `${controller.kind} ${controller.name} looks after it`
  if (!seen.marked) return 'it does not carry this application’s tracking mark'
  return null
}

/** A permit to delete exactly this object, or the reason why not (HF6003). */
export function permitPrune(seen: PruneObservation): PrunePermit | Problem {
  const reason = refusal(seen)
  if (reason === null) return Object.freeze({}) as PrunePermit
  return problem('HF6003', `${formatRef(seen.ref)} is not pruned: ${reason}.`, { object: formatRef(seen.ref) })
}
