// Changes made in memory to see whether they would still be found.
import { POD_SPECS } from '../compare/index.ts'
import type { FieldClass } from '../compare/index.ts'
import { isMap, type Json, type KubeObject, type ObjectRef } from '../kube/index.ts'

/** Values that nobody has. */
const NAME = 'holdfast-probe'
const IMAGE = 'registry.invalid/holdfast-probe:1'

type Node = { [name: string]: Json }

export interface Probe {
  readonly class: FieldClass
  readonly change: string
  /** Changes the copy; false = there is nothing of the kind in this object. */
  readonly edit: (root: Node) => boolean
}

const mapIn = (node: Node, name: string): Node => {
  if (!isMap(node[name])) node[name] = {}
  return node[name] as Node
}

const listIn = (node: Node, name: string): Json[] => {
  if (!Array.isArray(node[name])) node[name] = []
  return node[name] as unknown as Json[]
}

const firstOf = (node: Node, name: string): Node | null => {
  const list = node[name]
  const first: unknown = Array.isArray(list) ? list[0] : undefined
  return isMap(first) ? (first as Node) : null
}

function at(root: Node, path: readonly string[]): Node | null {
  let node: Json | undefined = root
  for (const name of path) node = isMap(node) ? node[name] : undefined
  return isMap(node) ? (node as Node) : null
}

function onContainer(path: readonly string[], run: (container: Node) => void): (root: Node) => boolean {
  return (root) => {
    const spec = at(root, path)
    const container = spec === null ? null : firstOf(spec, 'containers')
    if (container === null) return false
    run(container)
    return true
  }
}

function onMap(path: readonly string[], run: (node: Node) => void): (root: Node) => boolean {
  return (root) => {
    const node = at(root, path)
    if (node === null) return false
    run(node)
    return true
  }
}

/** Each sets one thing in the first container. */
const CONTAINER_PROBES: readonly (Omit<Probe, 'edit'> & { readonly run: (container: Node) => void })[] = [
  { class: 'image', change: 'another image', run: (container) => void (container['image'] = IMAGE) },
  {
    class: 'env',
    change: 'a variable added',
    run: (container) => void listIn(container, 'env').push({ name: 'HOLDFAST_PROBE', value: '1' }),
  },
  { class: 'command', change: 'another command', run: (container) => void (container['command'] = [NAME]) },
  {
    class: 'security context',
    change: 'a container made privileged',
    run: (container) => void (mapIn(container, 'securityContext')['privileged'] = true),
  },
  {
    class: 'resources',
    change: 'another memory limit',
    run: (container) => void (mapIn(mapIn(container, 'resources'), 'limits')['memory'] = '123457Ki'),
  },
]

/** Each sets one thing in the spec of the pod. */
const POD_PROBES: readonly (Omit<Probe, 'edit'> & { readonly run: (spec: Node) => void })[] = [
  {
    class: 'containers',
    change: 'a container added',
    run: (spec) => void listIn(spec, 'containers').push({ name: NAME, image: IMAGE }),
  },
  { class: 'host access', change: 'the network of the host', run: (spec) => void (spec['hostNetwork'] = true) },
  {
    class: 'volumes',
    change: 'a volume of the host added',
    run: (spec) => void listIn(spec, 'volumes').push({ name: NAME, hostPath: { path: '/' } }),
  },
  {
    class: 'service account',
    change: 'another service account',
    run: (spec) => void (spec['serviceAccountName'] = NAME),
  },
]

function podProbes(path: readonly string[]): Probe[] {
  return [
    ...CONTAINER_PROBES.map(({ run, ...rest }) => ({ ...rest, edit: onContainer(path, run) })),
    ...POD_PROBES.map(({ run, ...rest }) => ({ ...rest, edit: onMap(path, run) })),
  ]
}

const REPLICATED = ['apps/Deployment', 'apps/StatefulSet', 'apps/ReplicaSet', 'ReplicationController']

const REPLICAS: Probe = {
  class: 'replicas',
  change: 'another number of replicas',
  edit: onMap(['spec'], (spec) => {
    spec['replicas'] = typeof spec['replicas'] === 'number' ? spec['replicas'] + 7 : 7
  }),
}

