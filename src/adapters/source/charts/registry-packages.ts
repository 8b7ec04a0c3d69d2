// Charts and other artifacts of OCI registries: which version or digest a tag means, and the layer that holds the files.
import { isVersionRange } from '../../../core/definition/index.ts'
import { isMap } from '../../../core/kube/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { Freshness } from './freshness.ts'
import {
  type Asked,
  noSuchVersion,
  type Packages,
  type PackagesOptions,
  type Version,
  versionMeant,
} from './packages.ts'
import { DIGEST, type Layer, type Manifest, manifestOf, Registry } from './registry.ts'

const CHART_CONFIG = 'application/vnd.cncf.helm.config.v1+json'
const CHART_LAYER = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'
const LAYERS: ReadonlySet<string> = new Set([
  CHART_LAYER,
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
])
/** Spelled so before registries agreed on a name. */
const OLD_CHART_LAYER = 'application/tar+gzip'
const CONTENT = /tar(?:[+.]gzip)?$/
const MOST_LAYERS = 10

/** By convention: a tag cannot hold the plus sign of a version. */
const tagOf = (version: string): string => version.replaceAll('+', '_')
const versionOf = (tag: string): string => tag.replaceAll('_', '+')

export function isChart(manifest: Manifest): boolean {
  return manifest.configType === CHART_CONFIG
}

/** The only layer with files in it; the words say why there is none. */
function contentOf(manifest: Manifest): Layer | string {
  if (manifest.layers.length > MOST_LAYERS)
    return `it has ${manifest.layers.length} layers; at most ${MOST_LAYERS} can be used`
  const wanted = isChart(manifest)
    ? ({ mediaType }: Layer) => mediaType === CHART_LAYER || mediaType === OLD_CHART_LAYER
    : ({ mediaType }: Layer) => CONTENT.test(mediaType)
  const [layer, ...others] = manifest.layers.filter(wanted)
  if (layer === undefined || others.length > 0)
    return `it has ${others.length + (layer ? 1 : 0)} layers of files; it must have one`
  const isKnown = isChart(manifest) || LAYERS.has(layer.mediaType)
  return isKnown ? layer : `its layer is of the type ${JSON.stringify(layer.mediaType)}, which is not read`
}

interface Asker {
  readonly registry: Registry
  readonly tags: Freshness<readonly string[]>
  readonly digests: Map<string, Freshness<string>>
}

const KEPT_DIGESTS = 500

export class RegistryPackages implements Packages {
  readonly #options: PackagesOptions
  readonly #home: URL
  /** What stands between the host and a chart's name. */
  readonly #prefix: string
  readonly #askers = new Map<string, Asker>()

  constructor(options: PackagesOptions, home: URL, prefix: string) {
    this.#options = options
    this.#home = home
    this.#prefix = prefix
  }

  get fetchedAt(): number | null {
    const times = [...this.#askers.values()].flatMap(({ tags, digests }) =>
      [tags, ...digests.values()].map(({ at }) => at ?? Number.NEGATIVE_INFINITY),
    )
    const latest = Math.max(...times)
    return Number.isFinite(latest) ? latest : null
  }

