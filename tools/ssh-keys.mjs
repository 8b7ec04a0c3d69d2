// @ts-check
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './progress.mjs'
import { createScratch, removeScratch } from './scratch.mjs'

/** @typedef {{ privateKey: string, publicKey: string }} SshKey `privateKey` in OpenSSH's format, `publicKey` as in `authorized_keys` */

/** @returns {Promise<boolean>} whether OpenSSH's client is on PATH */
export async function sshAvailable() {
  return (await run('ssh', ['-V'])).code === 0
}

/**
 * A fresh pair, made by `ssh-keygen`.
 * @param {{ type?: 'ed25519' | 'rsa' | 'ecdsa', passphrase?: string, comment?: string }} [options]
 * @returns {Promise<SshKey>}
 */
export async function createSshKey({ type = 'ed25519', passphrase = '', comment = 'test' } = {}) {
  const scratch = await createScratch('holdfast-ssh-key')
  try {
    const file = join(scratch, 'key')
    const size = type === 'rsa' ? ['-b', '2048'] : []
    const { code, stderr } = await run('ssh-keygen', [
      '-q',
      '-t',
      type,
      ...size,
      '-N',
      passphrase,
      '-C',
      comment,
      '-f',
      file,
    ])
    if (code !== 0) throw new Error(`ssh-keygen ended with ${code}: ${stderr.trim()}`)
    const [privateKey, publicKey] = await Promise.all([readFile(file, 'utf8'), readFile(`${file}.pub`, 'utf8')])
    return { privateKey, publicKey: publicKey.trim() }
  } finally {
    await removeScratch(scratch)
  }
}

/** `SHA256:…` as ssh prints it. @param {string} publicKey one line @returns {string} */
export function fingerprintOf(publicKey) {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** What stands in `known_hosts` for a server on loopback. @param {number} port @param {string} publicKey */
export function knownHostsLine(port, publicKey) {
  return `[127.0.0.1]:${port} ${publicKey.split(' ').slice(0, 2).join(' ')}`
}
