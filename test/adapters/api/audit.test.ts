// The receiver of the API server's audit webhook, on real sockets: who may send, what is taken, and what is too much.
// requirements: [S001-54, S002-95]
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Agent, request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { type Fact, FactIndex, Imprinter, readAuditEvent } from '../../../src/core/audit/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'
import { type AuditSink, type AuditSinkOptions, serveAudit } from '../../../src/surfaces/api/index.ts'
import { createLoopbackTls } from '../../../tools/tls.mjs'
import { auditEvent, auditLine, type EventWords } from '../../kit/audit-events.ts'

const TLS = createLoopbackTls()
const OTHERS = createLoopbackTls('Somebody Else')
const TOKEN = 'the-right-one'
const { certificate: cert, key } = TLS.server

const object: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'prod', uid: 'u-1' },
}
const subject = { object, resource: 'deployments' }
const event = (words: EventWords): object => auditEvent(subject, words)
const listOf = (items: readonly object[]): string =>
  JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items })

let sink: AuditSink
let agent: Agent
let events: string[]
let tooLong: number

async function serve(options: Partial<AuditSinkOptions> = {}): Promise<void> {
  ;[events, tooLong] = [[], 0]
  agent = new Agent({ connect: { ca: TLS.ca }, connections: 60 })
  sink = await serveAudit({
    ...{ host: '127.0.0.1', port: 0, tls: { cert, key }, token: TOKEN },
    onEvent: (text) => events.push(text),
    onTooLong: () => (tooLong += 1),
    ...options,
  })
}
afterEach(async () => {
  await agent.destroy()
  await sink.close()
})

interface Sent {
  readonly token?: string | null
  readonly encoding?: string
  readonly method?: 'POST' | 'GET'
  readonly path?: string
  readonly scheme?: string
  readonly by?: Agent
}

async function send(body: string | Buffer, options: Sent = {}): Promise<number> {
  const { token = TOKEN, encoding, method = 'POST', path = '/audit', scheme = 'https', by = agent } = options
  const response = await request(`${scheme}://127.0.0.1:${sink.port}${path}`, {
    method,
    dispatcher: by,
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    },
    ...(method === 'POST' ? { body } : {}),
  })
  await response.body.dump()
  return response.statusCode
}

const ids = (): string[] => events.map((text) => (JSON.parse(text) as { auditID: string }).auditID)

describe('who may send', () => {
  it('whoever has the token, and nobody else; of others nothing is taken', async () => {
    await serve()
    const body = listOf([event({ id: 'a', user: 'alice', at: 1 })])
    for (const token of ['', 'the-right-on', 'the-right-one2', `${TOKEN} `.repeat(2), null])
      expect(await send(body, { token })).toBe(401)
    expect(events).toEqual([])
    expect(await send(body)).toBe(200)
    expect(ids()).toEqual(['a'])
  })

  it('whose client certificate the authority signed, where that is asked for', async () => {
    await serve({ tls: { cert, key, clientCa: TLS.ca }, token: undefined as never })
    const by = (from: typeof TLS | null): Agent => {
      const own = from?.client('kube-apiserver')
      const shown = own === undefined ? {} : { cert: own.certificate, key: own.key }
      return new Agent({ connect: { ca: TLS.ca, ...shown } })
    }
    const body = listOf([event({ id: 'a', user: 'alice', at: 1 })])
    for (const from of [null, OTHERS]) {
      const refused = by(from)
      await expect(send(body, { token: null, by: refused })).rejects.toThrow()
      await refused.destroy()
    }
    expect(events).toEqual([])
    const allowed = by(TLS)
    expect(await send(body, { token: null, by: allowed })).toBe(200)
    await allowed.destroy()
    expect(ids()).toEqual(['a'])
  })

  it('with certificate and token asked for, only who has both', async () => {
    await serve({ tls: { cert, key, clientCa: TLS.ca } })
    const own = TLS.client('kube-apiserver')
    const by = new Agent({ connect: { ca: TLS.ca, cert: own.certificate, key: own.key } })
    expect(await send(listOf([]), { by, token: 'x' })).toBe(401)
    expect(await send(listOf([]), { by })).toBe(200)
    await by.destroy()
  })

  it('only by POST to its own path', async () => {
    await serve()
    expect(await send('', { method: 'GET' })).toBe(405)
    expect(await send(listOf([]), { path: '/' })).toBe(404)
    expect(await send(listOf([]), { path: '/audit?timeout=30s' })).toBe(200)
  })
})

