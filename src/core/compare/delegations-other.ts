// Delegated by shipped rules: certificates, generated Secrets, traffic of progressive delivery. Data.
import type { DelegationRule, EvidenceTest } from './delegation.ts'

const WEBHOOKS = [
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
]
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

const AUTHORITIES: readonly DelegationRule[] = [
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
    id: 'builtin/service-ca-injected',
    reason: 'the service CA operator of OpenShift fills the bundle of objects that carry its annotation',
    source:
      'https://docs.openshift.com/container-platform/latest/security/certificates/service-serving-certificate.html',
    owner: 'service-ca-operator',
    writers: ['service-ca*'],
    evidence: { is: 'declared', annotations: ['service.beta.openshift.io/inject-cabundle'] },
  }),
  {
    id: 'builtin/istiod-ca',
    reason:
      'istiod patches its own CA into its webhook configurations, and lets the validating one fail closed once it is up',
    source: 'https://istio.io/latest/docs/ops/configuration/mesh/webhook/',
    owner: 'istiod',
    kinds: WEBHOOKS,
    paths: ['webhooks.*.clientConfig.caBundle'],
    changes: ['added', 'changed'],
    writers: ['pilot-discovery'],
    evidence: { is: 'declared', labels: ['istio.io/rev'] },
  },
  {
    id: 'builtin/istiod-ca',
    reason: 'istiod lets its validating webhook fail closed once it is up',
    source: 'https://istio.io/latest/docs/ops/configuration/mesh/webhook/',
    owner: 'istiod',
    kinds: ['admissionregistration.k8s.io/ValidatingWebhookConfiguration'],
    paths: ['webhooks.*.failurePolicy'],
    changes: ['changed'],
    value: { is: 'one-of', values: ['Fail'] },
    writers: ['pilot-discovery'],
    evidence: { is: 'declared', labels: ['istio.io/rev'] },
  },
]

interface Producer extends Facts {
  /** Kind of the owner reference that it sets. */
  readonly controller: string
  readonly annotations: readonly string[]
  readonly labels: readonly string[]
}

/** A Secret that Git declares (as an empty shell, say) and that a controller fills. */
function producing({ controller, annotations, labels, ...facts }: Producer): DelegationRule[] {
  const rule = { ...facts, kinds: ['Secret'] }
  return [
    {
      ...rule,
      paths: [
        'data.*',
        ...annotations.map((name) => `metadata.annotations."${name}"`),
        ...labels.map((name) => `metadata.labels."${name}"`),
      ],
      changes: ['added', 'changed'],
    },
    {
      ...rule,
      paths: ['metadata.ownerReferences', 'metadata.ownerReferences.*'],
      value: { is: 'controlled-by', kinds: [controller] },
    },
  ]
}

const SECRETS: readonly DelegationRule[] = [
  ...producing({
    id: 'builtin/certificate-secret',
    reason: 'cert-manager stores key and certificate in the Secret that a Certificate names in spec.secretName',
    source: 'https://cert-manager.io/docs/usage/certificate/',
    owner: 'cert-manager',
    controller: 'Certificate',
    writers: ['cert-manager*'],
    evidence: {
      is: 'named-by',
      kind: 'cert-manager.io/Certificate',
      versions: ['v1'],
      at: ['spec.secretName'],
    },
    annotations: [
      'cert-manager.io/alt-names',
      'cert-manager.io/certificate-name',
      'cert-manager.io/common-name',
      'cert-manager.io/ip-sans',
      'cert-manager.io/issuer-group',
      'cert-manager.io/issuer-kind',
      'cert-manager.io/issuer-name',
      'cert-manager.io/uri-sans',
    ],
    labels: ['controller.cert-manager.io/fao'],
  }),
  ...producing({
    id: 'builtin/external-secret',
    reason:
      'the External Secrets Operator fills the Secret that an ExternalSecret names in spec.target.name, else the one of its own name',
    source: 'https://external-secrets.io/latest/api/externalsecret/',
    owner: 'external-secrets',
    controller: 'ExternalSecret',
    writers: ['external-secrets*', 'externalsecrets.external-secrets.io*'],
    evidence: {
      is: 'named-by',
      kind: 'external-secrets.io/ExternalSecret',
      versions: ['v1', 'v1beta1'],
      at: ['spec.target.name'],
      ownName: true,
    },
    annotations: ['reconcile.external-secrets.io/data-hash'],
    labels: ['reconcile.external-secrets.io/created-by', 'reconcile.external-secrets.io/managed'],
  }),
  ...producing({
    id: 'builtin/sealed-secret',
    reason: 'the Sealed Secrets controller unseals a SealedSecret into the Secret of the same name',
    source: 'https://github.com/bitnami-labs/sealed-secrets#overview',
    owner: 'sealed-secrets',
    controller: 'SealedSecret',
    writers: ['controller', 'sealed-secrets*'],
    evidence: {
      is: 'named-by',
      kind: 'bitnami.com/SealedSecret',
      versions: ['v1alpha1'],
      at: [],
      ownName: true,
    },
    annotations: [],
    labels: [],
  }),
]

