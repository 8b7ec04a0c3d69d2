// What may a write through an endpoint never own, because the server puts it back?
import type { FieldPath } from '../kube/index.ts'
import { FieldSet } from './field-set.ts'

/** The endpoint of the object itself is the empty text. */
export type Endpoint = '' | 'status' | 'approval'

type Resets = Readonly<Partial<Record<Endpoint, readonly string[]>>>

const USUAL: Resets = { '': ['status'], status: ['spec'] }
const METADATA_TOO: Resets = { ...USUAL, status: ['spec', 'metadata'] }

/** By `group/kind`. */
const UNUSUAL: Readonly<Record<string, Resets>> = {
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': METADATA_TOO,
  'apiextensions.k8s.io/CustomResourceDefinition': METADATA_TOO,
  'apiregistration.k8s.io/APIService': METADATA_TOO,
  'apps/Deployment': { ...USUAL, status: ['spec', 'metadata.labels'] },
  'certificates.k8s.io/CertificateSigningRequest': {
    '': ['spec', 'status'],
    status: ['spec', 'status.conditions'],
    approval: ['spec', 'status.certificate'],
  },
  'flowcontrol.apiserver.k8s.io/FlowSchema': METADATA_TOO,
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': METADATA_TOO,
  // Listed under a group that does not exist.
  'networking.k8s.io/ServiceCIDR': {},
  '/Pod': { ...USUAL, status: ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'] },
  'resource.k8s.io/ResourceClaim': METADATA_TOO,
  'storage.k8s.io/VolumeAttachment': METADATA_TOO,
}

function fieldsOf(text: string): FieldPath {
  return text.split('.').map((name) => ({ kind: 'field', name }))
}

/**
 * The fields that writes through an endpoint of a kind reset, for `Versions.ignored`: of a built-in kind or of a custom
 * one that has a status subresource (one that has none resets nothing). Built-in kinds and the status endpoint of
 * custom ones reset them in every version; the main endpoint of a custom resource only in the version written to.
 */
export function resetFields(kind: { readonly group: string; readonly kind: string }, endpoint: Endpoint): FieldSet {
  const key = `${kind.group}/${kind.kind}`
  const resets = Object.hasOwn(UNUSUAL, key) ? (UNUSUAL[key] ?? USUAL) : USUAL
  return FieldSet.of((resets[endpoint] ?? []).map(fieldsOf))
}