  /** A version, for charts. */
  async resolve(chart: string, wanted: string, asked: Asked): Promise<Version> {
    const range = wanted === '' || wanted === 'HEAD' || isVersionRange(wanted)
    const exact = range ? null : await this.#digestOf(chart, wanted, asked)
    if (exact !== null) return { revision: wanted, at: exact.at }
    const { value, at } = await this.#tagsOf(chart, asked)
    const revision = versionMeant(value.map(versionOf), wanted)
    if (revision === null) throw noSuchVersion(this.#options.url, chart, wanted)
    return { revision, at }
  }

  /** A digest, for artifacts of any kind. */
  async resolveDigest(wanted: string, asked: Asked): Promise<Version> {
    if (DIGEST.test(wanted)) return this.#knownDigest(wanted, asked)
    const exact = await this.#digestOf('', wanted, asked)
    if (exact !== null) return exact
    if (!isVersionRange(wanted)) throw noSuchVersion(this.#options.url, '', wanted)
    const { value } = await this.#tagsOf('', asked)
    const version = versionMeant(value.map(versionOf), wanted)
    const found = version === null ? null : await this.#digestOf('', version, asked)
    if (found === null) throw noSuchVersion(this.#options.url, '', wanted)
    return found
  }

  async archive(chart: string, revision: string): Promise<Buffer> {
    return (await this.#content(chart, revision, 'asks')) ?? Buffer.alloc(0)
  }

  cached(chart: string, revision: string): Promise<Buffer | null> {
    return this.#content(chart, revision, 'cache')
  }

  /** The manifest behind a version or digest. Throws HF1002. */
  async manifest(chart: string, revision: string): Promise<Manifest> {
    const manifest = await this.#manifest(chart, revision, 'asks')
    if (manifest === null) throw noSuchVersion(this.#options.url, chart, revision)
    return manifest
  }

  async #content(chart: string, revision: string, from: 'cache' | 'asks'): Promise<Buffer | null> {
    const { store, slot, limits, url } = this.#options
    const manifest = await this.#manifest(chart, revision, from)
    if (manifest === null) {
      if (from === 'cache') return null
      throw noSuchVersion(url, chart, revision)
    }
    const layer = contentOf(manifest)
    if (typeof layer === 'string') {
      const action = 'Push it with one layer of type application/vnd.oci.image.layer.v1.tar+gzip, or as a chart.'
      throw new HoldfastError(problem('HF1013', `${url} ${revision}: ${layer}`, { repository: url, revision }, action))
    }
    const known = await store.content(layer.digest)
    if (known !== null || from === 'cache') return known
    const content = await slot(() => this.#asker(chart).registry.layer(layer, limits.archiveBytes))
    await store.keep(content)
    return content
  }

  /** What this owner has read before, so that nobody sees by its digest what only others may read. */
  async #manifest(chart: string, revision: string, from: 'cache' | 'asks'): Promise<Manifest | null> {
    const { store, slot } = this.#options
    const digest = DIGEST.test(revision) ? revision : await this.#noted(chart, revision)
    const seen = digest === null ? null : await store.note(this.#key('seen', chart, digest))
    const known = seen === true && digest !== null ? await store.content(digest) : null
    if (known !== null) return manifestOf(known)
    if (from === 'cache') return null
    const { registry } = this.#asker(chart)
    const body = await slot(() => registry.manifest(digest ?? tagOf(revision)))
    if (body === null) return null
    const manifest = manifestOf(body)
    if (manifest === null) throw this.#noManifest(revision)
    await store.keep(body)
    await store.setNote(this.#key('seen', chart, manifest.digest), true)
    if (!DIGEST.test(revision))
      await store.setNote(this.#key('tag', chart, tagOf(revision)), { digest: manifest.digest })
    return manifest
  }

  #noManifest(revision: string): HoldfastError {
    const { url } = this.#options
    const message = `what ${url} holds as ${revision} is neither an image nor an artifact`
    return new HoldfastError(problem('HF1001', message, { repository: url, revision }))
  }

  #key(kind: string, chart: string, name: string): string {
    return JSON.stringify([kind, this.#options.owner, chart, name])
  }

  async #noted(chart: string, revision: string): Promise<string | null> {
    const note = await this.#options.store.note(this.#key('tag', chart, tagOf(revision)))
    return isMap(note) && typeof note.digest === 'string' && DIGEST.test(note.digest) ? note.digest : null
  }

  #asker(chart: string): Asker {
    const known = this.#askers.get(chart)
    if (known !== undefined) return known
    const { access, authorization, web, clock, limits } = this.#options
    const repository = [this.#prefix, chart].filter((part) => part !== '').join('/')
    const made: Asker = {
      registry: new Registry({ home: this.#home, repository, access, authorization, web }),
      tags: new Freshness(clock, limits.failureMs),
      digests: new Map(),
    }
    this.#askers.set(chart, made)
    return made
  }

  async #tagsOf(chart: string, { maxAgeMs }: Asked): Promise<{ value: readonly string[]; at: number }> {
    const { registry, tags } = this.#asker(chart)
    return tags.get(maxAgeMs, () => this.#options.slot(() => registry.tags()))
  }

  /** null when there is no such tag. A tag that means something new is noted, so that it is read anew. */
  async #digestOf(chart: string, version: string, { maxAgeMs }: Asked): Promise<Version | null> {
    const tag = tagOf(version)
    if (!Registry.isTag(tag)) return null
    const { registry, digests } = this.#asker(chart)
    if (digests.size > KEPT_DIGESTS) digests.clear()
    const freshness = digests.get(tag) ?? new Freshness<string>(this.#options.clock, this.#options.limits.failureMs)
    digests.set(tag, freshness)
    const { value, at } = await freshness.get(maxAgeMs, async () => {
      const digest = (await this.#options.slot(() => registry.digestOf(tag))) ?? ''
      if (digest !== '') await this.#options.store.setNote(this.#key('tag', chart, tag), { digest })
      return digest
    })
    return value === '' ? null : { revision: value, at }
  }

  /** A digest never means anything else: it is asked for until it has been read once. */
  async #knownDigest(digest: string, asked: Asked): Promise<Version> {
    const { clock, url } = this.#options
    const isCached = (await this.#manifest('', digest, 'cache')) !== null
    if (isCached && asked.maxAgeMs > 0) return { revision: digest, at: clock.now() }
    if ((await this.#manifest('', digest, 'asks')) === null) throw noSuchVersion(url, '', digest)
    return { revision: digest, at: clock.now() }
  }
}
