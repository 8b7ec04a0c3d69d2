// A cable between Holdfast and the API server that can be pulled and plugged in again.
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

export interface Cable {
  /** Like the one given, but through the cable. */
  readonly kubeconfig: string
  /** Every connection breaks off, and none can be made. */
  cut(): void
  restore(): void
  close(): Promise<void>
}

export async function layCable(options: { url: string; kubeconfig: string; directory: string }): Promise<Cable> {
  const { hostname, port } = new URL(options.url)
  const sockets = new Set<Socket>()
  let isCut = false
  const pull = (): void => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  const server = createServer((near) => {
    if (isCut) return void near.destroy()
    const far = connect(Number(port), hostname)
    near.pipe(far).pipe(near)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const end = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const kubeconfig = join(options.directory, 'through-the-cable.kubeconfig')
  await writeFile(kubeconfig, (await readFile(options.kubeconfig, 'utf8')).replaceAll(options.url, end))
  return {
    kubeconfig,
    cut: () => {
      isCut = true
      pull()
    },
    restore: () => {
      isCut = false
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        pull()
      }),
  }
}
