import { type Condition, conditionAt, conditionsOf, countAt, listAt, optionalCountAt, textAt, valueAt } from './read.ts'
import type { Health } from './types.ts'

const healthy = (message = ''): Health => ({ status: 'Healthy', message })
const progressing = (message: string): Health => ({ status: 'Progressing', message })

/** The controller has not yet seen the newest spec. */
function unobserved(object: unknown): boolean {
  return countAt(object, 'metadata.generation') > countAt(object, 'status.observedGeneration')
}

export function deploymentHealth(object: unknown): Health {
  if (valueAt(object, 'spec.paused') === true) return { status: 'Suspended', message: 'Deployment is paused' }
  if (unobserved(object)) return progressing('Waiting for rollout: the newest spec has not been observed yet')
  if (conditionAt(object, 'Progressing')?.reason === 'ProgressDeadlineExceeded') {
    return {
      status: 'Degraded',
      message: `Deployment ${textAt(object, 'metadata.name')} exceeded its progress deadline`,
    }
  }
  const wanted = optionalCountAt(object, 'spec.replicas')
  const updated = countAt(object, 'status.updatedReplicas')
  const surplus = countAt(object, 'status.replicas') - updated
  const available = countAt(object, 'status.availableReplicas')
  if (wanted !== undefined && updated < wanted) {
    return progressing(`Waiting for rollout: ${updated} of ${wanted} new replicas have been updated`)
  }
  if (surplus > 0) return progressing(`Waiting for rollout: ${surplus} old replicas are pending termination`)
  if (available < updated) return progressing(`Waiting for rollout: ${available} of ${updated} replicas are available`)
  return healthy()
}

export function daemonSetHealth(object: unknown): Health {
  if (unobserved(object)) return progressing('Waiting for rollout: the newest spec has not been observed yet')
  const wanted = countAt(object, 'status.desiredNumberScheduled')
  const updated = countAt(object, 'status.updatedNumberScheduled')
  const available = countAt(object, 'status.numberAvailable')
  if (textAt(object, 'spec.updateStrategy.type') === 'OnDelete') {
    return healthy(`${updated} of ${wanted} pods have been updated`)
  }
  if (updated < wanted) return progressing(`Waiting for rollout: ${updated} of ${wanted} pods have been updated`)
  if (available < wanted) return progressing(`Waiting for rollout: ${available} of ${wanted} pods are available`)
  return healthy()
}

function statefulSetRollout(object: unknown, wanted: number | undefined): Health {
  const updated = countAt(object, 'status.updatedReplicas')
  const partition = optionalCountAt(object, 'spec.updateStrategy.rollingUpdate.partition')
  const due = wanted === undefined || partition === undefined ? 0 : wanted - partition
  if (updated < due)
    return progressing(`Waiting for partitioned rollout: ${updated} of ${due} new pods have been updated`)
  return healthy(`Partitioned rollout complete: ${updated} new pods have been updated`)
}

export function statefulSetHealth(object: unknown): Health {
  if (countAt(object, 'status.observedGeneration') === 0 || unobserved(object)) {
    return progressing('Waiting for the newest spec to be observed')
  }
  const wanted = optionalCountAt(object, 'spec.replicas')
  const ready = countAt(object, 'status.readyReplicas')
  if (wanted !== undefined && ready < wanted) return progressing(`Waiting for ${wanted - ready} pods to be ready`)
  const strategy = textAt(object, 'spec.updateStrategy.type')
  if (strategy === 'RollingUpdate' && valueAt(object, 'spec.updateStrategy.rollingUpdate') !== undefined) {
    return statefulSetRollout(object, wanted)
  }
  if (strategy === 'OnDelete') return healthy(`${ready} pods are ready`)
  const update = textAt(object, 'status.updateRevision')
  const current = textAt(object, 'status.currentRevision')
  if (update !== current) {
    const updated = countAt(object, 'status.updatedReplicas')
    return progressing(`Waiting for rolling update: ${updated} pods at revision ${update}`)
  }
  return healthy(`Rolling update complete: ${countAt(object, 'status.currentReplicas')} pods at revision ${current}`)
}

export function replicaSetHealth(object: unknown): Health {
  if (unobserved(object)) return progressing('Waiting for rollout: the newest spec has not been observed yet')
  const failure = conditionAt(object, 'ReplicaFailure')
  if (failure?.status === 'True') return { status: 'Degraded', message: failure.message }
  const wanted = optionalCountAt(object, 'spec.replicas')
  const available = countAt(object, 'status.availableReplicas')
  if (wanted !== undefined && available < wanted) {
    return progressing(`Waiting for rollout: ${available} of ${wanted} replicas are available`)
  }
  return healthy()
}

/** Argo CD looks at the presence of Failed and Complete, and at the status of Suspended only. */
export function jobHealth(object: unknown): Health {
  const conditions = conditionsOf(listAt(object, 'status.conditions'))
  const last = (type: string): Condition | undefined => conditions.findLast((condition) => condition.type === type)
  const failed = last('Failed')
  if (failed !== undefined) return { status: 'Degraded', message: failed.message }
  const done = conditions.findLast(({ type }) => type === 'Complete' || type === 'Suspended')
  if (done === undefined) return progressing('')
  const suspended = conditions.some(({ type, status }) => type === 'Suspended' && status === 'True')
  return { status: suspended ? 'Suspended' : 'Healthy', message: done.message }
}
