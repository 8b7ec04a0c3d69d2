// @ts-check
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import bcrypt from 'bcryptjs'
import { Agent, fetch } from 'undici'
import { ensureBinaries } from './binaries.mjs'
import { logTail, startGuarded } from './guarded-process.mjs'
import { openHelm } from './helm.mjs'
import { createScratch, removeScratch } from './scratch.mjs'

/** @typedef {import('./loopback.mjs').Credentials} Credentials */
/** @typedef {{ mediaType: string, content: Buffer | string }} Blob */
/**
 * @typedef {object} OciRegistry
 * @property {number} port
 * @property {string} host `127.0.0.1:<port>`
 * @property {string} url of its HTTP API
 * @property {(name: string) => string} reference `oci://127.0.0.1:<port>/<name>`
 * @property {(archive: string, repository?: string) => Promise<{ reference: string, digest: string }>} pushChart
 *   by the real `helm push`; `archive` is a .tgz of `helm package`, `repository` the part of the name before the
 *   chart's own (default `charts`); `reference` ends in the version, `digest` is that of the manifest
 * @property {(artifact: Artifact) => Promise<string>} push anything at all, by the HTTP API; returns the manifest's digest
 * @property {() => readonly string[]} requests `GET /v2/charts/app/manifests/1.0.0 200`, …, in order of their end
 * @property {(name: string) => number} pulls answered manifests of a repository such as `charts/app`, its HEAD requests not counted
 * @property {() => Promise<void>} stop
 */
/**
 * @typedef {object} Artifact
 * @property {string} repository such as `charts/app`
 * @property {string} tag
 * @property {Blob} config
 * @property {readonly Blob[]} layers
 * @property {Readonly<Record<string, string>>} [annotations]
 */

/**
 * The CNCF's distribution registry on 127.0.0.1, with its data in a temporary folder.
 * @param {{ tls?: import('./tls.mjs').LoopbackTls, clientCertificates?: boolean, credentials?: Credentials }} [options]
 *   `tls`: https instead of http; `clientCertificates`: clients must show one of `tls.client`; `credentials`: basic auth
 *   for every request
 * @returns {Promise<OciRegistry>}
 * @throws {import('./binaries.mjs').BinariesUnavailable}
 */
export async function startOciRegistry(options = {}) {
  const { registry: program } = await ensureBinaries(['registry'])
  const directory = await createScratch('holdfast-registry')
  await configure(directory, options)
  const logFile = join(directory, 'registry.log')
  // Without this it would send traces to a collector on port 4318 of this host.
  const env = { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' }
  const server = startGuarded({
    name: 'registry',
    program,
    args: ['serve', join(directory, 'config.json')],
    logFile,
    env,
  })
  const port = await portOf(server)
  const host = `127.0.0.1:${port}`
  const url = `${options.tls ? 'https' : 'http'}://${host}`
  const identity = options.tls && options.clientCertificates ? options.tls.client('pusher') : undefined
  if (identity) {
    await writeFile(join(directory, 'client.crt'), identity.certificate)
    await writeFile(join(directory, 'client.key'), identity.key, { mode: 0o600 })
  }
  const connect = { ca: options.tls?.ca, cert: identity?.certificate, key: identity?.key }
  const agent = new Agent({ connect: Object.fromEntries(Object.entries(connect).filter(([, value]) => value)) })
  const requests = () => requestsOf(logFile)
  return {
    ...{ port, host, url, requests },
    reference: (name) => `oci://${host}/${name}`,
    pushChart: (archive, repository = 'charts') =>
      pushChart(archive, {
        ...options,
        directory,
        target: `oci://${host}/${repository}`,
        identified: Boolean(identity),
      }),
    push: (artifact) => pushArtifact(artifact, { url, agent, credentials: options.credentials }),
    pulls: (name) =>
      requests().filter((line) => line.startsWith(`GET /v2/${name}/manifests/`) && / 200$/.test(line)).length,
    stop: async () => {
      await agent.close()
      await server.kill()
      await removeScratch(directory)
    },
  }
}

/** @param {string} directory @param {Parameters<typeof startOciRegistry>[0]} [options] */
async function configure(directory, { tls, clientCertificates, credentials } = {}) {
  const at = (/** @type {string} */ name) => join(directory, name)
  await mkdir(at('helm'))
  if (tls) {
    await writeFile(at('tls.crt'), tls.server.certificate)
    await writeFile(at('tls.key'), tls.server.key, { mode: 0o600 })
    await writeFile(at('ca.crt'), tls.ca)
  }
  if (credentials) {
    await writeFile(at('htpasswd'), `${credentials.username}:${await bcrypt.hash(credentials.password, 4)}\n`)
  }
  const files = { certificate: at('tls.crt'), key: at('tls.key') }
  const config = {
    version: '0.1',
    log: { level: 'info', formatter: 'json', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: at('data') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      secret: 'of a test',
      ...(tls ? { tls: { ...files, ...(clientCertificates ? { clientcas: [at('ca.crt')] } : {}) } } : {}),
    },
    ...(credentials ? { auth: { htpasswd: { realm: 'registry', path: at('htpasswd') } } } : {}),
  }
  await writeFile(at('config.json'), JSON.stringify(config))
}

/** @param {import('./guarded-process.mjs').GuardedProcess} server @returns {Promise<number>} */
async function portOf(server) {
  for (;;) {
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(readFileSync(server.logFile, 'utf8'))?.[1]
    if (port) return Number(port)
    if (server.ended()) throw new Error(`the registry ${server.ended()}: ${logTail(server)}`)
    await sleep(20)
  }
}

/** @param {string} logFile */
function requestsOf(logFile) {
  const lines = readFileSync(logFile, 'utf8').matchAll(/^127\.0\.0\.1 .*?\] "(\S+ \S+) HTTP\/[\d.]+" (\d+)/gm)
  return [...lines].map(([, what, status]) => `${what} ${status}`)
}

