import { type Condition, conditionAt, conditionsOf, listAt, textAt, valueAt } from './read.ts'
import type { Health, HealthStatus } from './types.ts'

function hasAddress(object: unknown): boolean {
  return listAt(object, 'status.loadBalancer.ingress').length > 0
}

export function serviceHealth(object: unknown): Health {
  const waits = textAt(object, 'spec.type') === 'LoadBalancer' && !hasAddress(object)
  return { status: waits ? 'Progressing' : 'Healthy', message: '' }
}

export function ingressHealth(object: unknown): Health {
  return { status: hasAddress(object) ? 'Healthy' : 'Progressing', message: '' }
}

const CLAIM_PHASES: Readonly<Record<string, HealthStatus>> = {
  Bound: 'Healthy',
  Pending: 'Progressing',
  Lost: 'Degraded',
}

export function claimHealth(object: unknown): Health {
  const phase = textAt(object, 'status.phase')
  const status = Object.hasOwn(CLAIM_PHASES, phase) ? CLAIM_PHASES[phase] : undefined
  return { status: status ?? 'Unknown', message: '' }
}

export function apiServiceHealth(object: unknown): Health {
  const available = conditionAt(object, 'Available')
  if (available === undefined) return { status: 'Progressing', message: 'Waiting to be processed' }
  const message = `${available.reason}: ${available.message}`
  return { status: available.status === 'True' ? 'Healthy' : 'Progressing', message }
}

const SCALING_FAILURES = new Set([
  'AbleToScale FailedGetScale',
  'AbleToScale FailedUpdateScale',
  'ScalingActive FailedGetResourceMetric',
  'ScalingActive FailedGetObjectMetric',
  'ScalingActive FailedGetPodsMetric',
  'ScalingActive FailedGetExternalMetric',
  'ScalingActive FailedComputeMetricsReplicas',
  'ScalingActive InvalidSelector',
])

/** autoscaling/v1 keeps its conditions as JSON text in an annotation. */
function annotatedConditions(object: unknown): readonly unknown[] | null {
  const annotations = valueAt(object, 'metadata.annotations') as Record<string, unknown> | undefined
  const text = annotations?.['autoscaling.alpha.kubernetes.io/conditions']
  if (typeof text !== 'string') return []
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : null
  } catch {
    return null
  }
}

function autoscalerConditions(object: unknown): readonly Condition[] | null {
  const inStatus = listAt(object, 'status.conditions')
  if (textAt(object, 'apiVersion') !== 'autoscaling/v1') return conditionsOf(inStatus)
  const annotated = annotatedConditions(object)
  return annotated === null ? null : conditionsOf(annotated)
}

export function autoscalerHealth(object: unknown): Health {
  const conditions = autoscalerConditions(object)
  if (conditions === null) return { status: 'Unknown', message: 'The conditions annotation cannot be read' }
  const failed = conditions.find(({ type, reason }) => SCALING_FAILURES.has(`${type} ${reason}`))
  if (failed !== undefined) return { status: 'Degraded', message: failed.message }
  const works = conditions.find(
    ({ type, status }) => (type === 'AbleToScale' || type === 'ScalingLimited') && status === 'True',
  )
  if (works !== undefined) return { status: 'Healthy', message: works.message }
  return { status: 'Progressing', message: 'Waiting to autoscale' }
}
