// The shipped rules: what servers and controllers put into objects without being asked. Data, in one table.
// Facts: `kubectl explain`, and objects read back from kube-apiserver and kube-controller-manager 1.35.
import type { Json } from '../kube/index.ts'

/** How the live value must look for the rule to hold. */
export type ValueTest =
  | { readonly is: 'any' }
  | { readonly is: 'one-of'; readonly values: readonly Json[] }
  /** Equal to a value in the same live object, e.g. `metadata.uid`. */
  | { readonly is: 'equal-to'; readonly path: readonly string[] }
  /** Equal to another member of the same parent map. */
  | { readonly is: 'sibling'; readonly name: string }
  /** The API-access volume, or its mount, that admission adds to every Pod. */
  | { readonly is: 'token-volume' | 'token-mount' | 'token-mount-name' }

export interface BuiltinRule {
  readonly id: string
  readonly reason: string
  readonly owner: string | null
  /** `group/Kind`, core kinds as `Kind`, `*` for all. */
  readonly kinds: readonly string[]
  /**
   * Dotted path; `*` = any field or list item, a name in quotes keeps its dots. `@pod` = the pod spec and `@template` = the
   * pod template of every kind that has one.
   */
  readonly path: string
  readonly value: ValueTest
  /** `always`: made after admission, no normal form has it. `without-form`: a default, only needed while the form is unknown. */
  readonly applies: 'always' | 'without-form'
  /** Holds only where desired declares this path (any value). */
  readonly whenDesired?: readonly string[]
}

const ANY: ValueTest = { is: 'any' }
const equals = (...values: Json[]): ValueTest => ({ is: 'one-of', values })

interface RuleOptions {
  readonly owner?: string
  readonly whenDesired?: readonly string[]
}
function made(
  id: string,
  kinds: readonly string[],
  path: string,
  value: ValueTest,
  reason: string,
  options: RuleOptions = {},
): BuiltinRule {
  return {
    id: `builtin/${id}`,
    kinds,
    path,
    value,
    reason,
    owner: options.owner ?? null,
    applies: 'always',
    ...(options.whenDesired ? { whenDesired: options.whenDesired } : {}),
  }
}
function defaulted(kinds: readonly string[], path: string, ...values: Json[]): BuiltinRule {
  return {
    id: 'builtin/default',
    kinds,
    path,
    value: equals(...values),
    reason: 'the API server’s default',
    owner: 'kube-apiserver',
    applies: 'without-form',
  }
}
function allocated(kinds: readonly string[], path: string): BuiltinRule {
  return {
    id: 'builtin/allocated',
    kinds,
    path,
    value: ANY,
    reason: 'allocated by the API server',
    owner: 'kube-apiserver',
    applies: 'without-form',
  }
}

