// requirements: [S002-283, S003-04]
import { describe, expect, it } from 'vitest'
import { concernOf } from '../../../src/core/classify/index.ts'
import type { FieldPath } from '../../../src/core/kube/index.ts'

/** Kind, path (`[]` = an item of a list), concern. */
const rows: [kind: string, path: string, concern: string][] = [
  ['Deployment', 'spec.replicas', 'scale'],
  ['Deployment', 'spec.template.spec.containers.[].image', 'image'],
  ['Deployment', 'spec.template.spec.initContainers.[].image', 'image'],
  ['Deployment', 'spec.template.spec.containers.[].resources.limits.memory', 'capacity'],
  ['Deployment', 'spec.template.spec.containers.[].env.[].value', 'environment'],
  ['Deployment', 'spec.template.spec.containers.[].ports.[]', 'traffic'],
  ['Deployment', 'spec.template.spec.containers.[].readinessProbe.httpGet.path', 'availability'],
  ['Deployment', 'spec.template.spec.containers.[].securityContext.privileged', 'security'],
  ['Deployment', 'spec.template.spec.containers.[]', 'security'],
  ['Deployment', 'spec.template.spec.hostNetwork', 'security'],
  ['Deployment', 'spec.template.spec.volumes.[]', 'storage'],
  ['Deployment', 'spec.template.spec.nodeSelector', 'scheduling'],
  ['Deployment', 'metadata.labels.team', 'metadata'],
  ['Deployment', 'spec.revisionHistoryLimit', 'configuration'],
  ['Service', 'spec.ports.[].port', 'traffic'],
  ['Service', 'spec.selector.app', 'traffic'],
  ['NetworkPolicy', 'spec.ingress', 'traffic'],
  ['HTTPRoute', 'spec.rules', 'traffic'],
  ['ClusterRole', 'rules.[].verbs', 'access'],
  ['RoleBinding', 'subjects', 'access'],
  ['HorizontalPodAutoscaler', 'spec.maxReplicas', 'scale'],
  ['PodDisruptionBudget', 'spec.minAvailable', 'availability'],
  ['PersistentVolumeClaim', 'spec.resources.requests.storage', 'storage'],
  ['ConfigMap', 'data.replicas', 'configuration'],
]

describe('what a field concerns', () => {
  it.each(rows)('%s %s: %s', (kind, path, concern) => {
    const elements = path
      .split('.')
      .map((name, index) => (name === '[]' ? { kind: 'index', index } : { kind: 'field', name }))
    expect(concernOf({ kind }, elements as unknown as FieldPath)).toBe(concern)
  })
})
