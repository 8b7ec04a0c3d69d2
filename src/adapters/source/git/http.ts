// HTTP beside git itself: redirects, GitHub's API, large files. Speaks with the same certificates, proxy and client identity.
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici'
import type { Environment } from '../environment.ts'

export interface HttpOptions {
  /** PEM of the authorities that count instead of the usual ones; '' = the usual ones. */
  readonly ca: string
  readonly clientCertificate: string
  readonly clientKey: string
  readonly insecure: boolean
  /** '' = what the environment says. */
  readonly proxy: string
  readonly noProxy: string
  readonly env: Environment
  readonly timeoutMs: number
}

export interface HttpRequest {
  readonly url: string
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** A longer answer is an error. */
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

export interface HttpReply {
  readonly status: number
  /** Of the first `location` header; '' = none. */
  readonly location: string
  readonly body: Buffer
}

/** An answer longer than was allowed. */
export class TooLongError extends Error {}

function dispatcherOf(options: HttpOptions): Dispatcher {
  const { ca, clientCertificate, clientKey, insecure, proxy, noProxy, env, timeoutMs } = options
  const tls = {
    ...(ca === '' ? {} : { ca }),
    ...(clientCertificate === '' ? {} : { cert: clientCertificate, key: clientKey }),
    rejectUnauthorized: !insecure,
    timeout: timeoutMs,
  }
  const of = (...names: string[]): string => names.map((name) => env[name]).find((one) => (one ?? '') !== '') ?? ''
  const stated = proxy !== ''
  return new EnvHttpProxyAgent({
    ...{ connect: tls, requestTls: tls, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
    httpProxy: stated ? proxy : of('http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'),
    httpsProxy: stated ? proxy : of('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'),
    noProxy: noProxy === '' ? of('no_proxy', 'NO_PROXY') : noProxy,
  })
}

/** Follows no redirects. */
export class HttpClient {
  readonly #options: HttpOptions
  #dispatcher: Dispatcher | null = null

  constructor(options: HttpOptions) {
    this.#options = options
  }

  /** Throws TooLongError, and what the network throws. */
  async send({ url, method = 'GET', headers = {}, body, maxBytes, signal }: HttpRequest): Promise<HttpReply> {
    this.#dispatcher ??= dispatcherOf(this.#options)
    const answer = await request(url, {
      ...{ method, headers, dispatcher: this.#dispatcher },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    })
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw new TooLongError(`the answer is longer than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    const location = [answer.headers.location ?? ''].flat()[0] ?? ''
    return { status: answer.statusCode, location, body: Buffer.concat(chunks) }
  }

  close(): void {
    void this.#dispatcher?.destroy().catch(() => undefined)
    this.#dispatcher = null
  }
}