/**
 * @param {string} archive
 * @param {{ directory: string, target: string, tls?: unknown, identified: boolean, credentials?: Credentials }} options
 */
async function pushChart(archive, { directory, target, tls, identified, credentials }) {
  const helm = await openHelm(join(directory, 'helm'))
  const trust = tls ? ['--ca-file', join(directory, 'ca.crt')] : ['--plain-http']
  const identity = ['--cert-file', join(directory, 'client.crt'), '--key-file', join(directory, 'client.key')]
  const login = credentials ? ['--username', credentials.username, '--password', credentials.password] : []
  const printed = await helm.call('push', archive, target, ...trust, ...(identified ? identity : []), ...login)
  const [, pushed] = /^Pushed: (\S+)$/m.exec(printed) ?? []
  const [, digest] = /^Digest: (sha256:\S+)$/m.exec(printed) ?? []
  if (!pushed || !digest) throw new Error(`helm push did not say what it pushed: ${printed}`)
  return { reference: `oci://${pushed}`, digest }
}

/**
 * @param {Artifact} artifact
 * @param {{ url: string, agent: Agent, credentials: Credentials | undefined }} server
 */
async function pushArtifact({ repository, tag, config, layers, annotations }, { url, agent, credentials }) {
  const login = credentials && Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')
  const headers = login ? { authorization: `Basic ${login}` } : undefined
  /** @param {string} method @param {string} target @param {{ body?: Buffer, type?: string }} [content] */
  const send = async (method, target, { body, type = 'application/octet-stream' } = {}) => {
    const answer = await fetch(new URL(target, url), {
      ...{ method, dispatcher: agent, headers: { ...headers, 'content-type': type } },
      ...(body ? { body: new Uint8Array(body) } : {}),
    })
    if (!answer.ok) throw new Error(`${method} ${target} was answered with ${answer.status}: ${await answer.text()}`)
    await answer.arrayBuffer()
    return answer
  }
  const blobs = [config, ...layers].map(({ mediaType, content }) => ({ mediaType, bytes: Buffer.from(content) }))
  for (const { bytes } of blobs) {
    const { headers: opened } = await send('POST', `/v2/${repository}/blobs/uploads/`)
    const location = new URL(opened.get('location') ?? '', url)
    location.searchParams.set('digest', digestOf(bytes))
    await send('PUT', location.href, { body: bytes })
  }
  const [first, ...others] = blobs.map(({ mediaType, bytes }) => ({
    ...{ mediaType, digest: digestOf(bytes), size: bytes.length },
  }))
  const type = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: first,
      layers: others,
      ...(annotations ? { annotations } : {}),
    }),
  )
  await send('PUT', `/v2/${repository}/manifests/${tag}`, { body: manifest, type })
  return digestOf(manifest)
}

/** @param {Buffer} bytes */
function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