const KCM = { owner: 'kube-controller-manager' }
const BOOKKEEPING: readonly BuiltinRule[] = [
  made(
    'last-applied',
    ['*'],
    'metadata.annotations."kubectl.kubernetes.io/last-applied-configuration"',
    ANY,
    'kubectl’s own bookkeeping',
    { owner: 'kubectl' },
  ),
  made('generate-name', ['*'], 'metadata.generateName', ANY, 'how the object was named'),
  made(
    'rollout-revision',
    ['apps/Deployment', 'apps/ReplicaSet'],
    'metadata.annotations."deployment.kubernetes.io/revision"',
    ANY,
    'the deployment controller counts rollouts here',
    KCM,
  ),
  made(
    'template-generation',
    ['apps/DaemonSet'],
    'metadata.annotations."deprecated.daemonset.template.generation"',
    ANY,
    'counted by the API server',
    { owner: 'kube-apiserver' },
  ),
  made(
    'pvc-binding',
    ['PersistentVolumeClaim'],
    'metadata.annotations."pv.kubernetes.io/bind-completed"',
    ANY,
    'the volume binder’s mark',
    KCM,
  ),
  made(
    'pvc-binding',
    ['PersistentVolumeClaim'],
    'metadata.annotations."pv.kubernetes.io/bound-by-controller"',
    ANY,
    'the volume binder’s mark',
    KCM,
  ),
  made(
    'pvc-binding',
    ['PersistentVolumeClaim'],
    'metadata.annotations."volume.beta.kubernetes.io/storage-provisioner"',
    ANY,
    'the provisioner chosen',
    KCM,
  ),
  made(
    'pvc-binding',
    ['PersistentVolumeClaim'],
    'metadata.annotations."volume.kubernetes.io/storage-provisioner"',
    ANY,
    'the provisioner chosen',
    KCM,
  ),
  made(
    'pvc-binding',
    ['PersistentVolumeClaim'],
    'metadata.annotations."volume.kubernetes.io/selected-node"',
    ANY,
    'the scheduler’s choice',
    { owner: 'kube-scheduler' },
  ),
  made('pvc-binding', ['PersistentVolumeClaim'], 'spec.volumeName', ANY, 'the volume bound', KCM),
  made('pv-claim', ['PersistentVolume'], 'spec.claimRef', ANY, 'the claim bound', KCM),
  made(
    'protection',
    ['PersistentVolumeClaim'],
    'metadata.finalizers.*',
    equals('kubernetes.io/pvc-protection'),
    'protects a volume in use',
    KCM,
  ),
  made(
    'protection',
    ['PersistentVolume'],
    'metadata.finalizers.*',
    equals('kubernetes.io/pv-protection'),
    'protects a volume in use',
    KCM,
  ),
  made(
    'protection',
    ['PersistentVolumeClaim'],
    'metadata.finalizers',
    equals(['kubernetes.io/pvc-protection'] as Json),
    'protects a volume in use',
    KCM,
  ),
  made(
    'protection',
    ['PersistentVolume'],
    'metadata.finalizers',
    equals(['kubernetes.io/pv-protection'] as Json),
    'protects a volume in use',
    KCM,
  ),
  made(
    'load-balancer-cleanup',
    ['Service'],
    'metadata.finalizers.*',
    equals('service.kubernetes.io/load-balancer-cleanup'),
    'the cloud load balancer is taken down first',
    { owner: 'cloud-controller-manager' },
  ),
  made(
    'load-balancer-cleanup',
    ['Service'],
    'metadata.finalizers',
    equals(['service.kubernetes.io/load-balancer-cleanup'] as Json),
    'the cloud load balancer is taken down first',
    { owner: 'cloud-controller-manager' },
  ),
  made(
    'namespace-name',
    ['Namespace'],
    'metadata.labels."kubernetes.io/metadata.name"',
    { is: 'equal-to', path: ['metadata', 'name'] },
    'set by the API server',
    { owner: 'kube-apiserver' },
  ),
  made('namespace-name', ['Namespace'], 'spec.finalizers', equals(['kubernetes'] as Json), 'set by the API server', {
    owner: 'kube-apiserver',
  }),
  made('namespace-name', ['Namespace'], 'spec', equals({ finalizers: ['kubernetes'] }), 'set by the API server', {
    owner: 'kube-apiserver',
  }),
  made(
    'aggregated-rules',
    ['rbac.authorization.k8s.io/ClusterRole'],
    'rules',
    ANY,
    'filled from the roles that the aggregation rule selects',
    { ...KCM, whenDesired: ['aggregationRule'] },
  ),
  made(
    'token-secret',
    ['Secret'],
    'metadata.annotations."kubernetes.io/service-account.uid"',
    ANY,
    'the token controller’s mark',
    { ...KCM, whenDesired: ['metadata', 'annotations', 'kubernetes.io/service-account.name'] },
  ),
  ...['ca.crt', 'namespace', 'token'].map((key) =>
    made('token-secret', ['Secret'], `data."${key}"`, ANY, 'filled by the token controller', {
      ...KCM,
      whenDesired: ['metadata', 'annotations', 'kubernetes.io/service-account.name'],
    }),
  ),
  made('token-secret', ['Secret'], 'data', ANY, 'filled by the token controller', {
    ...KCM,
    whenDesired: ['metadata', 'annotations', 'kubernetes.io/service-account.name'],
  }),
]

