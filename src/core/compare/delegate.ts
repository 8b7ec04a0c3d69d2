// Who else may write a path: decided by objects as evidence, never by a manager's name alone.
import type { ObjectRef } from '../kube/index.ts'
import type { Autoscaler, FieldChange, Neighbours } from './types.ts'

/** What a workload without declared replicas is reset to. */
const DEFAULT_REPLICAS = 1

function owns(scaler: Autoscaler, live: number, target: number): boolean {
  const inBounds = (replicas: number): boolean => replicas >= scaler.min && replicas <= scaler.max
  // Outside its bounds an autoscaler brings the workload back by itself, except from 0, where it is off; a heal to a
  // value outside them would only take capacity away until it does.
  return inBounds(live) || (live > 0 && !inBounds(target))
}

/** The autoscaler that owns `.spec.replicas` of this object now. */
export function autoscalerFor(field: FieldChange, ref: ObjectRef, neighbours: Neighbours): Autoscaler | null {
  if (field.at !== '.spec.replicas' || typeof field.live !== 'number') return null
  const live = field.live
  const target = typeof field.desired === 'number' ? field.desired : DEFAULT_REPLICAS
  return (
    neighbours.autoscalers.find(
      (scaler) =>
        scaler.targetKind === ref.kind &&
        scaler.targetGroup === ref.group &&
        scaler.targetName === ref.name &&
        owns(scaler, live, target),
    ) ?? null
  )
}
