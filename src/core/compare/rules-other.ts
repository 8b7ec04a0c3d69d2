// Defaults of the remaining built-in kinds.
import type { Json } from '../kube/index.ts'
import { allocated, type BuiltinRule, defaulted, type ValueTest } from './rule.ts'

const SERVICE = ['Service']
const MUTATING = ['admissionregistration.k8s.io/MutatingWebhookConfiguration']
const WEBHOOKS = [...MUTATING, 'admissionregistration.k8s.io/ValidatingWebhookConfiguration']
const POLICY = ['admissionregistration.k8s.io/ValidatingAdmissionPolicy']
const POLICY_BINDING = ['admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding']
const CRD = ['apiextensions.k8s.io/CustomResourceDefinition']
const HPA = ['autoscaling/HorizontalPodAutoscaler']
const NETWORK_POLICY = ['networking.k8s.io/NetworkPolicy']
const ENDPOINT_SLICE = ['discovery.k8s.io/EndpointSlice']
const CSI_DRIVER = ['storage.k8s.io/CSIDriver']
const PRIORITY_LEVEL = ['flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration']

const byTest = (kinds: readonly string[], path: string, value: ValueTest): BuiltinRule => ({
  ...defaulted(kinds, path),
  value,
})

/** Can be chosen later too, by whoever writes it. */
const chosen = (kinds: readonly string[], path: string): BuiltinRule => ({
  ...allocated(kinds, path),
  unlessOwned: true,
})

const scaling = (type: string, value: number): Json => ({ type, value, periodSeconds: 15 })
const SCALE_UP = [scaling('Pods', 4), scaling('Percent', 100)]
const SCALE_DOWN = [scaling('Percent', 100)]

const SCALER: readonly BuiltinRule[] = [
  defaulted(HPA, 'spec.minReplicas', 1),
  defaulted(HPA, 'spec.metrics', [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
  ]),
  // The same in version v1.
  defaulted(HPA, 'spec.targetCPUUtilizationPercentage', 80),
  defaulted(HPA, 'spec.behavior.scaleUp', { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: SCALE_UP }),
  defaulted(HPA, 'spec.behavior.scaleUp.stabilizationWindowSeconds', 0),
  defaulted(HPA, 'spec.behavior.scaleUp.selectPolicy', 'Max'),
  defaulted(HPA, 'spec.behavior.scaleUp.policies', SCALE_UP),
  defaulted(HPA, 'spec.behavior.scaleDown', { selectPolicy: 'Max', policies: SCALE_DOWN }),
  defaulted(HPA, 'spec.behavior.scaleDown.selectPolicy', 'Max'),
  defaulted(HPA, 'spec.behavior.scaleDown.policies', SCALE_DOWN),
]

/** Which namespaces and objects a webhook or an admission policy is about. */
const matching = (kinds: readonly string[], at: string): BuiltinRule[] => [
  defaulted(kinds, `${at}matchPolicy`, 'Equivalent'),
  defaulted(kinds, `${at}namespaceSelector`, {}),
  defaulted(kinds, `${at}objectSelector`, {}),
]

const ADMISSION: readonly BuiltinRule[] = [
  ...matching(WEBHOOKS, 'webhooks.*.'),
  defaulted(WEBHOOKS, 'webhooks.*.failurePolicy', 'Fail'),
  defaulted(MUTATING, 'webhooks.*.reinvocationPolicy', 'Never'),
  defaulted(WEBHOOKS, 'webhooks.*.timeoutSeconds', 10),
  defaulted(WEBHOOKS, 'webhooks.*.rules.*.scope', '*'),
  defaulted(WEBHOOKS, 'webhooks.*.clientConfig.service.port', 443),
  ...matching(POLICY, 'spec.matchConstraints.'),
  defaulted(POLICY, 'spec.failurePolicy', 'Fail'),
  ...['resourceRules', 'excludeResourceRules'].flatMap((rules) => [
    defaulted(POLICY, `spec.matchConstraints.${rules}.*.scope`, '*'),
    defaulted(POLICY_BINDING, `spec.matchResources.${rules}.*.scope`, '*'),
  ]),
  ...matching(POLICY_BINDING, 'spec.matchResources.'),
]

