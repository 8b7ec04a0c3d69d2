// Delegated by shipped rules: finalizers and marks of controllers on objects that are theirs to look after. Data.
import type { Json } from '../kube/index.ts'
import type { DelegationRule, EvidenceTest } from './delegation.ts'

type Facts = Pick<DelegationRule, 'id' | 'reason' | 'source' | 'owner' | 'kinds' | 'writers' | 'evidence'>

/** A finalizer: as an item beside others, or as the only one. */
function finalizing(facts: Facts, ...finalizers: string[]): DelegationRule[] {
  return [
    { ...facts, paths: ['metadata.finalizers.*'], value: { is: 'like', globs: finalizers } },
    { ...facts, paths: ['metadata.finalizers'], value: { is: 'like', globs: finalizers } },
  ]
}

const OWN_KIND: EvidenceTest = { is: 'own-kind' }

/** Kinds that only one controller looks after, and the finalizer that it puts on each. */
const LOOKED_AFTER: readonly (Pick<DelegationRule, 'source' | 'owner' | 'kinds' | 'writers'> & {
  readonly finalizers: readonly string[]
})[] = [
  {
    owner: 'keda',
    source: 'https://github.com/kedacore/keda controllers/keda',
    kinds: ['ScaledObject', 'ScaledJob', 'TriggerAuthentication', 'ClusterTriggerAuthentication'].map(
      (kind) => `keda.sh/${kind}`,
    ),
    writers: ['keda*'],
    finalizers: ['finalizer.keda.sh'],
  },
  {
    owner: 'flux',
    source: 'https://fluxcd.io/flux/components/',
    kinds: [
      ...['GitRepository', 'HelmRepository', 'HelmChart', 'Bucket', 'OCIRepository'].map(
        (kind) => `source.toolkit.fluxcd.io/${kind}`,
      ),
      'kustomize.toolkit.fluxcd.io/Kustomization',
      'helm.toolkit.fluxcd.io/HelmRelease',
      ...['Alert', 'Provider', 'Receiver'].map((kind) => `notification.toolkit.fluxcd.io/${kind}`),
      ...['ImageRepository', 'ImagePolicy', 'ImageUpdateAutomation'].map((kind) => `image.toolkit.fluxcd.io/${kind}`),
    ],
    writers: ['*-controller', 'gotk-*'],
    finalizers: ['finalizers.fluxcd.io'],
  },
  {
    owner: 'external-secrets',
    source: 'https://github.com/external-secrets/external-secrets pkg/controllers',
    kinds: ['ExternalSecret', 'ClusterExternalSecret', 'PushSecret', 'SecretStore', 'ClusterSecretStore'].map(
      (kind) => `external-secrets.io/${kind}`,
    ),
    writers: ['external-secrets*', 'externalsecrets.external-secrets.io*'],
    finalizers: ['*.externalsecrets.io/finalizer', 'externalsecrets.external-secrets.io/*'],
  },
  {
    owner: 'aws-load-balancer-controller',
    source: 'https://github.com/kubernetes-sigs/aws-load-balancer-controller controllers/elbv2',
    kinds: ['elbv2.k8s.aws/TargetGroupBinding'],
    writers: ['controller', '*load-balancer-controller*', 'elbv2*'],
    finalizers: ['elbv2.k8s.aws/resources'],
  },
  {
    owner: 'karpenter',
    source: 'https://github.com/kubernetes-sigs/karpenter pkg/apis/v1/labels.go',
    kinds: ['karpenter.sh/NodePool', 'karpenter.sh/NodeClaim', 'karpenter.k8s.aws/EC2NodeClass'],
    writers: ['karpenter*', 'controller'],
    finalizers: ['karpenter.sh/termination', 'karpenter.k8s.aws/termination'],
  },
  {
    owner: 'cloudnative-pg',
    source: 'https://github.com/cloudnative-pg/cloudnative-pg pkg/utils/finalizers.go',
    kinds: ['Database', 'Publication', 'Subscription'].map((kind) => `postgresql.cnpg.io/${kind}`),
    writers: ['manager', 'cnpg*', 'cloudnative-pg*'],
    finalizers: ['cnpg.io/*'],
  },
  {
    owner: 'rook',
    source: 'https://github.com/rook/rook pkg/operator/ceph/controller/finalizer.go',
    kinds: [
      'CephCluster',
      'CephBlockPool',
      'CephBlockPoolRadosNamespace',
      'CephBucketTopic',
      'CephFilesystem',
      'CephFilesystemSubVolumeGroup',
      'CephObjectStore',
      'CephObjectStoreUser',
      'CephObjectZone',
      'CephObjectStoreAccount',
      'CephNVMeOFGateway',
      'CephNFS',
      'CephClient',
    ].map((kind) => `ceph.rook.io/${kind}`),
    writers: ['rook*'],
    finalizers: ['*.ceph.rook.io'],
  },
  {
    owner: 'snapshot-controller',
    source: 'https://github.com/kubernetes-csi/external-snapshotter pkg/utils/util.go',
    kinds: ['snapshot.storage.k8s.io/VolumeSnapshot', 'snapshot.storage.k8s.io/VolumeSnapshotContent'],
    writers: ['snapshot-controller', 'csi-snapshotter'],
    finalizers: ['snapshot.storage.kubernetes.io/*'],
  },
  {
    owner: 'snapshot-controller',
    source: 'https://github.com/kubernetes-csi/external-snapshotter pkg/utils/util.go',
    kinds: [
      'groupsnapshot.storage.k8s.io/VolumeGroupSnapshot',
      'groupsnapshot.storage.k8s.io/VolumeGroupSnapshotContent',
    ],
    writers: ['snapshot-controller', 'csi-snapshotter'],
    finalizers: ['groupsnapshot.storage.kubernetes.io/*'],
  },
]

