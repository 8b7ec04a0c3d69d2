// Delegated by shipped rules: what injectors put into pods. Data.
import type { DelegationRule, EvidenceTest } from './delegation.ts'

interface Injector {
  readonly id: string
  readonly reason: string
  readonly source: string
  readonly owner: string
  readonly evidence: EvidenceTest
  readonly containers: readonly string[]
  readonly initContainers: readonly string[]
  /** Globs that the image of each of them fits, wherever it was mirrored to. */
  readonly images: readonly string[]
  readonly volumes: readonly string[]
  /** Of the other containers. */
  readonly env?: readonly string[]
  readonly annotations: readonly string[]
  readonly labels: readonly string[]
}

const annotationsOf = (names: readonly string[]): string[] =>
  names.map((name) => `@template.metadata.annotations."${name}"`)

/** What an injector adds has no owner: ownership is computed before admission. Any name there is somebody's own hand. */
function injecting(injector: Injector): DelegationRule[] {
  const { id, reason, source, owner, evidence } = injector
  const rule = { id: `builtin/${id}`, reason, source, owner, evidence, kinds: ['@pod'], writers: [] }
  const items = (path: string, names: readonly string[], images?: readonly string[]): DelegationRule => ({
    ...rule,
    paths: [path],
    value: { is: 'item-named', names, ...(images === undefined ? {} : { images }) },
  })
  const mounts = ['containers', 'initContainers'].map((list) =>
    items(`@pod.${list}.*.volumeMounts.*`, injector.volumes),
  )
  return [
    // Istio runs its proxy among the init containers where the server has native sidecars.
    items('@pod.initContainers.*', [...injector.initContainers, ...injector.containers], injector.images),
    items('@pod.containers.*', injector.containers, injector.images),
    items('@pod.volumes.*', injector.volumes),
    ...mounts,
    items('@pod.containers.*.env.*', injector.env ?? []),
    {
      ...rule,
      paths: [
        ...annotationsOf(injector.annotations),
        ...injector.labels.map((name) => `@template.metadata.labels."${name}"`),
      ],
    },
  ]
}