const STORAGE: readonly BuiltinRule[] = [
  defaulted(['PersistentVolumeClaim'], 'spec.volumeMode', 'Filesystem'),
  chosen(['PersistentVolumeClaim'], 'spec.storageClassName'),
  byTest(['PersistentVolumeClaim'], 'spec.dataSource', { is: 'declared', name: 'dataSourceRef' }),
  byTest(['PersistentVolumeClaim'], 'spec.dataSourceRef', { is: 'declared', name: 'dataSource' }),
  defaulted(['PersistentVolume'], 'spec.volumeMode', 'Filesystem'),
  defaulted(['PersistentVolume'], 'spec.persistentVolumeReclaimPolicy', 'Retain'),
  defaulted(['PersistentVolume'], 'spec.hostPath.type', ''),
  defaulted(['storage.k8s.io/StorageClass'], 'reclaimPolicy', 'Delete'),
  defaulted(['storage.k8s.io/StorageClass'], 'volumeBindingMode', 'Immediate'),
  defaulted(CSI_DRIVER, 'spec.attachRequired', true),
  defaulted(CSI_DRIVER, 'spec.fsGroupPolicy', 'ReadWriteOnceWithFSType'),
  ...['podInfoOnMount', 'requiresRepublish', 'seLinuxMount', 'storageCapacity'].map((name) =>
    defaulted(CSI_DRIVER, `spec.${name}`, false),
  ),
  defaulted(CSI_DRIVER, 'spec.volumeLifecycleModes', ['Persistent']),
  defaulted(CSI_DRIVER, 'spec.tokenRequests.*.audience', ''),
]

const NETWORK: readonly BuiltinRule[] = [
  ...['clusterIP', 'clusterIPs', 'healthCheckNodePort'].map((path) => allocated(SERVICE, `spec.${path}`)),
  ...['ipFamilies', 'ipFamilyPolicy', 'ports.*.nodePort'].map((path) => chosen(SERVICE, `spec.${path}`)),
  defaulted(SERVICE, 'spec.type', 'ClusterIP'),
  defaulted(SERVICE, 'spec.sessionAffinity', 'None'),
  {
    ...defaulted(SERVICE, 'spec.sessionAffinityConfig', { clientIP: { timeoutSeconds: 10800 } }),
    whenDesired: ['spec', 'sessionAffinity'],
  },
  defaulted(SERVICE, 'spec.sessionAffinityConfig.clientIP', { timeoutSeconds: 10800 }),
  defaulted(SERVICE, 'spec.sessionAffinityConfig.clientIP.timeoutSeconds', 10800),
  defaulted(SERVICE, 'spec.internalTrafficPolicy', 'Cluster'),
  defaulted(SERVICE, 'spec.externalTrafficPolicy', 'Cluster'),
  defaulted(SERVICE, 'spec.allocateLoadBalancerNodePorts', true),
  defaulted(SERVICE, 'spec.ports.*.protocol', 'TCP'),
  byTest(SERVICE, 'spec.ports.*.targetPort', { is: 'sibling', name: 'port' }),
  byTest(NETWORK_POLICY, 'spec.policyTypes', { is: 'policy-types' }),
  defaulted(NETWORK_POLICY, 'spec.podSelector', {}),
  defaulted(NETWORK_POLICY, 'spec.ingress.*.ports.*.protocol', 'TCP'),
  defaulted(NETWORK_POLICY, 'spec.egress.*.ports.*.protocol', 'TCP'),
  // Only given to a new Ingress: the server's answer to an update does not have it.
  chosen(['networking.k8s.io/Ingress'], 'spec.ingressClassName'),
  defaulted(['Endpoints'], 'subsets.*.ports.*.protocol', 'TCP'),
  defaulted(['networking.k8s.io/IngressClass'], 'spec.parameters.scope', 'Cluster'),
  defaulted(ENDPOINT_SLICE, 'ports.*.protocol', 'TCP'),
  defaulted(ENDPOINT_SLICE, 'ports.*.name', ''),
  defaulted(ENDPOINT_SLICE, 'endpoints.*.conditions', {}),
  defaulted(['apiregistration.k8s.io/APIService'], 'spec.service.port', 443),
]

