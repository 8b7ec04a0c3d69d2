// Watches over HTTP/1.1, one connection each: for plain http, proxies, and servers without HTTP/2.
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { ClientCertificate, Identity } from './credentials.ts'
import type { Endpoint } from './endpoint.ts'
import type { StreamCall, StreamHandle, WatchTransport } from './watch-transport.ts'

/** The first byte may take this long; after it only the reflector's own idle limit counts. */
const HEADERS_TIMEOUT_MS = 30_000

export interface Http1Options {
  readonly endpoint: Endpoint
  readonly userAgent: string
}

class Http1Watches implements WatchTransport {
  readonly #options: Http1Options
  #dispatcher: { certificate: ClientCertificate | null; value: Dispatcher } | null = null

  constructor(options: Http1Options) {
    this.#options = options
  }

  open(call: StreamCall, identity: Identity): StreamHandle {
    const { endpoint, userAgent } = this.#options
    let open = true
    let abort: (() => void) | null = null
    const end = (error: Error | null): void => {
      if (!open) return
      open = false
      call.onEnd(error)
    }
    const headers = { ...identity.headers, 'user-agent': userAgent, accept: 'application/json' }
    const request = { origin: endpoint.origin, path: endpoint.prefix + call.path, method: 'GET', headers } as const
    this.#dispatcherFor(identity).dispatch(
      { ...request, headersTimeout: HEADERS_TIMEOUT_MS, bodyTimeout: 0 },
      {
        onRequestStart: (controller) => {
          abort = () => controller.abort(new Error('watch closed'))
          if (!open) abort()
        },
        onResponseStart: (_controller, status) => {
          if (open) call.onStatus(status)
        },
        onResponseData: (_controller, chunk) => {
          if (open) call.onData(chunk)
        },
        onResponseEnd: () => end(null),
        onResponseError: (_controller, error) => end(error),
      },
    )
    return {
      close: () => {
        open = false
        abort?.()
      },
    }
  }

  close(): void {
    this.#dispatcher?.value.destroy().catch(() => undefined)
    this.#dispatcher = null
  }

  #dispatcherFor(identity: Identity): Dispatcher {
    const before = this.#dispatcher
    if (before !== null && before.certificate === identity.certificate) return before.value
    const { endpoint } = this.#options
    const tls = endpoint.tls(identity.certificate)
    const common = { pipelining: 1, connections: null }
    const value =
      endpoint.proxyUrl === null
        ? new Agent({ ...common, connect: { ...tls, timeout: 10_000 } })
        : new ProxyAgent({ ...common, uri: endpoint.proxyUrl, requestTls: tls })
    this.#dispatcher = { certificate: identity.certificate, value }
    before?.value.close().catch(() => undefined)
    return value
  }
}

export function http1Watches(options: Http1Options): WatchTransport {
  return new Http1Watches(options)
}
