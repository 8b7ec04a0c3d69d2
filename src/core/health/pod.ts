import { countAt, listAt, textAt, valueAt } from './read.ts'
import type { Health } from './types.ts'

/** A pod that is meant to run for ever: by its restart policy, or because its owner says so. */
function isLongRunning(object: unknown): boolean {
  if (textAt(object, 'spec.restartPolicy') === 'Always') return true
  const annotations = valueAt(object, 'metadata.annotations') as Record<string, unknown> | undefined
  if (annotations === undefined || Object.hasOwn(annotations, 'argocd.argoproj.io/hook')) return false
  return annotations['argocd.argoproj.io/ignore-restart-policy'] === 'true'
}

function isErrorReason(reason: string): boolean {
  return reason.startsWith('Err') || reason.endsWith('Error') || reason.endsWith('BackOff')
}

function waitingErrors(object: unknown): readonly string[] {
  return listAt(object, 'status.containerStatuses').flatMap((container) => {
    const reason = textAt(container, 'state.waiting.reason')
    return isErrorReason(reason) ? [textAt(container, 'state.waiting.message')] : []
  })
}

function failure(container: unknown): string {
  if (valueAt(container, 'state.terminated') === undefined) return ''
  const message = textAt(container, 'state.terminated.message')
  if (message !== '') return message
  if (textAt(container, 'state.terminated.reason') === 'OOMKilled') return 'OOMKilled'
  const code = countAt(container, 'state.terminated.exitCode')
  return code === 0 ? '' : `container ${textAt(container, 'name')} failed with exit code ${code}`
}

function failedMessage(object: unknown): string {
  const own = textAt(object, 'status.message')
  if (own !== '') return own
  const containers = [...listAt(object, 'status.initContainerStatuses'), ...listAt(object, 'status.containerStatuses')]
  return containers.map(failure).find((message) => message !== '') ?? ''
}

function isReady(object: unknown): boolean {
  const ready = listAt(object, 'status.conditions').find((condition) => textAt(condition, 'type') === 'Ready')
  return textAt(ready, 'status') === 'True'
}

function runningStatus(object: unknown): Health['status'] {
  if (!isLongRunning(object)) {
    const policy = textAt(object, 'spec.restartPolicy')
    return policy === 'OnFailure' || policy === 'Never' ? 'Progressing' : 'Unknown'
  }
  if (isReady(object)) return 'Healthy'
  const crashed = listAt(object, 'status.containerStatuses').some(
    (container) => valueAt(container, 'lastState.terminated') !== undefined,
  )
  return crashed ? 'Degraded' : 'Progressing'
}

export function podHealth(object: unknown): Health {
  const errors = isLongRunning(object) ? waitingErrors(object) : []
  if (errors.length > 0) return { status: 'Degraded', message: errors.join(', ') }
  const message = textAt(object, 'status.message')
  switch (textAt(object, 'status.phase')) {
    case 'Pending':
      return { status: 'Progressing', message }
    case 'Succeeded':
      return { status: 'Healthy', message }
    case 'Failed':
      return { status: 'Degraded', message: failedMessage(object) }
    case 'Running':
      return { status: runningStatus(object), message }
    default:
      return { status: 'Unknown', message }
  }
}
