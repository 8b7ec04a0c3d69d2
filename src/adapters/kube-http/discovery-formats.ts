// What do discovery documents say, in the aggregated and in the older form?
import { isMap, type Json, type JsonMap } from '../../core/kube/index.ts'
import type { KindInfo } from '../../ports/cluster-reader.ts'

/** Kinds of one group and version. `stale`: the server could not reach the API behind it and says so. */
export interface GroupVersionKinds {
  readonly group: string
  readonly version: string
  readonly stale: boolean
  readonly kinds: readonly KindInfo[]
}

function maps(value: Json | undefined): JsonMap[] {
  return Array.isArray(value) ? value.filter(isMap) : []
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

function aggregatedKind(resource: JsonMap, group: string, version: string): KindInfo | null {
  const response = resource['responseKind']
  const kind = isMap(response) ? text(response['kind']) : ''
  const name = text(resource['resource'])
  if (kind === '' || name === '') return null
  return {
    group,
    version,
    kind,
    resource: name,
    namespaced: resource['scope'] === 'Namespaced',
    verbs: texts(resource['verbs']),
    subresources: maps(resource['subresources']).map((sub) => text(sub['subresource'])),
  }
}

/** `APIGroupDiscoveryList`: groups and versions come in the server's order of preference. */
export function readAggregated(document: JsonMap): GroupVersionKinds[] {
  const found: GroupVersionKinds[] = []
  for (const item of maps(document['items'])) {
    const metadata = item['metadata']
    const group = isMap(metadata) ? text(metadata['name']) : ''
    for (const entry of maps(item['versions'])) {
      const version = text(entry['version'])
      const kinds = maps(entry['resources']).map((resource) => aggregatedKind(resource, group, version))
      found.push({
        group,
        version,
        stale: entry['freshness'] === 'Stale',
        kinds: kinds.filter((kind): kind is KindInfo => kind !== null),
      })
    }
  }
  return found
}

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

/** `/api` and `/apis` in the older form, preferred version of each group first. */
export function readGroups(core: JsonMap, named: JsonMap): GroupVersion[] {
  const found = texts(core['versions']).map((version) => ({ group: '', version }))
  for (const group of maps(named['groups'])) {
    const preferred = isMap(group['preferredVersion']) ? text(group['preferredVersion']['version']) : ''
    const versions = maps(group['versions']).map((entry) => text(entry['version']))
    const ordered = [preferred, ...versions.filter((version) => version !== preferred)].filter(
      (version) => version !== '',
    )
    for (const version of ordered) found.push({ group: text(group['name']), version })
  }
  return found
}

/** `APIResourceList`: subresources stand in the list as `pods/status`. */
export function readResourceList(document: JsonMap, gv: GroupVersion): KindInfo[] {
  const resources = maps(document['resources'])
  const subresources = new Map<string, string[]>()
  for (const resource of resources) {
    const [parent = '', sub] = text(resource['name']).split('/')
    if (sub !== undefined) subresources.set(parent, [...(subresources.get(parent) ?? []), sub])
  }
  return resources
    .filter((resource) => text(resource['name']) !== '' && !text(resource['name']).includes('/'))
    .map((resource) => ({
      group: gv.group,
      version: gv.version,
      kind: text(resource['kind']),
      resource: text(resource['name']),
      namespaced: resource['namespaced'] === true,
      verbs: texts(resource['verbs']),
      subresources: subresources.get(text(resource['name'])) ?? [],
    }))
}