describe('what is sent', () => {
  const batch = [1, 2, 3].map((at) => event({ id: `e${at}`, user: 'alice', at, sent: { a: '}]"{' } }))

  it('plain or gzip, however it is spelled; another encoding is refused', async () => {
    await serve()
    const body = listOf(batch)
    expect(await send(body)).toBe(200)
    for (const encoding of ['gzip', 'GZIP', 'x-gzip']) expect(await send(gzipSync(body), { encoding })).toBe(200)
    expect(await send(body, { encoding: 'identity' })).toBe(200)
    expect(ids()).toEqual(Array.from({ length: 5 }, () => ['e1', 'e2', 'e3']).flat())
    expect(await send(body, { encoding: 'br' })).toBe(415)
    expect(await send(body, { encoding: 'gzip' })).toBe(400)
    expect(events).toHaveLength(15)
  })

  it('cut off: the whole events are taken, and the answer asks for all of it again', async () => {
    await serve()
    const body = listOf(batch)
    expect(await send(body.slice(0, body.indexOf('"e3"') + 20))).toBe(400)
    expect(ids()).toEqual(['e1', 'e2'])
    const packed = gzipSync(body)
    expect(await send(packed.subarray(0, packed.length - 12), { encoding: 'gzip' })).toBe(400)
  })

  it('no EventList at all is no harm', async () => {
    await serve()
    for (const body of ['}', '{', '{"items":[', '"{']) expect(await send(body)).toBe(400)
    for (const body of ['', 'x', '[]', '{"items":{}}', 'null']) expect(await send(body)).toBe(200)
    expect(events.every((text) => readAuditEvent(text, READER).kind === 'garbage')).toBe(true)
  })

  it('one event of 20 MB among others is dropped and said; those around it are taken', async () => {
    await serve()
    const large = event({ id: 'large', user: 'alice', at: 1, sent: { a: 'x'.repeat(20 << 20) } })
    expect(await send(listOf([batch[0] as object, large, batch[1] as object]))).toBe(200)
    expect([ids(), tooLong]).toEqual([['e1', 'e2'], 1])
  })

  it('a body that unpacks to more than is allowed is not read on', async () => {
    await serve({ mostBytes: 4 << 20 })
    const bomb = gzipSync(Buffer.alloc(64 << 20, 0x20))
    expect(bomb.length).toBeLessThan(100_000)
    const answer = await send(bomb, { encoding: 'gzip' }).catch(() => 413)
    expect(answer).toBe(413)
    expect(await send(listOf(batch))).toBe(200)
  })
})

/** Bytes as they are, and the answer until the server closes. */
const raw = (bytes: string): Promise<string> =>
  new Promise((resolve) => {
    let heard = ''
    const socket = connect(sink.port, '127.0.0.1', () => socket.write(bytes))
    socket.setEncoding('utf8').on('data', (chunk) => {
      heard += chunk
    })
    socket.on('close', () => resolve(heard)).on('error', () => resolve(heard))
  })

describe('senders that are slow, or many', () => {
  it('who does not finish is let go; others are served meanwhile', async () => {
    const limits = { requestTimeout: 600, headersTimeout: 300, connectionsCheckingInterval: 50 }
    await serve({ tls: undefined as never, limits })
    const head = `POST /audit HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: 1000\r\n\r\n{"items":[`
    const slow = [raw(head), raw('POST /audit HTTP/1.1\r\nhost')]
    expect(await send(listOf([event({ id: 'a', user: 'alice', at: 1 })]), { scheme: 'http' })).toBe(200)
    expect(ids()).toEqual(['a'])
    for (const answer of await Promise.all(slow)) expect(answer === '' || answer.includes(' 408 ')).toBe(true)
  })

  it('two hundred batches from forty connections at once are all taken', async () => {
    await serve()
    const by = new Agent({ connect: { ca: TLS.ca }, connections: 40 })
    const bodies = Array.from({ length: 200 }, (_, index) =>
      listOf(Array.from({ length: 20 }, (_unused, at) => event({ id: `${index}-${at}`, user: 'alice', at: 1 }))),
    )
    const answers = await Promise.all(bodies.map((body) => send(body, { by })))
    await by.destroy()
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(new Set(ids()).size).toBe(4_000)
  })

  it('who connects after the fiftieth waits for no answer', async () => {
    await serve({ tls: undefined as never })
    const sockets = Array.from({ length: 50 }, () => connect(sink.port, '127.0.0.1'))
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    expect(await raw('GET / HTTP/1.1\r\n\r\n')).toBe('')
    for (const socket of sockets) socket.destroy()
  })
})

const READER = { imprinter: new Imprinter('k'), wants: () => true }

describe('what comes of it', () => {
  const index = new FactIndex({ wanted: 5_000, others: 2_000, bytes: 8 << 20 })
  const keep = (text: string): void => {
    const reading = readAuditEvent(text, READER)
    if (reading.kind === 'fact') index.add(reading.fact, { wanted: true, now: 0 })
  }
  const facts = (name: string): readonly Fact[] =>
    index.of({ group: 'apps', resource: 'deployments', namespace: 'prod', name })

  it('sent twice, late and in any order it counts once', async () => {
    await serve({ onEvent: keep })
    const late = event({ id: 'late', user: 'bob', at: 1, version: '5', stored: {} })
    const soon = event({ id: 'soon', user: 'alice', at: 9, version: '7', stored: {} })
    expect(await send(listOf([soon]))).toBe(200)
    expect(await send(listOf([soon, late]))).toBe(200)
    expect(facts('web').map(({ auditID, resourceVersion }) => [auditID, resourceVersion])).toEqual([
      ['soon', '7'],
      ['late', '5'],
    ])
  })

  it('thirty thousand events of other objects leave memory as it was, and what is asked after in it', async () => {
    await serve({ onEvent: keep })
    const template = auditLine({ object, resource: 'deployments' }, { id: 'ID', user: 'alice', at: 1, name: 'NAME' })
    const batchOf = (from: number): string => {
      const items = Array.from({ length: 400 }, (_, at) =>
        template.replace('"ID"', `"m-${from + at}"`).replaceAll('NAME', `pod-${from + at}`),
      )
      return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${items.join(',')}]}`
    }
    const before = process.memoryUsage().rss
    for (let from = 0; from < 30_000; from += 400) expect(await send(batchOf(from))).toBe(200)
    expect(index.size).toBeLessThanOrEqual(5_000)
    expect(index.bytes).toBeLessThanOrEqual(8 << 20)
    expect(facts('pod-29999')).toHaveLength(1)
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(200)
  })
})