const FINALIZERS = LOOKED_AFTER.flatMap(({ finalizers, ...facts }) =>
  finalizing(
    {
      ...facts,
      id: `builtin/${facts.owner}-finalizer`,
      reason: `${facts.owner} cleans up before such an object goes`,
      evidence: OWN_KIND,
    },
    ...finalizers,
  ),
)

const SNAPSHOT_SOURCES = finalizing(
  {
    id: 'builtin/snapshot-controller-finalizer',
    reason: 'the snapshot controller keeps a claim while a snapshot is taken of it',
    source: 'https://github.com/kubernetes-csi/external-snapshotter pkg/utils/util.go, pkg/common-controller',
    owner: 'snapshot-controller',
    kinds: ['PersistentVolumeClaim'],
    writers: ['snapshot-controller'],
    evidence: {
      is: 'named-by',
      kind: 'snapshot.storage.k8s.io/VolumeSnapshot',
      versions: ['v1'],
      at: ['spec.source.persistentVolumeClaimName'],
    },
  },
  'snapshot.storage.kubernetes.io/pvc-as-source-protection',
)

const AWS = {
  id: 'builtin/aws-load-balancer',
  source:
    'https://github.com/kubernetes-sigs/aws-load-balancer-controller pkg/shared_constants/finalizers.go, pkg/config/service_config.go',
  owner: 'aws-load-balancer-controller',
  writers: ['controller', '*load-balancer-controller*', 'elbv2*'],
} as const
const LOAD_BALANCER: EvidenceTest = {
  is: 'declared',
  values: [{ at: ['spec', 'type'], oneOf: ['LoadBalancer'] as Json[] }],
}

const CLOUDS: readonly DelegationRule[] = [
  ...finalizing(
    {
      ...AWS,
      reason: 'the AWS Load Balancer Controller takes the load balancer of a Service down first',
      kinds: ['Service'],
      evidence: LOAD_BALANCER,
    },
    'service.k8s.aws/resources',
  ),
  ...finalizing(
    {
      ...AWS,
      reason: 'the AWS Load Balancer Controller takes the load balancer of an Ingress down first',
      kinds: ['networking.k8s.io/Ingress'],
      evidence: {
        is: 'declared',
        annotations: ['alb.ingress.kubernetes.io/*', 'kubernetes.io/ingress.class'],
        values: [{ at: ['spec', 'ingressClassName'], oneOf: ['alb'] }],
      },
    },
    'ingress.k8s.aws/resources',
    'group.ingress.k8s.aws/*',
  ),
  {
    ...AWS,
    reason: 'the webhook of the AWS Load Balancer Controller gives a new Service its class',
    kinds: ['Service'],
    paths: ['spec.loadBalancerClass'],
    value: { is: 'one-of', values: ['service.k8s.aws/nlb'] },
    writers: [],
    evidence: { is: 'mutator', hooks: ['mservice.elbv2.k8s.aws'] },
  },
]

const NOTES: readonly DelegationRule[] = [
  {
    id: 'builtin/scaled-object-mark',
    reason: 'KEDA labels a ScaledObject with its own name',
    source: 'https://github.com/kedacore/keda apis/keda/v1alpha1/scaledobject_types.go',
    owner: 'keda',
    kinds: ['keda.sh/ScaledObject'],
    paths: ['metadata.labels."scaledobject.keda.sh/name"'],
    value: { is: 'own-name' },
    writers: ['keda*'],
    evidence: OWN_KIND,
  },
  {
    id: 'builtin/node-pool-hash',
    reason: 'Karpenter notes the hash of a node pool’s or class’s spec on it',
    source: 'https://github.com/kubernetes-sigs/karpenter pkg/controllers/nodepool/hash/controller.go',
    owner: 'karpenter',
    kinds: ['karpenter.sh/NodePool', 'karpenter.k8s.aws/EC2NodeClass'],
    paths: ['karpenter.sh/nodepool', 'karpenter.k8s.aws/ec2nodeclass'].flatMap((name) =>
      [`${name}-hash`, `${name}-hash-version`].map((key) => `metadata.annotations."${key}"`),
    ),
    changes: ['added', 'changed'],
    writers: ['karpenter*', 'controller'],
    evidence: OWN_KIND,
  },
]

