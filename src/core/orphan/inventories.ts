// What Flux and Helm keep of what they delivered.
import { isMap, type Json, type KubeObject, refKey } from '../kube/index.ts'
import { releaseName } from './claims.ts'

/** `namespace_name_group_Kind`; names of RBAC objects may hold colons, written as `__`. */
function keyOfEntry(id: Json | undefined): string | null {
  if (typeof id !== 'string') return null
  const match = /^([^_]*)_(.+)_([^_]*)_([^_]+)$/.exec(id)
  if (match === null) return null
  const [, namespace = '', name = '', group = '', kind = ''] = match
  return refKey({ group, kind, namespace, name: name.replaceAll('__', ':') })
}

function entriesOf({ status }: KubeObject): readonly Json[] {
  const inventory = isMap(status) ? status.inventory : undefined
  const entries = isMap(inventory) ? inventory.entries : undefined
  return Array.isArray(entries) ? (entries as readonly Json[]) : []
}

export interface FluxDelivery {
  /** As its claims name it. */
  readonly name: string
  readonly held: readonly string[]
  /** It told what it holds. */
  readonly complete: boolean
  /** It does nothing for the time being, not even when it is deleted. */
  readonly suspended: boolean
}

/** What Kustomizations (or HelmReleases) hold, by their `status.inventory`. */
export function fluxDeliveries(objects: readonly KubeObject[], kind: 'Kustomization' | 'HelmRelease'): FluxDelivery[] {
  return objects.map((object) => {
    const { namespace = '', name = '' } = object.metadata
    const entries = entriesOf(object)
    const held = entries.flatMap((entry) => (isMap(entry) ? (keyOfEntry(entry.id) ?? []) : []))
    const complete = kind === 'Kustomization' && held.length === entries.length && entries.length > 0
    const suspended = isMap(object.spec) && object.spec.suspend === true
    return { name: `${kind} ${namespace}/${name}`, held, complete, suspended }
  })
}

/** Releases by Helm's own records (Secrets or ConfigMaps) among these objects, their metadata being enough. */
export function helmReleases(objects: readonly KubeObject[]): readonly string[] {
  return objects.flatMap(({ kind, metadata }) => {
    const { labels = {}, namespace = '' } = metadata
    if ((kind !== 'Secret' && kind !== 'ConfigMap') || labels['owner'] !== 'helm') return []
    const name = labels['name']
    return name === undefined || labels['status'] === 'uninstalled' ? [] : [releaseName(namespace, name)]
  })
}