/** By `group/Kind`. */
const OF_KIND: Readonly<Record<string, readonly Probe[]>> = {
  Service: [
    {
      class: 'ports',
      change: 'a port added',
      edit: onMap(['spec'], (spec) => {
        listIn(spec, 'ports').push({ name: NAME, port: 65_431, protocol: 'TCP', targetPort: 65_431 })
      }),
    },
    {
      class: 'network',
      change: 'an external address added',
      edit: onMap(['spec'], (spec) => {
        spec['externalIPs'] = ['192.0.2.7']
      }),
    },
    {
      class: 'other',
      change: 'another selector',
      edit: onMap(['spec'], (spec) => {
        mapIn(spec, 'selector')[NAME] = '1'
      }),
    },
  ],
  ConfigMap: [data('data', 'a key added')],
  Secret: [data('data', 'a key added')],
  ...Object.fromEntries(['Role', 'ClusterRole'].map((kind) => [`rbac.authorization.k8s.io/${kind}`, [roleRule()]])),
  ...Object.fromEntries(
    ['RoleBinding', 'ClusterRoleBinding'].map((kind) => [`rbac.authorization.k8s.io/${kind}`, [roleSubject()]]),
  ),
  'networking.k8s.io/NetworkPolicy': [
    {
      class: 'network',
      change: 'everything let in',
      edit: onMap(['spec'], (spec) => {
        listIn(spec, 'ingress').push({})
      }),
    },
  ],
}

function data(field: string, change: string): Probe {
  return {
    class: 'data',
    change,
    edit: (root) => {
      mapIn(root, field)[NAME] = 'cHJvYmU='
      return true
    },
  }
}

function roleRule(): Probe {
  return {
    class: 'permissions',
    change: 'a rule added that allows everything',
    edit: (root) => {
      listIn(root, 'rules').push({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] })
      return true
    },
  }
}

function roleSubject(): Probe {
  return {
    class: 'permissions',
    change: 'a subject added',
    edit: (root) => {
      listIn(root, 'subjects').push({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: NAME })
      return true
    },
  }
}

function metadata(field: 'labels' | 'annotations'): Probe {
  return {
    class: field,
    change: field === 'labels' ? 'a label added' : 'an annotation added',
    edit: (root) => {
      mapIn(mapIn(root, 'metadata'), field)[`${NAME}.example/changed`] = '1'
      return true
    },
  }
}

function other(value: Json | undefined): Json {
  if (typeof value === 'number') return value + 7
  if (typeof value === 'boolean') return !value
  return typeof value === 'string' ? `${value}-${NAME}` : NAME
}

/** Kinds that nobody knows here: each member of their spec for itself. */
function specProbes(live: KubeObject): Probe[] {
  const { spec } = live
  if (!isMap(spec)) return []
  return Object.keys(spec)
    .slice(0, 50)
    .map((name) => ({
      class: 'other' as const,
      change: `another .spec.${name}`,
      edit: onMap(['spec'], (node) => {
        node[name] = other(node[name])
      }),
    }))
}

/** What can be tried on an object of this kind. */
export function probesFor(ref: Pick<ObjectRef, 'group' | 'kind'>, live: KubeObject): readonly Probe[] {
  const kind = ref.group === '' ? ref.kind : `${ref.group}/${ref.kind}`
  const pods = Object.hasOwn(POD_SPECS, kind) ? podProbes(POD_SPECS[kind] as readonly string[]) : []
  const own = Object.hasOwn(OF_KIND, kind) ? (OF_KIND[kind] as readonly Probe[]) : []
  const known = [...pods, ...(REPLICATED.includes(kind) ? [REPLICAS] : []), ...own]
  return [...(known.length > 0 ? known : specProbes(live)), metadata('labels'), metadata('annotations')]
}

/** A copy of live with the change made; null = it has nothing of the kind. */
export function probed(live: KubeObject, probe: Probe): KubeObject | null {
  const copy = structuredClone(live)
  return probe.edit(copy as unknown as Node) ? copy : null
}
