import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readPush, type WebhookSecrets } from './webhook.ts'

export interface Readiness {
  readonly ok: boolean
  /** Why not, one per line; without values of Secrets. */
  readonly reasons: readonly string[]
}

export interface ApiOptions {
  /** Default 127.0.0.1: nobody outside this machine, or pod, asks unless that is wanted. */
  readonly host?: string
  /** Default 8080; 0 = any free one. */
  readonly port?: number
  ready(): Readiness
  readonly metrics: { readonly contentType: string; page(): Promise<string> }
  /** Absent = nobody listens to Git hosts. `pushed` answers how many applications will look. */
  readonly webhooks?: { secrets(): WebhookSecrets; pushed(urls: readonly string[], provider: string): number }
}

export interface Api {
  readonly host: string
  readonly port: number
  /** Lets running answers end, for one second at most. */
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

const GRACE_MS = 1_000
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

function readiness({ ok, reasons }: Readiness): Answer {
  if (ok) return { status: 200, body: 'ok\n' }
  return {
    status: 503,
    body: ['not ready', ...reasons.map((reason) => `- ${reason.replace(CONTROL, ' ')}`), ''].join('\n'),
  }
}

/** Read whole on the main thread: about so much is parsed within a few milliseconds. */
const WEBHOOK_BYTES = 1 << 20

/** null = too long. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > WEBHOOK_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function webhook(request: IncomingMessage, { webhooks }: ApiOptions): Promise<Answer> {
  if (webhooks === undefined) return { status: 404, body: 'not found\n' }
  const body = await bodyOf(request)
  if (body === null)
    return { status: 413, body: `a webhook may have ${WEBHOOK_BYTES} bytes; polling finds the commit\n` }
  const push = readPush({ headers: request.headers, body, secrets: webhooks.secrets() })
  if (push.state === 'refused') return { status: push.status, body: `${push.reason}\n` }
  if (push.state === 'other') return { status: 200, body: 'nothing to do: no push\n' }
  const looking = webhooks.pushed(push.urls, push.provider)
  return { status: 200, body: `${looking} application${looking === 1 ? '' : 's'} will look\n` }
}

async function answerTo(request: IncomingMessage, options: ApiOptions): Promise<Answer> {
  const path = (request.url ?? '').replace(/\?.*$/s, '')
  if (path === '/api/webhook' && request.method === 'POST') return webhook(request, options)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, body: 'method not allowed\n', headers: { allow: 'GET, HEAD' } }
  }
  switch (path) {
    case '/healthz':
      return { status: 200, body: 'ok\n' }
    case '/readyz':
      return readiness(options.ready())
    case '/metrics':
      return { status: 200, body: await options.metrics.page(), type: options.metrics.contentType }
    default:
      return { status: 404, body: 'not found\n' }
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  // A body that nobody reads must not keep the connection.
  request.resume()
  response.writeHead(answer.status, {
    'content-type': answer.type ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(request.method === 'GET' || request.method === 'HEAD' ? {} : { connection: 'close' }),
    ...answer.headers,
  })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

function createApi(options: ApiOptions): Server {
  const limits = {
    requestTimeout: 10_000,
    headersTimeout: 5_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 8_192,
  }
  const server = createServer(limits, (request, response) => {
    answerTo(request, options)
      .catch((): Answer => ({ status: 500, body: 'internal error\n' }))
      .then((answer) => send(request, response, answer))
      .catch(() => response.destroy())
  })
  server.maxConnections = 200
  return server
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), GRACE_MS)
    server.close(() => {
      clearTimeout(force)
      resolve()
    })
    server.closeIdleConnections()
  })
}

/** Serves /healthz (the process answers), /readyz (it may be relied on) and /metrics. Rejects when the port cannot be had. */
export async function serveApi(options: ApiOptions): Promise<Api> {
  const server = createApi(options)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 8080, options.host ?? '127.0.0.1', resolve)
  })
  const { address, port } = server.address() as AddressInfo
  return { host: address, port, close: () => closeServer(server) }
}
