// What stands in namespaces without anybody delivering it: servers and controllers make it, and name no owner in it.
import type { KubeObject } from '../kube/index.ts'

/** `group/Kind`; `*` = every kind of the group. Not looked at at all. */
const KINDS = new Set([
  '/Event',
  '/Endpoints',
  '/Binding',
  '/PodTemplate',
  'apps/ControllerRevision',
  'autoscaling.k8s.io/VerticalPodAutoscalerCheckpoint',
  'coordination.k8s.io/Lease',
  'discovery.k8s.io/EndpointSlice',
  'events.k8s.io/*',
  'metrics.k8s.io/*',
  'custom.metrics.k8s.io/*',
  'external.metrics.k8s.io/*',
  'authorization.k8s.io/*',
])

/** Made in every namespace, under one name. */
const NAMES = new Set([
  '/ConfigMap/kube-root-ca.crt',
  '/ConfigMap/openshift-service-ca.crt',
  '/ConfigMap/istio-ca-root-cert',
  '/ConfigMap/istio-ca-crl',
  '/ServiceAccount/default',
])

/** A label or annotation that only its maker writes. */
const MARKS: readonly { kind: string; annotation?: string; label?: readonly [string, string] }[] = [
  { kind: '/Secret', annotation: 'kubernetes.io/service-account.uid' },
  { kind: '/ConfigMap', annotation: 'control-plane.alpha.kubernetes.io/leader' },
  // Helm's own record of a release.
  { kind: '/Secret', label: ['owner', 'helm'] },
  { kind: '/ConfigMap', label: ['owner', 'helm'] },
]

export function isLookedAt(group: string, kind: string): boolean {
  return !KINDS.has(`${group}/${kind}`) && !KINDS.has(`${group}/*`)
}

export function isMade({ metadata, ...object }: KubeObject, groupKind: string): boolean {
  const name = metadata.name ?? ''
  if (NAMES.has(`${groupKind}/${name}`)) return true
  if (groupKind === '/Service' && metadata.namespace === 'default' && name === 'kubernetes') return true
  // Nodes' own pods are mirrored under their names.
  if (object.kind === 'Pod' && Object.hasOwn(metadata.annotations ?? {}, 'kubernetes.io/config.mirror')) return true
  return MARKS.some(
    ({ kind, annotation, label }) =>
      kind === groupKind &&
      (annotation === undefined || Object.hasOwn(metadata.annotations ?? {}, annotation)) &&
      (label === undefined || metadata.labels?.[label[0]] === label[1]),
  )
}
