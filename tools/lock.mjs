// @ts-check
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './progress.mjs'

const HEARTBEAT_MS = 5_000
const STALE_MS = 30_000

/**
 * Runs `work` while holding the lock file, waiting for another holder first. A holder that died, on this host or
 * on another one that shares the folder, is noticed and its lock is taken over.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, work) {
  const token = randomUUID()
  await mkdir(dirname(file), { recursive: true })
  await acquire(file, JSON.stringify({ pid: process.pid, host: hostname(), token }))
  const heartbeat = setInterval(() => void touch(file), HEARTBEAT_MS)
  heartbeat.unref()
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    if ((await contentOf(file))?.includes(token)) await rm(file, { force: true })
  }
}

/** @param {string} file @param {string} content */
async function acquire(file, content) {
  for (let waits = 0; ; waits++) {
    try {
      return await writeFile(file, content, { flag: 'wx' })
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    }
    const holder = await contentOf(file)
    if (holder === undefined) continue
    if (await isStale(file, holder)) await discard(file)
    else {
      if (waits % 20 === 0) say(`  waiting for another process to finish (lock ${file}, held by ${describe(holder)})`)
      await sleep(500)
    }
  }
}

/** Renaming first means that of several who saw the same stale lock only one removes it. @param {string} file */
async function discard(file) {
  const aside = `${file}.${randomUUID()}`
  try {
    await rename(file, aside)
  } catch {
    return
  }
  await rm(aside, { force: true })
}

/** @param {string} file @param {string} holder */
async function isStale(file, holder) {
  const { pid, host } = parse(holder)
  if (pid !== undefined && host === hostname() && !isAlive(pid)) return true
  const info = await stat(file).catch(() => undefined)
  return info !== undefined && Date.now() - info.mtimeMs > STALE_MS
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/** @param {string} content @returns {{ pid?: number, host?: string }} */
function parse(content) {
  try {
    return JSON.parse(content)
  } catch {
    return {}
  }
}

/** @param {string} content */
function describe(content) {
  const { pid, host } = parse(content)
  return pid === undefined ? 'a process that has just begun' : `process ${pid} on ${host}`
}

/** @param {string} file @returns {Promise<string | undefined>} */
function contentOf(file) {
  return readFile(file, 'utf8').catch(() => undefined)
}

/** @param {string} file */
async function touch(file) {
  const now = new Date()
  await utimes(file, now, now).catch(() => undefined)
}
