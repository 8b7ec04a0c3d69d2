// An Application's sources → the revisions they stand for, and what is asked to be rendered of them.
import type { AppDefinition, ProjectDefinition, SourceDefinition } from '../core/definition/index.ts'
import type { Capabilities } from '../ports/cluster-reader.ts'
import type { AppState } from './state.ts'
import type { RenderRequest, RevisedSource, Source } from '../ports/source.ts'

/** The sources, with other revisions for those that someone asked for ('' = its own). */
export function wantedSources(definition: AppDefinition, revisions: readonly string[]): SourceDefinition[] {
  return definition.sources.map((source, index) => {
    const asked = revisions[index] ?? ''
    return asked === '' ? source : { ...source, targetRevision: asked }
  })
}

export function repositoriesOf({ definition }: Pick<AppState, 'definition'>): string[] {
  return definition === null ? [] : definition.sources.map(({ repoURL }) => repoURL)
}

/** Host and path: what all addresses of one repository (https, ssh, `git@host:path`) have in common. */
export function repositoryPlace(url: string): string {
  const text = url.trim().toLowerCase()
  const [, host = '', path = ''] = /^(?:[a-z+]+:\/\/)?(?:[^@/]*@)?([^/:]+)(?::\d+(?=\/))?[/:]+(.*)$/.exec(text) ?? []
  return `${host}/${path.replace(/\/+$/, '').replace(/\.git$/, '')}`
}

/** What a revision is the answer to: the same question has the same answer wherever the source is listed. */
function questionOf({ repoURL, chart, targetRevision, tagPrefix }: SourceDefinition): string {
  return JSON.stringify([repoURL, chart, targetRevision, tagPrefix])
}

/**
 * The revisions last known of these sources, whatever place they had then; null when one of them is new, or asks for
 * something else.
 */
export function knownRevisions(
  sources: readonly SourceDefinition[],
  { compared, revision }: Pick<AppState, 'compared' | 'revision'>,
): readonly RevisedSource[] | null {
  const revisions = revisionsOf(revision)
  if (compared === null || compared.sources.length !== revisions.length) return null
  const known = new Map(compared.sources.map((source, index) => [questionOf(source), revisions[index] ?? '']))
  const revised = sources.map((source) => ({ source, revision: known.get(questionOf(source)) ?? '' }))
  return revised.some((one) => one.revision === '') ? null : revised
}

export interface ResolvedSources {
  readonly sources: readonly RevisedSource[]
  /** When the repository read longest ago was read (epoch ms). */
  readonly fetchedAt: number
}

export interface ResolveRequest {
  readonly definition: AppDefinition
  readonly project: ProjectDefinition | null
  readonly wanted: readonly SourceDefinition[]
  readonly maxAgeMs: number
}

/** All or none. Throws HoldfastError HF1xxx. */
export async function resolveSources(source: Source, request: ResolveRequest): Promise<ResolvedSources> {
  const { definition, project, wanted, maxAgeMs } = request
  const keys = project?.signatureKeys ?? []
  const signedBy = keys.length === 0 ? null : keys
  const resolved = await Promise.all(
    wanted.map((one) => source.resolve(one, { maxAgeMs, signedBy, project: definition.project })),
  )
  return {
    sources: definition.sources.map((own, index) => ({ source: own, revision: resolved[index]?.revision ?? '' })),
    fetchedAt: Math.min(...resolved.map(({ fetchedAt }) => fetchedAt)),
  }
}

/** Revisions as one text, for comparing and for telling; chart versions and hashes hold no space. */
export function revisionText(sources: readonly RevisedSource[]): string {
  return sources.map(({ revision }) => revision).join(' ')
}

export function revisionsOf(text: string): string[] {
  return text === '' ? [] : text.split(' ')
}

/** For messages: hashes cut to twelve digits. */
export function shortRevision(text: string): string {
  return revisionsOf(text)
    .map((revision) => revision.slice(0, 12))
    .join(' ')
}

export function renderRequest(
  { definition, project }: { definition: AppDefinition; project: ProjectDefinition | null },
  sources: readonly RevisedSource[],
  cluster: Capabilities,
): RenderRequest {
  return {
    sources,
    app: { name: definition.name, namespace: definition.destinationNamespace, project: definition.project },
    sourceRepos: project?.sourceRepos ?? null,
    cluster,
  }
}

/** As Argo CD's status tells it: `revision` of one source, `revisions` of several. */
export function revisionStatus(
  definition: AppDefinition,
  text: string,
): { revision: string } | { revisions: string[] } {
  return definition.multiSource ? { revisions: revisionsOf(text) } : { revision: text }
}
