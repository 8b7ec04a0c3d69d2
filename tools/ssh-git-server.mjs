// @ts-check
import { userInfo } from 'node:os'
import { findSshd, startOpenSsh } from './ssh-openssh.mjs'
import { createSshKey, fingerprintOf, knownHostsLine } from './ssh-keys.mjs'
import { startSsh2 } from './ssh-ssh2.mjs'

export { createSshKey, sshAvailable } from './ssh-keys.mjs'

/**
 * @typedef {object} AuthorizedKey
 * @property {string} publicKey one line, as `createSshKey` gives it
 * @property {string} [user] who logs in with it; by default the server's usual one
 * @property {readonly string[]} [repositories] that it opens, such as `team/app`; all by default
 */
/**
 * @typedef {object} Connection
 * @property {string | undefined} user undefined when it ended before a login
 * @property {string | undefined} fingerprint `SHA256:…` of the key that was let in
 * @property {boolean} accepted
 * @property {readonly string[]} commands that it sent
 */
/** @typedef {'openssh' | 'ssh2'} Implementation */
/**
 * `refuse`: the port is closed. `hang`: connections are accepted and never answered.
 * @typedef {'refuse' | 'hang'} Outage
 */
/**
 * What the implementations have in common; `port` 0 is any that is free.
 * @typedef {object} Backend
 * @property {number} port
 * @property {() => readonly Connection[]} connections
 * @property {(keys: readonly AuthorizedKey[]) => void} authorize
 * @property {(outage: Outage) => Promise<void>} takeDown
 * @property {() => Promise<void>} bringUp
 * @property {() => Promise<void>} stop
 */
/**
 * @typedef {object} BackendOptions
 * @property {string} root
 * @property {string} user
 * @property {readonly AuthorizedKey[]} authorizedKeys
 * @property {readonly import('./ssh-keys.mjs').SshKey[]} hostKeys
 * @property {number} port
 */
/**
 * @typedef {object} SshGitServer
 * @property {Implementation} implementation
 * @property {number} port
 * @property {string} user the usual one: `git`, or who runs this process when OpenSSH's own server serves
 * @property {(repository: string, options?: { user?: string }) => string} url `ssh://git@127.0.0.1:<port>/team/app.git` of `team/app`
 * @property {string} hostKeyLine for `known_hosts`: the ed25519 key
 * @property {readonly string[]} hostKeyLines those of all its keys
 * @property {() => readonly Connection[]} connections in order of arrival, closed ones too
 * @property {(repository: string) => number} fetches commands that asked for it
 * @property {(keys: readonly AuthorizedKey[]) => void} authorize from now on these and no others; none refuses everybody
 * @property {(outage?: Outage) => Promise<void>} takeDown default `refuse`
 * @property {() => Promise<void>} bringUp on the same port
 * @property {() => Promise<void>} stop
 */

/**
 * Serves the bare repositories below `root` for reading, by ssh on 127.0.0.1 with public keys. OpenSSH's sshd does it
 * where it is installed, unless a key names another user than the one it can serve; the ssh2 package does it elsewhere.
 * @param {object} options
 * @param {string} options.root `team/app` is `<root>/team/app.git`
 * @param {readonly AuthorizedKey[]} options.authorizedKeys
 * @param {readonly import('./ssh-keys.mjs').SshKey[]} [options.hostKeys] by default a fresh ed25519 and a fresh RSA key
 * @param {Implementation} [options.implementation]
 * @param {number} [options.port]
 * @returns {Promise<SshGitServer>}
 */
export async function startSshGitServer({ root, authorizedKeys, hostKeys, implementation, port = 0 }) {
  const keys = hostKeys ?? (await Promise.all([createSshKey({ type: 'ed25519' }), createSshKey({ type: 'rsa' })]))
  const chosen = implementation ?? ((await fitsOpenSsh(authorizedKeys)) ? 'openssh' : 'ssh2')
  const user = chosen === 'openssh' ? userInfo().username : 'git'
  const start = chosen === 'openssh' ? startOpenSsh : startSsh2
  const server = await start({ root, user, authorizedKeys, hostKeys: keys, port })
  const lines = keys.map(({ publicKey }) => knownHostsLine(server.port, publicKey))
  return {
    ...{ implementation: chosen, user, port: server.port, connections: server.connections },
    url: (repository, options = {}) => `ssh://${options.user ?? user}@127.0.0.1:${server.port}/${repository}.git`,
    hostKeyLine: lines.find((line) => line.includes(' ssh-ed25519 ')) ?? lines[0] ?? '',
    hostKeyLines: lines,
    fetches: (repository) => server.connections().reduce((sum, { commands }) => sum + countOf(repository, commands), 0),
    authorize: server.authorize,
    takeDown: (outage = 'refuse') => server.takeDown(outage),
    bringUp: server.bringUp,
    stop: server.stop,
  }
}

/** @param {readonly AuthorizedKey[]} keys */
async function fitsOpenSsh(keys) {
  const own = userInfo().username
  return keys.every(({ user = own }) => user === own) && (await findSshd()) !== undefined
}

/** @param {string} repository @param {readonly string[]} commands */
function countOf(repository, commands) {
  return commands.filter((command) => /'\/?(.+?)(?:\.git)?'$/.exec(command)?.[1] === repository).length
}

export { fingerprintOf }
