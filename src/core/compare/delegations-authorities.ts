// Delegated by shipped rules: certificates that somebody else puts into webhook configurations and the like. Data.
import type { DelegationRule, EvidenceTest } from './delegation.ts'

const MUTATING = 'admissionregistration.k8s.io/MutatingWebhookConfiguration'
const VALIDATING = 'admissionregistration.k8s.io/ValidatingWebhookConfiguration'
const WEBHOOKS = [MUTATING, VALIDATING]
const INJECTABLE: readonly { readonly kinds: readonly string[]; readonly paths: readonly string[] }[] = [
  { kinds: WEBHOOKS, paths: ['webhooks.*.clientConfig.caBundle'] },
  {
    kinds: ['apiextensions.k8s.io/CustomResourceDefinition'],
    paths: ['spec.conversion.webhook.clientConfig.caBundle'],
  },
  { kinds: ['apiregistration.k8s.io/APIService'], paths: ['spec.caBundle'] },
]

type Facts = Pick<DelegationRule, 'id' | 'reason' | 'source' | 'owner' | 'writers' | 'evidence'>

const authority = (rule: Facts): DelegationRule[] =>
  INJECTABLE.map((place) => ({ ...rule, ...place, changes: ['added', 'changed'] }))

const SERVICE_CA = {
  id: 'builtin/service-ca-injected',
  source: 'https://github.com/openshift/service-ca-operator pkg/controller/api/api.go',
  owner: 'service-ca-operator',
  writers: ['service-ca*'],
}
const ASKING_SERVICE_CA = ['service.beta.openshift.io/inject-cabundle', 'service.alpha.openshift.io/inject-cabundle']
const SERVING = ['service.beta.openshift.io', 'service.alpha.openshift.io']

const ASKED: readonly DelegationRule[] = [
  ...authority({
    id: 'builtin/ca-injected',
    reason: 'the CA injector of cert-manager fills the bundle of objects that carry one of its annotations',
    source: 'https://cert-manager.io/docs/concepts/ca-injector/',
    owner: 'cert-manager-cainjector',
    writers: ['*cainjector*'],
    evidence: {
      is: 'declared',
      annotations: [
        'cert-manager.io/inject-ca-from',
        'cert-manager.io/inject-ca-from-secret',
        'cert-manager.io/inject-apiserver-ca',
      ],
    },
  }),
  ...authority({
    ...SERVICE_CA,
    reason: 'the service CA operator of OpenShift fills the bundle of objects that carry its annotation',
    evidence: { is: 'declared', annotations: ASKING_SERVICE_CA },
  }),
  {
    ...SERVICE_CA,
    reason: 'the service CA operator of OpenShift puts its CA into ConfigMaps that carry its annotation',
    kinds: ['ConfigMap'],
    paths: ['data."service-ca.crt"'],
    changes: ['added', 'changed'],
    evidence: { is: 'declared', annotations: ASKING_SERVICE_CA },
  },
  {
    ...SERVICE_CA,
    reason: 'the service CA operator of OpenShift notes on a Service who signed the certificate that it asks for',
    kinds: ['Service'],
    paths: SERVING.map((group) => `metadata.annotations."${group}/serving-cert-signed-by"`),
    evidence: { is: 'declared', annotations: SERVING.map((group) => `${group}/serving-cert-secret-name`) },
  },
  {
    id: 'builtin/trusted-ca-injected',
    reason: 'the Cluster Network Operator of OpenShift puts the trusted CAs into ConfigMaps that carry its label',
    source: 'https://docs.openshift.com/container-platform/4.16/networking/configuring-a-custom-pki.html',
    owner: 'cluster-network-operator',
    kinds: ['ConfigMap'],
    paths: ['data."ca-bundle.crt"'],
    changes: ['added', 'changed'],
    writers: ['*network-operator*'],
    evidence: { is: 'declared', labels: ['config.openshift.io/inject-trusted-cabundle'] },
  },
]

const ISTIOD = {
  id: 'builtin/istiod-ca',
  source: 'https://istio.io/latest/docs/ops/configuration/mesh/webhook/',
  owner: 'istiod',
  writers: ['pilot-discovery'],
  evidence: { is: 'declared', labels: ['istio.io/rev'] },
} as const

const ISTIO: readonly DelegationRule[] = [
  {
    ...ISTIOD,
    reason: 'istiod patches its own CA into its webhook configurations',
    kinds: WEBHOOKS,
    paths: ['webhooks.*.clientConfig.caBundle'],
    changes: ['added', 'changed'],
  },
  {
    ...ISTIOD,
    reason: 'istiod lets its validating webhook fail closed once it is up',
    kinds: [VALIDATING],
    paths: ['webhooks.*.failurePolicy'],
    changes: ['changed'],
    value: { is: 'one-of', values: ['Fail'] },
  },
]