const UID: ValueTest = { is: 'equal-to', path: ['metadata', 'uid'] }
const NAME: ValueTest = { is: 'equal-to', path: ['metadata', 'name'] }
const JOB = ['batch/Job']
const GENERATED: readonly BuiltinRule[] = [
  ...['metadata.labels', 'spec.template.metadata.labels', 'spec.selector.matchLabels'].flatMap((at) => [
    made('job-identity', JOB, `${at}."controller-uid"`, UID, 'identifies the Job’s pods', KCM),
    made('job-identity', JOB, `${at}."batch.kubernetes.io/controller-uid"`, UID, 'identifies the Job’s pods', KCM),
    made('job-identity', JOB, `${at}."job-name"`, NAME, 'identifies the Job’s pods', KCM),
    made('job-identity', JOB, `${at}."batch.kubernetes.io/job-name"`, NAME, 'identifies the Job’s pods', KCM),
  ]),
  made('token-volume', ['Pod'], '@pod.volumes.*', { is: 'token-volume' }, 'API access for the Pod’s service account', {
    owner: 'kube-apiserver',
  }),
  made(
    'token-volume',
    ['Pod'],
    '@pod.containers.*.volumeMounts.*',
    { is: 'token-mount' },
    'API access for the Pod’s service account',
    { owner: 'kube-apiserver' },
  ),
  made(
    'token-volume',
    ['Pod'],
    '@pod.initContainers.*.volumeMounts.*',
    { is: 'token-mount' },
    'API access for the Pod’s service account',
    { owner: 'kube-apiserver' },
  ),
  ...['containers', 'initContainers'].map((list) =>
    made(
      'token-volume',
      ['Pod'],
      `@pod.${list}.*.volumeMounts.*.name`,
      { is: 'token-mount-name' },
      'API access for the Pod’s service account',
      { owner: 'kube-apiserver' },
    ),
  ),
  made('scheduled', ['Pod'], 'spec.nodeName', ANY, 'the node chosen', { owner: 'kube-scheduler' }),
]

const PODS = ['@pod']
const container = (path: string, ...values: Json[]): BuiltinRule[] =>
  ['containers', 'initContainers', 'ephemeralContainers'].map((list) =>
    defaulted(PODS, `@pod.${list}.*.${path}`, ...values),
  )
const probe = (path: string, ...values: Json[]): BuiltinRule[] =>
  ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => container(`${name}.${path}`, ...values))

const POD_DEFAULTS: readonly BuiltinRule[] = [
  defaulted(PODS, '@pod.restartPolicy', 'Always'),
  defaulted(PODS, '@pod.terminationGracePeriodSeconds', 30),
  defaulted(PODS, '@pod.dnsPolicy', 'ClusterFirst'),
  defaulted(PODS, '@pod.schedulerName', 'default-scheduler'),
  defaulted(PODS, '@pod.securityContext', {}),
  defaulted(PODS, '@pod.enableServiceLinks', true),
  defaulted(PODS, '@template.metadata.creationTimestamp', null),
  { ...defaulted(PODS, '@pod.serviceAccount'), value: { is: 'sibling', name: 'serviceAccountName' } },
  defaulted(['Pod'], '@pod.serviceAccountName', 'default'),
  defaulted(['Pod'], '@pod.priority', 0),
  defaulted(['Pod'], '@pod.preemptionPolicy', 'PreemptLowerPriority'),
  defaulted(['Pod'], '@pod.tolerations', [
    { effect: 'NoExecute', key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 300 },
    { effect: 'NoExecute', key: 'node.kubernetes.io/unreachable', operator: 'Exists', tolerationSeconds: 300 },
  ]),
  ...container('imagePullPolicy', 'IfNotPresent', 'Always'),
  ...container('terminationMessagePath', '/dev/termination-log'),
  ...container('terminationMessagePolicy', 'File'),
  ...container('resources', {}),
  ...container('ports.*.protocol', 'TCP'),
  ...container('env.*.valueFrom.fieldRef.apiVersion', 'v1'),
  ...probe('timeoutSeconds', 1),
  ...probe('periodSeconds', 10),
  ...probe('successThreshold', 1),
  ...probe('failureThreshold', 3),
  ...probe('httpGet.scheme', 'HTTP'),
  ...['configMap', 'secret'].map((source) => defaulted(PODS, `@pod.volumes.*.${source}.defaultMode`, 420)),
  defaulted(PODS, '@pod.volumes.*.projected.defaultMode', 420),
  defaulted(PODS, '@pod.volumes.*.downwardAPI.defaultMode', 420),
  defaulted(PODS, '@pod.volumes.*.hostPath.type', ''),
]

