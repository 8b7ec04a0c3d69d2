// What sources name beyond their own files: bases in other repositories, single files, charts.
import { accessFor, sourceReposAllow, type SourceDefinition, type SourceSettings } from '../../core/definition/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { Brought } from '../../core/desired/index.ts'
import type { RenderRequest } from '../../ports/source.ts'
import { ChartHost } from './charts/host.ts'
import { chartAccessFor, isRegistryOf } from './charts/hosts.ts'
import { shown } from './git/address.ts'
import type { Host } from './host.ts'
import type { OutsideFiles } from './outside-file.ts'
import { admits, hostOf as hostNameOf, type Reach, reachOfHost } from './reach.ts'
import type { Outside } from './render/plan.ts'

export interface OutsideOptions {
  readonly hostOf: (source: SourceDefinition, project: string) => Host
  readonly files: OutsideFiles
  readonly settings: Pick<SourceSettings, 'repositories'>
  /** How old a copy of another repository may be. */
  readonly maxAgeMs: number
  /** The source that names it: gives the options that every source has. */
  readonly source: SourceDefinition
  readonly request: Pick<RenderRequest, 'app' | 'sourceRepos' | 'signal'>
  /** Told of all that is brought. */
  readonly onBrought?: (brought: Brought) => void
}

const FULL_HASH = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/
const EXACT_VERSION = /^v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/
const unquoted = (url: string): string => shown(url).slice(1, -1)

const refused = (what: string): HoldfastError =>
  new HoldfastError(problem('HF1013', `${shown(what)} is not fetched yet`, {}, 'Copy it into the repository.'))

function notVendored({ repository, name, version }: Parameters<Outside['chart']>[0]): HoldfastError {
  const wanted = version === '' ? shown(name) : `${shown(name)} ${shown(version)}`
  const message = `the chart needs ${wanted} from ${shown(repository)}, and charts/ does not hold it; nothing is fetched for files of this machine`
  return new HoldfastError(problem('HF1009', message, {}, 'Run `helm dependency build` in the directory of the chart.'))
}

/** For files of this machine: nothing is fetched for them. */
export const NOTHING_OUTSIDE: Outside = {
  repository: async (url) => Promise.reject(refused(url)),
  file: async (url) => Promise.reject(refused(url)),
  chart: async (wanted) => Promise.reject(notVendored(wanted)),
}

