// Values worth trying at a field, likeliest first: the server says which of them it takes.
import type { Json, JsonMap } from '../../../src/core/kube/index.ts'
import type { Scalar, Shape, Struct } from './shape.ts'

/** Text by the name of its field. */
const BY_NAME: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^image$/, ['registry.example.com/mutated:2']],
  [/ips?$/i, ['10.0.0.77', '192.0.2.7', '2001:db8::7']],
  [/(cidrs?|^except|RangeS)$/i, ['192.0.2.0/24', '10.88.0.0/24', '192.0.2.128/25']],
  [/^schedule$/, ['*/7 * * * *']],
  [/^timeZone$/, ['Europe/Berlin']],
  [/expression$/i, ['1 == 1', "'mutated'", 'true', 'object']],
  [/^fieldPath$/, ['metadata.name', 'status.podIP', 'spec.mutated']],
  [/path$/i, ['/mutated', 'mutated', '.spec.mutated']],
  [/^topologyKey$/, ['example.com/zone']],
  [/^apiVersion$/, ['v1', 'apps/v1']],
  [/^apiVersions$/, ['v2']],
  [/^kind$/, ['ConfigMap', 'Pod', 'User', 'ServiceAccount', 'Group']],
  [/^verbs?$/, ['list', 'get']],
  [/^url$/, ['https://mutated.example.com/']],
  [/^(scopes|scopeName)$/, ['NotTerminating', 'BestEffort', 'PriorityClass']],
  [/^operator$/, ['Exists', 'In', 'NotIn']],
  [/^resource$/, ['limits.cpu', 'requests.memory', 'mutated']],
  [/^usages$/, ['server auth', 'digital signature']],
  [/^(accessModes)$/, ['ReadOnlyMany', 'ReadWriteMany']],
  [/^command$/, ['/bin/mutated']],
]

const TEXTS = ['mutated', 'example.com/mutated', '/mutated', '10.0.0.77', '7', 'https://mutated.example.com/']
const DOTTED = ['mutated.example.com', '500m', 'a.mutated.example.com/x', 'MUTATED', '2026-03-04T05:06:07Z', '']

function texts(name: string): readonly string[] {
  const found = BY_NAME.find(([pattern]) => pattern.test(name))
  return [...(found?.[1] ?? []), ...TEXTS, ...DOTTED]
}

function around(current: Json | undefined): number[] {
  return typeof current === 'number' ? [current + 1, current - 1, current + 7] : []
}

export function scalarValues(shape: Scalar, name: string, current?: Json): readonly Json[] {
  switch (shape.type) {
    case 'string':
      return shape.enums.length > 0 ? shape.enums : [...extended(current), ...texts(name)]
    case 'boolean':
      return [true, false]
    case 'integer':
    case 'number':
      return [...around(current), 7, 1, 2, 0, 30, 3600, 65533, 100]
    case 'quantity':
      return ['7', '70Mi', '3Gi', '1']
    case 'int-or-string':
      return typeof current === 'string' ? ['70%', 71, 'mutated'] : [...around(current), 71, '70%', 'mutated']
    case 'time':
      return ['2031-03-04T05:06:07Z', '2031-03-04T05:06:07.000001Z']
    case 'bytes':
      return ['bXV0YXRlZA==']
    default:
      return [{ mutated: true }, 'mutated', 7, true]
  }
}

const extended = (current: Json | undefined): string[] =>
  typeof current === 'string' && current !== '' ? [`${current}x`, `x${current}`] : []

