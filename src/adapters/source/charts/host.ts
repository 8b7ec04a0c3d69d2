// Chart repositories and OCI registries as hosts: which version is meant, and the files in its archive.
import { createHash } from 'node:crypto'
import type { RepositoryAccess, SourceDefinition } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { FileChange, Resolved, ResolveOptions } from '../../../ports/source.ts'
import type { Environment } from '../environment.ts'
import type { InputFile } from '../files/input-file.ts'
import type { FileTrees, SourceFiles } from '../files/trees.ts'
import { shown } from '../git/address.ts'
import type { Host, Slot } from '../host.ts'
import type { SourceLimits } from '../limits.ts'
import { authorizationOf, type ChartAddress, chartAddressOf, checkRegistryPath } from './address.ts'
import type { Packages, PackagesOptions } from './packages.ts'
import { isChart, RegistryPackages } from './registry-packages.ts'
import { ChartRepository } from './repository.ts'
import type { Shelf } from './shelf.ts'
import { digestOf } from './store.ts'
import { Web } from './web.ts'

export interface ChartHostOptions {
  readonly repoURL: string
  readonly access: RepositoryAccess | null
  /** PEM by host name. */
  readonly tlsCertificates: Readonly<Record<string, string>>
  readonly shelf: Shelf
  readonly env: Environment
  readonly clock: Clock
  readonly limits: SourceLimits
  readonly slot: Slot
}

/** The download goes on for those who share it; only this caller stops waiting. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const left = new AbortController()
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: left.signal })
        if (signal.aborted) reject(signal.reason)
      }),
    ])
  } finally {
    left.abort()
  }
}

/** That a problem is one with a host of charts is part of what it is about. */
async function ofCharts<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    const { subject } = error.problem
    throw new HoldfastError({ ...error.problem, subject: { ...subject, host: 'charts' } }, { cause: error })
  }
}

/** A name that may become part of a file's name. */
function checkChart(chart: string, repository: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const isOdd = chart.length > 250 || /[\u0000-\u0020\u007f\\]/.test(chart) || chart.split('/').includes('..')
  if (isOdd) throw new HoldfastError(problem('HF2001', `${shown(chart)} cannot be the name of a chart`, { repository }))
}

export class ChartHost implements Host {
  readonly url: string
  readonly #options: ChartHostOptions
  readonly #address: ChartAddress
  readonly #web: Web
  readonly #packages: Packages

  /** Throws HF1013, HF2001. */
  constructor(options: ChartHostOptions) {
    const { repoURL, access, tlsCertificates, env, limits, clock, slot, shelf } = options
    this.#options = options
    this.#address = chartAddressOf(repoURL, access)
    this.url = this.#address.url
    const home = this.#address.kind === 'registry' ? this.#address.home : new URL(this.#address.url)
    this.#web = new Web({ home, access, tlsCertificates, env, limits })
    const authorization = authorizationOf(access) || this.#address.authorization
    const owner = createHash('sha256')
      .update(JSON.stringify([this.url, authorization, access]))
      .digest('hex')
    const common: PackagesOptions = {
      ...{ url: this.url, owner, authorization, access, web: this.#web, store: shelf.store, clock, limits },
      slot: (run) => slot(this.url, run),
    }
    this.#packages =
      this.#address.kind === 'registry'
        ? new RegistryPackages(common, home, this.#address.prefix)
        : new ChartRepository(common)
  }

  get fetchedAt(): number | null {
    return this.#packages.fetchedAt
  }

  async resolve(source: SourceDefinition, options: Omit<ResolveOptions, 'project'>): Promise<Resolved> {
    const { chart, targetRevision } = source
    this.#check(chart)
    const { maxAgeMs, signal } = options
    const artifacts = chart === '' ? this.#artifacts() : null
    const resolving =
      artifacts === null
        ? this.#packages.resolve(chart, targetRevision, { maxAgeMs, signal })
        : artifacts.resolveDigest(targetRevision, { maxAgeMs, signal })
    const { revision, at } = await ofCharts(unlessAborted(resolving, signal))
    return { revision, fetchedAt: at }
  }

  async withFiles<T>(source: SourceDefinition, revision: string, read: (files: SourceFiles) => Promise<T>): Promise<T> {
    const { chart, helm } = source
    this.#check(chart)
    const tells = helm.passCredentials ? 'everyone' : 'home'
    const archive = await ofCharts(this.#packages.archive(chart, revision, tells))
    const subject = { repository: this.url, revision }
    const trees = await this.#options.shelf.trees(archive, subject)
    const isPackedChart = chart !== '' || isChart(await this.#artifacts().manifest('', revision))
    const root = isPackedChart ? await chartRoot(trees, trees.root, chart) : trees.root
    if (root !== null) return read({ trees, root, repository: this.url, revision })
    const message = `the archive of ${shown(chart)} ${revision} holds no directory of a chart`
    throw new HoldfastError(problem('HF1004', message, subject, 'Publish it with helm package.'))
  }

  /** The archive itself. `version` may be a range; an exact one that is there already asks nobody. */
  async chart(name: string, version: string, options: ResolveOptionsOfChart): Promise<InputFile & { version: string }> {
    this.#check(name)
    return ofCharts(this.#chart(name, version, options))
  }

  async #chart(
    name: string,
    version: string,
    { maxAgeMs, signal, tells }: ResolveOptionsOfChart,
  ): Promise<InputFile & { version: string }> {
    const cached = await this.#packages.cached(name, version)
    const { revision } =
      cached === null
        ? await unlessAborted(this.#packages.resolve(name, version, { maxAgeMs, signal }), signal)
        : { revision: version }
    const content = cached ?? (await unlessAborted(this.#packages.archive(name, revision, tells), signal))
    const file = `${name.slice(name.lastIndexOf('/') + 1)}-${revision}.tgz`
    return { path: file, id: digestOf(content), version: revision, read: async () => content }
  }

  async folderId(): Promise<string | null> {
    return null
  }

  async lastChange(): Promise<FileChange | null> {
    return null
  }

  close(): void {
    this.#web.close()
  }

  #check(chart: string): void {
    if (this.#address.kind === 'registry') checkRegistryPath(chart, this.#options.repoURL)
    else checkChart(chart, this.url)
  }

  #artifacts(): RegistryPackages {
    if (this.#packages instanceof RegistryPackages) return this.#packages
    const message = `${this.url} is a chart repository; spec.source.chart must name a chart`
    throw new HoldfastError(problem('HF2001', message, { repository: this.url }))
  }
}

export interface ResolveOptionsOfChart {
  readonly maxAgeMs: number
  readonly signal?: AbortSignal | undefined
  readonly tells: 'home' | 'everyone'
}

/** An archive of a chart holds one directory, called as the chart. */
async function chartRoot(trees: FileTrees, root: string, chart: string): Promise<string | null> {
  const directories = (await trees.entries(root)).filter(({ kind }) => kind === 'tree')
  const name = chart.slice(chart.lastIndexOf('/') + 1)
  const named = directories.find((entry) => entry.name === name)
  const [only, ...others] = directories
  return (named ?? (others.length === 0 ? only : undefined))?.id ?? null
}
