// One process at a time works on a mirror.
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning } from '../process.ts'

const OWN = `${hostname()} ${process.pid} ${randomUUID()}`
const BEAT_MS = 2_000
/** A holder that lives shows it every BEAT_MS. */
const STALE_MS = 20_000
const LOOK_MS = 100

async function isStale(path: string): Promise<boolean> {
  const [text, found] = await Promise.all([readFile(path, 'utf8').catch(() => ''), stat(path).catch(() => null)])
  if (found === null) return false
  if (Date.now() - found.mtimeMs > STALE_MS) return true
  const [host, pid, id] = text.split(' ')
  if (host !== hostname() || id === undefined || text === OWN) return false
  return Number(pid) === process.pid || !isRunning(Number(pid))
}

/** False when somebody else holds it. Throws what the file system throws. */
async function take(path: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, OWN, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // ENOENT: the folder was swept in between.
    if (code === 'EEXIST' || code === 'ENOENT') return false
    throw error
  }
}

/**
 * Runs while no other process runs with the same path. `waited`: somebody else held it first. A holder that died is
 * passed over. Throws the signal's reason when it is aborted while waiting.
 */
export async function withLock<T>(path: string, signal: AbortSignal, run: (waited: boolean) => Promise<T>): Promise<T> {
  let waited = false
  while (!(await take(path))) {
    waited = true
    if (await isStale(path)) await unlink(path).catch(() => undefined)
    else await sleep(LOOK_MS, undefined, { signal })
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), BEAT_MS)
  beat.unref()
  try {
    return await run(waited)
  } finally {
    clearInterval(beat)
    if ((await readFile(path, 'utf8').catch(() => '')) === OWN) await unlink(path).catch(() => undefined)
  }
}
