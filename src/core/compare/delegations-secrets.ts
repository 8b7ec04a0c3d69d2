// Delegated by shipped rules: Secrets that Git declares (as empty shells, say) and that a controller fills. Data.
import type { DelegationRule } from './delegation.ts'

type Facts = Pick<DelegationRule, 'id' | 'reason' | 'source' | 'owner' | 'writers' | 'evidence'>

interface Producer extends Facts {
  /** Kind of the owner reference that it sets. */
  readonly controller: string
  readonly annotations: readonly string[]
  readonly labels: readonly string[]
}

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

export const SECRET_DELEGATIONS: readonly DelegationRule[] = [
  ...producing({
    id: 'builtin/certificate-secret',
    reason: 'cert-manager stores key and certificate in the Secret that a Certificate names in spec.secretName',
    source:
      'https://cert-manager.io/docs/usage/certificate/; https://github.com/cert-manager/cert-manager pkg/apis/certmanager/v1/types.go',
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
      'cert-manager.io/email-sans',
      'cert-manager.io/ip-sans',
      'cert-manager.io/issuer-group',
      'cert-manager.io/issuer-kind',
      'cert-manager.io/issuer-name',
      ...['organizations', 'organizationalunits', 'countries', 'provinces', 'localities'].map(
        (part) => `cert-manager.io/subject-${part}`,
      ),
      ...['streetaddresses', 'postalcodes', 'serialnumber'].map((part) => `cert-manager.io/subject-${part}`),
      'cert-manager.io/uri-sans',
    ],
    labels: ['controller.cert-manager.io/fao'],
  }),
  ...producing({
    id: 'builtin/external-secret',
    reason:
      'the External Secrets Operator fills the Secret that an ExternalSecret names in spec.target.name, else the one of its own name',
    source:
      'https://external-secrets.io/latest/api/externalsecret/; https://github.com/external-secrets/external-secrets apis/externalsecrets/v1/externalsecret_types.go',
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
