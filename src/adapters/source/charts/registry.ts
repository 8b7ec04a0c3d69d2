// One repository of an OCI registry: its tags, manifests and layers, by the distribution API.
import { isMap, type Json } from '../../../core/kube/index.ts'
import type { RepositoryAccess } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { shown } from '../git/address.ts'
import { digestOf } from './store.ts'
import { refusedStatus, shownAddress, type Web, type WebReply } from './web.ts'

export interface Layer {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

export interface Manifest {
  readonly digest: string
  readonly configType: string
  readonly layers: readonly Layer[]
}

export interface RegistryOptions {
  /** `https://host[:port]` */
  readonly home: URL
  /** `path/of/repository` */
  readonly repository: string
  readonly access: RepositoryAccess | null
  /** Beside what `access` holds. */
  readonly authorization: string
  readonly web: Web
}

const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.artifact.manifest.v1+json',
].join(', ')
const MANIFEST_BYTES = 4 * 1024 * 1024
const TAGS_BYTES = 16 * 1024 * 1024
const TAG_PAGES = 200
const TOKEN_BYTES = 256 * 1024
export const DIGEST = /^sha256:[0-9a-f]{64}$/
const USABLE_TOKEN = /^[\x21-\x7e]+$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

/** `key="value"` pairs of a `www-authenticate` header. */
function challengeOf(header: string): { scheme: string; values: ReadonlyMap<string, string> } {
  const [scheme = '', rest = ''] = [header.split(' ', 1)[0]?.toLowerCase(), header.slice(header.indexOf(' ') + 1)]
  const pairs = [...rest.matchAll(/([a-z_]+)=(?:"([^"]*)"|([^\s,]+))/gi)]
  return {
    scheme,
    values: new Map(pairs.map(([, key = '', quoted, plain]) => [key.toLowerCase(), quoted ?? plain ?? ''])),
  }
}

function jsonOf(body: Buffer): Json {
  try {
    return JSON.parse(body.toString('utf8')) as Json
  } catch {
    return null
  }
}

function layerOf(value: Json | undefined): Layer | null {
  if (!isMap(value)) return null
  const { mediaType, digest, size } = value
  const isWhole = typeof mediaType === 'string' && typeof digest === 'string' && typeof size === 'number'
  return isWhole && DIGEST.test(digest) ? { mediaType, digest, size } : null
}

/** null when it is not the manifest of an image or artifact. */
export function manifestOf(body: Buffer): Manifest | null {
  const value = jsonOf(body)
  if (!isMap(value) || !Array.isArray(value.layers)) return null
  const layers = (value.layers as readonly Json[]).map(layerOf)
  if (layers.includes(null)) return null
  const configType = isMap(value.config) && typeof value.config.mediaType === 'string' ? value.config.mediaType : ''
  return { digest: digestOf(body), configType, layers: layers.filter((layer) => layer !== null) }
}

export class Registry {
  readonly #options: RegistryOptions
  #authorization: string

  constructor(options: RegistryOptions) {
    this.#options = options
    this.#authorization = options.authorization.startsWith('Bearer ') ? options.authorization : ''
  }

  /** Whether a tag can be so called at all. */
  static isTag(text: string): boolean {
    return TAG.test(text)
  }

  /** Throws HF1001, HF1005, HF1010. */
  async tags(): Promise<readonly string[]> {
    const tags: string[] = []
    let url = this.#url('tags/list')
    for (let page = 0; page < TAG_PAGES; page += 1) {
      const reply = await this.#get(url, { maxBytes: TAGS_BYTES })
      if (reply.status === 404) throw this.#problem('HF1002', `${shownAddress(url)}: there is no such repository`)
      const body = this.#ok(reply) ? jsonOf(reply.body) : null
      const list = isMap(body) && Array.isArray(body.tags) ? (body.tags as readonly Json[]) : []
      tags.push(...list.filter((tag): tag is string => typeof tag === 'string' && TAG.test(tag)))
      const [, next = ''] = /<([^>]+)>\s*;\s*rel="?next"?/i.exec(reply.header('link')) ?? []
      if (next === '' || !URL.canParse(next, url.href)) return tags
      url = new URL(next, url)
      if (url.origin !== this.#options.home.origin) return tags
    }
    return tags
  }

  /** The digest that a tag means now; null when there is no such tag. */
  async digestOf(reference: string): Promise<string | null> {
    const url = this.#url(`manifests/${reference}`)
    const reply = await this.#get(url, { method: 'HEAD', maxBytes: MANIFEST_BYTES, accept: MANIFEST_TYPES })
    if (reply.status === 404) return null
    const digest = reply.header('docker-content-digest')
    if (reply.status === 200 && DIGEST.test(digest)) return digest
    const body = await this.manifest(reference)
    return body === null ? null : digestOf(body)
  }

  /** The manifest's own bytes, checked when asked for by digest; null when there is none. */
  async manifest(reference: string): Promise<Buffer | null> {
    const url = this.#url(`manifests/${reference}`)
    const reply = await this.#get(url, { maxBytes: MANIFEST_BYTES, accept: MANIFEST_TYPES })
    if (reply.status === 404) return null
    this.#ok(reply)
    if (DIGEST.test(reference) && digestOf(reply.body) !== reference) throw this.#wrongDigest(url)
    return reply.body
  }

  async layer({ digest, size }: Layer, maxBytes: number): Promise<Buffer> {
    const url = this.#url(`blobs/${digest}`)
    if (size > maxBytes)
      throw this.#problem('HF1010', `${shownAddress(url)} has ${size} bytes; it may have ${maxBytes}`)
    const reply = await this.#get(url, { maxBytes })
    this.#ok(reply)
    if (digestOf(reply.body) !== digest) throw this.#wrongDigest(url)
    return reply.body
  }

  #url(rest: string): URL {
    return new URL(`/v2/${this.#options.repository}/${rest}`, this.#options.home)
  }

  #problem(code: 'HF1001' | 'HF1002' | 'HF1005' | 'HF1010', message: string, action?: string): HoldfastError {
    const repository = `${this.#options.home.host}/${this.#options.repository}`
    return new HoldfastError(problem(code, message, { repository }, action))
  }

  #wrongDigest(url: URL): HoldfastError {
    return this.#problem('HF1001', `${shownAddress(url)} is not what was asked for: its digest differs`)
  }

  #ok(reply: WebReply): true {
    if (reply.status === 200) return true
    throw refusedStatus(reply.url, reply.status, this.#options.access)
  }

  async #get(
    url: URL,
    { method = 'GET', maxBytes, accept = '*/*' }: { method?: 'GET' | 'HEAD'; maxBytes: number; accept?: string },
  ): Promise<WebReply> {
    const { web } = this.#options
    const ask = (): Promise<WebReply> =>
      web.send({ url, method, maxBytes, authorization: this.#authorization, headers: { accept } })
    const reply = await ask()
    if (reply.status !== 401 || reply.url.origin !== url.origin) return reply
    this.#authorization = await this.#login(reply)
    return this.#authorization === '' ? reply : ask()
  }

  /** What the registry wants to be shown; '' when we have nothing for it. */
  async #login(reply: WebReply): Promise<string> {
    const { authorization } = this.#options
    const { scheme, values } = challengeOf(reply.header('www-authenticate'))
    if (scheme === 'basic') return authorization
    if (scheme !== 'bearer' || authorization.startsWith('Bearer ')) return ''
    return this.#token(values)
  }

  async #token(values: ReadonlyMap<string, string>): Promise<string> {
    const { web, authorization, access } = this.#options
    const url = this.#realm(values)
    const reply = await web.send({ url, authorization, maxBytes: TOKEN_BYTES })
    if (reply.status !== 200) throw refusedStatus(reply.url, reply.status === 400 ? 401 : reply.status, access)
    const body = jsonOf(reply.body)
    const token = isMap(body) ? (body.token ?? body.access_token) : null
    if (typeof token === 'string' && USABLE_TOKEN.test(token)) return `Bearer ${token}`
    throw this.#problem('HF1005', `${shownAddress(url)} gave no token`)
  }

  #realm(values: ReadonlyMap<string, string>): URL {
    const { home, repository } = this.#options
    const realm = values.get('realm') ?? ''
    const url = URL.canParse(realm) ? new URL(realm) : null
    // A password is not told to whoever a registry names unless it comes there enciphered.
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && home.protocol === 'http:')
    if (url === null || !isSafe) throw this.#problem('HF1005', `the registry names ${shown(realm)} for its tokens`)
    url.searchParams.set('scope', `repository:${repository}:pull`)
    const service = values.get('service') ?? ''
    if (service !== '') url.searchParams.set('service', service)
    return url
  }
}
