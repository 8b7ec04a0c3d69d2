// What the server and controllers fill into Pods and pod templates.
import type { Json } from '../kube/index.ts'
import { type BuiltinRule, defaulted, made, type ValueTest } from './rule.ts'

const SERVER = 'kube-apiserver'
const PODS = ['@pod']
const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers']

const TOKEN = {
  id: 'token-volume',
  kinds: ['Pod'],
  reason: 'API access for the Pod’s service account',
  owner: SERVER,
}

const ofContainers = (path: string): string[] => CONTAINERS.map((list) => `@pod.${list}.*.${path}`)

const container = (path: string, ...values: Json[]): BuiltinRule[] =>
  ofContainers(path).map((at) => defaulted(PODS, at, ...values))

const probe = (path: string, ...values: Json[]): BuiltinRule[] =>
  ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => container(`${name}.${path}`, ...values))

const tolerating = (key: string): Json => ({ effect: 'NoExecute', key, operator: 'Exists', tolerationSeconds: 300 })

const byTest = (path: string, value: ValueTest): BuiltinRule => ({ ...defaulted(PODS, path), value })

const VOLUME_DEFAULTS: readonly BuiltinRule[] = [
  ...['configMap', 'secret', 'projected', 'downwardAPI'].map((source) =>
    defaulted(PODS, `@pod.volumes.*.${source}.defaultMode`, 420),
  ),
  defaulted(PODS, '@pod.volumes.*.emptyDir', {}),
  defaulted(PODS, '@pod.volumes.*.hostPath.type', ''),
  defaulted(PODS, '@pod.volumes.*.iscsi.iscsiInterface', 'default'),
  byTest('@pod.volumes.*.image.pullPolicy', { is: 'pull-policy' }),
  defaulted(PODS, '@pod.volumes.*.azureDisk.cachingMode', 'ReadWrite'),
  defaulted(PODS, '@pod.volumes.*.azureDisk.fsType', 'ext4'),
  defaulted(PODS, '@pod.volumes.*.azureDisk.kind', 'Shared'),
  defaulted(PODS, '@pod.volumes.*.azureDisk.readOnly', false),
  defaulted(PODS, '@pod.volumes.*.rbd.keyring', '/etc/ceph/keyring'),
  defaulted(PODS, '@pod.volumes.*.rbd.pool', 'rbd'),
  defaulted(PODS, '@pod.volumes.*.rbd.user', 'admin'),
  defaulted(PODS, '@pod.volumes.*.scaleIO.fsType', 'xfs'),
  defaulted(PODS, '@pod.volumes.*.scaleIO.storageMode', 'ThinProvisioned'),
  defaulted(PODS, '@pod.volumes.*.ephemeral.volumeClaimTemplate.spec.volumeMode', 'Filesystem'),
  defaulted(PODS, '@pod.volumes.*.downwardAPI.items.*.fieldRef.apiVersion', 'v1'),
  defaulted(PODS, '@pod.volumes.*.projected.sources.*.downwardAPI.items.*.fieldRef.apiVersion', 'v1'),
  defaulted(PODS, '@pod.volumes.*.projected.sources.*.serviceAccountToken.expirationSeconds', 3600),
]

const CONTAINER_DEFAULTS: readonly BuiltinRule[] = [
  ...ofContainers('imagePullPolicy').map((path) => byTest(path, { is: 'pull-policy' })),
  ...container('terminationMessagePath', '/dev/termination-log'),
  ...container('terminationMessagePolicy', 'File'),
  ...container('resources', {}),
  ...container('ports.*.protocol', 'TCP'),
  ...container('env.*.valueFrom.fieldRef.apiVersion', 'v1'),
  ...container('env.*.valueFrom.resourceFieldRef.divisor', '0'),
  ...['preStop', 'postStart'].flatMap((hook) => [
    ...container(`lifecycle.${hook}.httpGet.scheme`, 'HTTP'),
    ...container(`lifecycle.${hook}.httpGet.path`, '/'),
  ]),
  ...probe('timeoutSeconds', 1),
  ...probe('periodSeconds', 10),
  ...probe('successThreshold', 1),
  ...probe('failureThreshold', 3),
  ...probe('httpGet.scheme', 'HTTP'),
  ...probe('httpGet.path', '/'),
  ...probe('grpc.service', ''),
]

export const POD_RULES: readonly BuiltinRule[] = [
  ...made({ ...TOKEN, value: { is: 'token-volume' } }, '@pod.volumes.*'),
  ...['containers', 'initContainers'].flatMap((list) => [
    ...made({ ...TOKEN, value: { is: 'token-mount' } }, `@pod.${list}.*.volumeMounts.*`),
    ...made({ ...TOKEN, value: { is: 'token-mount-name' } }, `@pod.${list}.*.volumeMounts.*.name`),
  ]),
  ...made({ id: 'scheduled', kinds: ['Pod'], reason: 'the node chosen', owner: 'kube-scheduler' }, 'spec.nodeName'),
  defaulted(PODS, '@pod.restartPolicy', 'Always'),
  defaulted(PODS, '@pod.terminationGracePeriodSeconds', 30),
  defaulted(PODS, '@pod.dnsPolicy', 'ClusterFirst'),
  defaulted(PODS, '@pod.schedulerName', 'default-scheduler'),
  defaulted(PODS, '@pod.securityContext', {}),
  defaulted(['Pod'], '@pod.enableServiceLinks', true),
  byTest('@pod.serviceAccount', { is: 'declared', name: 'serviceAccountName' }),
  byTest('@pod.serviceAccountName', { is: 'declared', name: 'serviceAccount' }),
  defaulted(['Pod'], '@pod.serviceAccount', 'default'),
  defaulted(['Pod'], '@pod.serviceAccountName', 'default'),
  // In Pods alone: templates keep what was written.
  ...ofContainers('resources.requests.*').map((path) => ({
    ...byTest(path, { is: 'same-request' }),
    kinds: ['Pod'],
  })),
  ...ofContainers('ports.*.hostPort').map((path) => ({
    ...byTest(path, { is: 'sibling', name: 'containerPort' }),
    kinds: ['Pod'],
    whenDesired: ['spec', 'hostNetwork'],
  })),
  ...made(
    {
      id: 'apparmor-annotation',
      kinds: ['Pod'],
      reason: 'the profile again, as older kubelets read it (API servers before 1.34)',
      owner: SERVER,
      value: { is: 'apparmor' },
    },
    'metadata.annotations.*',
  ),
  defaulted(['Pod'], '@pod.priority', 0),
  defaulted(['Pod'], '@pod.preemptionPolicy', 'PreemptLowerPriority'),
  defaulted(['Pod'], '@pod.tolerations', [
    tolerating('node.kubernetes.io/not-ready'),
    tolerating('node.kubernetes.io/unreachable'),
  ]),
  defaulted(
    ['Pod'],
    '@pod.tolerations.*',
    tolerating('node.kubernetes.io/not-ready'),
    tolerating('node.kubernetes.io/unreachable'),
  ),
  ...CONTAINER_DEFAULTS,
  ...VOLUME_DEFAULTS,
]
