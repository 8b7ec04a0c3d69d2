// Kinds as people write them: `deploy`, `Deployment`, `deployments`, `deployments.apps`.

/** Short names of built-in kinds, as `kubectl api-resources` prints them. */
const SHORT: Readonly<Record<string, string>> = {
  cm: 'ConfigMap',
  cj: 'CronJob',
  crd: 'CustomResourceDefinition',
  crds: 'CustomResourceDefinition',
  csr: 'CertificateSigningRequest',
  deploy: 'Deployment',
  ds: 'DaemonSet',
  ep: 'Endpoints',
  ev: 'Event',
  hpa: 'HorizontalPodAutoscaler',
  ing: 'Ingress',
  limits: 'LimitRange',
  netpol: 'NetworkPolicy',
  no: 'Node',
  ns: 'Namespace',
  pc: 'PriorityClass',
  pdb: 'PodDisruptionBudget',
  po: 'Pod',
  pv: 'PersistentVolume',
  pvc: 'PersistentVolumeClaim',
  quota: 'ResourceQuota',
  rc: 'ReplicationController',
  rs: 'ReplicaSet',
  sa: 'ServiceAccount',
  sc: 'StorageClass',
  sts: 'StatefulSet',
  svc: 'Service',
  app: 'Application',
  apps: 'Application',
}

export const BUILT_IN_KINDS: readonly { readonly short: string; readonly kind: string }[] = Object.entries(SHORT).map(
  ([short, kind]) => ({ short, kind }),
)

function pluralsOf(kind: string): string[] {
  const name = kind.toLowerCase()
  return [name, `${name}s`, `${name}es`, name.replace(/y$/, 'ies')]
}

export function matchesKind(
  written: string,
  { kind, group }: { readonly kind: string; readonly group: string },
): boolean {
  const dot = written.indexOf('.')
  const name = (dot < 0 ? written : written.slice(0, dot)).toLowerCase()
  // `deployments.v1.apps` names the version too.
  const rest = dot < 0 ? null : written.slice(dot + 1).replace(/^v\d+(?:(?:alpha|beta)\d+)?\./, '')
  if (rest !== null && rest !== group) return false
  const short = Object.hasOwn(SHORT, name) ? SHORT[name] : undefined
  return short === kind || pluralsOf(kind).includes(name)
}
