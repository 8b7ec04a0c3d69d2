// What an Application says of a path that stands for its source: options, and where the repository begins.
import { lstat, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { LocalOptions } from '../adapters/source/index.ts'
import {
  type AppDefinition,
  parseSourceSettings,
  type SourceDefinition,
  type SourceSettings,
} from '../core/definition/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import { HoldfastError, type Problem, problem } from '../core/problem/index.ts'
import { repositoryPlace } from '../loop/revisions.ts'

/** Options of an Application that the path stands for, and what tools are told. */
export type LocalSource = Partial<
  Pick<LocalOptions, 'source' | 'app' | 'cluster' | 'explain' | 'settings' | 'top' | 'refs'>
>

export const rendersSomething = ({ ref, path, chart }: SourceDefinition): boolean =>
  ref === '' || path !== '' || chart !== ''

async function checkoutAbove(directory: string): Promise<string | null> {
  for (let at = directory; ; at = dirname(at)) {
    if ((await lstat(join(at, '.git')).catch(() => null)) !== null) return at
    if (at === dirname(at)) return null
  }
}

/** The directory in which the Application's `path` leads to this one; else the checkout that it lies in. */
async function topOf(directory: string, { path, chart }: SourceDefinition): Promise<string | null> {
  if (chart === '' && path !== '' && directory.endsWith(`/${path}`)) return directory.slice(0, -path.length - 1) || '/'
  return checkoutAbove(directory)
}

function refsAt(top: string | null, source: SourceDefinition, all: readonly SourceDefinition[]): Map<string, string> {
  const here = repositoryPlace(source.repoURL)
  const refs = top === null ? [] : all.filter(({ ref, repoURL }) => ref !== '' && repositoryPlace(repoURL) === here)
  return new Map(refs.map(({ ref }) => [ref, top ?? '']))
}

/** Throws HF1004 for a file of another repository: only one lies here. */
function checkRefs(
  { helm }: SourceDefinition,
  all: readonly SourceDefinition[],
  here: ReadonlyMap<string, string>,
): void {
  for (const path of [...helm.valueFiles, ...helm.fileParameters.map((one) => one.path)]) {
    const [name = ''] = path.split('/')
    const other = all.find(({ ref }) => ref !== '' && name === `$${ref}`)
    if (other === undefined || here.has(other.ref)) continue
    const message = `${JSON.stringify(path)} lies in ${other.repoURL}, which is not where the path is`
    const action = 'Render the Application by its name: then all its sources are fetched.'
    throw new HoldfastError(problem('HF1004', message, { repository: other.repoURL }, action))
  }
}

/** The first source that renders something, for files that stand for it. Throws HF1004. */
export async function localSource(
  definition: AppDefinition,
  place: { cwd: string; path: string },
): Promise<LocalSource> {
  const { name, destinationNamespace: namespace, project, sources } = definition
  const app = { name, namespace, project }
  const source = sources.find(rendersSomething)
  if (source === undefined) return { app }
  const given = resolve(place.cwd, place.path)
  const top = await topOf(await realpath(given).catch(() => given), source)
  const refs = refsAt(top, source, sources)
  checkRefs(source, sources, refs)
  return { app, source, refs, ...(top === null ? {} : { top }) }
}

/** What an argocd-cm says of tools; null = there is none. */
export function toolSettings(argocdCm: KubeObject | null): {
  readonly settings: SourceSettings
  readonly problems: readonly Problem[]
} {
  const nothing = { tlsCerts: null, knownHosts: null, gpgKeys: null, repositories: [], plugins: null }
  const { value, problems } = parseSourceSettings({ ...nothing, argocdCm })
  return { settings: value, problems }
}
