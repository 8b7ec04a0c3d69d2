// Delegated by shipped rules: replica counts, resources, and what else others keep of workloads. Data.
import type { DelegationRule } from './delegation.ts'

const SCALED = ['apps/Deployment', 'apps/StatefulSet', 'apps/ReplicaSet', 'ReplicationController']
/** Custom kinds with a scale subresource that their projects document. */
const SCALED_CUSTOM = ['argoproj.io/Rollout']

const SCALING: readonly DelegationRule[] = [
  {
    id: 'builtin/autoscaled-replicas',
    reason:
      'an autoscaler that targets this workload sets its replicas through the scale subresource, which leaves no owner where Git declares none',
    source:
      'https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/; https://keda.sh/docs/latest/reference/scaledobject-spec/',
    owner: 'autoscaler',
    kinds: [...SCALED, ...SCALED_CUSTOM],
    paths: ['spec.replicas'],
    changes: ['added', 'changed'],
    writers: null,
    evidence: { is: 'autoscaler' },
  },
  {
    id: 'builtin/vertically-autoscaled',
    reason:
      'a VerticalPodAutoscaler that targets this workload and is not off decides about the requests and limits that its policy names; what is not written in its name is not its own, for by itself it changes pods, not templates',
    source:
      'https://github.com/kubernetes/autoscaler vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1/types.go, vertical-pod-autoscaler/pkg/*/Dockerfile',
    owner: 'vertical-autoscaler',
    kinds: ['@pod'],
    paths: ['requests', 'limits'].map((list) => `@pod.containers.*.resources.${list}.*`),
    changes: ['added', 'changed'],
    writers: ['vpa*', 'vertical-pod-autoscaler*', 'updater', 'recommender', 'admission-controller'],
    named: true,
    evidence: { is: 'vertical-autoscaler' },
  },
]

const QUEUED = {
  id: 'builtin/queued-job',
  source:
    'https://kueue.sigs.k8s.io/docs/tasks/run/jobs/; https://github.com/kubernetes-sigs/kueue pkg/podset/podset.go',
  owner: 'kueue',
  kinds: ['batch/Job'],
  writers: ['kueue*'],
  evidence: { is: 'declared', labels: ['kueue.x-k8s.io/queue-name'] },
} as const

const KUEUE: readonly DelegationRule[] = [
  {
    ...QUEUED,
    reason: 'Kueue suspends a Job that names a queue until it is admitted, and resumes it then',
    paths: ['spec.suspend'],
    changes: ['added', 'changed'],
    value: { is: 'one-of', values: [true, false] },
  },
  {
    ...QUEUED,
    reason: 'Kueue sends the pods of an admitted Job to the nodes of the flavor that it was given',
    paths: ['spec.template.spec.nodeSelector.*', 'spec.template.spec.tolerations.*', 'spec.parallelism'],
    changes: ['added', 'changed'],
    named: true,
  },
]

const RELOADER = {
  id: 'builtin/reloaded',
  reason: 'Reloader marks the pods of workloads that ask for it when a ConfigMap or Secret of theirs changed',
  source: 'https://github.com/stakater/Reloader internal/pkg/options/flags.go, internal/pkg/handler/upgrade.go',
  owner: 'reloader',
  kinds: ['@pod'],
  writers: ['Reloader', 'reloader*'],
  evidence: {
    is: 'declared',
    annotations: [
      'reloader.stakater.com/auto',
      'reloader.stakater.com/search',
      '*.reloader.stakater.com/reload',
      '*.reloader.stakater.com/auto',
    ],
    template: true,
  },
} as const

const RESTARTED: readonly DelegationRule[] = [
  { ...RELOADER, paths: ['@template.metadata.annotations."reloader.stakater.com/last-reloaded-from"'] },
  {
    ...RELOADER,
    paths: ['@pod.containers.*.env.*', '@pod.initContainers.*.env.*'],
    value: { is: 'item-named', names: ['STAKATER_*_CONFIGMAP', 'STAKATER_*_SECRET', 'STAKATER_*_SECRETPROVIDERCLASS'] },
  },
]

const KEEL = {
  id: 'builtin/image-updated',
  source:
    'https://github.com/keel-hq/keel types/types.go, provider/kubernetes/kubernetes.go, provider/kubernetes/updates.go',
  owner: 'keel',
  kinds: ['@pod'],
  writers: ['keel'],
  named: true,
  evidence: { is: 'declared', labels: ['keel.sh/policy'], annotations: ['keel.sh/policy'] },
} as const

const UPDATED: readonly DelegationRule[] = [
  {
    ...KEEL,
    reason: 'Keel moves the images of workloads that ask for it to newer tags',
    paths: ['@pod.containers.*.image', '@pod.initContainers.*.image'],
    changes: ['changed'],
    value: { is: 'other-tag' },
  },
  {
    ...KEEL,
    reason: 'Keel notes when it updated a workload',
    paths: [
      '@template.metadata.annotations."keel.sh/update-time"',
      'metadata.annotations."kubernetes.io/change-cause"',
      'metadata.annotations."keel.sh/digest"',
    ],
  },
]

export const POD_DELEGATIONS: readonly DelegationRule[] = [...SCALING, ...KUEUE, ...RESTARTED, ...UPDATED]
