// What tells more about a comparison: history of files, CODEOWNERS, the ownership map.
import { resolve } from 'node:path'
import { localChange, localText, pathInside, type SourceRepositories, workingCopyOf } from '../adapters/source/index.ts'
import type { OwnerSources } from '../core/classify/index.ts'
import { type AppDefinition, parseOwnership } from '../core/definition/index.ts'
import type { DesiredSet } from '../core/desired/index.ts'
import { refKey } from '../core/kube/index.ts'
import type { ReportOrigin } from '../core/record/index.ts'
import { type AppRead, filesDefinition } from '../loop/inspect-app.ts'
import { readCodeowners, readCodeownersBy, readOwnership } from '../loop/owners.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import type { FileChange } from '../ports/source.ts'
import type { DiffRequest } from '../surfaces/cli/diff.ts'
import type { Environment } from './cluster.ts'
import { type Place, readOnly } from './files.ts'

export type History = (files: readonly string[]) => Promise<ReadonlyMap<string, FileChange>>

/** Of the file named, else of the cluster, else none. */
export async function ownershipFor(
  { place, request }: { readonly place: Place; readonly request: Pick<DiffRequest, 'ownership'> },
  reader: Pick<ClusterReader, 'get'> | null,
  namespace: string,
): Promise<ReturnType<typeof parseOwnership>> {
  const { ownership } = request
  if (ownership !== undefined) return parseOwnership(await readOnly(place, ownership, 'ConfigMap'))
  return reader === null ? parseOwnership(null) : readOwnership(reader, namespace)
}

export async function localCodeowners({ cwd }: Place, path: string): Promise<OwnerSources['codeowners']> {
  const root = await workingCopyOf(resolve(cwd, path))
  return root === null ? null : readCodeownersBy((file) => localText(root, file))
}

export async function localChanges(
  { cwd, env }: Place & { readonly env: Environment },
  path: string,
  files: readonly string[],
): Promise<ReadonlyMap<string, FileChange>> {
  const root = await workingCopyOf(resolve(cwd, path))
  if (root === null) return new Map()
  const found = await Promise.all(
    files.map(async (file) => [file, await localChange(root, pathInside(root, resolve(cwd, file)), env)] as const),
  )
  return new Map(found.flatMap(([file, change]) => (change === null ? [] : [[file, change] as const])))
}

/** Where each object is declared, with the last change of the file where history is asked for. */
export async function originsOf(desired: DesiredSet, history: History | undefined): Promise<Map<string, ReportOrigin>> {
  const files = [...new Set(desired.objects.map(({ origin }) => origin.file).filter((file) => file !== ''))]
  const changes = history === undefined ? new Map<string, FileChange>() : await history(files)
  return new Map(
    desired.objects.map(({ ref, origin }) => {
      const change = changes.get(origin.file)
      return [refKey(ref), change === undefined ? origin : { ...origin, change }]
    }),
  )
}

/** No evidence is worth an answer: without history the rest is told. */
export async function changesIn(
  source: Pick<SourceRepositories, 'lastChange'>,
  { sources: [source0] }: AppDefinition,
  { revision, files }: { readonly revision: string; readonly files: readonly string[] },
): Promise<ReadonlyMap<string, FileChange>> {
  const found = new Map<string, FileChange>()
  if (source0 === undefined) return found
  for (const file of files) {
    const change = await source.lastChange({ source: source0, revision }, file).catch(() => null)
    if (change !== null) found.set(file, change)
  }
  return found
}

export async function codeownersOf(
  source: Pick<SourceRepositories, 'textOf'>,
  { sources: [source0] }: AppDefinition,
  revision: string,
): Promise<OwnerSources['codeowners']> {
  const revised = source0 === undefined ? undefined : { source: source0, revision }
  return readCodeowners(source, revised).catch(() => null)
}

export function definitionFor(app: AppRead | null, namespace: string | undefined, fallback: string): AppDefinition {
  const definition = app?.definition ?? null
  if (definition === null) return filesDefinition(namespace ?? fallback)
  return { ...definition, destinationNamespace: namespace ?? (definition.destinationNamespace || fallback) }
}
