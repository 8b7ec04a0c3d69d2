// One object of every built-in kind that a server stores, as a person would write it.
import type { JsonMap } from '../../src/core/kube/index.ts'

const labels = { app: 'web', 'example.com/tier': 'front' }
const selector = { matchLabels: { app: 'web' } }
const web = {
  name: 'web',
  image: 'registry.example.com/web:1.2.3',
  args: ['--port', '8080'],
  ports: [
    { containerPort: 8080, name: 'http' },
    { containerPort: 8080, protocol: 'UDP' },
  ],
  env: [
    { name: 'MODE', value: 'fast' },
    { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
  ],
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } },
  volumeMounts: [{ name: 'config', mountPath: '/etc/web' }],
  livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
}
const podSpec = {
  automountServiceAccountToken: false,
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'dedicated', operator: 'Exists' }],
  initContainers: [{ name: 'setup', image: 'setup:1' }],
  containers: [web, { name: 'side', image: 'side:1' }],
  volumes: [{ name: 'config', configMap: { name: 'web' } }],
}
const template = { metadata: { labels }, spec: podSpec }
const job = { template: { metadata: { labels }, spec: { ...podSpec, restartPolicy: 'Never' } } }
const device = { name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }
const claim = { devices: { requests: [device] } }
const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }
const webhook = {
  name: 'check.example.com',
  admissionReviewVersions: ['v1'],
  clientConfig: { url: 'https://hook.example.com/' },
  failurePolicy: 'Ignore',
  namespaceSelector: { matchLabels: { hooked: 'yes' } },
  rules: [rule],
  sideEffects: 'None',
}
const involved = { kind: 'Pod', namespace: 'default', name: 'web' }
const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }
const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ann' }]
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }

const storage = {
  accessModes: ['ReadWriteOnce'],
  storageClassName: 'fast',
}

/** For CN=ann, in base64 of its PEM; the key is kept by nobody. */
const SIGNING_REQUEST = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISU1IQUNBUUF3RGpFTU1Bb0dBMVVFQXd3RFlXNXVNRmt3RXdZ',
  'SEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRApRZ0FFWS9VeTg4bS9ndEZqSXhXYmo5YTNLK3U0TVFMcUdyL0lIUWxSUEhrYmdneGhF',
  'R1E0V0diMWpRVlYzcnUxCmxzbXdORU4vT1k0QUk5bTVaT3FaU1RyWWs2QUFNQW9HQ0NxR1NNNDlCQU1DQTBnQU1FVUNJUUNjSy94',
  'VUNoMHcKaS9kQXVTUXVEdzNQMy9VeDV4bVA0SlZBSndoeExNOTdIZ0lnQlQyVTRXTzFvTUtYVTJUY3gxZVF0cnE2Mnk4ZgpoSXM3',
  'dWRLLzhnTExETGc9Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=',
].join('')

