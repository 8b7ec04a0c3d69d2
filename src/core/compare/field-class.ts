// What kind of thing a field says, in the words of those who review a change.
import type { FieldPath } from '../kube/index.ts'

export type FieldClass =
  | 'image'
  | 'env'
  | 'command'
  | 'security context'
  | 'containers'
  | 'host access'
  | 'volumes'
  | 'service account'
  | 'resources'
  | 'ports'
  | 'replicas'
  | 'permissions'
  | 'network'
  | 'data'
  | 'labels'
  | 'annotations'
  | 'other'

const CONTAINER_LISTS = ['containers', 'initContainers', 'ephemeralContainers']

/** By the member of a container. */
const OF_CONTAINER: Readonly<Record<string, FieldClass>> = {
  image: 'image',
  env: 'env',
  envFrom: 'env',
  command: 'command',
  args: 'command',
  securityContext: 'security context',
  resources: 'resources',
  ports: 'ports',
  volumeMounts: 'volumes',
  volumeDevices: 'volumes',
}

/** By any name on the way, the first that is listed. */
const BY_NAME: Readonly<Record<string, FieldClass>> = {
  securityContext: 'security context',
  hostNetwork: 'host access',
  hostPID: 'host access',
  hostIPC: 'host access',
  volumes: 'volumes',
  volumeClaimTemplates: 'volumes',
  serviceAccountName: 'service account',
  serviceAccount: 'service account',
  automountServiceAccountToken: 'service account',
  replicas: 'replicas',
  subjects: 'permissions',
  roleRef: 'permissions',
  ingress: 'network',
  egress: 'network',
  externalIPs: 'network',
  loadBalancerSourceRanges: 'network',
  ports: 'ports',
  data: 'data',
  stringData: 'data',
  binaryData: 'data',
  labels: 'labels',
  annotations: 'annotations',
}

const own = (table: Readonly<Record<string, FieldClass>>, name: string): FieldClass | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

function inContainer(path: FieldPath): FieldClass | undefined {
  const at = path.findIndex((element) => element.kind === 'field' && CONTAINER_LISTS.includes(element.name))
  if (at < 0) return undefined
  const member = path[at + 2]
  if (member === undefined) return 'containers'
  return member.kind === 'field' ? (own(OF_CONTAINER, member.name) ?? 'other') : 'other'
}

/** Roles have their rules at the top; so has nothing else that matters. */
function isRoleRules([first]: FieldPath): boolean {
  return first?.kind === 'field' && (first.name === 'rules' || first.name === 'aggregationRule')
}

export function fieldClass(path: FieldPath): FieldClass {
  if (isRoleRules(path)) return 'permissions'
  const contained = inContainer(path)
  if (contained !== undefined) return contained
  for (const element of path) {
    const found = element.kind === 'field' ? own(BY_NAME, element.name) : undefined
    if (found !== undefined) return found
  }
  return 'other'
}

/** What runs, as whom, with whose rights and where it reaches: nobody silences these by the way. */
const SENSITIVE: readonly FieldClass[] = [
  'image',
  'env',
  'command',
  'security context',
  'containers',
  'host access',
  'volumes',
  'service account',
  'permissions',
  'network',
]

export function isSensitive(found: FieldClass): boolean {
  return SENSITIVE.includes(found)
}
