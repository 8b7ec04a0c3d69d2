// What every place that charts lie in can answer: which version is meant, and its archive.
import { bestVersion, isVersionRange, versionInRange, type RepositoryAccess } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import { shown } from '../git/address.ts'
import type { SourceLimits } from '../limits.ts'
import type { ChartStore } from './store.ts'
import type { Web } from './web.ts'

export interface Asked {
  readonly maxAgeMs: number
  readonly signal?: AbortSignal | undefined
}

export interface Version {
  readonly revision: string
  /** Epoch ms of when the repository was asked. */
  readonly at: number
}

/** A chart repository, or a repository of an OCI registry. */
export interface Packages {
  /** Of the last answer. */
  readonly fetchedAt: number | null
  /** The version that `wanted` (exact, shortened or a range; '' = the newest) means. Throws HF1001, HF1002, HF1005. */
  resolve(chart: string, wanted: string, asked: Asked): Promise<Version>
  /** The archive of a version that `resolve` gave; from the cache when it is there. */
  archive(chart: string, revision: string, tells: 'home' | 'everyone'): Promise<Buffer>
  /** The archive, when nobody has to be asked for it. */
  cached(chart: string, revision: string): Promise<Buffer | null>
}

export interface PackagesOptions {
  /** Where it lies; without credentials. */
  readonly url: string
  /** Tells apart who may read what was downloaded. */
  readonly owner: string
  readonly authorization: string
  readonly access: RepositoryAccess | null
  readonly web: Web
  readonly store: ChartStore
  readonly clock: Clock
  readonly limits: SourceLimits
  /** Bounds the downloads of all repositories together. */
  readonly slot: <T>(run: () => Promise<T>) => Promise<T>
}

const NEWEST: ReadonlySet<string> = new Set(['', 'HEAD', '*'])

/** One of `versions`, as it stands there; null when none is meant. A shortened version (`1.2`) means its newest. */
export function versionMeant(versions: readonly string[], wanted: string): string | null {
  if (NEWEST.has(wanted)) return bestVersion(versions, '*')
  const exact = bestVersion(versions, wanted)
  if (exact !== null || isVersionRange(wanted)) return exact
  const open = versions.filter((version) => versionInRange(version, wanted))
  return bestVersion(open, `=${wanted}`) ?? open[0] ?? null
}

export function noSuchVersion(url: string, chart: string, wanted: string): HoldfastError {
  const subject = { repository: url, revision: shown(wanted).slice(1, -1) }
  const what = chart === '' ? url : `chart ${shown(chart)} of ${url}`
  const action = 'Check targetRevision: it must be a version, or a range that a version lies in.'
  return new HoldfastError(problem('HF1002', `${what} has no version ${shown(wanted)}`, subject, action))
}
