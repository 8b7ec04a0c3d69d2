// @ts-check
import { createReadStream } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import { openHelm } from './helm.mjs'
import { carries, createWebServer, listenOnLoopback } from './loopback.mjs'
import { createScratch, removeScratch } from './scratch.mjs'

/** @typedef {import('./loopback.mjs').Credentials} Credentials */
/** @typedef {import('node:http').ServerResponse} Response */
/**
 * How a path is answered instead of with its file.
 * @typedef {{ kind: 'redirect', to: string }
 *   | { kind: 'status', status: number, body?: string, headers?: Readonly<Record<string, string>> }
 *   | { kind: 'body', body: string | Buffer }
 *   | { kind: 'slow', pauseMs: number, bytes?: number }
 *   | { kind: 'endless', chunk?: string }
 *   | { kind: 'truncated', bytes: number }
 *   | { kind: 'hang' }
 *   | { kind: 'wrong-digests' }} Behaviour
 *   `slow`: `bytes` (default 1) at a time with a pause after each; `endless`: `chunk` again and again, until the client
 *   goes; `truncated`: the length of the whole is announced and the connection cut after `bytes`; `wrong-digests`: of
 *   index.yaml, every digest in it replaced
 */
/**
 * @typedef {object} ChartRepository
 * @property {string} url
 * @property {number} port
 * @property {string} directory of index.yaml and the archives
 * @property {(folder: string, options?: import('./helm.mjs').PackageOptions) => Promise<string>} addChart packages it and
 *   makes the index anew; returns the archive's path in the repository, such as `/app-1.0.0.tgz`
 * @property {(content: string) => Promise<void>} writeIndex in place of the one made by helm, until a chart is added
 * @property {(path: string, behaviour: Behaviour | undefined) => void} behave of a path such as `/index.yaml`, or of all
 *   paths with `*`; undefined: as usual again
 * @property {(credentials: Credentials | undefined) => void} requireCredentials basic auth from now on, or none
 * @property {() => readonly { method: string, path: string, status: number, authorization: string | undefined }[]} requests
 *   in order of arrival; `status` 0 while it is not answered. `authorization` is what the client sent, to see whom it told
 * @property {(path: string) => number} count requests for a path so far
 * @property {() => Promise<void>} takeDown the port is closed
 * @property {() => Promise<void>} bringUp on the same port
 * @property {() => Promise<void>} stop
 */

/**
 * A Helm repository on 127.0.0.1: archives by the real `helm package`, the index by `helm repo index`.
 * @param {{ charts?: readonly string[], credentials?: Credentials, tls?: import('./tls.mjs').ServerTls, absoluteUrls?: boolean, port?: number }} [options]
 *   `charts`: folders; `absoluteUrls`: the index names its archives by whole URLs
 * @returns {Promise<ChartRepository>}
 * @throws {import('./binaries.mjs').BinariesUnavailable}
 */
