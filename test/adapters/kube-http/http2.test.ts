import { afterEach, describe, expect, it } from 'vitest'
import type { WatchedKind } from '../../../src/ports/cluster-reader.ts'
import { type Bench, bench, CONFIG_MAP, configMap, event, list, say } from './support/bench.ts'
import { eventually } from './support/fake-clock.ts'
import { type Wire, wireTo } from './support/wire.ts'
import {
  type Reply,
  type ScriptedRequest,
  type ScriptedServer,
  scriptedServer,
  type Stream,
} from './support/scripted-server.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Fleet extends Bench {
  readonly server: ScriptedServer
  readonly wire: Wire
  readonly streams: Stream[]
  readonly watches: WatchedKind[]
  readonly said: string[]
}

/** `count` watches of kinds that the server serves alike. */
async function fleet(count: number, options: { maxConcurrentStreams?: number } = {}): Promise<Fleet> {
  const streams: Stream[] = []
  const said: string[] = []
  const handler = (request: ScriptedRequest, reply: Reply): void => {
    if (request.query.has('watch')) streams.push(reply.stream())
    // Closed after each answer: only the watches' connections stay.
    else reply.json(200, list(10, []), { connection: 'close' })
  }
  const server = await scriptedServer('h2', handler, options)
  const wire = await wireTo(server.url)
  const made = await bench({ ca: server.ca, url: wire.url })
  closing.push(server.close, wire.close, () => made.cluster.close())
  const watches = Array.from({ length: count }, (_, index) =>
    made.cluster.reader.watch(
      { ...CONFIG_MAP, resource: `kind${index}` },
      (each) => void said.push(`${index}${say(each)}`),
    ),
  )
  await eventually(made.clock, () => streams.length === count)
  return { ...made, server, wire, streams, watches, said }
}

describe('watches over HTTP/2', () => {
  it('puts at most 90 on a connection and opens another for the rest; requests use none of them', async () => {
    const { server, streams, watches, clock } = await fleet(100)
    expect(server.sessions.size).toBe(2)
    expect(streams.every((stream) => stream.request.httpVersion === '2.0')).toBe(true)
    await eventually(clock, () => watches.every((watched) => watched.isFresh()))
  })

  it('stays below a lower limit of the server', async () => {
    const { server } = await fleet(12, { maxConcurrentStreams: 5 })
    expect(server.sessions.size).toBe(3)
  })

  it('reuses the room that a stopped watch leaves', async () => {
    const { server, streams, watches, cluster, clock } = await fleet(5, { maxConcurrentStreams: 5 })
    watches[0]?.stop()
    await eventually(null, () => streams.some((stream) => stream.closed))
    cluster.reader.watch({ ...CONFIG_MAP, resource: 'later' }, () => undefined)
    await eventually(clock, () => streams.length === 6)
    expect(server.sessions.size).toBe(1)
  })

  for (const [name, breakIt] of [
    ['GOAWAY', ({ server }: Fleet) => [...server.sessions].forEach((session) => session.goaway(0))],
    ['GOAWAY with an error', ({ server }: Fleet) => [...server.sessions].forEach((session) => session.goaway(2))],
    ['a lost connection', ({ wire }: Fleet) => wire.cut()],
    ['an orderly close', ({ server }: Fleet) => [...server.sessions].forEach((session) => session.destroy())],
  ] as const) {
    it(`after ${name} every watch goes on, on a fresh connection, from where it was`, async () => {
      const made = await fleet(10)
      const { server, streams, watches, clock, said } = made
      for (const stream of streams) stream.send(event('ADDED', configMap('a', 11)))
      await eventually(clock, () => said.filter((word) => word.includes('+')).length === 10)
      breakIt(made)
      await eventually(clock, () => streams.length === 20 && watches.every((watched) => watched.isFresh()))
      const resumed = streams.slice(10).map((stream) => stream.request.query.get('resourceVersion'))
      // The server's list says 10, less than the 11 of the event: it is listed anew.
      expect(new Set(resumed)).toEqual(new Set(['10']))
      expect(server.sessions.size).toBe(1)
      expect(said.filter((word) => word.includes('-ns/a'))).toHaveLength(10)
    })
  }

  it('gives up a connection that answers no ping', async () => {
    const { wire, streams, clock, watches } = await fleet(3)
    wire.freeze()
    clock.advance(30_001)
    await new Promise((done) => setImmediate(done))
    clock.advance(15_001)
    await eventually(clock, () => streams.length === 6 && watches.every((watched) => watched.isFresh()))
  })

  it('an event reaches the callback in the same turn as its bytes, many events of one chunk in order', async () => {
    const { streams, said, clock } = await fleet(1)
    const lines = Array.from(
      { length: 500 },
      (_, index) => `${JSON.stringify(event('MODIFIED', configMap('a', 11 + index)))}\n`,
    )
    streams[0]?.raw(lines.join(''))
    await eventually(clock, () => said.length === 501)
    expect(said.slice(1)).toEqual(lines.map((_, index) => `0+ns/a@${11 + index}`))
  })
})
