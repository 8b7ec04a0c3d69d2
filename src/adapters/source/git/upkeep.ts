// Mirrors stay small over thousands of fetches, and go when nobody reads them any more.
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finished } from '../process.ts'

/** File of a mirror that holds the time of its last complete fetch (epoch ms). */
export const STAMP = 'holdfast-fetched'
const SWEPT_STAMP = 'holdfast-collected'
const DAY_MS = 86_400_000
const COLLECT_EVERY_MS = 7 * DAY_MS
const UNUSED_MS = 30 * DAY_MS
const MANY_PACKS = 20
const MANY_LOOSE = 1_000
const REPACK_MS = 10 * 60_000
const EXTRA_REFS = 'refs/holdfast/extra/'

type Git = (args: readonly string[], timeoutMs?: number) => Promise<Finished>

async function stampOf(directory: string, name: string): Promise<number | null> {
  const text = await readFile(join(directory, name), 'utf8').catch(() => '')
  return /^\d+$/.test(text) ? Number(text) : null
}

async function countOf(git: Git): Promise<{ loose: number; packs: number }> {
  const text = (await git(['count-objects', '-v'])).stdout.toString('utf8')
  const number = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  return { loose: number('count'), packs: number('packs') }
}

/** Refs that were fetched by name keep their objects only until here; what is still wanted is fetched again. */
async function forgetExtras(git: Git): Promise<void> {
  const listed = await git(['for-each-ref', '--format=%(refname)', EXTRA_REFS])
  for (const ref of listed.stdout.toString('utf8').split('\n')) {
    if (ref.startsWith(EXTRA_REFS)) await git(['update-ref', '-d', ref])
  }
}

/**
 * Joins small packs and loose objects; once a week drops what nothing has referred to for two weeks. Reads and fetches
 * may go on meanwhile.
 */
export async function tidy(directory: string, now: number, git: Git): Promise<void> {
  const collected = await stampOf(directory, SWEPT_STAMP)
  const remember = (): Promise<void> => writeFile(join(directory, SWEPT_STAMP), String(now), { mode: 0o600 })
  if (collected === null) await remember()
  else if (now - collected > COLLECT_EVERY_MS) {
    await remember()
    await forgetExtras(git)
    await git(['gc', '--quiet', '--prune=14.days.ago'], REPACK_MS)
    return
  }
  const { loose, packs } = await countOf(git)
  if (packs < MANY_PACKS && loose < MANY_LOOSE) return
  await git(['repack', '--geometric=2', '-d', '-l', '-q'], REPACK_MS)
  await git(['pack-refs', '--all', '--prune'])
}

/** Left by processes that were killed while they made or replaced a mirror. */
const LEFTOVER = /\.new-\d+-\d+(\.old-\d+)?$|\.git\.lock$/

async function isUnused(path: string, name: string, now: number): Promise<boolean> {
  const age = now - ((await stat(path).catch(() => null))?.mtimeMs ?? now)
  if (LEFTOVER.test(name)) return age > DAY_MS
  if (!name.endsWith('.git')) return false
  const fetched = await stampOf(path, STAMP)
  return fetched === null ? age > DAY_MS : now - fetched > UNUSED_MS
}

/** Removes mirrors that were not fetched for thirty days. Never throws. */
export async function removeUnused(root: string, now: number): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    const path = join(root, name)
    if (!(await isUnused(path, name, now))) continue
    // Out of sight at once: nobody may find half a mirror.
    const gone = `${path}.new-${process.pid}-0`
    await rename(path, gone).catch(() => undefined)
    await rm(gone, { recursive: true, force: true }).catch(() => undefined)
  }
}
