import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A piece of network between client and server that can fall silent or be cut. */
export interface Wire {
  readonly url: string
  /** Connections of now carry nothing more, in either direction, without being closed. */
  freeze(): void
  cut(): void
  /** Cuts, and lets nobody through until mended. */
  block(): void
  mend(): void
  close(): Promise<void>
}

export async function wireTo(url: string): Promise<Wire> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.on('data', (chunk) => to.write(chunk))
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }
  let blocked = false
  const server = createServer((client) => {
    if (blocked) return void client.resetAndDestroy()
    const upstream = connect(Number(target.port), target.hostname)
    join(client, upstream)
    join(upstream, client)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const each = (act: (socket: Socket) => void): void => {
    for (const socket of [...sockets]) act(socket)
  }
  return {
    url: `${target.protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`,
    freeze: () => each((socket) => void socket.removeAllListeners('data').pause()),
    cut: () => each((socket) => socket.resetAndDestroy()),
    block: () => {
      blocked = true
      each((socket) => socket.resetAndDestroy())
    },
    mend: () => {
      blocked = false
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        each((socket) => void socket.destroy())
      }),
  }
}