const SCC: EvidenceTest = {
  is: 'present',
  kind: 'security.openshift.io/SecurityContextConstraints',
  versions: ['v1'],
  names: ['restricted-v2', 'restricted'],
}
const OPENSHIFT = { id: 'builtin/openshift-security', owner: 'openshift' } as const

const PULL_SECRETS =
  'https://github.com/openshift/openshift-controller-manager pkg/internalregistry/controllers/service_account_controller.go'
const PULL_SECRET_WRITERS = ['openshift.io/image-registry-pull-secrets_*', 'openshift-controller-manager']

const PLATFORMS: readonly DelegationRule[] = [
  {
    ...OPENSHIFT,
    reason: 'OpenShift gives every namespace its range of users and its SELinux labels',
    source:
      'https://github.com/openshift/cluster-policy-controller pkg/security/controller/namespace_scc_allocation_controller.go',
    kinds: ['Namespace'],
    paths: ['uid-range', 'supplemental-groups', 'mcs'].map(
      (name) => `metadata.annotations."openshift.io/sa.scc.${name}"`,
    ),
    writers: ['cluster-policy-controller'],
    evidence: SCC,
  },
  {
    ...OPENSHIFT,
    reason: 'OpenShift labels a namespace with the Pod Security level that its service accounts may reach',
    source:
      'https://github.com/openshift/cluster-policy-controller pkg/psalabelsyncer/podsecurity_label_sync_controller.go',
    kinds: ['Namespace'],
    paths: ['enforce', 'audit', 'warn'].flatMap((mode) =>
      [mode, `${mode}-version`].map((name) => `metadata.labels."pod-security.kubernetes.io/${name}"`),
    ),
    writers: ['pod-security-admission-label-synchronization-controller', 'cluster-policy-controller'],
    named: true,
    evidence: SCC,
  },
  {
    ...OPENSHIFT,
    reason: 'OpenShift notes on a namespace the lowest Pod Security level that its service accounts need',
    source:
      'https://github.com/openshift/cluster-policy-controller pkg/psalabelsyncer/podsecurity_label_sync_controller.go',
    kinds: ['Namespace'],
    paths: ['metadata.annotations."security.openshift.io/MinimallySufficientPodSecurityStandard"'],
    writers: ['pod-security-admission-label-synchronization-controller', 'cluster-policy-controller'],
    evidence: SCC,
  },
  {
    ...OPENSHIFT,
    reason: 'OpenShift gives every service account a pull secret for its registry',
    source: PULL_SECRETS,
    kinds: ['ServiceAccount'],
    paths: ['secrets.*', 'imagePullSecrets.*'],
    value: { is: 'item-named', names: ['*-dockercfg-*', '*-token-*'] },
    writers: [...PULL_SECRET_WRITERS, 'kube-controller-manager'],
    evidence: { is: 'namespace', annotations: ['openshift.io/sa.scc.uid-range'] },
  },
  {
    ...OPENSHIFT,
    reason: 'OpenShift notes on a service account which pull secret is its own',
    source: PULL_SECRETS,
    kinds: ['ServiceAccount'],
    paths: ['metadata.annotations."openshift.io/internal-registry-pull-secret-ref"'],
    writers: PULL_SECRET_WRITERS,
    evidence: { is: 'namespace', annotations: ['openshift.io/sa.scc.uid-range'] },
  },
  {
    id: 'builtin/rancher-endpoints',
    reason: 'Rancher notes the public endpoints of workloads, Services and Ingresses in the namespaces of its projects',
    source: 'https://github.com/rancher/rancher pkg/controllers/managementagent/endpoints, cmd/agent',
    owner: 'rancher',
    kinds: ['@pod', 'Service', 'networking.k8s.io/Ingress'],
    paths: ['metadata.annotations."field.cattle.io/publicEndpoints"'],
    changes: ['added', 'changed'],
    writers: ['rancher', 'agent'],
    evidence: { is: 'namespace', annotations: ['field.cattle.io/projectId'] },
  },
]

export const MARK_DELEGATIONS: readonly DelegationRule[] = [
  ...FINALIZERS,
  ...SNAPSHOT_SOURCES,
  ...CLOUDS,
  ...NOTES,
  ...PLATFORMS,
]
