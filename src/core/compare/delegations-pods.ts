// Delegated by shipped rules: replica counts, and what injectors put into pods. Data.
import type { DelegationRule, EvidenceTest } from './delegation.ts'

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
]

interface Injector {
  readonly id: string
  readonly reason: string
  readonly source: string
  readonly owner: string
  readonly evidence: EvidenceTest
  readonly containers: readonly string[]
  readonly initContainers: readonly string[]
  readonly volumes: readonly string[]
  readonly annotations: readonly string[]
  readonly labels: readonly string[]
}

const annotationsOf = (names: readonly string[]): string[] =>
  names.map((name) => `@template.metadata.annotations."${name}"`)

/** What an injector adds has no owner: ownership is computed before admission. Any name there is somebody's own hand. */
function injecting(injector: Injector): DelegationRule[] {
  const { id, reason, source, owner, evidence } = injector
  const rule = { id: `builtin/${id}`, reason, source, owner, evidence, kinds: ['@pod'], writers: [] }
  const items = (path: string, names: readonly string[]): DelegationRule => ({
    ...rule,
    paths: [path],
    value: { is: 'item-named', names },
  })
  const mounts = ['containers', 'initContainers'].map((list) =>
    items(`@pod.${list}.*.volumeMounts.*`, injector.volumes),
  )
  return [
    // Istio runs its proxy among the init containers where the server has native sidecars.
    items('@pod.initContainers.*', [...injector.initContainers, ...injector.containers]),
    items('@pod.containers.*', injector.containers),
    items('@pod.volumes.*', injector.volumes),
    ...mounts,
    {
      ...rule,
      paths: [
        ...annotationsOf(injector.annotations),
        ...injector.labels.map((name) => `@template.metadata.labels."${name}"`),
      ],
    },
  ]
}

const INJECTORS: readonly DelegationRule[] = [
  ...injecting({
    id: 'istio-injected',
    reason:
      'the webhook of istiod adds proxy, init container, volumes and marks to pods of namespaces and with labels that its selectors name',
    source:
      'https://github.com/istio/istio manifests/charts/istio-control/istio-discovery/files/injection-template.yaml and templates/mutatingwebhook.yaml',
    owner: 'istiod',
    evidence: { is: 'injector', hook: 'sidecar-injector.istio.io' },
    containers: ['istio-proxy'],
    initContainers: ['istio-init', 'istio-validation'],
    volumes: [
      'istio-envoy',
      'istio-data',
      'istio-podinfo',
      'istio-token',
      'istiod-ca-cert',
      'istio-certs',
      'workload-socket',
      'credential-socket',
      'workload-certs',
    ],
    annotations: [
      'sidecar.istio.io/status',
      'istio.io/rev',
      'kubectl.kubernetes.io/default-container',
      'kubectl.kubernetes.io/default-logs-container',
      'prometheus.io/path',
      'prometheus.io/port',
      'prometheus.io/scrape',
    ],
    labels: [
      'security.istio.io/tlsMode',
      'service.istio.io/canonical-name',
      'service.istio.io/canonical-revision',
      'istio.io/rev',
    ],
  }),
  ...injecting({
    id: 'linkerd-injected',
    reason: 'the proxy injector adds proxy, init container, volumes and marks to pods that ask for it by annotation',
    source:
      'https://linkerd.io/2/features/proxy-injection/; https://github.com/linkerd/linkerd2 charts/patch/templates/patch.json',
    owner: 'linkerd-proxy-injector',
    evidence: {
      is: 'injector',
      hook: 'linkerd-proxy-injector.linkerd.io',
      asked: { annotation: 'linkerd.io/inject', values: ['enabled', 'ingress'] },
    },
    containers: ['linkerd-proxy'],
    initContainers: ['linkerd-init', 'linkerd-network-validator'],
    volumes: ['linkerd-proxy-init-xtables-lock', 'linkerd-identity-end-entity', 'linkerd-identity-token'],
    annotations: ['linkerd.io/created-by', 'linkerd.io/proxy-version', 'linkerd.io/trust-root-sha256'],
    labels: [
      'linkerd.io/control-plane-ns',
      'linkerd.io/workload-ns',
      'linkerd.io/proxy-deployment',
      'linkerd.io/proxy-statefulset',
      'linkerd.io/proxy-daemonset',
      'linkerd.io/proxy-job',
    ],
  }),
  ...injecting({
    id: 'vault-injected',
    reason:
      'the Vault agent injector adds agents and a shared volume, mounted into every container, to pods that ask for it by annotation',
    source: 'https://developer.hashicorp.com/vault/docs/platform/k8s/injector',
    owner: 'vault-agent-injector',
    evidence: {
      is: 'injector',
      hook: 'vault.hashicorp.com',
      asked: { annotation: 'vault.hashicorp.com/agent-inject', values: ['true'] },
    },
    containers: ['vault-agent'],
    initContainers: ['vault-agent-init'],
    volumes: ['home-init', 'home-sidecar', 'vault-secrets', 'vault-config', 'vault-tls-secrets'],
    annotations: ['vault.hashicorp.com/agent-inject-status'],
    labels: [],
  }),
]

const KUEUE: readonly DelegationRule[] = [
  {
    id: 'builtin/queued-job',
    reason: 'Kueue suspends a Job that names a queue until it is admitted, and resumes it then',
    source: 'https://kueue.sigs.k8s.io/docs/tasks/run/jobs/',
    owner: 'kueue',
    kinds: ['batch/Job'],
    paths: ['spec.suspend'],
    changes: ['added', 'changed'],
    value: { is: 'one-of', values: [true, false] },
    writers: ['kueue*'],
    evidence: { is: 'declared', labels: ['kueue.x-k8s.io/queue-name'] },
  },
]

export const POD_DELEGATIONS: readonly DelegationRule[] = [...SCALING, ...INJECTORS, ...KUEUE]