/** What stands beside apiVersion, kind and metadata, by `group/version/kind`. */
export const CONTENTS: Readonly<Record<string, JsonMap>> = {
  '/v1/ConfigMap': { data: { 'web.conf': 'a=b\n', level: 'info' } },
  '/v1/Endpoints': { subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ name: 'http', port: 80 }] }] },
  '/v1/Event': { involvedObject: involved, reason: 'Tested', message: 'text', type: 'Normal' },
  '/v1/LimitRange': { spec: { limits: [{ type: 'Container', default: { cpu: '500m' }, max: { memory: '2Gi' } }] } },
  '/v1/Namespace': {},
  '/v1/Node': { spec: { podCIDR: '10.9.0.0/24', taints: [{ key: 'dedicated', effect: 'NoSchedule' }] } },
  '/v1/PersistentVolume': { spec: { ...storage, capacity: { storage: '5Gi' }, hostPath: { path: '/data' } } },
  '/v1/PersistentVolumeClaim': { spec: { ...storage, resources: { requests: { storage: '5Gi' } } } },
  '/v1/Pod': { spec: podSpec },
  '/v1/PodTemplate': { template },
  '/v1/ReplicationController': { spec: { replicas: 2, selector: { app: 'web' }, template } },
  '/v1/ResourceQuota': { spec: { hard: { pods: '10', 'requests.cpu': '4' }, scopes: ['NotTerminating'] } },
  '/v1/Secret': { type: 'Opaque', data: { token: 'dG9rZW4=' }, stringData: { plain: 'text' } },
  '/v1/Service': {
    spec: {
      selector: { app: 'web' },
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 'dns' },
        { name: 'dns-tcp', port: 53 },
      ],
    },
  },
  '/v1/ServiceAccount': { imagePullSecrets: [{ name: 'pull' }], secrets: [{ name: 'token' }] },
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': { webhooks: [webhook] },
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': { webhooks: [webhook] },
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': {
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: 'object.spec.replicas < 100', message: 'too many' }],
      variables: [{ name: 'replicas', expression: 'object.spec.replicas' }],
    },
  },
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': {
    spec: { policyName: 'none', validationActions: ['Warn', 'Audit'] },
  },
  'apiextensions.k8s.io/v1/CustomResourceDefinition': {
    spec: {
      group: 'manifests.test',
      scope: 'Namespaced',
      names: { plural: 'toys', kind: 'Toy' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', default: {} } } },
          },
        },
      ],
    },
  },
  'apiregistration.k8s.io/v1/APIService': {
    spec: { group: 'away.test', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10 },
  },
  'apps/v1/ControllerRevision': { revision: 3, data: { spec: { template: { a: [1, { b: null }] } } } },
  'apps/v1/DaemonSet': { spec: { selector, template } },
  'apps/v1/Deployment': { spec: { selector, template, strategy: { rollingUpdate: { maxSurge: '30%' } } } },
  'apps/v1/ReplicaSet': { spec: { replicas: 2, selector, template } },
  'apps/v1/StatefulSet': {
    spec: {
      selector,
      template,
      serviceName: 'web',
      volumeClaimTemplates: [
        { metadata: { name: 'data' }, spec: { ...storage, resources: { requests: { storage: '1Gi' } } } },
      ],
    },
  },
  'autoscaling/v1/HorizontalPodAutoscaler': { spec: { maxReplicas: 5, scaleTargetRef: target } },
  'autoscaling/v2/HorizontalPodAutoscaler': {
    spec: {
      minReplicas: 2,
      maxReplicas: 5,
      scaleTargetRef: target,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      ],
      behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
    },
  },
  'batch/v1/CronJob': { spec: { schedule: '*/5 * * * *', jobTemplate: { metadata: { labels }, spec: job } } },
  'batch/v1/Job': { spec: { ...job, parallelism: 2, backoffLimit: 3 } },
  'certificates.k8s.io/v1/CertificateSigningRequest': {
    spec: { request: SIGNING_REQUEST, signerName: 'example.com/signer', usages: ['client auth'] },
  },
  'coordination.k8s.io/v1/Lease': {
    spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-02T03:04:05.000006Z' },
  },
  'discovery.k8s.io/v1/EndpointSlice': {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
    ports: [{ name: 'http', port: 80 }],
  },
  'events.k8s.io/v1/Event': {
    ...{ regarding: involved, reason: 'Tested', action: 'Test', type: 'Normal', note: 'text' },
    ...{ eventTime: '2026-01-02T03:04:05.000006Z', reportingController: 'example.com/c', reportingInstance: 'c-1' },
  },
  'flowcontrol.apiserver.k8s.io/v1/FlowSchema': {
    spec: {
      priorityLevelConfiguration: { name: 'exempt' },
      rules: [
        {
          subjects: [{ kind: 'User', user: { name: 'ann' } }],
          resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] }],
        },
      ],
    },
  },
  'flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration': {
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } } },
  },
  'networking.k8s.io/v1/IPAddress': {
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
  },
  'networking.k8s.io/v1/Ingress': {
    spec: {
      ingressClassName: 'none',
      tls: [{ hosts: ['web.example.com'], secretName: 'tls' }],
      rules: [
        {
          host: 'web.example.com',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
          },
        },
      ],
    },
  },
  'networking.k8s.io/v1/IngressClass': { spec: { controller: 'example.com/ingress' } },
  'networking.k8s.io/v1/NetworkPolicy': {
    spec: { podSelector: {}, ingress: [{ from: [{ podSelector: selector }], ports: [{ port: 80 }] }] },
  },
  'networking.k8s.io/v1/ServiceCIDR': { spec: { cidrs: ['10.77.0.0/24'] } },
  'node.k8s.io/v1/RuntimeClass': { handler: 'runsc', overhead: { podFixed: { cpu: '0.1' } } },
  'policy/v1/PodDisruptionBudget': { spec: { minAvailable: '50%', selector } },
  'rbac.authorization.k8s.io/v1/ClusterRole': {
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
  },
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': { roleRef: role, subjects },
  'rbac.authorization.k8s.io/v1/Role': { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  'rbac.authorization.k8s.io/v1/RoleBinding': { roleRef: role, subjects },
  'resource.k8s.io/v1/DeviceClass': { spec: { selectors: [{ cel: { expression: 'device.driver == "x.test"' } }] } },
  'resource.k8s.io/v1/ResourceClaim': { spec: claim },
  'resource.k8s.io/v1/ResourceClaimTemplate': { spec: { spec: claim } },
  'resource.k8s.io/v1/ResourceSlice': {
    spec: {
      driver: 'x.test',
      nodeName: 'n',
      pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
      devices: [{ name: 'd0', attributes: { model: { string: 'a1' } }, capacity: { memory: { value: '4Gi' } } }],
    },
  },
  'scheduling.k8s.io/v1/PriorityClass': { value: 1000, description: 'important' },
  'storage.k8s.io/v1/CSIDriver': { spec: { attachRequired: false, tokenRequests: [{ audience: 'a' }] } },
  'storage.k8s.io/v1/CSINode': { spec: { drivers: [{ name: 'd.test', nodeID: 'n-1', topologyKeys: ['zone'] }] } },
  'storage.k8s.io/v1/CSIStorageCapacity': { storageClassName: 'fast', capacity: '10Gi' },
  'storage.k8s.io/v1/StorageClass': { provisioner: 'd.test', parameters: { type: 'ssd' }, mountOptions: ['ro'] },
  'storage.k8s.io/v1/VolumeAttachment': {
    spec: { attacher: 'd.test', nodeName: 'n', source: { persistentVolumeName: 'pv' } },
  },
  'storage.k8s.io/v1/VolumeAttributesClass': { driverName: 'd.test', parameters: { iops: '100' } },
}