/** A struct that the server writes out even when nobody filled it in. */
const EMPTY_SPECS: readonly BuiltinRule[] = [
  defaulted(
    ['ResourceQuota', 'coordination.k8s.io/Lease', 'policy/PodDisruptionBudget', 'resource.k8s.io/DeviceClass'],
    'spec',
    {},
  ),
  defaulted(['LimitRange'], 'spec', { limits: null }),
  defaulted(['storage.k8s.io/CSINode'], 'spec', { drivers: null }),
  defaulted(['resource.k8s.io/ResourceClaim'], 'spec', { devices: { requests: null } }),
  defaulted(['resource.k8s.io/ResourceClaim'], 'spec.devices', { requests: null }),
  defaulted(['resource.k8s.io/ResourceClaimTemplate'], 'spec.spec.devices', { requests: null }),
  defaulted(['resource.k8s.io/ResourceClaimTemplate'], 'spec.spec', { devices: { requests: null } }),
  defaulted(['resource.k8s.io/ResourceClaimTemplate'], 'spec.metadata', {}),
  defaulted(['Event'], 'source', {}),
  defaulted(['Event'], 'involvedObject', {}),
  defaulted(['Event'], 'reportingComponent', ''),
  defaulted(['Event'], 'reportingInstance', ''),
  defaulted(['events.k8s.io/Event'], 'deprecatedSource', {}),
  defaulted(['events.k8s.io/Event'], 'regarding', {}),
]

/** Claims of devices, by themselves and as templates. */
const DEVICES: readonly BuiltinRule[] = [
  ['resource.k8s.io/ResourceClaim', 'spec'],
  ['resource.k8s.io/ResourceClaimTemplate', 'spec.spec'],
].flatMap(([kind = '', at]) =>
  ['exactly', 'firstAvailable.*'].flatMap((request) => [
    defaulted([kind], `${at}.devices.requests.*.${request}.allocationMode`, 'ExactCount'),
    defaulted([kind], `${at}.devices.requests.*.${request}.count`, 1),
  ]),
)

export const OTHER_RULES: readonly BuiltinRule[] = [
  ...EMPTY_SPECS,
  ...DEVICES,
  defaulted(['resource.k8s.io/ResourceSlice'], 'spec.pool.generation', 0),
  defaulted(['resource.k8s.io/ResourceSlice'], 'spec.devices.*.capacity.*.value', '0'),
  ...NETWORK,
  ...STORAGE,
  ...SCALER,
  ...ADMISSION,
  defaulted(['Secret'], 'type', 'Opaque'),
  ...['default', 'defaultRequest'].map((name) =>
    byTest(['LimitRange'], `spec.limits.*.${name}.*`, { is: 'derived-limit' }),
  ),
  byTest(['Node'], 'spec.podCIDRs', { is: 'list-of', name: 'podCIDR' }),
  ...['rbac.authorization.k8s.io/RoleBinding', 'rbac.authorization.k8s.io/ClusterRoleBinding'].flatMap((kind) => [
    defaulted([kind], 'roleRef.apiGroup', 'rbac.authorization.k8s.io'),
    defaulted([kind], 'subjects.*.apiGroup', 'rbac.authorization.k8s.io'),
  ]),
  defaulted(['scheduling.k8s.io/PriorityClass'], 'value', 0),
  defaulted(['scheduling.k8s.io/PriorityClass'], 'preemptionPolicy', 'PreemptLowerPriority'),
  defaulted(PRIORITY_LEVEL, 'spec.limited.nominalConcurrencyShares', 30),
  defaulted(PRIORITY_LEVEL, 'spec.limited.lendablePercent', 0),
  defaulted(PRIORITY_LEVEL, 'spec.limited.limitResponse.queuing.queues', 64),
  defaulted(PRIORITY_LEVEL, 'spec.limited.limitResponse.queuing.handSize', 8),
  defaulted(PRIORITY_LEVEL, 'spec.limited.limitResponse.queuing.queueLengthLimit', 50),
  defaulted(['flowcontrol.apiserver.k8s.io/FlowSchema'], 'spec.matchingPrecedence', 1000),
  defaulted(CRD, 'spec.conversion', { strategy: 'None' }),
  defaulted(CRD, 'spec.conversion.webhook.clientConfig.service.port', 443),
  byTest(CRD, 'spec.names.listKind', { is: 'kind-of-list' }),
  byTest(CRD, 'spec.names.singular', { is: 'kind-in-lower-case' }),
]
