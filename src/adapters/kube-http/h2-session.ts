// One HTTP/2 connection that carries up to 90 watches.
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2'
import { isIP } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Clock } from '../../ports/clock.ts'
import type { ClientCertificate, Identity } from './credentials.ts'
import type { Endpoint } from './endpoint.ts'
import type { StreamCall, StreamHandle } from './watch-transport.ts'

/** The API server allows 100 streams per connection, and leaves the 101st waiting without a word. */
const MOST_STREAMS = 90
const DIAL_MS = 10_000
const PING_EVERY_MS = 30_000
const PING_ANSWER_MS = 15_000

export interface H2Options {
  readonly endpoint: Endpoint
  readonly userAgent: string
  readonly clock: Clock
}

/** Resolves to null when the server does not speak HTTP/2. */
export function dial(options: H2Options, certificate: ClientCertificate | null): Promise<TLSSocket | null> {
  const { endpoint, clock } = options
  const url = new URL(endpoint.origin)
  const tls = endpoint.tls(certificate)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const servername = tls.servername ?? (isIP(host) === 0 ? host : '')
  return new Promise((done, fail) => {
    const port = url.port === '' ? 443 : Number(url.port)
    const socket = connectTls({ ...tls, host, port, servername, ALPNProtocols: ['h2', 'http/1.1'] })
    const timer = clock.after(DIAL_MS, () => socket.destroy(new Error(`no TLS connection within ${DIAL_MS / 1000} s`)))
    socket.setNoDelay(true)
    socket.once('error', (error) => {
      timer.cancel()
      fail(error)
    })
    socket.once('secureConnect', () => {
      timer.cancel()
      if (socket.alpnProtocol === 'h2') return done(socket)
      socket.destroy()
      done(null)
    })
  })
}

export class H2Session {
  readonly certificate: ClientCertificate | null
  readonly #options: H2Options
  readonly #session: ClientHttp2Session
  readonly #calls = new Set<{ readonly end: (error: Error | null) => void }>()
  readonly #onGone: (session: H2Session) => void
  #usable = true
  #ping: { cancel(): void } | null = null

  constructor(
    options: H2Options & { onGone: (session: H2Session) => void },
    connection: { socket: TLSSocket; certificate: ClientCertificate | null },
  ) {
    this.#options = options
    this.#onGone = options.onGone
    this.certificate = connection.certificate
    this.#session = connectHttp2(options.endpoint.origin, {
      createConnection: () => connection.socket,
      settings: { enablePush: false, initialWindowSize: 1 << 20 },
      // In MB; Node's 10 would refuse further watches while many large events wait to be read.
      maxSessionMemory: 256,
    })
    this.#session.once('connect', () => this.#session.setLocalWindowSize(1 << 24))
    this.#session.once('goaway', () => this.fail(new Error('the server closes this connection (GOAWAY)')))
    this.#session.once('close', () => this.fail(new Error('the connection was closed')))
    this.#session.on('error', (error) => this.fail(error))
    this.#schedulePing()
  }

  /** Resolves when the server has said how many streams it takes. */
  ready(): Promise<void> {
    return new Promise((done, fail) => {
      const timer = this.#options.clock.after(DIAL_MS, () => this.fail(new Error('no HTTP/2 settings from the server')))
      this.#session.once('remoteSettings', () => {
        timer.cancel()
        done()
      })
      this.#session.once('close', () => {
        timer.cancel()
        fail(new Error('the connection was closed before HTTP/2 began'))
      })
    })
  }

  get hasRoom(): boolean {
    const announced = this.#session.remoteSettings?.maxConcurrentStreams ?? MOST_STREAMS
    return this.#usable && this.#calls.size < Math.max(1, Math.min(MOST_STREAMS, announced))
  }

  get isEmpty(): boolean {
    return this.#calls.size === 0
  }

  request(call: StreamCall, identity: Identity): StreamHandle {
    const { endpoint, userAgent } = this.#options
    const headers = { ...identity.headers, 'user-agent': userAgent, accept: 'application/json' }
    const stream = this.#session.request({ ':path': endpoint.prefix + call.path, ...headers })
    const entry = { end: (error: Error | null): void => this.#finish(entry, () => call.onEnd(error)) }
    this.#calls.add(entry)
    listen(stream, call, { isOpen: () => this.#calls.has(entry), end: entry.end })
    return {
      close: () => {
        this.#finish(entry, () => undefined)
        stream.close(constants.NGHTTP2_CANCEL)
      },
    }
  }

  /** All its watches end with `error`; they reconnect elsewhere. */
  fail(error: Error): void {
    if (!this.#usable) return
    this.#usable = false
    this.#ping?.cancel()
    this.#onGone(this)
    for (const entry of [...this.#calls]) entry.end(error)
    this.#session.destroy()
  }

  #finish(entry: { readonly end: (error: Error | null) => void }, then: () => void): void {
    if (this.#calls.delete(entry)) then()
  }

  #schedulePing(): void {
    const { clock } = this.#options
    this.#ping = clock.after(PING_EVERY_MS, () => {
      if (!this.#usable || this.#session.destroyed) return
      const limit = clock.after(PING_ANSWER_MS, () => this.fail(new Error('the connection no longer answers')))
      this.#ping = limit
      this.#session.ping((error) => {
        limit.cancel()
        if (error === null && this.#usable) this.#schedulePing()
      })
    })
  }
}

interface StreamState {
  readonly isOpen: () => boolean
  readonly end: (error: Error | null) => void
}

function listen(stream: ClientHttp2Stream, call: StreamCall, state: StreamState): void {
  let ended = false
  stream.on('response', (headers) => {
    if (state.isOpen()) call.onStatus(Number(headers[':status'] ?? 0))
  })
  stream.on('data', (chunk: Buffer) => {
    if (state.isOpen()) call.onData(chunk)
  })
  stream.on('end', () => {
    ended = true
  })
  stream.on('error', (error) => state.end(error))
  stream.on('close', () => {
    const clean = ended && stream.rstCode === 0
    state.end(clean ? null : new Error(`the stream was reset (code ${stream.rstCode})`))
  })
}
