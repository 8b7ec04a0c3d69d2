// What controllers, and the server itself, write onto objects whatever Git declares.
import type { Json } from '../kube/index.ts'
import { type BuiltinRule, equals, made } from './rule.ts'

const KCM = 'kube-controller-manager'
const SERVER = 'kube-apiserver'
const finalizer = (name: string): string[] => [name]

/** A finalizer put on by a controller: as an item, or as the only one. */
function finalizing(rule: { id: string; kinds: string[]; reason: string; owner: string }, name: string): BuiltinRule[] {
  return [
    ...made({ ...rule, value: equals(name) }, 'metadata.finalizers.*'),
    ...made({ ...rule, value: equals(finalizer(name) as Json) }, 'metadata.finalizers'),
  ]
}

const annotation = (name: string): string => `metadata.annotations."${name}"`

const NODE_CONDITIONS: readonly Json[] = [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]

const VOLUMES: readonly BuiltinRule[] = [
  ...made(
    { id: 'pvc-binding', kinds: ['PersistentVolumeClaim'], reason: 'the volume binder’s mark', owner: KCM },
    annotation('pv.kubernetes.io/bind-completed'),
    annotation('pv.kubernetes.io/bound-by-controller'),
    annotation('volume.beta.kubernetes.io/storage-provisioner'),
    annotation('volume.kubernetes.io/storage-provisioner'),
  ),
  ...made(
    {
      id: 'pvc-binding',
      kinds: ['PersistentVolumeClaim'],
      reason: 'the volume that the binder chose, as its mark says',
      owner: KCM,
      whenLive: { path: ['metadata', 'annotations', 'pv.kubernetes.io/bound-by-controller'], value: 'yes' },
    },
    'spec.volumeName',
  ),
  ...made(
    {
      id: 'pvc-binding',
      kinds: ['PersistentVolumeClaim'],
      reason: 'the scheduler’s choice',
      owner: 'kube-scheduler',
    },
    annotation('volume.kubernetes.io/selected-node'),
  ),
  ...made(
    { id: 'pv-claim', kinds: ['PersistentVolume'], reason: 'the volume binder’s mark', owner: KCM },
    annotation('pv.kubernetes.io/bound-by-controller'),
  ),
  ...made(
    {
      id: 'pv-claim',
      kinds: ['PersistentVolume'],
      reason: 'the claim that the binder chose, as its mark says',
      owner: KCM,
      whenLive: { path: ['metadata', 'annotations', 'pv.kubernetes.io/bound-by-controller'], value: 'yes' },
    },
    'spec.claimRef',
  ),
  ...made(
    {
      id: 'pv-claim',
      kinds: ['PersistentVolume'],
      reason: 'which object the declared claim is',
      owner: KCM,
      whenDesired: ['spec', 'claimRef'],
    },
    ...['apiVersion', 'kind', 'uid', 'resourceVersion'].map((name) => `spec.claimRef.${name}`),
  ),
  ...finalizing(
    { id: 'protection', kinds: ['PersistentVolumeClaim'], reason: 'protects a volume in use', owner: KCM },
    'kubernetes.io/pvc-protection',
  ),
  ...finalizing(
    {
      id: 'protection',
      kinds: ['storage.k8s.io/VolumeAttributesClass'],
      reason: 'protects a class in use',
      owner: SERVER,
    },
    'kubernetes.io/vac-protection',
  ),
  ...finalizing(
    { id: 'protection', kinds: ['networking.k8s.io/ServiceCIDR'], reason: 'protects addresses in use', owner: KCM },
    'networking.k8s.io/service-cidr-finalizer',
  ),
  ...finalizing(
    { id: 'protection', kinds: ['PersistentVolume'], reason: 'protects a volume in use', owner: KCM },
    'kubernetes.io/pv-protection',
  ),
]

const TOKEN_SECRET = {
  id: 'token-secret',
  kinds: ['Secret'],
  owner: KCM,
  whenDesired: ['metadata', 'annotations', 'kubernetes.io/service-account.name'],
}
const NAMESPACE = { id: 'namespace-name', kinds: ['Namespace'], reason: 'set by the API server', owner: SERVER }

