// @ts-check
// The ssh server of the npm package `ssh2`, for machines without OpenSSH's own.
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { listenOnLoopback } from './loopback.mjs'
import { readableRepository, spawnUploadPack } from './ssh-git-command.mjs'
import { fingerprintOf } from './ssh-keys.mjs'

/** @typedef {import('./ssh-git-server.mjs').BackendOptions} BackendOptions */
/** @typedef {import('./ssh-git-server.mjs').AuthorizedKey} AuthorizedKey */
/** @typedef {{ user: string | undefined, fingerprint: string | undefined, accepted: boolean, commands: string[], key?: AuthorizedKey }} Seen */

// The parts of ssh2 that are used here; its published types bring those of another Node.
/** @typedef {import('node:stream').Duplex & { stderr: import('node:stream').Writable, exit(code: number): void }} Channel */
/**
 * @typedef {object} Attempt
 * @property {string} method
 * @property {string} username
 * @property {{ algo: string, data: Buffer }} [key]
 * @property {Buffer} [blob]
 * @property {Buffer} [signature] absent while the client only asks whether the key would do
 * @property {string} [hashAlgo]
 * @property {() => void} accept
 * @property {(methods?: readonly string[]) => void} reject
 */
/** @typedef {{ getPublicSSH(): Buffer, verify(blob: Buffer, signature: Buffer, hash?: string): boolean | Error }} ParsedKey */
/** @typedef {(() => Channel) | undefined} Accept */
/** @typedef {import('node:events').EventEmitter & { end(): void }} Client */
/** @typedef {new (options: { hostKeys: readonly string[] }, onClient: (client: Client) => void) => import('node:events').EventEmitter & { injectSocket(socket: import('node:net').Socket): void }} ServerClass */
/** @type {{ Server: ServerClass, utils: { parseKey(text: string): ParsedKey | Error } }} */
const ssh2 = createRequire(import.meta.url)('ssh2')

/** @param {BackendOptions} options @returns {Promise<import('./ssh-git-server.mjs').Backend>} */
export async function startSsh2({ root, user, authorizedKeys, hostKeys, port: wantedPort }) {
  let keys = authorizedKeys
  let hanging = false
  /** @type {Seen[]} */ const seen = []
  /** @type {Set<import('node:net').Socket>} */ const sockets = new Set()
  const protocol = new ssh2.Server({ hostKeys: hostKeys.map(({ privateKey }) => privateKey) }, (client) => {
    /** @type {Seen} */ const connection = { user: undefined, fingerprint: undefined, accepted: false, commands: [] }
    seen.push(connection)
    client.on('error', () => client.end())
    client.on('authentication', (attempt) => authenticate(attempt, connection, { keys, user }))
    client.on('ready', () => client.on('session', (accept) => serveSession(accept(), connection, root)))
  })
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    if (!hanging) protocol.injectSocket(socket)
  })
  const port = await listenOnLoopback(server, wantedPort)
  server.unref()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    cut()
    await closed
  }
  return {
    port,
    connections: () => seen.map(({ key, ...connection }) => connection),
    authorize: (wanted) => {
      keys = wanted
    },
    takeDown: async (outage) => {
      hanging = outage === 'hang'
      cut()
      if (outage === 'refuse' && server.listening) await close()
    },
    bringUp: async () => {
      hanging = false
      cut()
      if (!server.listening) await listenOnLoopback(server, port)
    },
    stop: async () => {
      if (server.listening) await close()
    },
  }
}

/** @param {Attempt} attempt @param {Seen} connection @param {{ keys: readonly AuthorizedKey[], user: string }} allowed */
function authenticate(attempt, connection, { keys, user }) {
  connection.user = attempt.username
  if (attempt.method !== 'publickey') return attempt.reject(['publickey'])
  const found = keys.find((key) => (key.user ?? user) === attempt.username && isKey(key.publicKey, attempt))
  if (!found || !isProved(found.publicKey, attempt)) return attempt.reject(['publickey'])
  if (attempt.signature)
    Object.assign(connection, { key: found, accepted: true, fingerprint: fingerprintOf(found.publicKey) })
  attempt.accept()
}

/** @param {string} publicKey @param {Attempt} attempt */
function isKey(publicKey, { key }) {
  return key !== undefined && parse(publicKey).getPublicSSH().equals(key.data)
}

/** @param {string} publicKey @param {Attempt} attempt */
function isProved(publicKey, { blob, signature, hashAlgo }) {
  return !signature || (blob !== undefined && parse(publicKey).verify(blob, signature, hashAlgo) === true)
}

/** @param {string} publicKey */
function parse(publicKey) {
  const parsed = ssh2.utils.parseKey(publicKey)
  if (parsed instanceof Error) throw new Error(`not a public key of ssh: ${publicKey.slice(0, 40)}`)
  return parsed
}

/** @param {import('node:events').EventEmitter} session @param {Seen} connection @param {string} root */
function serveSession(session, connection, root) {
  /** @type {string | undefined} */ let protocol
  session.on('env', (accept, _reject, { key, val }) => {
    if (key === 'GIT_PROTOCOL') protocol = val
    accept?.()
  })
  for (const what of ['pty', 'window-change']) session.on(what, (accept) => accept?.())
  session.on('shell', (/** @type {Accept} */ accept) => void execute(accept?.(), ''))
  session.on('exec', (/** @type {Accept} */ accept, _reject, { command }) => void execute(accept?.(), command))

  /** @param {Channel | undefined} channel @param {string} command */
  async function execute(channel, command) {
    connection.commands.push(command)
    if (!channel) return
    channel.on('error', () => {})
    const found = await readableRepository(command, { root, ...connection.key })
    if ('refusal' in found) {
      channel.stderr.write(`${found.refusal}\n`)
      channel.exit(1)
      return void channel.end()
    }
    const child = spawnUploadPack(found.path, { protocol, stdio: 'pipe' })
    child.on('error', () => channel.end())
    child.stdin?.on('error', () => {})
    channel.pipe(/** @type {import('node:stream').Writable} */ (child.stdin))
    child.stdout?.pipe(channel, { end: false })
    child.stderr?.pipe(channel.stderr, { end: false })
    channel.on('close', () => child.kill())
    child.on('close', (code) => {
      channel.exit(code ?? 1)
      channel.end()
    })
  }
}
