// HTTP to chart repositories and registries: who is told the credentials, which addresses are asked, and how much is read.
import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici'
import type { RepositoryAccess } from '../../../core/definition/index.ts'
import { HoldfastError, problem, type ProblemCode } from '../../../core/problem/index.ts'
import type { Environment } from '../environment.ts'
import { shown } from '../git/address.ts'
import type { SourceLimits } from '../limits.ts'
import { admits, type Reach, reachOf, reachOfHost } from '../reach.ts'

export interface WebOptions {
  /** Where the repository lies. Its host alone gets the credentials and the client certificate. */
  readonly home: URL
  readonly access: RepositoryAccess | null
  /** PEM by host name. */
  readonly tlsCertificates: Readonly<Record<string, string>>
  readonly env: Environment
  readonly limits: Pick<SourceLimits, 'fetchMs'>
}

export interface WebRequest {
  readonly url: URL
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
  /** '' = none. */
  readonly authorization?: string
  /** `home`: other hosts are not told the authorization, by redirect neither. */
  readonly tells?: 'home' | 'everyone'
  /** A longer answer is HF1010. */
  readonly maxBytes: number
  readonly signal?: AbortSignal
}

export interface WebReply {
  readonly status: number
  readonly body: Buffer
  /** By lower-case name; '' = none. */
  header(name: string): string
  /** Where the answer came from in the end. */
  readonly url: URL
}

const REDIRECTS = 5
const SHOWN_TLS = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/

class Refused extends Error {}

/** Without user, query and fragment: these may be secret. */
export function shownAddress(url: URL): string {
  return shown(`${url.origin}${url.pathname}`)
}

function failure(code: ProblemCode, url: URL, what: string, action?: string): HoldfastError {
  const repository = `${url.origin}${url.pathname}`
  return new HoldfastError(problem(code, `${shownAddress(url)} ${what}`, { repository }, action))
}

/** Knows only those addresses of a name that may be asked: whatever it means later, no other is connected to. */
function guardedLookup(isOpen: (reach: Reach) => boolean): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, [])
      const open = addresses.filter(({ address }) => isOpen(reachOf(address)))
      const [first] = open
      if (first === undefined) return done(new Refused('address'), [])
      return options.all === true ? done(null, open) : done(null, first.address, first.family)
    })
  }
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '')

/** Follows redirects to http and https, never from https to http. */
export class Web {
  readonly #options: WebOptions
  readonly #dispatchers = new Map<string, Dispatcher>()
  #homeReach: Promise<Reach | null> | null = null

  constructor(options: WebOptions) {
    this.#options = options
  }

  /** Throws HF1001, HF1010, HF2003. */
  async send(wanted: WebRequest): Promise<WebReply> {
    const timeout = AbortSignal.timeout(this.#options.limits.fetchMs)
    const signal = wanted.signal === undefined ? timeout : AbortSignal.any([timeout, wanted.signal])
    try {
      return await this.#follow({ ...wanted, signal })
    } catch (error) {
      if (error instanceof HoldfastError || wanted.signal?.aborted === true) throw error
      throw this.#explained(wanted.url, error)
    }
  }

  close(): void {
    for (const dispatcher of this.#dispatchers.values()) void dispatcher.destroy().catch(() => undefined)
    this.#dispatchers.clear()
  }

  async #follow(wanted: WebRequest): Promise<WebReply> {
    let url = wanted.url
    for (let hops = 0; hops <= REDIRECTS; hops += 1) {
      const reply = await this.#ask(wanted, url)
      const location = reply.header('location')
      const isRedirect = reply.status >= 300 && reply.status < 400 && reply.status !== 304 && location !== ''
      if (!isRedirect) return reply
      url = nextOf(url, location)
    }
    throw failure('HF1001', wanted.url, `redirects more than ${REDIRECTS} times`)
  }

  async #ask(wanted: WebRequest, url: URL): Promise<WebReply> {
    const { method = 'GET', headers, authorization = '', tells = 'home', maxBytes, signal } = wanted
    const told = authorization !== '' && (tells === 'everyone' || url.origin === wanted.url.origin)
    const answer = await request(`${url.origin}${url.pathname}${url.search}`, {
      ...{ method, dispatcher: await this.#dispatcherFor(url) },
      ...(signal === undefined ? {} : { signal }),
      headers: {
        ...{ accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'holdfast', ...headers },
        ...(told ? { authorization } : {}),
      },
    })
    const header = (name: string): string => [answer.headers[name] ?? ''].flat()[0] ?? ''
    const body = await this.#body(answer.body, { url, maxBytes })
    return { status: answer.statusCode, header, url, body: plain(body, header('content-encoding'), maxBytes) }
  }

  async #body(body: AsyncIterable<Buffer>, { url, maxBytes }: { url: URL; maxBytes: number }): Promise<Buffer> {
    const parts: Buffer[] = []
    let bytes = 0
    for await (const part of body) {
      bytes += part.length
      if (bytes > maxBytes) throw failure('HF1010', url, `has more than ${maxBytes} bytes`)
      parts.push(part)
    }
    return Buffer.concat(parts)
  }

