// Kinds that CustomResourceDefinitions among the files declare.
import { isMap, type Json, type KubeObject } from '../../core/kube/index.ts'
import type { KindInfo } from '../../ports/cluster-reader.ts'

export interface DeclaredKind {
  readonly info: KindInfo
  readonly crd: KubeObject
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

function versionsOf(spec: { readonly [name: string]: Json | undefined }): string[] {
  const versions = Array.isArray(spec.versions) ? (spec.versions as readonly Json[]) : []
  return versions.flatMap((version) => (isMap(version) && text(version.name) !== '' ? [text(version.name)] : []))
}

/** Every kind and version of the CRDs among the objects, by `group/version/kind`; malformed ones declare nothing. */
export function declaredKinds(objects: readonly KubeObject[]): ReadonlyMap<string, DeclaredKind> {
  const kinds = new Map<string, DeclaredKind>()
  for (const crd of objects) {
    const { spec } = crd
    if (crd.kind !== 'CustomResourceDefinition' || !isMap(spec) || !isMap(spec.names)) continue
    const group = text(spec.group)
    const kind = text(spec.names.kind)
    if (group === '' || kind === '') continue
    for (const version of versionsOf(spec)) {
      const resource = text(spec.names.plural)
      const namespaced = spec.scope !== 'Cluster'
      const info: KindInfo = { group, version, kind, resource, namespaced, verbs: [], subresources: [] }
      kinds.set(`${group}/${version}/${kind}`, { info, crd })
    }
  }
  return kinds
}