/** Beside what the schema requires, these make a struct that the server takes. By short name of the definition. */
const EXAMPLES: Readonly<Record<string, JsonMap>> = {
  Probe: { tcpSocket: { port: 81 } },
  Container: { name: 'mutated', image: 'registry.example.com/mutated:1' },
  EphemeralContainer: { name: 'mutated', image: 'registry.example.com/mutated:1' },
  NodeSelectorRequirement: { key: 'mutated', operator: 'In', values: ['7'] },
  LabelSelectorRequirement: { key: 'mutated', operator: 'In', values: ['x'] },
  TopologySpreadConstraint: {
    maxSkew: 1,
    topologyKey: 'example.com/zone',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: 'web' } },
  },
  PodAffinityTerm: { topologyKey: 'example.com/zone', labelSelector: { matchLabels: { app: 'web' } } },
  Toleration: { key: 'mutated', operator: 'Exists' },
  PreferredSchedulingTerm: { weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
  NodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] },
  PolicyRule: { apiGroups: ['mutated'], resources: ['mutated'], verbs: ['get'] },
  RuleWithOperations: { apiGroups: ['x'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['mutated'] },
  NamedRuleWithOperations: { apiGroups: ['x'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['mutated'] },
  MetricSpec: {
    type: 'Resource',
    resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 7 } },
  },
  MetricTarget: { type: 'AverageValue', averageValue: '7' },
  HPAScalingPolicy: { type: 'Pods', value: 7, periodSeconds: 7 },
  NetworkPolicyPort: { port: 777 },
  IPBlock: { cidr: '192.0.2.0/24' },
  HTTPIngressPath: {
    path: '/mutated',
    pathType: 'Prefix',
    backend: { service: { name: 'mutated', port: { number: 7 } } },
  },
  IngressBackend: { service: { name: 'mutated', port: { number: 7 } } },
  IngressServiceBackend: { name: 'mutated', port: { number: 7 } },
  ServicePort: { name: 'mutated', port: 777 },
  ServiceReference: { name: 'mutated', namespace: 'default' },
  WebhookClientConfig: { url: 'https://mutated.example.com/' },
  ValidatingWebhook: {
    name: 'mutated.example.com',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { url: 'https://mutated.example.com/' },
  },
  MutatingWebhook: {
    name: 'mutated.example.com',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { url: 'https://mutated.example.com/' },
  },
  Subject: { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'mutated' },
  LimitRangeItem: { type: 'Pod', max: { cpu: '7' } },
  EndpointAddress: { ip: '10.1.2.7' },
  Endpoint: { addresses: ['10.1.2.7'] },
  EndpointSubset: { addresses: [{ ip: '10.1.2.7' }], ports: [{ port: 7 }] },
  PodFailurePolicyRule: { action: 'Ignore', onExitCodes: { operator: 'In', values: [7] } },
  PodFailurePolicyOnExitCodesRequirement: { operator: 'In', values: [7] },
  PolicyRulesWithSubjects: {
    subjects: [{ kind: 'Group', group: { name: 'mutated' } }],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/mutated'] }],
  },
  OwnerReference: { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: '7a9b1c2d-0000-4000-8000-000000000007' },
  PersistentVolumeClaimSpec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '7Gi' } } },
  Validation: { expression: '1 == 1' },
  Variable: { name: 'mutated', expression: '1' },
  MatchCondition: { name: 'mutated', expression: 'true' },
  AuditAnnotation: { key: 'mutated', valueExpression: "'x'" },
  ExecAction: { command: ['/bin/true'] },
  Sysctl: { name: 'kernel.shm_rmid_forced', value: '1' },
  Device: { name: 'mutated' },
  EnvVar: { name: 'MUTATED' },
  VolumeMount: { name: 'config', mountPath: '/mutated' },
}

/** What a struct may look like around the field under test: with its example, and with no more than what is required. */
export function basesOf(struct: Struct, depth: number): readonly JsonMap[] {
  const needed: Record<string, Json> = {}
  for (const name of struct.required) {
    const value = depth > 8 ? undefined : firstValue(struct.field(name), name, depth + 1)
    if (value !== undefined) needed[name] = value
  }
  const example = EXAMPLES[struct.name]
  return example === undefined ? [needed] : [{ ...needed, ...example }, needed]
}

export function firstValue(shape: Shape, name: string, depth: number): Json {
  if (shape.kind === 'scalar') return scalarValues(shape, name)[0] as Json
  if (shape.kind === 'list') return [firstValue(shape.item(), name, depth + 1)]
  if (shape.kind === 'map') return { mutated: firstValue(shape.values(), 'mutated', depth + 1) }
  return basesOf(shape, depth)[0] as JsonMap
}
