// One request, one answer: pooled HTTP/1.1 connections, credentials, time-outs, the few safe retries, the metrics hook.
import { type Dispatcher, Pool, ProxyAgent } from 'undici'
import type { Clock } from '../../ports/clock.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { ClientCertificate, Credentials, Identity } from './credentials.ts'
import type { Endpoint } from './endpoint.ts'

export interface RequestMetric {
  readonly verb: string
  /** HTTP status as text, or `error` when there was no answer. */
  readonly code: string
  readonly kind: string
  readonly ms: number
  /** Under which the server's audit log tells of it; '' = it did not say. */
  readonly auditID?: string
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** For metrics: get, list, apply, patch, create, update, delete, dry-run, discovery, openapi, version. */
  readonly verb: string
  readonly kind?: string
  readonly body?: string
  readonly contentType?: string
  readonly accept?: string
  /** Default `quick`. */
  readonly lane?: Lane
}

/**
 * Each lane has connections of its own, so that none queues behind another. `quick`: heals and what they need; `bulk`:
 * long answers (lists, OpenAPI); `report`: what is told of applications, which after a push is one write for each;
 * `lease`: the right to write at all.
 */
export type Lane = 'quick' | 'bulk' | 'report' | 'lease'

export interface HttpAnswer {
  readonly status: number
  readonly text: string
  readonly retryAfterMs: number | null
  readonly auditID?: string
}

export interface HttpOptions {
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  readonly userAgent: string
  readonly clock: Clock
  readonly onRequest?: (metric: RequestMetric) => void
  /** Limit for the answer's first byte, and for silence within a body. */
  readonly timeoutMs: number
}

const CONNECTIONS: Readonly<Record<Lane, number>> = { quick: 12, bulk: 4, report: 4, lease: 1 }
const RESET_RETRIES = 2
const BUSY_RETRIES = 5
const LONGEST_WAIT_MS = 30_000
const RESET_CODES = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

interface Lanes {
  readonly certificate: ClientCertificate | null
  readonly by: Map<Lane, Dispatcher>
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? '')
}

function unreachable(origin: string, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error
  const { message, cause } = error as Error
  const detail = message !== '' ? message : cause instanceof Error ? cause.message : codeOf(error)
  return new HoldfastError(problem('HF4001', `No answer from ${origin}: ${detail || 'connection failed'}.`), {
    cause: error,
  })
}

function retryAfter(headers: Dispatcher.ResponseData['headers']): number | null {
  const value = Number(headers['retry-after'])
  return Number.isFinite(value) && value >= 0 ? Math.min(value * 1000, LONGEST_WAIT_MS) : null
}

export class HttpClient {
  readonly #options: HttpOptions
  #lanes: Lanes | null = null
  #closed = false
  readonly #pauses = new Set<() => void>()

  constructor(options: HttpOptions) {
    this.#options = options
  }

  get origin(): string {
    return this.#options.endpoint.origin
  }

  /** Any HTTP answer is returned, errors of the server too. Throws HoldfastError HF4001 or HF4011 when there is none. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const idempotent = request.method === 'GET'
    for (let busy = 0; ; busy++) {
      const answer = await this.#authorized(request)
      const again = idempotent && (answer.status === 429 || answer.status === 503) && answer.retryAfterMs !== null
      if (!again || busy >= BUSY_RETRIES) return answer
      await this.#pause(answer.retryAfterMs ?? 0)
    }
  }

  /** Ends all connections; requests under way fail with HF4001. */
  async close(): Promise<void> {
    this.#closed = true
    for (const wake of this.#pauses) wake()
    const lanes = this.#lanes
    this.#lanes = null
    if (lanes !== null) await Promise.all([...lanes.by.values()].map((lane) => lane.destroy()))
  }

  #pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const wake = (): void => {
        timer.cancel()
        this.#pauses.delete(wake)
        done()
      }
      const timer = this.#options.clock.after(ms, wake)
      this.#pauses.add(wake)
    })
  }

  /** A 401 was not acted upon by the server, so even a write may be sent again with renewed credentials. */
  async #authorized(request: HttpRequest): Promise<HttpAnswer> {
    const { credentials } = this.#options
    const identity = await credentials.current()
    const answer = await this.#measured(request, identity)
    if (answer.status !== 401 || !credentials.reject(identity)) return answer
    return this.#measured(request, await credentials.current())
  }

  async #measured(request: HttpRequest, identity: Identity): Promise<HttpAnswer> {
    const { clock, onRequest } = this.#options
    if (onRequest === undefined) return this.#persistent(request, identity)
    const start = clock.monotonic()
    let code = 'error'
    let auditID = ''
    try {
      const answer = await this.#persistent(request, identity)
      code = String(answer.status)
      auditID = answer.auditID ?? ''
      return answer
    } finally {
      onRequest({ verb: request.verb, code, kind: request.kind ?? '', ms: clock.monotonic() - start, auditID })
    }
  }

  async #persistent(request: HttpRequest, identity: Identity): Promise<HttpAnswer> {
    const tries = request.method === 'GET' ? RESET_RETRIES : 0
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once(request, identity)
      } catch (error) {
        if (attempt >= tries || this.#closed || !RESET_CODES.has(codeOf(error))) throw unreachable(this.origin, error)
      }
    }
  }

  async #once(request: HttpRequest, identity: Identity): Promise<HttpAnswer> {
    const { endpoint, userAgent } = this.#options
    const lane = this.#laneOf(identity, request.lane ?? 'quick')
    const response = await lane.request({
      origin: endpoint.origin,
      method: request.method,
      path: endpoint.prefix + request.path,
      headers: {
        ...identity.headers,
        'user-agent': userAgent,
        accept: request.accept ?? 'application/json',
        ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      },
      body: request.body ?? null,
    })
    const text = await response.body.text()
    const auditID = response.headers['audit-id']
    return {
      status: response.statusCode,
      text,
      retryAfterMs: retryAfter(response.headers),
      auditID: typeof auditID === 'string' ? auditID : '',
    }
  }

  #laneOf({ certificate }: Identity, lane: Lane): Dispatcher {
    if (this.#closed) throw new HoldfastError(problem('HF4001', `The connection to ${this.origin} was closed.`))
    const before = this.#lanes
    const lanes = before !== null && before.certificate === certificate ? before : { certificate, by: new Map() }
    this.#lanes = lanes
    if (lanes !== before) for (const old of before?.by.values() ?? []) old.close().catch(() => undefined)
    const dispatcher = lanes.by.get(lane) ?? this.#dispatcher(lane, certificate)
    lanes.by.set(lane, dispatcher)
    return dispatcher
  }

  #dispatcher(lane: Lane, certificate: ClientCertificate | null): Dispatcher {
    const { endpoint, timeoutMs } = this.#options
    const tls = endpoint.tls(certificate)
    const common = {
      connections: CONNECTIONS[lane],
      pipelining: 1,
      // Below the 90 s after which the API server closes idle connections.
      keepAliveTimeout: 60_000,
      keepAliveMaxTimeout: 80_000,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    }
    if (endpoint.proxyUrl !== null) return new ProxyAgent({ ...common, uri: endpoint.proxyUrl, requestTls: tls })
    return new Pool(endpoint.origin, { ...common, connect: { ...tls, timeout: 10_000 } })
  }
}
