// Delegated by shipped rules: traffic and replicas of progressive delivery. Data.
import type { DelegationRule, EvidenceTest } from './delegation.ts'

type NamedBy = Extract<EvidenceTest, { is: 'named-by' }>

const ROLLOUT = 'argoproj.io/Rollout'
const rolledOut = (at: readonly string[]): NamedBy => ({
  is: 'named-by',
  kind: ROLLOUT,
  versions: ['v1alpha1'],
  at,
})
const ROLLOUTS = {
  owner: 'argo-rollouts',
  writers: ['*rollouts*'],
} as const
const SERVICES = [
  'spec.strategy.canary.stableService',
  'spec.strategy.canary.canaryService',
  'spec.strategy.canary.pingPong.pingService',
  'spec.strategy.canary.pingPong.pongService',
  'spec.strategy.blueGreen.activeService',
  'spec.strategy.blueGreen.previewService',
]
const ROUTING = 'spec.strategy.canary.trafficRouting'
const ISTIO = `${ROUTING}.istio`
const ALB = `${ROUTING}.alb`
const GATEWAY = `${ROUTING}.plugins.argoproj-labs/gatewayAPI`
const SCALE_DOWN = 'spec.workloadRef.scaleDown'

const ROLLOUT_DELEGATIONS: readonly DelegationRule[] = [
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-service',
    reason:
      'Argo Rollouts points the Services of a Rollout at one ReplicaSet by adding rollouts-pod-template-hash to their selector',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/features/bluegreen/',
    kinds: ['Service'],
    paths: ['spec.selector'],
    changes: ['changed'],
    value: { is: 'desired-plus', members: ['rollouts-pod-template-hash'] },
    evidence: rolledOut(SERVICES),
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-service',
    reason: 'Argo Rollouts marks the Services that it changes',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/FAQ/',
    kinds: ['Service'],
    paths: ['metadata.annotations."argo-rollouts.argoproj.io/managed-by-rollouts"'],
    evidence: rolledOut(SERVICES),
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-weights',
    reason: 'Argo Rollouts sets the weights of the routes of a VirtualService that a Rollout names',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/istio/',
    kinds: ['networking.istio.io/VirtualService'],
    paths: ['spec.http', 'spec.tls', 'spec.tcp'],
    changes: ['changed'],
    value: { is: 'same-without', members: ['weight'] },
    evidence: rolledOut([`${ISTIO}.virtualService.name`, `${ISTIO}.virtualServices.*.name`]),
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-weights',
    reason:
      'Argo Rollouts points the subsets of a DestinationRule at one ReplicaSet each by adding rollouts-pod-template-hash to their labels',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/istio/',
    kinds: ['networking.istio.io/DestinationRule'],
    paths: ['spec.subsets'],
    changes: ['changed'],
    value: { is: 'same-without', members: ['rollouts-pod-template-hash'] },
    evidence: rolledOut([`${ISTIO}.destinationRule.name`]),
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-weights',
    reason: 'the Gateway API plugin of Argo Rollouts sets the weights of the routes that a Rollout names',
    source: 'https://rollouts-plugin-trafficrouter-gatewayapi.readthedocs.io/en/latest/',
    kinds: ['gateway.networking.k8s.io/HTTPRoute', 'gateway.networking.k8s.io/GRPCRoute'],
    writers: [...ROLLOUTS.writers, '*gatewayapi*'],
    paths: ['spec.rules'],
    changes: ['changed'],
    value: { is: 'same-without', members: ['weight'] },
    evidence: rolledOut(
      ['httpRoute', 'grpcRoute'].flatMap((route) => [`${GATEWAY}.${route}`, `${GATEWAY}.${route}s.*.name`]),
    ),
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-weights',
    reason:
      'Argo Rollouts writes the weights of its Services into the action that an Ingress of an AWS load balancer holds',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/alb/',
    kinds: ['networking.k8s.io/Ingress'],
    paths: ['metadata.annotations.*'],
    members: ['alb.ingress.kubernetes.io/actions.*', 'rollouts.argoproj.io/managed-alb-actions'],
    changes: ['added', 'changed'],
    named: true,
    evidence: rolledOut([`${ALB}.ingress`, `${ALB}.ingresses.*`]),
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-workload',
    reason: 'Argo Rollouts scales a Deployment to 0 whose pod template a Rollout refers to and runs itself',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/migrating/',
    kinds: ['apps/Deployment'],
    paths: ['spec.replicas'],
    changes: ['added', 'changed'],
    value: { is: 'one-of', values: [0] },
    writers: null,
    evidence: {
      ...rolledOut(['spec.workloadRef.name']),
      where: { at: SCALE_DOWN, values: [null, 'onsuccess', 'progressively'] },
    },
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-workload',
    reason: 'Argo Rollouts scales a Deployment down step by step while a Rollout takes its pods over',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/migrating/',
    kinds: ['apps/Deployment'],
    paths: ['spec.replicas'],
    changes: ['changed'],
    value: { is: 'at-most-declared' },
    writers: null,
    evidence: { ...rolledOut(['spec.workloadRef.name']), where: { at: SCALE_DOWN, values: ['progressively'] } },
  },
]

