// Objects that a controller makes a Secret of: a Secret that cannot be had shows as their health.
import { conditionAt, textAt } from './read.ts'
import type { Health } from './types.ts'

function byCondition(object: unknown, type: string, waiting: string): Health {
  const condition = conditionAt(object, type)
  if (condition?.status === 'True') return { status: 'Healthy', message: condition.message }
  if (condition?.status === 'False') return { status: 'Degraded', message: condition.message }
  return { status: 'Progressing', message: waiting }
}

/** With `refreshPolicy: OnChange` a condition older than the last refresh is of the time before. */
function isOutdated(object: unknown): boolean {
  if (textAt(object, 'spec.refreshPolicy') !== 'OnChange') return false
  const since = conditionAt(object, 'Ready')?.lastTransitionTime ?? ''
  return since < textAt(object, 'status.refreshTime')
}

export function externalSecretHealth(object: unknown): Health {
  const waiting = 'Waiting for ExternalSecret'
  return isOutdated(object) ? { status: 'Progressing', message: waiting } : byCondition(object, 'Ready', waiting)
}

export function sealedSecretHealth(object: unknown): Health {
  return byCondition(object, 'Synced', 'Waiting for Sealed Secret to be decrypted')
}