const DEPLOYMENT = ['apps/Deployment']
const STATEFUL = ['apps/StatefulSet']
const DAEMON = ['apps/DaemonSet']
const WORKLOAD_DEFAULTS: readonly BuiltinRule[] = [
  defaulted([...DEPLOYMENT, ...STATEFUL, 'apps/ReplicaSet', 'ReplicationController'], 'spec.replicas', 1),
  defaulted([...DEPLOYMENT, ...STATEFUL, ...DAEMON], 'spec.revisionHistoryLimit', 10),
  defaulted(DEPLOYMENT, 'spec.progressDeadlineSeconds', 600),
  defaulted(DEPLOYMENT, 'spec.strategy', {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
  }),
  defaulted(DEPLOYMENT, 'spec.strategy.rollingUpdate', { maxSurge: '25%', maxUnavailable: '25%' }),
  defaulted(DEPLOYMENT, 'spec.strategy.rollingUpdate.maxSurge', '25%'),
  defaulted(DEPLOYMENT, 'spec.strategy.rollingUpdate.maxUnavailable', '25%'),
  defaulted(STATEFUL, 'spec.podManagementPolicy', 'OrderedReady'),
  defaulted(STATEFUL, 'spec.serviceName', ''),
  defaulted(STATEFUL, 'spec.updateStrategy', { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }),
  defaulted(STATEFUL, 'spec.updateStrategy.rollingUpdate', { partition: 0 }),
  defaulted(STATEFUL, 'spec.persistentVolumeClaimRetentionPolicy', { whenDeleted: 'Retain', whenScaled: 'Retain' }),
  defaulted(STATEFUL, 'spec.volumeClaimTemplates.*.apiVersion', 'v1'),
  defaulted(STATEFUL, 'spec.volumeClaimTemplates.*.kind', 'PersistentVolumeClaim'),
  defaulted(STATEFUL, 'spec.volumeClaimTemplates.*.spec.volumeMode', 'Filesystem'),
  defaulted(STATEFUL, 'spec.volumeClaimTemplates.*.status', { phase: 'Pending' }),
  defaulted(DAEMON, 'spec.updateStrategy', {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
  }),
  defaulted(DAEMON, 'spec.updateStrategy.rollingUpdate', { maxSurge: 0, maxUnavailable: 1 }),
  ...[JOB.map((kind) => [kind, 'spec.'] as const), [['batch/CronJob', 'spec.jobTemplate.spec.'] as const]]
    .flat()
    .flatMap(([kind, at]) => [
      defaulted([kind], `${at}parallelism`, 1),
      defaulted([kind], `${at}completions`, 1),
      defaulted([kind], `${at}backoffLimit`, 6),
      defaulted([kind], `${at}completionMode`, 'NonIndexed'),
      defaulted([kind], `${at}suspend`, false),
      defaulted([kind], `${at}manualSelector`, false),
      defaulted([kind], `${at}podReplacementPolicy`, 'TerminatingOrFailed'),
    ]),
  { ...allocated(JOB, 'spec.selector'), reason: 'generated from the Job’s uid' },
  { ...allocated(JOB, 'spec.selector.matchLabels'), reason: 'generated from the Job’s uid' },
  defaulted(['batch/CronJob'], 'spec.concurrencyPolicy', 'Allow'),
  defaulted(['batch/CronJob'], 'spec.suspend', false),
  defaulted(['batch/CronJob'], 'spec.successfulJobsHistoryLimit', 3),
  defaulted(['batch/CronJob'], 'spec.failedJobsHistoryLimit', 1),
  defaulted(['batch/CronJob'], 'spec.jobTemplate.metadata', {}),
]