export const INJECTOR_DELEGATIONS: readonly DelegationRule[] = [
  ...injecting({
    id: 'istio-injected',
    reason:
      'the webhook of istiod adds proxy, init container, volumes and marks to pods of namespaces and with labels that its selectors name',
    source:
      'https://github.com/istio/istio manifests/charts/istio-control/istio-discovery/files/injection-template.yaml and templates/mutatingwebhook.yaml',
    owner: 'istiod',
    evidence: { is: 'injector', hooks: ['sidecar-injector.istio.io', '*.sidecar-injector.istio.io'] },
    containers: ['istio-proxy'],
    initContainers: ['istio-init', 'istio-validation', 'enable-core-dump'],
    images: ['*istio*', '*proxy*', '*asm*'],
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
      'gke-workload-certificate',
      'istio-ca-crl',
      'custom-bootstrap-volume',
      'lightstep-certs',
    ],
    annotations: [
      'sidecar.istio.io/status',
      'istio.io/rev',
      'kubectl.kubernetes.io/default-container',
      'kubectl.kubernetes.io/default-logs-container',
      'prometheus.io/path',
      'prometheus.io/port',
      'prometheus.io/scrape',
      'sidecar.istio.io/interceptionMode',
      'traffic.sidecar.istio.io/includeInboundPorts',
      'traffic.sidecar.istio.io/excludeInboundPorts',
      'traffic.sidecar.istio.io/includeOutboundPorts',
      'traffic.sidecar.istio.io/excludeOutboundPorts',
      'k8s.v1.cni.cncf.io/networks',
    ],
    labels: [
      'networking.istio.io/tunnel',
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
      'https://linkerd.io/2/features/proxy-injection/; https://github.com/linkerd/linkerd2 charts/patch/templates/patch.json, pkg/k8s/labels.go',
    owner: 'linkerd-proxy-injector',
    evidence: {
      is: 'injector',
      hooks: ['linkerd-proxy-injector.linkerd.io'],
      asked: { annotation: 'linkerd.io/inject', values: ['enabled', 'ingress'] },
    },
    containers: ['linkerd-proxy', 'linkerd-debug'],
    initContainers: ['linkerd-init', 'linkerd-network-validator'],
    images: ['*linkerd*', '*proxy*', '*l5d*'],
    volumes: [
      'linkerd-proxy-init-xtables-lock',
      'linkerd-identity-end-entity',
      'linkerd-identity-token',
      'linkerd-podinfo',
    ],
    annotations: ['linkerd.io/created-by', 'linkerd.io/proxy-version', 'linkerd.io/trust-root-sha256'],
    labels: [
      'linkerd.io/control-plane-ns',
      'linkerd.io/workload-ns',
      'linkerd.io/proxy-deployment',
      'linkerd.io/proxy-statefulset',
      'linkerd.io/proxy-daemonset',
      'linkerd.io/proxy-job',
      'linkerd.io/proxy-cronjob',
      'linkerd.io/proxy-replicaset',
      'linkerd.io/proxy-replicationcontroller',
    ],
  }),
  ...injecting({
    id: 'vault-injected',
    reason:
      'the Vault agent injector adds agents and a shared volume, mounted into every container, to pods that ask for it by annotation',
    source:
      'https://developer.hashicorp.com/vault/docs/platform/k8s/injector; https://github.com/hashicorp/vault-k8s agent-inject/agent/container_volume.go',
    owner: 'vault-agent-injector',
    evidence: {
      is: 'injector',
      hooks: ['vault.hashicorp.com'],
      asked: { annotation: 'vault.hashicorp.com/agent-inject', values: ['true'] },
    },
    containers: ['vault-agent'],
    initContainers: ['vault-agent-init'],
    images: ['*vault*'],
    volumes: ['home-init', 'home-sidecar', 'vault-secrets', 'vault-config', 'vault-tls-secrets'],
    annotations: ['vault.hashicorp.com/agent-inject-status'],
    labels: [],
  }),
  ...injecting({
    id: 'dapr-injected',
    reason:
      'the injector of Dapr adds its sidecar, volumes, labels and variables to pods that ask for it by annotation',
    source: 'https://github.com/dapr/dapr pkg/injector/consts/consts.go, pkg/injector/patcher',
    owner: 'dapr-sidecar-injector',
    evidence: {
      is: 'injector',
      hooks: ['sidecar-injector.dapr.io'],
      asked: { annotation: 'dapr.io/enabled', values: ['true', 'y', 'yes', 'on', '1'] },
    },
    containers: ['daprd'],
    initContainers: [],
    images: ['*dapr*'],
    volumes: ['dapr-identity-token', 'dapr-unix-domain-socket', 'dapr-components-unix-domain-socket'],
    env: ['DAPR_HTTP_PORT', 'DAPR_GRPC_PORT', 'DAPR_COMPONENT_SOCKETS_FOLDER', 'APP_PROTOCOL'],
    annotations: [],
    labels: ['dapr.io/sidecar-injected', 'dapr.io/app-id', 'dapr.io/metrics-enabled'],
  }),
  ...injecting({
    id: 'consul-injected',
    reason: 'the injector of Consul adds its proxy, init container, volume and marks to pods',
    source: 'https://github.com/hashicorp/consul-k8s control-plane/connect-inject/webhook/mesh_webhook.go',
    owner: 'consul-connect-injector',
    evidence: { is: 'injector', hooks: ['*-connect-injector.consul.hashicorp.com'] },
    containers: ['consul-dataplane', 'consul-dataplane-*', 'envoy-sidecar'],
    initContainers: ['consul-connect-inject-init', 'consul-connect-inject-init-*'],
    images: ['*consul*', '*envoy*'],
    volumes: ['consul-connect-inject-data'],
    annotations: [
      ...[
        'connect-inject-status',
        'transparent-proxy-status',
        'connect-service-port',
        'original-pod',
        'connect-k8s-version',
        'consul-k8s-version',
        'consul-namespace',
        'redirect-traffic-config',
        'dual-stack',
        'consul-sidecar-access-log-enabled',
        'consul-sidecar-access-log-path',
      ].map((name) => `consul.hashicorp.com/${name}`),
      'prometheus.io/path',
      'prometheus.io/port',
      'prometheus.io/scrape',
    ],
    labels: ['consul.hashicorp.com/connect-inject-status', 'consul.hashicorp.com/connect-inject-managed-by'],
  }),
  ...injecting({
    id: 'kuma-injected',
    reason: 'the control plane of Kuma adds its proxy, init container, volumes and marks to pods',
    source:
      'https://github.com/kumahq/kuma pkg/plugins/runtime/k8s/webhooks/injector/injector.go, pkg/plugins/runtime/k8s/metadata/annotations.go',
    owner: 'kuma-control-plane',
    evidence: { is: 'injector', hooks: ['*kuma-injector.kuma.io'] },
    containers: ['kuma-sidecar'],
    initContainers: ['kuma-init', 'kuma-validation'],
    images: ['*kuma*', '*kong*'],
    volumes: ['kuma-init-tmp', 'kuma-sidecar-tmp', 'transparent-proxy-base', 'kuma-spire-agent-socket'],
    annotations: [
      ...[
        'sidecar-injected',
        'sidecar-uid',
        'envoy-admin-port',
        'transparent-proxying',
        'transparent-proxying-ip-family-mode',
        'mesh',
      ].map((name) => `kuma.io/${name}`),
      'traffic.kuma.io/transparent-proxy-config',
      'traffic.kuma.io/exclude-inbound-ports',
      'traffic.kuma.io/exclude-outbound-ports',
      'k8s.v1.cni.cncf.io/networks',
      'kubectl.kubernetes.io/default-container',
    ],
    labels: ['kuma.io/mesh'],
  }),
]
