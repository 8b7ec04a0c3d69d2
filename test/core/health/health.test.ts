import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  appHealth,
  type Health,
  type HealthStatus,
  healthOf,
  type ResourceHealth,
} from '../../../src/core/health/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'

type Row = readonly [title: string, object: object, status: HealthStatus | null, message?: string]

function object(apiVersion: string, kind: string, rest: object): KubeObject {
  return { apiVersion, kind, metadata: { name: 'web', generation: 2 }, ...rest } as KubeObject
}

const seen = { observedGeneration: 2 }
const deployment = (status: object, spec: object = { replicas: 3 }) =>
  object('apps/v1', 'Deployment', { spec, status: { ...seen, ...status } })
const daemonSet = (status: object, spec: object = {}) =>
  object('apps/v1', 'DaemonSet', { spec, status: { ...seen, ...status } })
const statefulSet = (status: object, spec: object = {}) =>
  object('apps/v1', 'StatefulSet', {
    spec: { replicas: 3, updateStrategy: { type: 'RollingUpdate' }, ...spec },
    status: { ...seen, ...status },
  })
const replicaSet = (status: object) =>
  object('apps/v1', 'ReplicaSet', { spec: { replicas: 2 }, status: { ...seen, ...status } })
const pod = (status: object, spec: object = { restartPolicy: 'Always' }, annotations: object = {}) =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', annotations }, spec, status }) as unknown as KubeObject
const job = (...conditions: object[]) => object('batch/v1', 'Job', { status: { conditions } })
const hpa = (...conditions: object[]) => object('autoscaling/v2', 'HorizontalPodAutoscaler', { status: { conditions } })
const hpa1 = (conditions: unknown) =>
  ({
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h', annotations: { 'autoscaling.alpha.kubernetes.io/conditions': conditions } },
  }) as unknown as KubeObject

const external = (condition: object | null, status: object = {}, spec: object = {}) =>
  object('external-secrets.io/v1', 'ExternalSecret', {
    spec,
    status: { ...status, conditions: condition === null ? [] : [{ type: 'Ready', ...condition }] },
  })
const sealed = (status: object) => object('bitnami.com/v1alpha1', 'SealedSecret', { status })