/** Operators that put their own certificate into the configurations of their own webhooks, which Git declares under these marks. */
const OWN: readonly {
  readonly owner: string
  readonly source: string
  readonly writers: readonly string[]
  readonly by: Omit<Extract<EvidenceTest, { is: 'declared' }>, 'is'>
}[] = [
  {
    owner: 'gatekeeper',
    source: 'https://github.com/open-policy-agent/gatekeeper main.go, deploy/gatekeeper.yaml',
    writers: ['gatekeeper*'],
    by: { labels: ['gatekeeper.sh/system'] },
  },
  {
    owner: 'external-secrets',
    source: 'https://github.com/external-secrets/external-secrets pkg/controllers/webhookconfig, pkg/controllers/crds',
    writers: ['external-secrets*'],
    by: { labels: ['external-secrets.io/component'] },
  },
  {
    owner: 'keda',
    source: 'https://github.com/kedacore/keda pkg/certificates/certificate_manager.go',
    writers: ['keda*'],
    by: { names: ['keda-admission', 'v1beta1.external.metrics.k8s.io'] },
  },
  {
    owner: 'kueue',
    source: 'https://github.com/kubernetes-sigs/kueue pkg/util/cert/cert.go',
    writers: ['kueue*', 'manager'],
    by: { names: ['kueue-mutating-webhook-configuration', 'kueue-validating-webhook-configuration'] },
  },
  {
    owner: 'metallb',
    source: 'https://github.com/metallb/metallb internal/k8s/webhook.go',
    writers: ['metallb*', 'controller'],
    by: { names: ['metallb-webhook-configuration', 'bgppeers.metallb.io'] },
  },
  {
    owner: 'cloudnative-pg',
    source: 'https://github.com/cloudnative-pg/cloudnative-pg pkg/certs/k8s.go',
    writers: ['manager', 'cloudnative-pg*', 'cnpg*'],
    by: { names: ['cnpg-mutating-webhook-configuration', 'cnpg-validating-webhook-configuration'] },
  },
  {
    owner: 'crossplane',
    source: 'https://github.com/crossplane/crossplane internal/initializer',
    writers: ['crossplane*'],
    by: { names: ['crossplane', 'crossplane-no-usages'] },
  },
  {
    owner: 'vault-agent-injector',
    source: 'https://github.com/hashicorp/vault-k8s subcommand/injector/command.go',
    writers: ['vault-k8s'],
    by: { names: ['*vault-agent-injector-cfg'] },
  },
  {
    owner: 'consul-connect-injector',
    source: 'https://github.com/hashicorp/consul-k8s control-plane/helper/webhook-configuration',
    writers: ['consul-k8s*'],
    by: { names: ['*-connect-injector'] },
  },
  {
    owner: 'dapr',
    source: 'https://github.com/dapr/dapr cmd/injector/app/app.go, pkg/operator/operator.go',
    writers: ['injector', 'operator', 'dapr*'],
    by: { names: ['dapr-sidecar-injector', 'subscriptions.dapr.io'] },
  },
]

const OWN_AUTHORITIES = OWN.flatMap(({ owner, source, writers, by }) =>
  authority({
    id: `builtin/${owner}-ca`,
    reason: `${owner} puts the CA of its own webhook where its configuration asks for it`,
    ...{ owner, source, writers },
    evidence: { is: 'declared', ...by },
  }),
)

const CERTGEN = {
  id: 'builtin/webhook-certgen',
  reason: 'a Job of the chart puts the certificate that it made into the webhook configuration, and closes it',
  source: 'https://github.com/kubernetes/ingress-nginx images/kube-webhook-certgen',
  owner: 'kube-webhook-certgen',
  kinds: WEBHOOKS,
  writers: ['kube-webhook-certgen'],
  evidence: {
    is: 'declared',
    values: [
      { at: ['metadata', 'labels', 'app.kubernetes.io/name'], oneOf: ['ingress-nginx'] },
      { at: ['metadata', 'labels', 'app'], oneOf: ['kube-prometheus-stack-admission'] },
    ],
  },
} as const

/** Knative's webhooks, and those built with its library, keep their configurations whole. */
const KNATIVE = {
  id: 'builtin/knative-webhook',
  reason: 'the webhook fills CA, path, rules and selectors of the configurations that are named after it',
  source: 'https://github.com/knative/pkg webhook/resourcesemantics, webhook/configmaps',
  owner: 'knative-webhook',
  kinds: WEBHOOKS,
  writers: ['webhook', 'eventing-webhook', 'webhook-*'],
  evidence: { is: 'declared', names: ['*webhook.*.knative.dev', '*webhook.*.tekton.dev'] },
} as const

const CHARTS: readonly DelegationRule[] = [
  { ...CERTGEN, paths: ['webhooks.*.clientConfig.caBundle'], changes: ['added', 'changed'] },
  {
    ...CERTGEN,
    paths: ['webhooks.*.failurePolicy'],
    changes: ['changed', 'added'],
    value: { is: 'one-of', values: ['Fail'] },
  },
  {
    ...KNATIVE,
    paths: ['caBundle', 'service.path'].map((name) => `webhooks.*.clientConfig.${name}`),
    changes: ['added', 'changed'],
  },
  {
    ...KNATIVE,
    paths: [
      'webhooks.*.rules',
      'webhooks.*.namespaceSelector',
      'webhooks.*.namespaceSelector.matchExpressions',
      'webhooks.*.objectSelector',
    ],
    changes: ['added', 'changed'],
    named: true,
  },
]

export const AUTHORITY_DELEGATIONS: readonly DelegationRule[] = [...ASKED, ...ISTIO, ...OWN_AUTHORITIES, ...CHARTS]