/** Served, but nothing of them is stored: reviews are answered, subresources write another object. */
export const NOT_STORED: readonly string[] = [
  '/v1/Binding',
  '/v1/ComponentStatus',
  '/v1/Status',
  'authentication.k8s.io/v1/SelfSubjectReview',
  'authentication.k8s.io/v1/TokenRequest',
  'authentication.k8s.io/v1/TokenReview',
  'authorization.k8s.io/v1/LocalSubjectAccessReview',
  'authorization.k8s.io/v1/SelfSubjectAccessReview',
  'authorization.k8s.io/v1/SelfSubjectRulesReview',
  'authorization.k8s.io/v1/SubjectAccessReview',
  'autoscaling/v1/Scale',
  'policy/v1/Eviction',
]

/** Kinds whose objects must have a certain name. */
const NAMES: Readonly<Record<string, string>> = {
  'apiextensions.k8s.io/v1/CustomResourceDefinition': 'toys.manifests.test',
  'apiregistration.k8s.io/v1/APIService': 'v1.away.test',
  'autoscaling/v1/HorizontalPodAutoscaler': 'made-v1',
  'events.k8s.io/v1/Event': 'made-v1',
  'networking.k8s.io/v1/IPAddress': '10.0.7.7',
}

/** The object of a kind (`group/version/kind`) that `CONTENTS` has. */
export function manifestOf(key: string): JsonMap {
  const [group = '', version = '', kind = ''] = key.split('/')
  const name = NAMES[key] ?? 'made'
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: {
      name,
      labels,
      annotations: { 'example.com/note': '<&>' },
    },
    ...CONTENTS[key],
  }
}
