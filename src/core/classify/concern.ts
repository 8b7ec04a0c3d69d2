// What does a field concern? So that a reader sees at once what a difference is about.
import type { FieldPath, ObjectRef } from '../kube/index.ts'

/**
 * `scale`: how many; `capacity`: how much each may use; `traffic`: who reaches it and how; `access`: who may do what;
 * `security`: what it may do on its node; `availability`: when it counts as well, and how many stay; the others as named.
 */
export type Concern =
  | 'image'
  | 'scale'
  | 'capacity'
  | 'traffic'
  | 'access'
  | 'security'
  | 'availability'
  | 'storage'
  | 'scheduling'
  | 'environment'
  | 'metadata'
  | 'configuration'

interface Row {
  /** Of kinds; absent = any. */
  readonly kinds?: RegExp
  /** Of the dotted names of the path, keys of list items left out. */
  readonly at: RegExp
  readonly concern: Concern
}

const RBAC = /^(?:Cluster)?Role(?:Binding)?$/
const SCALERS = /^(?:HorizontalPodAutoscaler|ScaledObject|PodDisruptionBudget)$/
const ROUTES =
  /^(?:Service|Ingress|IngressClass|NetworkPolicy|Endpoints|EndpointSlice|Gateway|GatewayClass|[A-Z]+Route|VirtualService|DestinationRule|ServiceEntry)$/
const LIMITS = /^(?:LimitRange|ResourceQuota|VerticalPodAutoscaler)$/

/** The first that fits. */
const ROWS: readonly Row[] = [
  { at: /^metadata(?:\.|$)/, concern: 'metadata' },
  { kinds: RBAC, at: /./, concern: 'access' },
  { kinds: ROUTES, at: /./, concern: 'traffic' },
  { kinds: SCALERS, at: /Available|Unavailable/, concern: 'availability' },
  { kinds: SCALERS, at: /./, concern: 'scale' },
  { kinds: LIMITS, at: /./, concern: 'capacity' },
  { kinds: /^PersistentVolume(?:Claim)?$|^StorageClass$/, at: /./, concern: 'storage' },
  { at: /^spec\.(?:replicas|parallelism|completions)$/, concern: 'scale' },
  { at: /[cC]ontainers\.(?:image|imagePullPolicy)$/, concern: 'image' },
  { at: /[cC]ontainers\.resources(?:\.|$)|\.overhead(?:\.|$)/, concern: 'capacity' },
  { at: /[cC]ontainers\.(?:env|envFrom|args|command)(?:\.|$)/, concern: 'environment' },
  {
    at: /[cC]ontainers\.ports(?:\.|$)|spec\.(?:hostname|subdomain|hostAliases|dnsPolicy|dnsConfig)(?:\.|$)/,
    concern: 'traffic',
  },
  {
    at: /[cC]ontainers\.(?:liveness|readiness|startup)Probe(?:\.|$)|[cC]ontainers\.lifecycle(?:\.|$)|^spec\.(?:strategy|updateStrategy)(?:\.|$)/,
    concern: 'availability',
  },
  {
    at: /securityContext(?:\.|$)|\.host(?:Network|PID|IPC|Users)$|\.(?:serviceAccount|serviceAccountName|automountServiceAccountToken|imagePullSecrets|runtimeClassName)(?:\.|$)/,
    concern: 'security',
  },
  {
    at: /[cC]ontainers\.volumeMounts(?:\.|$)|spec\.volumes(?:\.|$)|^spec\.volumeClaimTemplates(?:\.|$)/,
    concern: 'storage',
  },
  {
    at: /\.(?:affinity|nodeSelector|nodeName|tolerations|topologySpreadConstraints|priorityClassName|schedulerName)(?:\.|$)/,
    concern: 'scheduling',
  },
  // A whole container is what runs in it.
  { at: /[cC]ontainers$/, concern: 'security' },
]

export function concernOf({ kind }: Pick<ObjectRef, 'kind'>, path: FieldPath): Concern {
  const at = path.flatMap((element) => (element.kind === 'field' ? [element.name] : [])).join('.')
  return ROWS.find((row) => row.kinds?.test(kind) !== false && row.at.test(at))?.concern ?? 'configuration'
}