export async function startChartRepository(options = {}) {
  const scratch = await createScratch('holdfast-charts')
  const [directory, home] = [join(scratch, 'repository'), join(scratch, 'helm')]
  for (const folder of [directory, home]) await mkdir(folder)
  const helm = await openHelm(home)
  let { credentials } = options
  /** @type {Map<string, Behaviour>} */ const behaviours = new Map()
  /** @type {{ method: string, path: string, status: number, authorization: string | undefined }[]} */ const requests =
    []
  const server = createWebServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname)
    const entry = { method: request.method ?? '', path, status: 0, authorization: request.headers.authorization }
    requests.push(entry)
    const answer = async () => {
      if (credentials && !carries(entry.authorization, credentials)) {
        return void response.writeHead(401, { 'www-authenticate': 'Basic realm="charts"' }).end('unauthorized\n')
      }
      await serve(response, { directory, path, behaviour: behaviours.get(path) ?? behaviours.get('*') })
    }
    response.on('close', () => {
      entry.status = response.headersSent ? response.statusCode : 0
    })
    answer().catch(() => response.destroy())
  }, options.tls)
  const port = await listenOnLoopback(server, options.port ?? 0)
  server.unref()
  const url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const index = () => helm.call('repo', 'index', directory, ...(options.absoluteUrls ? ['--url', url] : []))
  const takeDown = async () => {
    const closed = new Promise((done) => server.close(done))
    server.closeAllConnections()
    await closed
  }
  for (const folder of options.charts ?? []) await helm.packageChart(folder, directory)
  await index()
  return {
    ...{ url, port, directory, takeDown, requests: () => requests },
    count: (path) => requests.filter((entry) => entry.path === path).length,
    addChart: async (folder, wanted) => {
      const archive = await helm.packageChart(folder, directory, wanted)
      await index()
      return `/${basename(archive)}`
    },
    writeIndex: (content) => writeFile(join(directory, 'index.yaml'), content),
    behave: (path, behaviour) => {
      if (behaviour) behaviours.set(path, behaviour)
      else behaviours.delete(path)
    },
    requireCredentials: (wanted) => {
      credentials = wanted
    },
    bringUp: async () => {
      if (!server.listening) await listenOnLoopback(server, port)
    },
    stop: async () => {
      if (server.listening) await takeDown()
      await removeScratch(scratch)
    },
  }
}

/** @param {Response} response @param {{ directory: string, path: string, behaviour: Behaviour | undefined }} request */
async function serve(response, { directory, path, behaviour }) {
  if (behaviour && (await misbehave(response, behaviour))) return
  const file = resolve(directory, `.${path}`)
  const info = file.startsWith(`${directory}${sep}`) ? await stat(file).catch(() => undefined) : undefined
  if (!info?.isFile()) return void response.writeHead(404).end('not found\n')
  if (behaviour?.kind === 'wrong-digests') return void response.end(withWrongDigests(await readFile(file, 'utf8')))
  if (behaviour?.kind === 'truncated') return truncate(response, await readFile(file), behaviour.bytes)
  if (behaviour?.kind === 'slow') return trickle(response, await readFile(file), behaviour)
  response.writeHead(200, { 'content-length': info.size })
  createReadStream(file).pipe(response)
}

/** Whether that was the whole answer. @param {Response} response @param {Behaviour} behaviour @returns {Promise<boolean>} */
async function misbehave(response, behaviour) {
  switch (behaviour.kind) {
    case 'hang':
      return true
    case 'redirect':
      response.writeHead(302, { location: behaviour.to }).end()
      return true
    case 'status':
      response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? '')
      return true
    case 'body':
      response.end(behaviour.body)
      return true
    case 'endless':
      pour(response, Buffer.from(behaviour.chunk ?? '# and so on\n'.repeat(5_000)))
      return true
    default:
      return false
  }
}

/** Without end, as fast as it is read. @param {Response} response @param {Buffer} chunk */
function pour(response, chunk) {
  if (response.destroyed) return
  if (response.write(chunk)) setImmediate(pour, response, chunk)
  else response.once('drain', () => pour(response, chunk))
}

/** @param {Response} response @param {Buffer} content @param {{ pauseMs: number, bytes?: number }} pace */
function trickle(response, content, { pauseMs, bytes = 1 }) {
  response.writeHead(200, { 'content-length': content.length })
  let sent = 0
  const next = () => {
    response.write(content.subarray(sent, (sent += bytes)))
    if (sent < content.length) return
    clearInterval(timer)
    response.end()
  }
  const timer = setInterval(next, pauseMs)
  timer.unref()
  response.on('close', () => clearInterval(timer))
  next()
}

/** @param {Response} response @param {Buffer} content @param {number} bytes */
function truncate(response, content, bytes) {
  response.writeHead(200, { 'content-length': content.length })
  response.write(content.subarray(0, bytes), () => response.destroy())
}

/** @param {string} index */
function withWrongDigests(index) {
  return index.replace(/(digest: )[0-9a-f]+/g, `$1${'0'.repeat(64)}`)
}