// requirements: [S001-80, S002-110, S002-226, S003-21, S003-22]
const rows: readonly Row[] = [
  ['deployment ready', deployment({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 }), 'Healthy', ''],
  ['deployment scaled to 0', deployment({}, { replicas: 0 }), 'Healthy', ''],
  ['deployment paused', deployment({}, { paused: true, replicas: 3 }), 'Suspended', 'Deployment is paused'],
  ['deployment not yet observed', deployment({ observedGeneration: 1 }), 'Progressing', 'has not been observed yet'],
  ['deployment updating', deployment({ replicas: 3, updatedReplicas: 1 }), 'Progressing', '1 of 3 new replicas'],
  [
    'deployment with old replicas',
    deployment({ replicas: 4, updatedReplicas: 3, availableReplicas: 3 }),
    'Progressing',
    '1 old replicas',
  ],
  [
    'deployment not available',
    deployment({ replicas: 3, updatedReplicas: 3, availableReplicas: 1 }),
    'Progressing',
    '1 of 3 replicas are available',
  ],
  [
    'deployment out of time',
    deployment({ conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }] }),
    'Degraded',
    'exceeded its progress deadline',
  ],
  [
    'daemon set ready',
    daemonSet({ desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 }),
    'Healthy',
  ],
  [
    'daemon set updating',
    daemonSet({ desiredNumberScheduled: 2, updatedNumberScheduled: 1 }),
    'Progressing',
    '1 of 2 pods have been updated',
  ],
  [
    'daemon set not available',
    daemonSet({ desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1 }),
    'Progressing',
    '1 of 2 pods are available',
  ],
  [
    'daemon set updated by hand',
    daemonSet({ desiredNumberScheduled: 2 }, { updateStrategy: { type: 'OnDelete' } }),
    'Healthy',
    '0 of 2',
  ],
  ['daemon set not yet observed', daemonSet({ observedGeneration: 1 }), 'Progressing'],
  ['stateful set never observed', statefulSet({ observedGeneration: 0 }), 'Progressing', 'newest spec'],
  ['stateful set not ready', statefulSet({ readyReplicas: 1 }), 'Progressing', 'Waiting for 2 pods'],
  [
    'stateful set rolling',
    statefulSet({ readyReplicas: 3, updatedReplicas: 1, updateRevision: 'b', currentRevision: 'a' }),
    'Progressing',
    'revision b',
  ],
  [
    'stateful set ready',
    statefulSet({ readyReplicas: 3, currentReplicas: 3, updateRevision: 'b', currentRevision: 'b' }),
    'Healthy',
    '3 pods at revision b',
  ],
  [
    'stateful set in partitions',
    statefulSet(
      { readyReplicas: 3, updatedReplicas: 1 },
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } },
    ),
    'Progressing',
    '1 of 2 new pods',
  ],
  [
    'stateful set partition done',
    statefulSet(
      { readyReplicas: 3, updatedReplicas: 2, updateRevision: 'b', currentRevision: 'a' },
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } },
    ),
    'Healthy',
  ],
  [
    'stateful set updated by hand',
    statefulSet(
      { readyReplicas: 3, updateRevision: 'b', currentRevision: 'a' },
      { updateStrategy: { type: 'OnDelete' } },
    ),
    'Healthy',
  ],
  ['replica set ready', replicaSet({ availableReplicas: 2 }), 'Healthy'],
  ['replica set short', replicaSet({ availableReplicas: 1 }), 'Progressing', '1 of 2'],
  [
    'replica set failing',
    replicaSet({ conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'quota' }] }),
    'Degraded',
    'quota',
  ],
  [
    'replica set that failed once',
    replicaSet({ availableReplicas: 2, conditions: [{ type: 'ReplicaFailure', status: 'False' }] }),
    'Healthy',
  ],
  ['pod pending', pod({ phase: 'Pending' }), 'Progressing'],
  ['pod ready', pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }), 'Healthy'],
  ['pod starting', pod({ phase: 'Running' }), 'Progressing'],
  [
    'pod that crashed',
    pod({ phase: 'Running', containerStatuses: [{ lastState: { terminated: { exitCode: 1 } } }] }),
    'Degraded',
  ],
  [
    'pod backing off',
    pod({
      phase: 'Running',
      containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } } }],
    }),
    'Degraded',
    'back-off',
  ],
  [
    'pod without image',
    pod({
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } }],
    }),
    'Degraded',
    'no such image',
  ],
  [
    'pod creating containers',
    pod({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }] }),
    'Progressing',
  ],
  ['pod succeeded', pod({ phase: 'Succeeded' }), 'Healthy'],
  [
    'pod failed',
    pod({ phase: 'Failed', containerStatuses: [{ name: 'c', state: { terminated: { exitCode: 3 } } }] }),
    'Degraded',
    'exit code 3',
  ],
  [
    'pod out of memory',
    pod({
      phase: 'Failed',
      initContainerStatuses: [{ name: 'c', state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }],
    }),
    'Degraded',
    'OOMKilled',
  ],
  [
    'pod that runs once',
    pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }, { restartPolicy: 'Never' }),
    'Progressing',
  ],
  [
    'pod said to run for ever',
    pod(
      { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      { restartPolicy: 'Never' },
      { 'argocd.argoproj.io/ignore-restart-policy': 'true' },
    ),
    'Healthy',
  ],
  ['pod lost', pod({ phase: 'Unknown' }), 'Unknown'],
  ['job running', job(), 'Progressing'],
  ['job complete', job({ type: 'Complete', status: 'True', message: 'done' }), 'Healthy', 'done'],
  ['job failed', job({ type: 'Failed', status: 'True', message: 'backoff limit' }), 'Degraded', 'backoff limit'],
  ['job suspended', job({ type: 'Suspended', status: 'True', message: 'held' }), 'Suspended', 'held'],
  ['job resumed', job({ type: 'Suspended', status: 'False', message: 'resumed' }), 'Healthy'],
  ['claim bound', object('v1', 'PersistentVolumeClaim', { status: { phase: 'Bound' } }), 'Healthy'],
  ['claim pending', object('v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } }), 'Progressing'],
  ['claim lost', object('v1', 'PersistentVolumeClaim', { status: { phase: 'Lost' } }), 'Degraded'],
  ['claim without phase', object('v1', 'PersistentVolumeClaim', { status: { phase: 'constructor' } }), 'Unknown'],
  ['service', object('v1', 'Service', { spec: { type: 'ClusterIP' } }), 'Healthy'],
  ['load balancer waiting', object('v1', 'Service', { spec: { type: 'LoadBalancer' } }), 'Progressing'],
  [
    'load balancer',
    object('v1', 'Service', {
      spec: { type: 'LoadBalancer' },
      status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
    }),
    'Healthy',
  ],
  ['ingress waiting', object('networking.k8s.io/v1', 'Ingress', {}), 'Progressing'],
  [
    'ingress',
    object('networking.k8s.io/v1', 'Ingress', { status: { loadBalancer: { ingress: [{ hostname: 'x' }] } } }),
    'Healthy',
  ],
  ['autoscaler new', hpa(), 'Progressing', 'Waiting to autoscale'],
  ['autoscaler working', hpa({ type: 'AbleToScale', status: 'True', message: 'ready' }), 'Healthy', 'ready'],
  [
    'autoscaler without metrics',
    hpa(
      { type: 'AbleToScale', status: 'True' },
      { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric', message: 'no metrics' },
    ),
    'Degraded',
    'no metrics',
  ],
  ['old autoscaler', hpa1('[{"type":"AbleToScale","status":"True","message":"ok"}]'), 'Healthy', 'ok'],
  ['old autoscaler new', hpa1(undefined), 'Progressing'],
  ['old autoscaler unreadable', hpa1('{'), 'Unknown'],
  [
    'api service available',
    object('apiregistration.k8s.io/v1', 'APIService', {
      status: { conditions: [{ type: 'Available', status: 'True', reason: 'Passed', message: 'fine' }] },
    }),
    'Healthy',
    'Passed: fine',
  ],
  [
    'api service away',
    object('apiregistration.k8s.io/v1', 'APIService', {
      status: { conditions: [{ type: 'Available', status: 'False', reason: 'X', message: 'y' }] },
    }),
    'Progressing',
    'X: y',
  ],
  ['api service new', object('apiregistration.k8s.io/v1', 'APIService', {}), 'Progressing', 'Waiting to be processed'],
  ['external secret fetched', external({ status: 'True', message: 'secret synced' }), 'Healthy', 'secret synced'],
  [
    'external secret that cannot be fetched',
    external({ status: 'False', message: 'no such key' }),
    'Degraded',
    'no such key',
  ],
  ['external secret unknown', external({ status: 'Unknown' }), 'Progressing', 'Waiting for ExternalSecret'],
  ['external secret new', external(null), 'Progressing', 'Waiting for ExternalSecret'],
  [
    'external secret whose answer is older than its refresh',
    external(
      { status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
      { refreshTime: '2026-01-02T00:00:00Z' },
      { refreshPolicy: 'OnChange' },
    ),
    'Progressing',
  ],
  [
    'external secret whose answer is as new as its refresh',
    external(
      { status: 'False', message: 'gone', lastTransitionTime: '2026-01-02T00:00:00Z' },
      { refreshTime: '2026-01-02T00:00:00Z' },
      { refreshPolicy: 'OnChange' },
    ),
    'Degraded',
    'gone',
  ],
  ['sealed secret unsealed', sealed({ conditions: [{ type: 'Synced', status: 'True' }] }), 'Healthy'],
  [
    'sealed secret that no key opens',
    sealed({ conditions: [{ type: 'Synced', status: 'False', message: 'no key could decrypt secret (db)' }] }),
    'Degraded',
    'no key could decrypt',
  ],
  ['sealed secret new', sealed({}), 'Progressing', 'Waiting for Sealed Secret'],
  ['no check', object('v1', 'ConfigMap', {}), null],
  ['same kind, other group', object('example.com/v1', 'Deployment', { spec: { paused: true } }), null],
  [
    'going away',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', deletionTimestamp: 'x' } },
    'Progressing',
    'Pending deletion',
  ],
]

describe('healthOf', () => {
  it.each(rows)('%s', (_title, given, status, message = '') => {
    const health = healthOf(given as KubeObject)
    expect(health?.status ?? null).toBe(status)
    expect(health?.message ?? '').toContain(message)
  })
  it('judges whatever the server or anybody else sends, and changes nothing', () => {
    const kinds = rows.map(([, given]) => given as KubeObject)
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.jsonValue(), fc.jsonValue(), (kind, junk, other) => {
        const given = { ...kind, spec: junk, status: other, metadata: junk } as unknown as KubeObject
        const conditioned = { ...kind, status: { conditions: junk, containerStatuses: [other], phase: 'Running' } }
        const before = structuredClone(given)
        healthOf(given)
        healthOf(conditioned as unknown as KubeObject)
        expect(given).toEqual(before)
      }),
    )
  })
})

function resource(name: string, status: HealthStatus | null, part: Partial<ResourceHealth> = {}): ResourceHealth {
  const health: Health | null = status === null ? null : { status, message: '' }
  return { ref: { group: 'apps', kind: 'Deployment', namespace: 'prod', name }, live: true, health, ...part }
}

// requirements: [S001-16, S001-79]
describe('appHealth', () => {
  const gone = { live: false, health: { status: 'Missing', message: '' } } as const
  const app = { ref: { group: 'argoproj.io', kind: 'Application', namespace: 'argocd', name: 'child' } }
  it.each<[string, readonly ResourceHealth[], HealthStatus, string]>([
    ['nothing', [], 'Healthy', ''],
    ['all well', [resource('a', 'Healthy'), resource('b', null)], 'Healthy', ''],
    [
      'worst wins',
      [resource('a', 'Healthy'), resource('b', 'Degraded'), resource('c', 'Progressing')],
      'Degraded',
      'Caused by apps/Deployment:prod/b',
    ],
    [
      'suspended',
      [resource('a', 'Healthy'), resource('b', 'Suspended')],
      'Suspended',
      'Caused by apps/Deployment:prod/b',
    ],
    ['some missing', [resource('a', 'Healthy'), resource('b', null, gone)], 'Healthy', ''],
    ['all missing', [resource('a', null, gone), resource('b', null, gone)], 'Missing', ''],
    ['ignored', [resource('a', 'Degraded', { ignored: true }), resource('b', 'Healthy')], 'Healthy', ''],
    ['child application unknown', [resource('a', 'Unknown', app), resource('b', 'Healthy')], 'Healthy', ''],
    [
      'child application degraded',
      [resource('a', 'Degraded', app)],
      'Degraded',
      'Caused by argoproj.io/Application:argocd/child',
    ],
    [
      'many',
      ['a', 'b', 'c', 'd', 'e'].map((name) => resource(name, 'Degraded')),
      'Degraded',
      'Caused by apps/Deployment:prod/a, apps/Deployment:prod/b, apps/Deployment:prod/c and 2 more',
    ],
  ])('%s', (_title, resources, status, message) => {
    expect(appHealth(resources)).toEqual({ status, message })
  })
})
