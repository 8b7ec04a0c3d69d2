import type { KubeObject } from './object.ts'

/** Which object. `namespace` is '' for cluster-scoped kinds; `group` is '' for the core group. */
export interface ObjectRef {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

export function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1)
}

export function refOf(object: KubeObject): ObjectRef {
  return {
    group: groupOf(object.apiVersion),
    version: versionOf(object.apiVersion),
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
  }
}

/** Identity without the version: one object is served in several versions. */
export function refKey(ref: Omit<ObjectRef, 'version'>): string {
  return `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`
}

export function objectKey(object: KubeObject): string {
  return refKey(refOf(object))
}

export function gvkKey(ref: Pick<ObjectRef, 'group' | 'version' | 'kind'>): string {
  return `${ref.group}/${ref.version}/${ref.kind}`
}

/** For people: `apps/Deployment prod/web`, `Namespace prod`. */
export function formatRef(ref: Omit<ObjectRef, 'version'>): string {
  const kind = ref.group === '' ? ref.kind : `${ref.group}/${ref.kind}`
  return ref.namespace === '' ? `${kind} ${ref.name}` : `${kind} ${ref.namespace}/${ref.name}`
}