/** `https://host/org/repo/a/b` and everything above it: a file belongs to the repository below whose URL it lies. */
function prefixesOf(url: string): string[] {
  const [address = ''] = url.split(/[?#]/)
  const start = address.indexOf('://') + '://'.length
  const ends = [...address.matchAll(/\//g)].map(({ index }) => index).filter((index) => index >= start)
  return [...ends.map((end) => address.slice(0, end)), address]
}

/** What a project says of URLs: its repositories, and files below them. */
function isAllowed(sourceRepos: readonly string[] | null, urls: readonly string[]): boolean {
  if (sourceRepos === null) return true
  const denials = sourceRepos.filter((pattern) => pattern.startsWith('!'))
  const none = urls.every((url) => sourceReposAllow([...denials, '*'], url))
  return none && urls.some((url) => sourceReposAllow(sourceRepos, url))
}

/** Where the repository of a source lies, looked up once. */
function reachOfSource(source: SourceDefinition): () => Promise<Reach | null> {
  let known: Promise<Reach | null> | null = null
  return () => {
    const host = hostNameOf(source.repoURL)
    known ??= host === '' ? Promise.resolve(null) : reachOfHost(host)
    return known
  }
}

function refuse(message: string, url: string, action?: string): HoldfastError {
  return new HoldfastError(problem('HF2003', message, { repository: unquoted(url) }, action))
}

/** `@name` and `alias:name` stand for the repository of the Secret with that name. */
function chartRepositoryOf(
  repository: string,
  { repositories }: Pick<SourceSettings, 'repositories'>,
  project: string,
): string {
  const [, name] = /^(?:@|alias:)(.*)$/.exec(repository) ?? []
  if (name === undefined) return repository
  const named = repositories.filter((one) => one.kind === 'repository' && one.name === name)
  const found = named.find((one) => one.project === project) ?? named.find((one) => one.project === '')
  if (found !== undefined) return isRegistryOf(found) ? `oci://${found.url.replace(/^[a-z]+:\/\//i, '')}` : found.url
  const action = `Add a Secret of type repository with \`name: ${name}\`, or name the repository by its URL.`
  throw new HoldfastError(problem('HF1001', `no chart repository is called ${shown(name)}`, {}, action))
}

/**
 * Everything goes by the same hosts, credentials and limits as the sources themselves, and by the project's `sourceRepos`.
 * Addresses that only this machine or this network can reach are asked only for sources that lie there themselves, or
 * where a repository Secret names the URL; link-local ones never.
 */
export function outsideOf(options: OutsideOptions): Outside {
  const { hostOf, files, settings, maxAgeMs, source, request, onBrought = () => {} } = options
  const { app, sourceRepos, signal } = request
  const ownReach = reachOfSource(source)
  const check = (url: string, urls: readonly string[]): void => {
    if (isAllowed(sourceRepos, urls)) return
    throw refuse(`project ${app.project} does not allow ${shown(url)} (sourceRepos)`, url)
  }
  const checkAddress = async (url: string, access = accessFor(settings, url, app.project)): Promise<void> => {
    if (/^file:/i.test(url) && !/^file:/i.test(source.repoURL)) {
      throw refuse(`${shown(url)} is a path of the machine that Holdfast runs on`, url)
    }
    const reach = await reachOfHost(hostNameOf(url))
    const isKnown = reach !== 'link-local' && access !== null
    if (reach === null || reach === 'public' || isKnown || admits(await ownReach(), reach)) return
    const action = 'Add a Secret of type repository for it, or copy the base into the repository.'
    throw refuse(`${shown(url)} has a ${reach} address, which this source may not ask`, url, action)
  }
  return {
    repository: async (url, ref) => {
      check(url, [url])
      await checkAddress(url)
      const named = { ...source, repoURL: url, targetRevision: ref === '' ? 'HEAD' : ref, chart: '', path: '' }
      const host = hostOf(named, app.project)
      const options = { maxAgeMs, signedBy: null, ...(signal === undefined ? {} : { signal }) }
      const { revision } = await host.resolve(named, options)
      onBrought({
        what: `${unquoted(url)} at ${named.targetRevision}`,
        is: revision,
        floats: !FULL_HASH.test(ref),
      })
      return host.withFiles(named, revision, async (found) => found)
    },
    file: async (url) => {
      check(url, prefixesOf(url))
      const own = await ownReach()
      const found = await files.file({ url, admits: (reach) => admits(own, reach), maxAgeMs, signal })
      // A query may carry a signature that stands for credentials.
      onBrought({ what: unquoted(url.split('?')[0] ?? ''), is: found.id.slice(0, 12), floats: true })
      return found
    },
    chart: async ({ repository, name, version }) => {
      const url = chartRepositoryOf(repository, settings, app.project)
      check(url, [url, url.replace(/^oci:\/\//, ''), `${url.replace(/\/+$/, '')}/${name}`])
      await checkAddress(url, chartAccessFor(settings, url, app.project))
      const host = hostOf({ ...source, repoURL: url, chart: name, targetRevision: version, path: '' }, app.project)
      if (!(host instanceof ChartHost)) throw refused(`${url}/${name}`)
      const tells = source.helm.passCredentials ? 'everyone' : 'home'
      const found = await host.chart(name, version, { maxAgeMs, signal, tells })
      const what = `chart ${name} ${version || '*'} of ${unquoted(url)}`
      onBrought({ what, is: found.version, floats: !EXACT_VERSION.test(version) })
      return found
    },
  }
}
