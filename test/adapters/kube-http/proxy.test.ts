import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { bench, CONFIG_MAP, configFor, configMap, event, list, say } from './support/bench.ts'
import { eventually } from './support/fake-clock.ts'
import { scriptedServer } from './support/scripted-server.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A proxy that knows CONNECT, and counts. */
async function proxy(): Promise<{ url: string; tunnels: () => number }> {
  const sockets = new Set<Socket>()
  let tunnels = 0
  const server = createServer()
  server.on('connect', (request, client: Socket) => {
    tunnels += 1
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const upstream = connect(Number(port), host, () => client.write('HTTP/1.1 200 OK\r\n\r\n'))
    upstream.pipe(client).pipe(upstream)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closing.push(
    () =>
      new Promise((done) => {
        server.close(() => done())
        for (const socket of sockets) socket.destroy()
      }),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels: () => tunnels }
}

it('requests and watches go through proxy-url', async () => {
  const server = await scriptedServer('h2', (request, reply) => {
    if (request.query.has('watch')) return reply.stream().send(event('ADDED', configMap('c', 11)))
    reply.json(200, list(10, []))
  })
  const { url, tunnels } = await proxy()
  const { cluster, clock } = await bench(server, { config: { ...configFor(server), proxyUrl: url } })
  closing.push(server.close, () => cluster.close())
  const said: string[] = []
  cluster.reader.watch(CONFIG_MAP, (each) => void said.push(say(each)))
  await eventually(clock, () => said.length >= 2)
  expect(said).toEqual(['=0@10', '+ns/c@11'])
  expect(tunnels()).toBe(2)
})
