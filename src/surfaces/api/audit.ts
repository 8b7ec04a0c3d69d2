// Takes audit events from API servers: the receiver of `--audit-webhook-config-file`.
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer as createPlain, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTls, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { EventListReader } from '../../core/audit/index.ts'

export interface AuditSinkOptions {
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  /** Absent = plain HTTP, for a proxy in front or for this machine alone. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string }
  /** What `Authorization: Bearer` has to say; absent = a client certificate proves the sender. */
  readonly token?: string
  readonly onEvent: (text: string) => void
  /** An event was too long to be one. */
  readonly onTooLong: () => void
  /** How long a sender may take; absent = as LIMITS says. */
  readonly limits?: Partial<typeof LIMITS>
  /** Of one batch, unpacked; absent = MOST_BYTES. */
  readonly mostBytes?: number
}

export interface AuditSink {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

/** By default the API server sends at most 400 events of at most 10 MB at once. */
const MOST_BYTES = 256 << 20
const GRACE_MS = 1_000
const LIMITS = {
  requestTimeout: 60_000,
  headersTimeout: 5_000,
  keepAliveTimeout: 120_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
}

interface Answer {
  readonly status: number
  readonly body: string
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** In a time that tells nothing of how much of it is right. */
function isAllowed({ headers }: IncomingMessage, { token }: AuditSinkOptions): boolean {
  return token === undefined || timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`))
}

class TooLong extends Error {}

/** Counts what passes; a small body may unpack to a large one. */
function bounded(most: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
      bytes += chunk.length
      done(bytes > most ? new TooLong() : null, chunk)
    },
  })
}

/** null = as it stands. */
function unpacking({ headers }: IncomingMessage): Transform | null | 'unknown' {
  const encoding = (headers['content-encoding'] ?? 'identity').toLowerCase()
  if (encoding === 'identity') return null
  return encoding === 'gzip' || encoding === 'x-gzip' ? createGunzip() : 'unknown'
}

async function takeIn(request: IncomingMessage, options: AuditSinkOptions): Promise<Answer> {
  const { onEvent, onTooLong, mostBytes = MOST_BYTES } = options
  const unpack = unpacking(request)
  if (unpack === 'unknown') return { status: 415, body: 'a body is plain or gzip\n' }
  const list = new EventListReader(onEvent, onTooLong)
  const drain = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      list.push(chunk)
      // A batch may be long: what else is due in this process goes between its parts.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  try {
    if (unpack === null) await pipeline(request, bounded(mostBytes), drain)
    else await pipeline(request, unpack, bounded(mostBytes), drain)
  } catch (error) {
    if (error instanceof TooLong) return { status: 413, body: `a batch may have ${mostBytes} bytes\n` }
    return { status: 400, body: 'the body cannot be read\n' }
  }
  return list.isWhole ? { status: 200, body: '' } : { status: 400, body: 'the body is not an EventList\n' }
}

async function answerTo(request: IncomingMessage, options: AuditSinkOptions): Promise<Answer> {
  if ((request.url ?? '').replace(/\?.*$/s, '') !== '/audit') return { status: 404, body: 'not found\n' }
  if (request.method !== 'POST') return { status: 405, body: 'method not allowed\n' }
  if (!isAllowed(request, options)) return { status: 401, body: 'the token is not the one of --audit-token-file\n' }
  return takeIn(request, options)
}

function send(response: ServerResponse, { status, body }: Answer): void {
  if (response.destroyed) return
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...(status === 200 ? {} : { connection: 'close' }),
  })
  response.end(body)
}

function tlsOptions({ cert, key, clientCa }: NonNullable<AuditSinkOptions['tls']>): ServerOptions {
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  return { cert, key, minVersion: 'TLSv1.2', ...clients }
}

/** Rejects when the port cannot be had. The caller sees to it that a token or a client certificate guards it. */
export async function serveAudit(options: AuditSinkOptions): Promise<AuditSink> {
  const listener: RequestListener = (request, response) => {
    answerTo(request, options)
      .catch((): Answer => ({ status: 500, body: 'internal error\n' }))
      .then((answer) => send(response, answer))
      .catch(() => response.destroy())
  }
  const limits = { ...LIMITS, ...options.limits }
  const server =
    options.tls === undefined
      ? createPlain(limits, listener)
      : createTls({ ...limits, ...tlsOptions(options.tls) }, listener)
  server.maxConnections = 50
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const { address, port } = server.address() as AddressInfo
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      const force = setTimeout(() => server.closeAllConnections(), GRACE_MS)
      server.close(() => {
        clearTimeout(force)
        resolve()
      })
      server.closeIdleConnections()
    })
  return { host: address, port, close }
}
