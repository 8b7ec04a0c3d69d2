import { afterEach, describe, expect, it } from 'vitest'
import type { WatchedKind, WatchEvent } from '../../../src/ports/cluster-reader.ts'
import type { ConnectOptions } from '../../../src/adapters/kube-http/index.ts'
import {
  type Bench,
  bench,
  bookmark,
  CONFIG_MAP,
  configMap,
  event,
  list,
  say,
  script,
  status,
} from './support/bench.ts'
import { eventually } from './support/fake-clock.ts'
import {
  type Reply,
  type ScriptedRequest,
  type ScriptedServer,
  scriptedServer,
  type Stream,
} from './support/scripted-server.ts'

type Steps = Parameters<typeof script>[0]
type Protocol = 'http' | 'https' | 'h2'

interface Watching extends Bench {
  readonly server: ScriptedServer
  readonly seen: ScriptedRequest[]
  readonly said: string[]
  readonly events: WatchEvent[]
  readonly watched: WatchedKind
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function watching(
  steps: Steps,
  options: {
    protocol?: Protocol
    namespaces?: string[]
    onEvent?: (event: WatchEvent) => void
    connect?: Partial<ConnectOptions>
  } = {},
): Promise<Watching> {
  const { handler, seen } = script(steps)
  const server = await scriptedServer(options.protocol ?? 'http', handler)
  const made = await bench(server, options.connect)
  const events: WatchEvent[] = []
  const said: string[] = []
  const watched = made.cluster.reader.watch(
    CONFIG_MAP,
    (each) => {
      events.push(each)
      said.push(say(each))
      options.onEvent?.(each)
    },
    options.namespaces === undefined ? {} : { namespaces: options.namespaces },
  )
  closing.push(server.close, () => made.cluster.close())
  return { ...made, server, seen, said, events, watched }
}

const answer =
  (body: object, code = 200) =>
  (_request: ScriptedRequest, reply: Reply) =>
    reply.json(code, body)

const send =
  (...lines: (object | string)[]) =>
  (_request: ScriptedRequest, reply: Reply) => {
    const stream = reply.stream()
    for (const line of lines) stream.send(line)
  }

const endAfter =
  (...lines: (object | string)[]) =>
  (_request: ScriptedRequest, reply: Reply) => {
    const stream = reply.stream()
    for (const line of lines) stream.send(line)
    stream.end()
  }

const quiet = send()
const two = list(10, [configMap('a', 5), configMap('b', 6)])
const expired = event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' })

/** Each case: what the server does, and all that the watcher is told. Names come from namespace `ns`. */
const CASES: { name: string; protocols?: Protocol[]; steps: Steps; told: string[]; watchedFrom?: string[] }[] = [
  {
    name: 'list, then events',
    protocols: ['http', 'https', 'h2'],
    steps: {
      lists: [answer(two)],
      watches: [
        send(
          event('ADDED', configMap('c', 11)),
          event('MODIFIED', configMap('a', 12)),
          event('DELETED', configMap('b', 13)),
        ),
      ],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '+ns/c@11', '+ns/a@12', '-ns/b u-b'],
    watchedFrom: ['10'],
  },
  {
    name: 'a page at a time',
    steps: {
      lists: [answer(list(10, [configMap('a', 5)], 'next')), answer(list(10, [configMap('b', 6)]))],
      watches: [quiet],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10'],
  },
  {
    name: 'a page token that expired: from the beginning, in one piece; what vanished between is deleted',
    steps: {
      lists: [
        answer(list(10, [configMap('a', 5)], 'next')),
        answer(status(410, 'Expired', 'The provided continue parameter is too old'), 410),
        answer(list(20, [configMap('b', 6)])),
      ],
      watches: [quiet],
    },
    told: ['~ns/a@5', '~ns/b@6', '-ns/a u-a', '=1@20'],
  },
  {
    name: 'clean end of the body: resume where it was, bookmarks counted',
    protocols: ['http', 'h2'],
    steps: {
      lists: [answer(two)],
      watches: [
        endAfter(event('MODIFIED', configMap('a', 11)), bookmark(30)),
        send(event('DELETED', configMap('a', 31))),
      ],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '+ns/a@11', '-ns/a u-a'],
    watchedFrom: ['10', '30'],
  },
  {
    name: '410 as an event: list again, synthetic deletes, nothing told twice',
    protocols: ['http', 'h2'],
    steps: {
      lists: [answer(two), answer(list(40, [configMap('b', 6), configMap('c', 35)]))],
      watches: [send(expired), quiet],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '~ns/c@35', '-ns/a u-a', '=2@40'],
    watchedFrom: ['10', '40'],
  },
  {
    name: '410 as the answer to the watch',
    protocols: ['http', 'h2'],
    steps: {
      lists: [answer(two), answer(list(40, [configMap('b', 36)]))],
      watches: [answer(status(410, 'Expired', 'too old'), 410), quiet],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '~ns/b@36', '-ns/a u-a', '=1@40'],
    watchedFrom: ['10', '40'],
  },
  {
    name: 'recreated while nobody watched: a delete of the old uid, then the new one',
    steps: {
      lists: [answer(two), answer(list(40, [configMap('a', 33, 'u-new'), configMap('b', 6)]))],
      watches: [send(expired), quiet],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '-ns/a u-a', '~ns/a@33', '=2@40'],
  },
  {
    name: 'a late DELETED of an earlier uid is no news',
    steps: {
      lists: [answer(two)],
      watches: [
        send(
          event('MODIFIED', configMap('a', 12, 'u-new')),
          event('DELETED', configMap('a', 13)),
          event('ADDED', configMap('z', 14)),
        ),
      ],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '-ns/a u-a', '+ns/a@12', '+ns/z@14'],
  },
  {
    name: 'garbage on the watch: connect again from the last event',
    protocols: ['http', 'h2'],
    steps: {
      lists: [answer(two), answer(list(11, []))],
      watches: [
        send(event('MODIFIED', configMap('a', 11)), '<html>bad gateway</html>', event('MODIFIED', configMap('b', 12))),
        send(event('MODIFIED', configMap('b', 12))),
      ],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '+ns/a@11', '!HF4001', '+ns/b@12'],
    watchedFrom: ['10', '11'],
  },
  ...[
    'null',
    '[]',
    '7',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":{"metadata":{"name":5,"resourceVersion":"1"}}}',
    '{"type":"NEW","object":{"metadata":{}}}',
  ].map((line) => ({
    name: `hostile line ${line}`,
    steps: {
      lists: [answer(two), answer(list(10, []))],
      watches: [send(line), send(event('ADDED', configMap('c', 11)))],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '!HF4001', '+ns/c@11'],
  })),
  {
    name: 'an ERROR that is not 410: list again',
    steps: {
      lists: [answer(two), answer(list(40, [configMap('a', 5), configMap('b', 6)]))],
      watches: [
        send(event('ERROR', { kind: 'Status', code: 500, message: 'etcd event received with no previous value' })),
        quiet,
      ],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '!HF4008', '=2@40'],
  },
  {
    name: 'cut in the middle of a line: the half event is told by the next watch',
    protocols: ['http', 'h2'],
    steps: {
      lists: [answer(two)],
      watches: [
        (_request, reply) => {
          const stream = reply.stream()
          stream.send(event('MODIFIED', configMap('a', 11)))
          stream.raw(JSON.stringify(event('MODIFIED', configMap('b', 12))).slice(0, 40))
          stream.end()
        },
        send(event('MODIFIED', configMap('b', 12))),
      ],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '+ns/a@11', '+ns/b@12'],
    watchedFrom: ['10', '11'],
  },
  {
    name: 'the list fails again and again: it keeps trying',
    steps: {
      lists: [
        answer(status(500, 'InternalError', 'etcd'), 500),
        (_r, reply) => reply.text(502, 'bad gateway'),
        (_r, reply) => reply.text(200, '<html>'),
        answer(two),
      ],
      watches: [quiet],
    },
    told: ['!HF4008', '!HF4008', '!HF4001', '~ns/a@5', '~ns/b@6', '=2@10'],
  },
  {
    name: 'broken connection, and a server that went back in time: everything is told anew',
    protocols: ['http', 'h2'],
    steps: {
      lists: [answer(two), answer(list(7, [])), answer(list(7, [configMap('a', 5)]))],
      watches: [
        (_request, reply) => {
          const stream = reply.stream()
          setTimeout(() => stream.destroy(), 20)
        },
        quiet,
      ],
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '!HF4001', '~ns/a@5', '-ns/b u-b', '=1@7'],
    watchedFrom: ['10', '7'],
  },
  {
    name: 'the kind vanished: synthetic deletes; it comes back',
    steps: {
      lists: [
        answer(two),
        (_r, reply) => reply.text(404, '404 page not found'),
        answer(list(50, [configMap('a', 45, 'u-2')])),
      ],
      watches: [(_r, reply) => reply.text(404, '404 page not found'), quiet],
      other: (_r, reply) => reply.json(200, { kind: 'APIGroupDiscoveryList', items: [] }),
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '-ns/a u-a', '-ns/b u-b', '!HF3002', '!HF3002', '~ns/a@45', '=1@50'],
  },
  {
    name: 'a 404 that discovery cannot confirm deletes nothing',
    steps: {
      lists: [answer(two), answer(list(10, []))],
      watches: [(_r, reply) => reply.text(404, '404 page not found'), send(event('DELETED', configMap('b', 12)))],
      other: (_r, reply) => reply.json(500, status(500, 'InternalError', 'no discovery')),
    },
    told: ['~ns/a@5', '~ns/b@6', '=2@10', '!HF4008', '-ns/b u-b'],
  },
]

describe('reflector', () => {
  for (const each of CASES) {
    for (const protocol of each.protocols ?? (['http'] as const)) {
      it(`${each.name} (${protocol})`, async () => {
        const bench = await watching(each.steps, { protocol })
        await eventually(bench.clock, () => bench.said.length >= each.told.length)
        expect(bench.said).toEqual(each.told)
        if (each.watchedFrom !== undefined) {
          const watches = (): (string | null)[] =>
            bench.seen
              .filter((request) => request.query.has('watch'))
              .map((request) => request.query.get('resourceVersion'))
          await eventually(bench.clock, () => watches().length >= (each.watchedFrom?.length ?? 0))
          expect(watches()).toEqual(each.watchedFrom)
        }
      })
    }
  }

  it('splits lines and characters at any byte', async () => {
    const object = { ...configMap('a', 11), data: { text: 'grüße 🚀 \\n "x"' } }
    let stream: Stream | undefined
    const bench = await watching({
      lists: [answer(list(10, []))],
      watches: [(_r, reply) => void (stream = reply.stream())],
    })
    await eventually(bench.clock, () => stream !== undefined)
    const bytes = Buffer.from(`\n${JSON.stringify(event('ADDED', object))}\n${JSON.stringify(bookmark(12))}\n`)
    for (const byte of bytes) {
      stream?.raw(Buffer.of(byte))
      await new Promise((done) => setImmediate(done))
    }
    await eventually(bench.clock, () => bench.said.length >= 2)
    expect(bench.events[1]).toMatchObject({ type: 'upsert', key: '/ConfigMap/ns/a', object, initial: false })
  })

  it('takes 70 s of silence for a dead watch, and a bookmark for life', async () => {
    let stream: Stream | undefined
    const lists = [answer(two), answer(list(9, [configMap('a', 5), configMap('b', 8)]))]
    const bench = await watching({ lists, watches: [(_r, reply) => void (stream = reply.stream())] })
    await eventually(bench.clock, () => stream !== undefined && bench.watched.isFresh(), 0)
    const first = stream
    bench.clock.advance(60_000)
    stream?.send(bookmark(11))
    await new Promise((done) => setTimeout(done, 50))
    bench.clock.advance(60_000)
    expect(bench.watched.isFresh()).toBe(true)
    bench.clock.advance(10_001)
    expect(bench.watched.isFresh()).toBe(false)
    await eventually(bench.clock, () => stream !== first && bench.watched.isFresh())
    // The server's resourceVersion went back: every object is told again.
    expect(bench.said).toEqual(['~ns/a@5', '~ns/b@6', '=2@10', '!HF4001', '~ns/a@5', '~ns/b@8', '=2@9'])
    expect(first?.closed).toBe(true)
  })

  // requirements: [S000-08]
  it('lists again within the hour though the watch lives, and tells what it never heard of', async () => {
    const missed = list(12, [configMap('a', 5), configMap('b', 11), configMap('d', 12)])
    let stream: Stream | undefined
    let watches = 0
    const open = (_r: ScriptedRequest, reply: Reply): void => {
      watches += 1
      stream = reply.stream()
    }
    const bench = await watching({ lists: [answer(two), answer(missed)], watches: [open] })
    const begun = bench.clock.monotonic()
    await eventually(bench.clock, () => watches === 1 && bench.watched.isFresh(), 0)
    while (watches === 1) {
      bench.clock.advance(50_000)
      stream?.send(bookmark(10))
      await new Promise((done) => setTimeout(done, 5))
    }
    expect(bench.clock.monotonic() - begun).toBeGreaterThan(1_800_000)
    expect(bench.clock.monotonic() - begun).toBeLessThanOrEqual(3_600_000)
    await eventually(bench.clock, () => bench.watched.isFresh(), 0)
    expect(bench.said).toEqual(['~ns/a@5', '~ns/b@6', '=2@10', '~ns/b@11', '~ns/d@12', '=3@12'])
  })

  it('survives a callback that throws, says so, and tells the object again with the next list', async () => {
    let stream: Stream | undefined
    const onEvent = (each: WatchEvent): void => {
      if (each.type !== 'trouble' && say(each) === '+ns/c@11') throw new Error('boom')
    }
    const lists = [answer(two), answer(list(40, [configMap('a', 5), configMap('b', 6), configMap('c', 11)]))]
    const watches = [(_r: ScriptedRequest, reply: Reply): void => void (stream = reply.stream()), quiet]
    const bench = await watching({ lists, watches }, { onEvent })
    await eventually(bench.clock, () => stream !== undefined)
    stream?.send(event('ADDED', configMap('c', 11)))
    stream?.send(event('ADDED', configMap('d', 12)))
    stream?.send(expired)
    await eventually(bench.clock, () => bench.said.includes('=3@40'))
    expect(bench.said.slice(3)).toEqual(['+ns/c@11', '!The wa', '+ns/d@12', '~ns/c@11', '-ns/d u-d', '=3@40'])
  })

  it('a callback that always throws does not stop the watch', async () => {
    const bench = await watching(
      { lists: [answer(two)], watches: [send(event('ADDED', configMap('c', 11)))] },
      {
        onEvent: () => {
          throw new Error('always')
        },
      },
    )
    await bench.watched.ready
    await eventually(bench.clock, () => bench.said.includes('+ns/c@11'))
    expect(bench.watched.known('ns/a')?.uid).toBe('u-a')
  })

  it('forbidden cluster-wide: one stream per namespace; what is unproven is not deleted', async () => {
    const forbidden = status(
      403,
      'Forbidden',
      'configmaps is forbidden: User "x" cannot list resource "configmaps" at the cluster scope',
    )
    const handler = (request: ScriptedRequest, reply: Reply): void => {
      if (request.path === '/api/v1/configmaps') return reply.json(403, forbidden)
      const namespace = request.path.split('/')[4] ?? ''
      if (request.query.has('watch'))
        return void reply.stream().send(event('ADDED', configMap('w', 11, 'u', namespace)))
      reply.json(200, list(10, [configMap('a', 5, 'u', namespace)]))
    }
    const server = await scriptedServer('h2', handler)
    const { cluster, clock } = await bench(server)
    closing.push(server.close, () => cluster.close())
    const said: string[] = []
    const watched = cluster.reader.watch(CONFIG_MAP, (each) => void said.push(say(each)), {
      namespaces: ['one', 'two'],
    })
    await eventually(clock, () => said.length >= 5 && watched.isFresh())
    expect(said.filter((word) => !word.startsWith('='))).toEqual(
      expect.arrayContaining(['~one/a@5', '~two/a@5', '+one/w@11', '+two/w@11']),
    )
    expect(said.filter((word) => word.startsWith('='))).toHaveLength(1)
    expect(watched.known('two/a')?.resourceVersion).toBe('5')
    expect(server.sessions.size).toBe(1)
  })

  it('forbidden without namespaces to go to: trouble, and further tries', async () => {
    const lists = [
      answer(status(403, 'Forbidden', 'configmaps is forbidden'), 403),
      answer(status(403, 'Forbidden', 'no'), 403),
      answer(two),
    ]
    const bench = await watching({ lists, watches: [quiet] })
    await eventually(bench.clock, () => bench.said.length >= 5)
    expect(bench.said).toEqual(['!HF4010', '!HF4010', '~ns/a@5', '~ns/b@6', '=2@10'])
  })

  it('backs off from 100 ms to 30 s, jittered, and starts small again after a success', async () => {
    const times: number[] = []
    let failing = true
    const server = await scriptedServer('http', (request, reply) => {
      if (request.query.has('watch')) return void reply.stream().send(event('ADDED', configMap('c', 11)))
      times.push(made.clock.monotonic())
      reply.json(failing ? 500 : 200, failing ? status(500, 'InternalError', 'no') : two)
    })
    const made = await bench(server)
    closing.push(server.close, () => made.cluster.close())
    const watched = made.cluster.reader.watch(CONFIG_MAP, () => undefined)
    await eventually(made.clock, () => times.length >= 12, 500)
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(gaps[0]).toBeLessThanOrEqual(1500)
    expect(Math.max(...gaps)).toBeGreaterThan(15_000)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(30_000 + 1500)
    failing = false
    await eventually(made.clock, () => watched.isFresh(), 500)
  })

  it('tells nothing after stop', async () => {
    let stream: Stream | undefined
    const bench = await watching({ lists: [answer(two)], watches: [(_r, reply) => void (stream = reply.stream())] })
    await eventually(bench.clock, () => stream !== undefined)
    bench.watched.stop()
    stream?.send(event('ADDED', configMap('c', 11)))
    await eventually(null, () => stream?.closed === true)
    expect(bench.said).toEqual(['~ns/a@5', '~ns/b@6', '=2@10'])
    expect(bench.watched.isFresh()).toBe(false)
  })
})