  async #dispatcherFor(url: URL): Promise<Dispatcher> {
    const { home } = this.#options
    const host = bare(url.hostname)
    const isHome = url.hostname === home.hostname
    this.#homeReach ??= isHome ? null : reachOfHost(bare(home.hostname))
    const own = isHome ? null : await this.#homeReach
    const isOpen = (reach: Reach): boolean => isHome || admits(own, reach)
    if (isIP(host) !== 0 && !isOpen(reachOf(host))) throw new Refused('address')
    const known = this.#dispatchers.get(host)
    if (known !== undefined) return known
    const made = this.#dispatcher(host, isHome ? undefined : guardedLookup(isOpen))
    this.#dispatchers.set(host, made)
    return made
  }

  #dispatcher(host: string, guarded: LookupFunction | undefined): Dispatcher {
    const { access, tlsCertificates, limits } = this.#options
    const { fetchMs: timeout } = limits
    const ca = Object.hasOwn(tlsCertificates, host) ? tlsCertificates[host] : undefined
    const identity = guarded === undefined && access !== null && access.tlsClientCertData !== ''
    const tls = {
      ...{ timeout, rejectUnauthorized: access?.insecure !== true },
      ...(ca === undefined ? {} : { ca }),
      ...(identity ? { cert: access.tlsClientCertData, key: access.tlsClientCertKey } : {}),
    }
    return new EnvHttpProxyAgent({
      ...{ headersTimeout: timeout, bodyTimeout: timeout, requestTls: tls },
      connect: { ...tls, ...(guarded === undefined ? {} : { lookup: guarded }) },
      ...proxiesOf(this.#options),
    })
  }

  #explained(url: URL, error: unknown): HoldfastError {
    const { limits } = this.#options
    const isRefused = error instanceof Refused || (error instanceof Error && error.cause instanceof Refused)
    if (isRefused)
      return failure('HF2003', url, 'leads to an address that this repository may not bring anybody to ask')
    const { code = '', name = '' } = error as { code?: string; name?: string }
    if (name === 'TimeoutError' || name === 'AbortError' || /TIMEOUT/.test(code))
      return failure('HF1001', url, `did not answer within ${limits.fetchMs / 1000} s`)
    const trust = `Put the authority's certificate into argocd-tls-certs-cm under ${bare(url.hostname)}.`
    const isTrust = SHOWN_TLS.test(code)
    return failure('HF1001', url, `cannot be reached (${code === '' ? name : code})`, isTrust ? trust : undefined)
  }
}

/** The repository's own proxy wins over those of the environment. */
function proxiesOf({ access, env }: WebOptions): { httpProxy: string; httpsProxy: string; noProxy: string } {
  const { proxy, noProxy } = access ?? { proxy: '', noProxy: '' }
  if (proxy !== '') return { httpProxy: proxy, httpsProxy: proxy, noProxy }
  const of = (...names: string[]): string => names.map((name) => env[name] ?? '').find((text) => text !== '') ?? ''
  return {
    httpProxy: of('http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'),
    httpsProxy: of('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'),
    noProxy: of('no_proxy', 'NO_PROXY'),
  }
}

function nextOf(from: URL, location: string): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : null
  const isWeb = next?.protocol === 'https:' || (next?.protocol === 'http:' && from.protocol === 'http:')
  if (next !== null && isWeb) return next
  throw failure('HF1001', from, 'redirects to what is neither https nor, from http, http')
}

/** Some servers keep their files compressed and send them so whatever is asked for. */
function plain(body: Buffer, encoding: string, maxBytes: number): Buffer {
  return encoding === 'gzip' && body.length > 0 ? gunzipSync(body, { maxOutputLength: maxBytes }) : body
}

const LOGIN_CODES: ReadonlySet<number> = new Set([401, 403])

/** What to do about an answer that is not the one hoped for. */
export function refusedStatus(url: URL, status: number, access: RepositoryAccess | null): HoldfastError {
  if (!LOGIN_CODES.has(status)) return failure('HF1001', url, `was answered with status ${status}`)
  const action =
    access === null
      ? 'Add a Secret of type repository with its url, username and password.'
      : `Check the credentials in ${access.from}.`
  return failure('HF1005', url, `was answered with status ${status}`, action)
}
