// @ts-check
// OpenSSH's own server, as this process' user.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { access, constants, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { logTail, startGuarded } from './guarded-process.mjs'
import { listenOnLoopback } from './loopback.mjs'
import { createScratch, removeScratch } from './scratch.mjs'
import { FORCED_COMMAND } from './ssh-git-command.mjs'
import { fingerprintOf } from './ssh-keys.mjs'

/** @typedef {import('./ssh-git-server.mjs').AuthorizedKey} AuthorizedKey */
/** @typedef {{ directory: string, root: string, user: string }} Place */

/** Path of sshd (`HOLDFAST_SSHD` names another one); undefined where there is none. @returns {Promise<string | undefined>} */
export async function findSshd() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin']
  const candidates = [process.env.HOLDFAST_SSHD ?? '', ...folders.map((folder) => join(folder, 'sshd'))]
  for (const path of candidates.filter((candidate) => candidate.startsWith('/'))) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (runs) return path
  }
  return undefined
}

/** @param {import('./ssh-git-server.mjs').BackendOptions} options @returns {Promise<import('./ssh-git-server.mjs').Backend>} */
export async function startOpenSsh({ root, user, authorizedKeys, hostKeys, port: wantedPort }) {
  const program = await findSshd()
  if (!program) throw new Error('OpenSSH has no sshd on this machine')
  const directory = await createScratch('holdfast-sshd')
  const place = { directory, root, user }
  const port = wantedPort || (await freePort())
  await configure(place, { port, hostKeys })
  authorize(place, authorizedKeys)
  const logFile = join(directory, 'sshd.log')
  const start = async () => {
    const args = ['-D', '-e', '-f', join(directory, 'sshd_config')]
    const before = existsSync(logFile) ? readFileSync(logFile, 'utf8').length : 0
    const server = startGuarded({ name: 'sshd', program, args, logFile })
    while (!readFileSync(logFile, 'utf8').slice(before).includes('Server listening on')) {
      if (server.ended()) throw new Error(`sshd ${server.ended()}: ${logTail(server)}`)
      await sleep(20)
    }
    return server
  }
  let server = await start()
  let unmute = async () => {}
  const takeDown = async () => {
    await Promise.all([server.kill(), unmute()])
  }
  return {
    port,
    connections: () => connectionsOf(place),
    authorize: (keys) => authorize(place, keys),
    takeDown: async (outage) => {
      await takeDown()
      if (outage === 'refuse') return
      unmute = await acceptInSilence(port)
    },
    bringUp: async () => {
      await takeDown()
      server = await start()
    },
    stop: async () => {
      await takeDown()
      await removeScratch(directory)
    },
  }
}

/** @param {Place} place @param {{ port: number, hostKeys: readonly import('./ssh-keys.mjs').SshKey[] }} options */
async function configure({ directory }, { port, hostKeys }) {
  const files = hostKeys.map((_, index) => join(directory, `host-key-${index}`))
  for (const [index, { privateKey }] of hostKeys.entries()) {
    await writeFile(files[index] ?? '', privateKey, { mode: 0o600 })
  }
  const settings = {
    ListenAddress: `127.0.0.1:${port}`,
    PidFile: 'none',
    AuthorizedKeysFile: join(directory, 'authorized_keys'),
    // The scratch folder lies below /tmp, which everybody may write to.
    StrictModes: 'no',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    PermitRootLogin: 'prohibit-password',
    UsePAM: 'no',
    AcceptEnv: 'GIT_PROTOCOL',
    LogLevel: 'VERBOSE',
    // Tests open many at once, and fail to log in often.
    MaxStartups: '500',
  }
  const lines = [...Object.entries(settings), ...files.map((file) => ['HostKey', file])].map((pair) => pair.join(' '))
  await writeFile(join(directory, 'sshd_config'), `${lines.join('\n')}\n`)
  await writeFile(join(directory, 'commands.log'), '')
}

/** @param {Place} place @param {readonly AuthorizedKey[]} keys */
function authorize({ directory, root, user }, keys) {
  const lines = keys.map(({ publicKey, repositories, ...key }, index) => {
    if (key.user !== undefined && key.user !== user) throw new Error(`sshd can only serve ${user}, not ${key.user}`)
    const grant = join(directory, `grant-${index}.json`)
    writeFileSync(grant, JSON.stringify({ root, repositories, log: join(directory, 'commands.log') }))
    const command = [process.execPath, FORCED_COMMAND, grant, fingerprintOf(publicKey)].join(' ')
    return `command="${command}",restrict ${publicKey}\n`
  })
  const file = join(directory, 'authorized_keys')
  writeFileSync(file, lines.join(''))
  chmodSync(file, 0o600)
}

/** @param {Place} place @returns {import('./ssh-git-server.mjs').Connection[]} */
function connectionsOf({ directory }) {
  const commands = readFileSync(join(directory, 'commands.log'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const log = readFileSync(join(directory, 'sshd.log'), 'utf8')
  const logins = new Map(
    [...log.matchAll(/^Accepted publickey for (\S+) from \S+ port (\d+) ssh2: \S+ (SHA256:\S+)/gm)].map(
      ([, user, port, fingerprint]) => [port, { user, fingerprint }],
    ),
  )
  const refused = new Map(
    [...log.matchAll(/(?:user|invalid user|Failed publickey for) (\S+) (?:from )?127\.0\.0\.1 port (\d+)/gm)].map(
      ([, user, port]) => [port, user],
    ),
  )
  const ports = [...log.matchAll(/^Connection from 127\.0\.0\.1 port (\d+)/gm)].map(([, port = '']) => port)
  return ports.map((port) => ({
    user: logins.get(port)?.user ?? refused.get(port),
    fingerprint: logins.get(port)?.fingerprint,
    accepted: logins.has(port),
    commands: commands.filter((entry) => entry.port === port).map(({ command }) => command),
  }))
}

/** @param {number} port @returns {Promise<() => Promise<void>>} ends it */
async function acceptInSilence(port) {
  /** @type {Set<import('node:net').Socket>} */ const sockets = new Set()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await listenOnLoopback(server, port)
  server.unref()
  return async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
}

async function freePort() {
  const server = createServer()
  const port = await listenOnLoopback(server, 0)
  await new Promise((resolve) => server.close(resolve))
  return port
}
