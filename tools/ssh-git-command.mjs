// @ts-check
// What an ssh client asks for, and what it gets of it. As a program: sshd's forced command.
import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gitEnvironment } from './git-repository.mjs'
import { runScript, say } from './progress.mjs'

/** @typedef {{ root: string, repositories?: readonly string[] }} Grant `repositories` that may be read; all below `root` by default */

/**
 * The repository that a command such as `git-upload-pack '/team/app.git'` reads, or why it may not.
 * @param {string} command @param {Grant} grant
 * @returns {Promise<{ name: string, path: string } | { refusal: string }>}
 */
export async function readableRepository(command, { root, repositories }) {
  const wanted = /^git[ -]upload-pack '\/?([^']+)'$/.exec(command)?.[1]
  if (wanted === undefined) return { refusal: `only git-upload-pack is served here, not ${command || 'a shell'}` }
  const name = wanted.replace(/\.git$/, '')
  const refusal = `repository ${wanted} not found`
  const path = await realpath(resolve(root, `${name}.git`)).catch(() => undefined)
  if (path === undefined || !path.startsWith(`${await realpath(root)}${sep}`)) return { refusal }
  return repositories && !repositories.includes(name) ? { refusal } : { name, path }
}

/**
 * Git's own program for reading `path`.
 * @param {string} path @param {{ protocol?: string | undefined, stdio: 'inherit' | 'pipe' }} options `protocol`: GIT_PROTOCOL
 */
export function spawnUploadPack(path, { protocol, stdio }) {
  const env = { ...gitEnvironment(), ...(protocol ? { GIT_PROTOCOL: protocol } : {}) }
  return spawn('git', ['upload-pack', '--strict', path], { env, stdio })
}

/** @returns {Promise<number>} */
async function forcedCommand() {
  const [grantFile = '', fingerprint = ''] = process.argv.slice(2)
  const { log, ...grant } = JSON.parse(readFileSync(grantFile, 'utf8'))
  const command = process.env.SSH_ORIGINAL_COMMAND ?? ''
  appendFileSync(log, `${JSON.stringify({ fingerprint, command, port: process.env.SSH_CONNECTION?.split(' ')[1] })}\n`)
  const found = await readableRepository(command, grant)
  if ('refusal' in found) {
    say(found.refusal)
    return 1
  }
  const child = spawnUploadPack(found.path, { protocol: process.env.GIT_PROTOCOL, stdio: 'inherit' })
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)))
}

export const FORCED_COMMAND = fileURLToPath(import.meta.url)
if (process.argv[1] === FORCED_COMMAND) await runScript(forcedCommand)