const canary = (...at: string[]): EvidenceTest => ({
  is: 'named-by',
  kind: 'flagger.app/Canary',
  versions: ['v1beta1'],
  at,
})
const FLAGGER = {
  source: 'https://docs.flagger.app/usage/how-it-works',
  owner: 'flagger',
} as const

const FLAGGER_DELEGATIONS: readonly DelegationRule[] = [
  {
    ...FLAGGER,
    id: 'builtin/canary-workload',
    reason: 'Flagger scales the target of a Canary to 0 while its primary serves',
    kinds: ['apps/Deployment'],
    paths: ['spec.replicas'],
    changes: ['added', 'changed'],
    value: { is: 'one-of', values: [0] },
    writers: null,
    evidence: canary('spec.targetRef.name'),
  },
  {
    ...FLAGGER,
    id: 'builtin/canary-workload',
    reason: 'Flagger takes a DaemonSet that is the target of a Canary off all nodes while its primary serves',
    source: 'https://github.com/fluxcd/flagger pkg/canary/daemonset_controller.go',
    kinds: ['apps/DaemonSet'],
    paths: ['spec.template.spec.nodeSelector."flagger.app/scale-to-zero"'],
    value: { is: 'one-of', values: ['true'] },
    writers: ['flagger'],
    evidence: canary('spec.targetRef.name'),
  },
  {
    ...FLAGGER,
    id: 'builtin/canary-service',
    reason: 'Flagger points the Service of a Canary at its primary',
    source: 'https://github.com/fluxcd/flagger pkg/router/kubernetes_default.go',
    kinds: ['Service'],
    paths: ['spec.selector'],
    changes: ['changed'],
    value: { is: 'members-like', globs: ['*-primary'] },
    writers: ['flagger'],
    evidence: canary('spec.service.name', 'spec.targetRef.name'),
  },
  {
    ...FLAGGER,
    id: 'builtin/canary-workload',
    reason: 'Flagger pauses the ScaledObject of a Canary while its primary serves',
    source: 'https://github.com/fluxcd/flagger pkg/canary/scaled_object_reconciler.go',
    kinds: ['keda.sh/ScaledObject'],
    paths: ['metadata.annotations."autoscaling.keda.sh/paused-replicas"'],
    value: { is: 'one-of', values: ['0'] },
    writers: ['flagger'],
    evidence: canary('spec.autoscalerRef.name'),
  },
]

export const DELIVERY_DELEGATIONS: readonly DelegationRule[] = [...ROLLOUT_DELEGATIONS, ...FLAGGER_DELEGATIONS]
