// A chart repository: an index.yaml and archives, by http or https.
import { isMap } from '../../../core/kube/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { shown } from '../git/address.ts'
import { Freshness } from './freshness.ts'
import { type ChartVersion, IndexError, versionsOf } from './index-file.ts'
import {
  type Asked,
  noSuchVersion,
  type Packages,
  type PackagesOptions,
  type Version,
  versionMeant,
} from './packages.ts'
import { digestOf } from './store.ts'
import { refusedStatus, shownAddress } from './web.ts'

interface Index {
  readonly digest: string
  readonly etag: string
  readonly lastModified: string
}

function indexFrom(note: unknown): { index: Index; at: number } | null {
  if (!isMap(note)) return null
  const { digest, etag, lastModified, at } = note
  const isWhole = typeof digest === 'string' && typeof etag === 'string' && typeof lastModified === 'string'
  return isWhole && typeof at === 'number' ? { index: { digest, etag, lastModified }, at } : null
}

/** How many charts' versions are kept, read out of the same index. */
const KEPT_CHARTS = 200

export class ChartRepository implements Packages {
  readonly #options: PackagesOptions
  readonly #home: URL
  readonly #index: Freshness<Index>
  readonly #versions = new Map<string, readonly ChartVersion[] | null>()
  #versionsOf = ''
  readonly #downloads = new Map<string, Promise<Buffer>>()

  constructor(options: PackagesOptions) {
    this.#options = options
    this.#home = new URL(options.url.endsWith('/') ? options.url : `${options.url}/`)
    this.#index = new Freshness(options.clock, options.limits.failureMs)
  }

  get fetchedAt(): number | null {
    return this.#index.at
  }

  async resolve(chart: string, wanted: string, { maxAgeMs }: Asked): Promise<Version> {
    const { at } = await this.#fresh(maxAgeMs)
    const versions = await this.#versionsIn(chart)
    const revision = versionMeant(versions?.map(({ version }) => version) ?? [], wanted)
    if (revision === null)
      throw versions === null ? this.#noSuchChart(chart) : noSuchVersion(this.#options.url, chart, wanted)
    return { revision, at }
  }

  async cached(chart: string, revision: string): Promise<Buffer | null> {
    const digest = await this.#options.store.note(this.#noteKey(chart, revision))
    return typeof digest === 'string' ? this.#options.store.content(digest) : null
  }

  async archive(chart: string, revision: string, tells: 'home' | 'everyone'): Promise<Buffer> {
    const said =
      this.#index.last === null ? undefined : await this.#versionNamed(chart, revision).catch(() => undefined)
    const known = await this.cached(chart, revision)
    // A version that was published anew has another digest in the index.
    const isSame = known !== null && (said === undefined || said.digest === '' || said.digest === digestOf(known))
    if (isSame) return known
    return this.#once(`${chart}\n${revision}`, () => this.#download(chart, revision, tells))
  }

