import { formatRef, type ObjectRef } from '../kube/index.ts'
import { type Problem, problem } from '../problem/index.ts'
import { IN_CLUSTER_NAME, IN_CLUSTER_SERVER } from './application.ts'
import { globAllows, globMatches, isDenyPattern } from './glob.ts'
import { normalRepository } from './repository-url.ts'
import type { AppDefinition, ClusterResource, GroupKind, ProjectDefinition } from './types.ts'

function normalPattern(pattern: string): string {
  return isDenyPattern(pattern) ? `!${normalRepository(pattern.slice(1))}` : normalRepository(pattern)
}

/** Whether a project with these `sourceRepos` lets a repository be read: one permits it and no `!` pattern denies it. */
export function sourceReposAllow(sourceRepos: readonly string[], repoURL: string): boolean {
  const repository = normalRepository(repoURL)
  const patterns = sourceRepos.map(normalPattern)
  const allows = (pattern: string) => globAllows(pattern, repository, { separators: '/' })
  if (patterns.some((pattern) => isDenyPattern(pattern) && !allows(pattern))) return false
  return patterns.some(allows)
}

type Destination = ProjectDefinition['destinations'][number]

interface DestinationMatch {
  readonly server: boolean
  readonly name: boolean
  readonly namespace: boolean
}

function matchDestination(item: Destination, namespace: string): DestinationMatch {
  return {
    server: globAllows(item.server, IN_CLUSTER_SERVER),
    name: globAllows(item.name, IN_CLUSTER_NAME),
    namespace: globAllows(item.namespace, namespace),
  }
}

/** A `!` entry that speaks about this destination. */
function denies(item: Destination, match: DestinationMatch): boolean {
  if (!match.name && isDenyPattern(item.name)) return true
  if (!match.server && isDenyPattern(item.server) && match.namespace) return true
  return !match.namespace && isDenyPattern(item.namespace) && match.server
}

function allowsDestination(project: ProjectDefinition, namespace: string): boolean {
  let allowed = false
  for (const item of project.destinations) {
    const match = matchDestination(item, namespace)
    if ((match.server || match.name) && match.namespace) allowed = true
    else if (denies(item, match)) return false
  }
  return allowed
}

function listed(list: readonly (GroupKind & Partial<ClusterResource>)[], ref: Omit<ObjectRef, 'version'>): boolean {
  const matches = (pattern: string, text: string) => globMatches(pattern, text, { separators: '/' })
  return list.some(
    (item) =>
      matches(item.kind, ref.kind) &&
      matches(item.group, ref.group) &&
      (item.name === undefined || item.name === '' || matches(item.name, ref.name)),
  )
}

/** Why the kind is not permitted; null when it is. */
function kindProblem(project: ProjectDefinition, ref: Omit<ObjectRef, 'version'>, scope: Scope): string | null {
  const namespaced = scope === 'Namespaced'
  const whitelist = namespaced ? project.namespaceResourceWhitelist : project.clusterResourceWhitelist
  const blacklist = namespaced ? project.namespaceResourceBlacklist : project.clusterResourceBlacklist
  const prefix = namespaced ? 'namespaceResource' : 'clusterResource'
  if (whitelist !== null && !listed(whitelist, ref)) return `its kind is not in ${prefix}Whitelist`
  return listed(blacklist, ref) ? `its kind is in ${prefix}Blacklist` : null
}

type Scope = 'Namespaced' | 'Cluster'

/** Whether the project lets this Application exist: the repository of each source and the destination. [] = it does. */
export function projectAllowsApp(project: ProjectDefinition, definition: AppDefinition): readonly Problem[] {
  const subject = { app: definition.key }
  const problems: Problem[] = []
  for (const [index, { repoURL }] of definition.sources.entries()) {
    if (sourceReposAllow(project.sourceRepos, repoURL)) continue
    const path = definition.multiSource ? `spec.sources[${index}].repoURL` : 'spec.source.repoURL'
    const message = `project ${project.name} does not allow the repository ${repoURL} of ${path} (sourceRepos)`
    problems.push(problem('HF2003', message, { ...subject, path }))
  }
  const namespace = definition.destinationNamespace
  if (!allowsDestination(project, namespace)) {
    const where = `namespace ${JSON.stringify(namespace)} of ${IN_CLUSTER_SERVER}`
    const message = `project ${project.name} does not allow the destination ${where} (destinations)`
    problems.push(problem('HF2003', message, { ...subject, path: 'spec.destination' }))
  }
  return problems
}

/**
 * Whether the project lets its applications own this object; null when it does. Cluster-scoped kinds are denied unless
 * listed; a namespaced object's namespace must be an allowed destination.
 */
export function projectAllowsObject(
  project: ProjectDefinition,
  ref: Omit<ObjectRef, 'version'>,
  scope: Scope,
): Problem | null {
  const why = kindProblem(project, ref, scope)
  const object = formatRef(ref)
  if (why !== null) return problem('HF2003', `project ${project.name} does not allow ${object}: ${why}`, { object })
  if (scope === 'Cluster' || allowsDestination(project, ref.namespace)) return null
  const message = `project ${project.name} does not allow ${object}: its namespace is not in destinations`
  return problem('HF2003', message, { object })
}
