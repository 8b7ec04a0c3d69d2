// What tells more about a comparison: history of files, CODEOWNERS, the ownership map.
import { dirname, resolve } from 'node:path'
import {
  localChange,
  localText,
  newestChange,
  pathInside,
  type SourceRepositories,
  workingCopyOf,
} from '../adapters/source/index.ts'
import type { OwnerSources } from '../core/classify/index.ts'
import { type AppDefinition, parseOwnership } from '../core/definition/index.ts'
import type { DesiredSet, Origin, Rendered } from '../core/desired/index.ts'
import { refKey } from '../core/kube/index.ts'
import type { ReportOrigin } from '../core/record/index.ts'
import { type AppRead, filesDefinition } from '../loop/inspect-app.ts'
import { readCodeowners, readCodeownersBy, readOwnership } from '../loop/owners.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import type { FileChange, RevisedSource } from '../ports/source.ts'
import type { DiffRequest } from '../surfaces/cli/diff.ts'
import type { Environment } from './cluster.ts'
import { type Place, readOnly } from './files.ts'

/** The files of one of an application's sources. */
interface FilesOfSource {
  readonly source: number
  readonly files: readonly string[]
}

/** What something follows from. */
type Behind = readonly FilesOfSource[]

/** The last change behind each; null where nobody can tell. */
export type History = (wanted: readonly Behind[]) => Promise<readonly (FileChange | null)[]>

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

async function inTurn(
  wanted: readonly Behind[],
  changeOf: (behind: Behind) => Promise<readonly (FileChange | null)[]>,
): Promise<readonly (FileChange | null)[]> {
  const found: (FileChange | null)[] = []
  for (const behind of wanted) found.push(newestChange(await changeOf(behind)))
  return found
}

/** Of working copies; paths as they were given. */
export function localHistory({ cwd, env }: Pick<Place, 'cwd'> & { readonly env: Environment }): History {
  return (wanted) =>
    inTurn(wanted, async (behind) => {
      const byRoot = new Map<string, string[]>()
      for (const file of behind.flatMap(({ files }) => files)) {
        const root = await workingCopyOf(dirname(resolve(cwd, file)))
        if (root !== null) byRoot.set(root, [...(byRoot.get(root) ?? []), pathInside(root, resolve(cwd, file))])
      }
      return Promise.all([...byRoot].map(([root, files]) => localChange(root, files, env)))
    })
}

/** No evidence is worth an answer: without history the rest is told. */
export function sourceHistory(
  source: Pick<SourceRepositories, 'lastChange'>,
  sources: readonly RevisedSource[],
): History {
  return (wanted) =>
    inTurn(wanted, (behind) => {
      const byCommit = new Map<string, { revised: RevisedSource; files: readonly string[] }>()
      for (const { source: index, files } of behind) {
        const revised = sources[index]
        if (revised === undefined) continue
        const key = `${revised.source.repoURL}\n${revised.revision}`
        byCommit.set(key, { revised, files: [...(byCommit.get(key)?.files ?? []), ...files] })
      }
      const asked = [...byCommit.values()]
      return Promise.all(asked.map(({ revised, files }) => source.lastChange(revised, files).catch(() => null)))
    })
}

/**
 * What an object follows from: the file that it is written in; of one that a tool made, all that the tool read. A template
 * alone would name who wrote it years ago, and not who changed its values today.
 */
function filesBehind({ file, line, source = 0 }: Origin, { rendered, definition }: Declared): Behind {
  const render = rendered.sources.find((one) => (one.source ?? 0) === source)
  if (line > 0 || render === undefined) return file === '' ? [] : [{ source, files: [file] }]
  const { files, refFiles = [] } = render
  const names = new Set(refFiles.map((other) => `$${other.ref}/${other.file}`))
  const others = definition.sources.map((one, index) => ({
    source: index,
    files: refFiles.flatMap((other) => (one.ref !== '' && other.ref === one.ref ? [other.file] : [])),
  }))
  const own = { source, files: files.filter((name) => !names.has(name)) }
  return [own, ...others].filter((one) => one.files.length > 0)
}

export interface Declared {
  readonly desired: DesiredSet
  readonly rendered: Rendered
  readonly definition: AppDefinition
}

/** Where each object is declared, with the last change of what it follows from where history is asked for. */
export async function originsOf(declared: Declared, history: History | undefined): Promise<Map<string, ReportOrigin>> {
  const behind = new Map<string, Behind>()
  const keyOf = (origin: Origin): string => {
    const files = filesBehind(origin, declared)
    const key = JSON.stringify(files)
    if (files.length > 0) behind.set(key, files)
    return key
  }
  const objects = declared.desired.objects.map(({ ref, origin }) => ({ ref, origin, key: keyOf(origin) }))
  const found = history === undefined ? [] : await history([...behind.values()])
  const changes = new Map([...behind.keys()].map((key, index) => [key, found[index] ?? null]))
  return new Map(
    objects.map(({ ref, origin, key }) => {
      const change = changes.get(key) ?? null
      return [refKey(ref), change === null ? origin : { ...origin, change }]
    }),
  )
}

export async function codeownersOf(
  source: Pick<SourceRepositories, 'textOf'>,
  sources: readonly RevisedSource[],
): Promise<OwnerSources['codeowners']> {
  return readCodeowners(source, sources).catch(() => null)
}

export function definitionFor(app: AppRead | null, namespace: string | undefined, fallback: string): AppDefinition {
  const definition = app?.definition ?? null
  if (definition === null) return filesDefinition(namespace ?? fallback)
  return { ...definition, destinationNamespace: namespace ?? (definition.destinationNamespace || fallback) }
}