  async #once(key: string, run: () => Promise<Buffer>): Promise<Buffer> {
    const running = this.#downloads.get(key) ?? this.#options.slot(run).finally(() => this.#downloads.delete(key))
    this.#downloads.set(key, running)
    return running
  }

  #noteKey(chart: string, revision: string): string {
    return JSON.stringify(['archive', this.#options.owner, chart, revision])
  }

  #noSuchChart(chart: string): HoldfastError {
    const { url } = this.#options
    const action = 'Check spec.source.chart: it must be a name in index.yaml.'
    return new HoldfastError(problem('HF1002', `${url} has no chart ${shown(chart)}`, { repository: url }, action))
  }

  async #versionNamed(chart: string, revision: string): Promise<ChartVersion | undefined> {
    return (await this.#versionsIn(chart))?.find(({ version }) => version === revision)
  }

  async #download(chart: string, revision: string, tells: 'home' | 'everyone'): Promise<Buffer> {
    const { web, authorization, limits, store, access } = this.#options
    await this.#fresh(Number.POSITIVE_INFINITY)
    const version = await this.#versionNamed(chart, revision)
    if (version === undefined) throw noSuchVersion(this.#options.url, chart, revision)
    const url = this.#urlOf(version.urls[0] ?? '')
    const own = tells === 'everyone' || url.origin === this.#home.origin
    const reply = await web.send({ url, authorization: own ? authorization : '', tells, maxBytes: limits.archiveBytes })
    if (reply.status === 404) throw this.#gone(url, chart, revision)
    if (reply.status !== 200) throw refusedStatus(url, reply.status, access)
    if (version.digest !== '' && digestOf(reply.body) !== version.digest) {
      const message = `${shownAddress(url)} is not what index.yaml says: its digest differs`
      throw new HoldfastError(problem('HF1001', message, this.#subject(revision)))
    }
    const digest = await store.keep(reply.body)
    await store.setNote(this.#noteKey(chart, revision), digest)
    return reply.body
  }

  #subject(revision: string): { repository: string; revision: string } {
    return { repository: this.#options.url, revision }
  }

  #gone(url: URL, chart: string, revision: string): HoldfastError {
    const message = `chart ${shown(chart)} ${revision} is in index.yaml, but ${shownAddress(url)} is not there`
    return new HoldfastError(problem('HF1002', message, this.#subject(revision)))
  }

  #urlOf(text: string): URL {
    const url = URL.canParse(text, this.#home.href) ? new URL(text, this.#home) : null
    if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
    throw new HoldfastError(
      problem('HF1001', `index.yaml of ${this.#options.url} names ${shown(text)}, which is no URL`),
    )
  }

  async #fresh(maxAgeMs: number): Promise<{ value: Index; at: number }> {
    if (this.#index.last === null) {
      const noted = indexFrom(await this.#options.store.note(this.#indexKey()))
      if (noted !== null) this.#index.remember({ value: noted.index, at: noted.at })
    }
    const known = this.#index.last?.value ?? null
    return this.#index.get(maxAgeMs, () => this.#options.slot(() => this.#fetch(known)))
  }

  /** The index as it was last read; brought again when the copy is gone. */
  async #content(): Promise<Buffer> {
    const { store, slot, url } = this.#options
    const { digest } = (await this.#fresh(Number.POSITIVE_INFINITY)).value
    const content = await store.content(digest)
    if (content !== null) return content
    const { value } = await this.#index.get(-1, () => slot(() => this.#fetch(null)))
    const again = await store.content(value.digest)
    if (again !== null) return again
    throw new HoldfastError(problem('HF1001', `index.yaml of ${url} cannot be kept on disk`, { repository: url }))
  }

  #indexKey(): string {
    return JSON.stringify(['index', this.#options.owner])
  }

  async #fetch(known: Index | null): Promise<Index> {
    const { web, authorization, limits, store, access, clock } = this.#options
    const at = clock.now()
    const url = new URL('index.yaml', this.#home)
    url.search = this.#home.search
    const headers = {
      ...(known === null || known.etag === '' ? {} : { 'if-none-match': known.etag }),
      ...(known === null || known.lastModified === '' ? {} : { 'if-modified-since': known.lastModified }),
    }
    const reply = await web.send({ url, authorization, headers, maxBytes: limits.indexBytes })
    if (reply.status === 304 && known !== null) return this.#noted(known, at)
    if (reply.status === 404) {
      const message = `${shownAddress(url)} is not there: ${this.#options.url} is no chart repository`
      throw new HoldfastError(
        problem('HF1001', message, { repository: this.#options.url }, 'Check spec.source.repoURL.'),
      )
    }
    if (reply.status !== 200) throw refusedStatus(url, reply.status, access)
    const digest = await store.keep(reply.body)
    return this.#noted({ digest, etag: reply.header('etag'), lastModified: reply.header('last-modified') }, at)
  }

  async #noted(index: Index, at: number): Promise<Index> {
    await this.#options.store.setNote(this.#indexKey(), { ...index, at })
    return index
  }

  async #versionsIn(chart: string): Promise<readonly ChartVersion[] | null> {
    const { digest } = (await this.#fresh(Number.POSITIVE_INFINITY)).value
    if (this.#versionsOf !== digest || this.#versions.size >= KEPT_CHARTS) this.#versions.clear()
    this.#versionsOf = digest
    const known = this.#versions.get(chart)
    if (known !== undefined) return known
    const { url } = this.#options
    try {
      const versions = versionsOf(await this.#content(), chart)
      this.#versions.set(chart, versions)
      return versions
    } catch (error) {
      if (!(error instanceof IndexError)) throw error
      throw new HoldfastError(
        problem('HF1001', `${url}: ${error.message}`, { repository: url }, 'Make the index anew.'),
      )
    }
  }
}