export const BOOKKEEPING: readonly BuiltinRule[] = [
  ...made(
    {
      id: 'autoscaler-status',
      kinds: ['autoscaling/HorizontalPodAutoscaler'],
      reason: 'status that version v1 has no field for',
      owner: KCM,
    },
    annotation('autoscaling.alpha.kubernetes.io/conditions'),
    annotation('autoscaling.alpha.kubernetes.io/current-metrics'),
  ),
  ...made(
    { id: 'last-applied', kinds: ['*'], reason: 'kubectl’s own bookkeeping', owner: 'kubectl' },
    annotation('kubectl.kubernetes.io/last-applied-configuration'),
  ),
  ...made(
    {
      id: 'generate-name',
      kinds: ['*'],
      reason: 'how the object was named',
      value: { is: 'beginning-of', path: ['metadata', 'name'] },
    },
    'metadata.generateName',
  ),
  ...made(
    {
      id: 'rollout-revision',
      kinds: ['apps/Deployment', 'apps/ReplicaSet'],
      reason: 'the deployment controller counts rollouts here',
      owner: KCM,
    },
    annotation('deployment.kubernetes.io/revision'),
  ),
  ...made(
    { id: 'template-generation', kinds: ['apps/DaemonSet'], reason: 'counted by the API server', owner: SERVER },
    annotation('deprecated.daemonset.template.generation'),
  ),
  ...VOLUMES,
  ...made(
    { id: 'node-ttl', kinds: ['Node'], reason: 'how long a kubelet may keep what it read', owner: KCM },
    annotation('node.alpha.kubernetes.io/ttl'),
  ),
  ...made(
    {
      id: 'node-condition',
      kinds: ['Node'],
      reason: 'a new node is not ready until its kubelet says so',
      owner: 'node-lifecycle-controller',
      value: equals(...NODE_CONDITIONS),
    },
    'spec.taints.*',
  ),
  ...made(
    {
      id: 'node-condition',
      kinds: ['Node'],
      reason: 'a new node is not ready until its kubelet says so',
      owner: 'node-lifecycle-controller',
      value: equals(NODE_CONDITIONS.slice(0, 1)),
    },
    'spec.taints',
  ),
  ...finalizing(
    {
      id: 'load-balancer-cleanup',
      kinds: ['Service'],
      reason: 'the cloud load balancer is taken down first',
      owner: 'cloud-controller-manager',
    },
    'service.kubernetes.io/load-balancer-cleanup',
  ),
  ...made(
    { ...NAMESPACE, value: { is: 'equal-to', path: ['metadata', 'name'] } },
    'metadata.labels."kubernetes.io/metadata.name"',
  ),
  ...made({ ...NAMESPACE, value: equals(['kubernetes'] as Json) }, 'spec.finalizers'),
  ...made({ ...NAMESPACE, value: equals('kubernetes') }, 'spec.finalizers.*'),
  ...made({ ...NAMESPACE, value: equals({ finalizers: ['kubernetes'] }) }, 'spec'),
  ...made(
    {
      id: 'aggregated-rules',
      kinds: ['rbac.authorization.k8s.io/ClusterRole'],
      reason: 'filled from the roles that the aggregation rule selects',
      owner: KCM,
      whenDesired: ['aggregationRule'],
    },
    'rules',
  ),
  ...made(
    {
      id: 'requester',
      kinds: ['certificates.k8s.io/CertificateSigningRequest'],
      reason: 'who asked, as the API server knows',
      owner: SERVER,
    },
    ...['username', 'groups', 'uid', 'extra'].map((name) => `spec.${name}`),
  ),
  ...made({ ...TOKEN_SECRET, reason: 'the token controller’s mark' }, annotation('kubernetes.io/service-account.uid')),
  ...made(
    { ...TOKEN_SECRET, reason: 'filled by the token controller' },
    'data."ca.crt"',
    'data."namespace"',
    'data."token"',
  ),
]