const SERVICE = ['Service']
const WEBHOOKS = [
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
]
const CRD = ['apiextensions.k8s.io/CustomResourceDefinition']
const HPA = ['autoscaling/HorizontalPodAutoscaler']
const OTHER_DEFAULTS: readonly BuiltinRule[] = [
  ...['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'healthCheckNodePort', 'ports.*.nodePort'].map(
    (path) => allocated(SERVICE, `spec.${path}`),
  ),
  defaulted(SERVICE, 'spec.type', 'ClusterIP'),
  defaulted(SERVICE, 'spec.sessionAffinity', 'None'),
  defaulted(SERVICE, 'spec.internalTrafficPolicy', 'Cluster'),
  defaulted(SERVICE, 'spec.externalTrafficPolicy', 'Cluster'),
  defaulted(SERVICE, 'spec.allocateLoadBalancerNodePorts', true),
  defaulted(SERVICE, 'spec.ports.*.protocol', 'TCP'),
  { ...defaulted(SERVICE, 'spec.ports.*.targetPort'), value: { is: 'sibling', name: 'port' } },
  defaulted(['Secret'], 'type', 'Opaque'),
  defaulted(['PersistentVolumeClaim'], 'spec.volumeMode', 'Filesystem'),
  allocated(['PersistentVolumeClaim'], 'spec.storageClassName'),
  defaulted(['PersistentVolume'], 'spec.volumeMode', 'Filesystem'),
  defaulted(['PersistentVolume'], 'spec.persistentVolumeReclaimPolicy', 'Retain'),
  defaulted(['policy/PodDisruptionBudget'], 'spec.unhealthyPodEvictionPolicy', 'IfHealthyBudget'),
  defaulted(['networking.k8s.io/NetworkPolicy'], 'spec.policyTypes', ['Ingress'], ['Ingress', 'Egress']),
  defaulted(['networking.k8s.io/NetworkPolicy'], 'spec.ingress.*.ports.*.protocol', 'TCP'),
  defaulted(['networking.k8s.io/NetworkPolicy'], 'spec.egress.*.ports.*.protocol', 'TCP'),
  allocated(['networking.k8s.io/Ingress'], 'spec.ingressClassName'),
  ...['rbac.authorization.k8s.io/RoleBinding', 'rbac.authorization.k8s.io/ClusterRoleBinding'].flatMap((kind) => [
    defaulted([kind], 'roleRef.apiGroup', 'rbac.authorization.k8s.io'),
    defaulted([kind], 'subjects.*.apiGroup', 'rbac.authorization.k8s.io'),
  ]),
  defaulted(HPA, 'spec.minReplicas', 1),
  defaulted(HPA, 'spec.metrics', [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
  ]),
  defaulted(WEBHOOKS, 'webhooks.*.failurePolicy', 'Fail'),
  defaulted(WEBHOOKS, 'webhooks.*.matchPolicy', 'Equivalent'),
  defaulted(WEBHOOKS, 'webhooks.*.namespaceSelector', {}),
  defaulted(WEBHOOKS, 'webhooks.*.objectSelector', {}),
  defaulted(WEBHOOKS, 'webhooks.*.reinvocationPolicy', 'Never'),
  defaulted(WEBHOOKS, 'webhooks.*.timeoutSeconds', 10),
  defaulted(WEBHOOKS, 'webhooks.*.rules.*.scope', '*'),
  defaulted(WEBHOOKS, 'webhooks.*.clientConfig.service.port', 443),
  defaulted(CRD, 'spec.conversion', { strategy: 'None' }),
  allocated(CRD, 'spec.names.listKind'),
  allocated(CRD, 'spec.names.singular'),
]

export const BUILTIN_RULES: readonly BuiltinRule[] = [
  ...BOOKKEEPING,
  ...GENERATED,
  ...POD_DEFAULTS,
  ...WORKLOAD_DEFAULTS,
  ...OTHER_DEFAULTS,
]

/** Where the pod spec of a kind stands. */
export const POD_SPEC: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  PodTemplate: ['template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  'apps/Deployment': ['spec', 'template', 'spec'],
  'apps/StatefulSet': ['spec', 'template', 'spec'],
  'apps/DaemonSet': ['spec', 'template', 'spec'],
  'apps/ReplicaSet': ['spec', 'template', 'spec'],
  'batch/Job': ['spec', 'template', 'spec'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}
