// Which URL stands for an object or a collection?
import type { KindInfo } from '../../ports/cluster-reader.ts'

export type Query = Readonly<Record<string, string | undefined>>

export function groupVersionPath(kind: Pick<KindInfo, 'group' | 'version'>): string {
  return kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`
}

function withQuery(path: string, query: Query): string {
  let text = ''
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) text += `${text === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`
  }
  return path + text
}

/** `namespace` '' or absent = all namespaces (or a cluster-scoped kind). */
export function collectionPath(kind: KindInfo, namespace: string, query: Query = {}): string {
  const scope = kind.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return withQuery(`${groupVersionPath(kind)}${scope}/${kind.resource}`, query)
}

export interface ObjectAddress {
  readonly namespace: string
  readonly name: string
  readonly subresource?: string
}

export function objectPath(kind: KindInfo, address: ObjectAddress, query: Query = {}): string {
  const sub = address.subresource === undefined ? '' : `/${address.subresource}`
  return withQuery(`${collectionPath(kind, address.namespace)}/${encodeURIComponent(address.name)}${sub}`, query)
}
