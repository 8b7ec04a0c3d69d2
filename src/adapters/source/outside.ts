// What sources name beyond their own files: bases in other repositories, single files, charts.
import { sourceReposAllow, type SourceDefinition } from '../../core/definition/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { RenderRequest } from '../../ports/source.ts'
import { shown } from './git/address.ts'
import type { Host } from './host.ts'
import type { Outside } from './render/plan.ts'

export interface OutsideOptions {
  readonly hostOf: (source: SourceDefinition, project: string) => Host
  /** How old a copy of another repository may be. */
  readonly maxAgeMs: number
  /** The source that names it: gives the options that every source has. */
  readonly source: SourceDefinition
  readonly request: Pick<RenderRequest, 'app' | 'sourceRepos' | 'signal'>
}

const refused = (what: string): HoldfastError =>
  new HoldfastError(problem('HF1013', `${shown(what)} is not fetched yet`, {}, 'Copy it into the repository.'))

/** For files of this machine: nothing is fetched for them. */
export const NOTHING_OUTSIDE: Outside = {
  repository: async (url) => Promise.reject(refused(url)),
  file: async (url) => Promise.reject(refused(url)),
  chart: async ({ repository, name }) => Promise.reject(refused(`${repository}/${name}`)),
}

/** Everything goes by the same hosts, credentials and limits as the sources themselves, and by the project's `sourceRepos`. */
export function outsideOf({ hostOf, maxAgeMs, source, request }: OutsideOptions): Outside {
  const { app, sourceRepos, signal } = request
  const check = (url: string): void => {
    if (sourceRepos === null || sourceReposAllow(sourceRepos, url)) return
    const message = `project ${app.project} does not allow the repository ${shown(url)} (sourceRepos)`
    throw new HoldfastError(problem('HF2003', message, { repository: shown(url).slice(1, -1) }))
  }
  return {
    ...NOTHING_OUTSIDE,
    repository: async (url, ref) => {
      check(url)
      const named = { ...source, repoURL: url, targetRevision: ref === '' ? 'HEAD' : ref, chart: '', path: '' }
      const host = hostOf(named, app.project)
      const options = { maxAgeMs, signedBy: null, ...(signal === undefined ? {} : { signal }) }
      const { revision } = await host.resolve(named, options)
      return host.withFiles(named, revision, async (files) => files)
    },
  }
}
