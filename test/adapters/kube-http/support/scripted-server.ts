import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createAuthority, issue } from '../../../../tools/certificates.mjs'

type RawRequest = IncomingMessage | Http2ServerRequest
type RawResponse = ServerResponse | Http2ServerResponse

export interface ScriptedRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** `1.1` or `2.0`. */
  readonly httpVersion: string
}

export interface Stream {
  readonly request: ScriptedRequest
  send(line: object | string): void
  raw(bytes: Buffer | string): void
  end(): void
  /** Breaks the connection or stream off. */
  destroy(): void
  readonly closed: boolean
}

export interface Reply {
  json(status: number, body: object, headers?: Record<string, string>): void
  text(status: number, body: string): void
  stream(): Stream
  destroy(): void
}

export interface ScriptedServer {
  readonly url: string
  /** PEM; '' for plain http. */
  readonly ca: string
  readonly sessions: Set<ServerHttp2Session>
  /** Connections accepted so far. */
  readonly connections: () => number
  close(): Promise<void>
}

export type Handler = (request: ScriptedRequest, reply: Reply) => void

function replyTo(request: ScriptedRequest, response: RawResponse): Reply {
  const raw = response as ServerResponse
  const destroy = (): void => {
    if ('stream' in response && response.stream !== undefined) response.stream.close(2)
    else raw.destroy()
  }
  const send = (status: number, body: string, headers: Record<string, string>): void => {
    raw.writeHead(status, headers)
    raw.end(body)
  }
  return {
    json: (status, body, headers = {}) =>
      send(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers }),
    text: (status, body) => send(status, body, { 'content-type': 'text/plain' }),
    destroy,
    stream: () => {
      raw.writeHead(200, { 'content-type': 'application/json' })
      raw.flushHeaders?.()
      let closed = false
      raw.on('close', () => {
        closed = true
      })
      const write = (bytes: Buffer | string): void => void raw.write(bytes)
      return {
        request,
        send: (line) => write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`),
        raw: write,
        end: () => void raw.end(),
        destroy,
        get closed() {
          return closed
        },
      }
    },
  }
}

function listener(handler: Handler): (request: RawRequest, response: RawResponse) => void {
  return (raw, response) => {
    const url = new URL(raw.url ?? '/', 'http://x')
    const chunks: Buffer[] = []
    raw.on('error', () => undefined)
    response.on('error', () => undefined)
    raw.on('data', (chunk: Buffer) => chunks.push(chunk))
    raw.on('end', () => {
      const { method = '', headers, httpVersion } = raw
      const body = Buffer.concat(chunks).toString('utf8')
      const request = { method, path: url.pathname, query: url.searchParams, headers, body, httpVersion }
      handler(request, replyTo(request, response))
    })
  }
}

/** `h2` offers HTTP/1.1 too, as the API server does; `https` has HTTP/1.1 only. */
export async function scriptedServer(
  protocol: 'http' | 'https' | 'h2',
  handler: Handler,
  options: { maxConcurrentStreams?: number } = {},
): Promise<ScriptedServer> {
  const authority = createAuthority('scripted authority')
  const { certificate: cert, key } = issue(authority, { commonName: 'scripted', usage: 'server', hosts: ['127.0.0.1'] })
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<Socket>()
  let connections = 0
  let server: Server
  if (protocol === 'h2') {
    const settings = { maxConcurrentStreams: options.maxConcurrentStreams ?? 100 }
    const secure = createSecureServer({ cert, key, allowHTTP1: true, settings }, listener(handler))
    secure.on('session', (session) => {
      sessions.add(session)
      session.on('error', () => undefined)
      session.on('close', () => sessions.delete(session))
    })
    server = secure as unknown as Server
  } else {
    server = protocol === 'https' ? createHttps({ cert, key }, listener(handler)) : createServer(listener(handler))
  }
  server.on(protocol === 'http' ? 'connection' : 'secureConnection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `${protocol === 'http' ? 'http' : 'https'}://127.0.0.1:${port}`,
    ca: protocol === 'http' ? '' : authority.certificate,
    sessions,
    connections: () => connections,
    close: () =>
      new Promise((done) => {
        for (const session of sessions) session.destroy()
        server.close(() => done())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
