// Watches over as few HTTP/2 connections as the server's stream limit allows.
import type { ClientCertificate, Identity } from './credentials.ts'
import { dial, type H2Options, H2Session } from './h2-session.ts'
import { http1Watches } from './watch-http1.ts'
import type { StreamCall, StreamHandle, WatchTransport } from './watch-transport.ts'

class NoHttp2 extends Error {}

interface Waiting {
  readonly call: StreamCall
  readonly identity: Identity
  handle: StreamHandle | null
  closed: boolean
}

class Http2Watches implements WatchTransport {
  readonly #options: H2Options
  readonly #sessions: H2Session[] = []
  #waiting: Waiting[] = []
  #dialling = false
  #closed = false
  /** Set when the server turned out to have no HTTP/2. */
  #fallback: WatchTransport | null = null

  constructor(options: H2Options) {
    this.#options = options
  }

  open(call: StreamCall, identity: Identity): StreamHandle {
    if (this.#fallback !== null) return this.#fallback.open(call, identity)
    const session = this.#withRoom(identity.certificate)
    if (session !== undefined) return session.request(call, identity)
    const waiting: Waiting = { call, identity, handle: null, closed: false }
    this.#waiting.push(waiting)
    this.#dialNext()
    return {
      close: () => {
        waiting.closed = true
        waiting.handle?.close()
      },
    }
  }

  close(): void {
    this.#closed = true
    this.#fallback?.close()
    for (const session of [...this.#sessions]) session.fail(new Error('the client was closed'))
    this.#failWaiting(new Error('the client was closed'))
  }

  #withRoom(certificate: ClientCertificate | null): H2Session | undefined {
    return this.#sessions.find((session) => session.certificate === certificate && session.hasRoom)
  }

  #dialNext(): void {
    const first = this.#waiting[0]
    if (this.#dialling || first === undefined) return
    this.#dialling = true
    this.#newSession(first.identity.certificate).then(
      () => this.#dialled(null),
      (error: Error) => this.#dialled(error),
    )
  }

  #dialled(error: Error | null): void {
    this.#dialling = false
    if (error instanceof NoHttp2) this.#fallback = http1Watches(this.#options)
    else if (error !== null) return this.#failWaiting(error)
    const waiting = this.#waiting
    this.#waiting = []
    for (const entry of waiting) if (!entry.closed) this.#place(entry)
    this.#dialNext()
  }

  #place(entry: Waiting): void {
    const { call, identity } = entry
    const session = this.#withRoom(identity.certificate)
    if (this.#fallback === null && session === undefined) {
      this.#waiting.push(entry)
      return
    }
    try {
      entry.handle = this.#fallback?.open(call, identity) ?? session?.request(call, identity) ?? null
    } catch (error) {
      call.onEnd(error as Error)
    }
  }

  #failWaiting(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const entry of waiting) if (!entry.closed) entry.call.onEnd(error)
  }

  async #newSession(certificate: ClientCertificate | null): Promise<void> {
    const socket = await dial(this.#options, certificate)
    if (socket === null) throw new NoHttp2('the server has no HTTP/2')
    const onGone = (gone: H2Session): void => {
      const index = this.#sessions.indexOf(gone)
      if (index >= 0) this.#sessions.splice(index, 1)
    }
    const session = new H2Session({ ...this.#options, onGone }, { socket, certificate })
    await session.ready()
    if (this.#closed) session.fail(new Error('the client was closed'))
    else this.#sessions.push(session)
    this.#retireUnused(session)
  }

  /** Sessions of an older certificate end when their last watch has. */
  #retireUnused(newest: H2Session): void {
    for (const session of [...this.#sessions]) {
      if (session !== newest && session.certificate !== newest.certificate && session.isEmpty) {
        session.fail(new Error('its certificate was replaced'))
      }
    }
  }
}

/** https with HTTP/2 where the server offers it; HTTP/1.1 for plain http, for proxies, and where it does not. */
export function watchTransport(options: H2Options): WatchTransport {
  const direct = options.endpoint.origin.startsWith('https:') && options.endpoint.proxyUrl === null
  return direct ? new Http2Watches(options) : http1Watches(options)
}
