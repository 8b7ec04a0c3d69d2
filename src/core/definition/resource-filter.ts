// `resource.exclusions` and `resource.inclusions`: which kinds are worked on at all.
import { IN_CLUSTER_SERVER } from './application.ts'
import { readEmbedded } from './embedded-yaml.ts'
import { type Field, isSet, itemsOf, mapOf, member, refuseOthers, stringsOf } from './field.ts'
import { globMatches } from './glob.ts'
import type { GroupKind, ResourceEntry, ResourceFilter } from './types.ts'

/** Built into Argo CD, whatever its settings say. Everything else that it excludes stands in the argocd-cm it is installed with. */
const ALWAYS: readonly ResourceEntry[] = [
  { apiGroups: ['events.k8s.io', 'metrics.k8s.io'], kinds: [], clusters: [] },
  { apiGroups: [''], kinds: ['Event'], clusters: [] },
  { apiGroups: ['coordination.k8s.io'], kinds: ['Lease'], clusters: [] },
]

export const DEFAULT_RESOURCES: ResourceFilter = { exclusions: ALWAYS, inclusions: [] }

function readEntry(field: Field): ResourceEntry {
  mapOf(field)
  refuseOthers(field, { supported: ['apiGroups', 'kinds', 'clusters'] })
  const list = (name: string): readonly string[] => stringsOf(member(field, name))
  return { apiGroups: list('apiGroups'), kinds: list('kinds'), clusters: list('clusters') }
}

function readEntries(field: Field): readonly ResourceEntry[] {
  return isSet(field) ? readEmbedded(field, 'HF2008', (list) => itemsOf(list).map(readEntry)) : []
}

export function readResourceFilter(exclusions: Field, inclusions: Field): ResourceFilter {
  return { exclusions: [...ALWAYS, ...readEntries(exclusions)], inclusions: readEntries(inclusions) }
}

const any = (globs: readonly string[], text: string): boolean =>
  globs.length === 0 || globs.some((glob) => globMatches(glob, text))

/** Kinds are names or `*`, groups and clusters are globs, as in Argo CD. */
function speaksOf({ apiGroups, kinds, clusters }: ResourceEntry, { group, kind }: GroupKind, server: string): boolean {
  const ofKind = kinds.length === 0 || kinds.includes('*') || kinds.includes(kind)
  return ofKind && any(apiGroups, group) && any(clusters, server)
}

/** Excluded wins; where inclusions speak of the cluster, what they do not name is excluded too. */
export function isExcluded(
  { exclusions, inclusions }: ResourceFilter,
  of: GroupKind,
  server: string = IN_CLUSTER_SERVER,
): boolean {
  if (exclusions.some((entry) => speaksOf(entry, of, server))) return true
  if (inclusions.some((entry) => speaksOf(entry, of, server))) return false
  return inclusions.some(({ clusters }) => any(clusters, server))
}
