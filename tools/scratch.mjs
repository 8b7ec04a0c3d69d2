// @ts-check
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './lock.mjs'

const OWNER = '.owner.json'

/** @type {Set<string>} */ const mine = new Set()
process.on('exit', () => {
  for (const directory of mine) rmSync(directory, { recursive: true, force: true })
})

/**
 * A temporary folder that goes when this process ends, or, after a crash, when the next one asks for the same kind.
 * @param {string} kind such as `holdfast-git`
 * @returns {Promise<string>}
 */
export async function createScratch(kind) {
  await sweep(kind)
  const directory = await mkdtemp(join(tmpdir(), `${kind}-`))
  if (!process.env.HOLDFAST_KEEP_SCRATCH) mine.add(directory)
  await writeFile(join(directory, OWNER), JSON.stringify({ pid: process.pid, host: hostname() }))
  return directory
}

/** @param {string} directory */
export async function removeScratch(directory) {
  if (!mine.delete(directory)) return
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

/** @param {string} kind */
async function sweep(kind) {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(`${kind}-`))
  for (const directory of names.map((name) => join(tmpdir(), name))) {
    if (await isAbandoned(directory)) await rm(directory, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** @param {string} directory */
async function isAbandoned(directory) {
  try {
    const { pid, host } = JSON.parse(await readFile(join(directory, OWNER), 'utf8'))
    return host === hostname() && typeof pid === 'number' && !isAlive(pid)
  } catch {
    return false
  }
}