const ROLLOUT = 'argoproj.io/Rollout'
const rolledOut = (at: readonly string[]): EvidenceTest => ({
  is: 'named-by',
  kind: ROLLOUT,
  versions: ['v1alpha1'],
  at,
})
const ROLLOUTS = {
  owner: 'argo-rollouts',
  writers: ['*rollouts*'],
} as const
const SERVICES = [
  'spec.strategy.canary.stableService',
  'spec.strategy.canary.canaryService',
  'spec.strategy.canary.pingPong.pingService',
  'spec.strategy.canary.pingPong.pongService',
  'spec.strategy.blueGreen.activeService',
  'spec.strategy.blueGreen.previewService',
]
const ISTIO = 'spec.strategy.canary.trafficRouting.istio'

const DELIVERY: readonly DelegationRule[] = [
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-service',
    reason:
      'Argo Rollouts points the Services of a Rollout at one ReplicaSet by adding rollouts-pod-template-hash to their selector',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/features/bluegreen/',
    kinds: ['Service'],
    paths: ['spec.selector'],
    changes: ['changed'],
    value: { is: 'desired-plus', members: ['rollouts-pod-template-hash'] },
    evidence: rolledOut(SERVICES),
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-service',
    reason: 'Argo Rollouts marks the Services that it changes',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/FAQ/',
    kinds: ['Service'],
    paths: ['metadata.annotations."argo-rollouts.argoproj.io/managed-by-rollouts"'],
    evidence: rolledOut(SERVICES),
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-weights',
    reason: 'Argo Rollouts sets the weights of the routes of a VirtualService that a Rollout names',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/istio/',
    kinds: ['networking.istio.io/VirtualService'],
    paths: ['spec.http', 'spec.tls', 'spec.tcp'],
    changes: ['changed'],
    value: { is: 'same-without', members: ['weight'] },
    evidence: rolledOut([`${ISTIO}.virtualService.name`, `${ISTIO}.virtualServices.*.name`]),
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-weights',
    reason:
      'Argo Rollouts points the subsets of a DestinationRule at one ReplicaSet each by adding rollouts-pod-template-hash to their labels',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/istio/',
    kinds: ['networking.istio.io/DestinationRule'],
    paths: ['spec.subsets'],
    changes: ['changed'],
    value: { is: 'same-without', members: ['rollouts-pod-template-hash'] },
    evidence: rolledOut([`${ISTIO}.destinationRule.name`]),
  },
  {
    ...ROLLOUTS,
    id: 'builtin/rollout-workload',
    reason: 'Argo Rollouts scales a Deployment to 0 whose pod template a Rollout refers to and runs itself',
    source: 'https://argo-rollouts.readthedocs.io/en/stable/migrating/',
    kinds: ['apps/Deployment'],
    paths: ['spec.replicas'],
    changes: ['added', 'changed'],
    value: { is: 'one-of', values: [0] },
    writers: null,
    evidence: rolledOut(['spec.workloadRef.name']),
  },
  {
    id: 'builtin/canary-workload',
    reason: 'Flagger scales the target of a Canary to 0 while its primary serves',
    source: 'https://docs.flagger.app/usage/how-it-works',
    owner: 'flagger',
    kinds: ['apps/Deployment'],
    paths: ['spec.replicas'],
    changes: ['added', 'changed'],
    value: { is: 'one-of', values: [0] },
    writers: null,
    evidence: { is: 'named-by', kind: 'flagger.app/Canary', versions: ['v1beta1'], at: ['spec.targetRef.name'] },
  },
]

export const OTHER_DELEGATIONS: readonly DelegationRule[] = [...AUTHORITIES, ...SECRETS, ...DELIVERY]
