// Who else may write a path: decided by objects as evidence, never by a manager's name alone.
import type { ObjectRef } from '../kube/index.ts'
import type { Autoscaler, FieldChange, Neighbours } from './types.ts'

/** The autoscaler that owns `.spec.replicas` of this object, if live's value lies within its bounds. */
export function autoscalerFor(field: FieldChange, ref: ObjectRef, neighbours: Neighbours): Autoscaler | null {
  if (field.at !== '.spec.replicas' || typeof field.live !== 'number') return null
  const replicas = field.live
  return (
    neighbours.autoscalers.find(
      (scaler) =>
        scaler.targetKind === ref.kind &&
        scaler.targetGroup === ref.group &&
        scaler.targetName === ref.name &&
        replicas >= scaler.min &&
        replicas <= scaler.max,
    ) ?? null
  )
}
