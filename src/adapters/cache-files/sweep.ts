import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

interface Found {
  readonly file: string
  readonly size: number
  readonly modified: number
}

/** A temporary file older than this belongs to a process that died. */
const STRAY_MS = 10 * 60_000
/** Swept down to this share of the bound, so that the next sweep is not due at once. */
const TARGET = 0.9

async function filesIn(directory: string): Promise<Found[]> {
  const found: Found[] = []
  for (const name of await readdir(directory).catch(() => [])) {
    const file = join(directory, name)
    const facts = await stat(file).catch(() => null)
    if (facts?.isFile()) found.push({ file, size: facts.size, modified: facts.mtimeMs })
  }
  return found
}

async function allFiles(root: string): Promise<Found[]> {
  const found: Found[] = []
  for (const shard of await readdir(root).catch(() => [])) found.push(...(await filesIn(join(root, shard))))
  return found
}

/** Removes strays, then the oldest files until the rest fits the bound. Files that vanish meanwhile are no trouble. */
export async function sweep(root: string, options: { bound: number; now: number }): Promise<void> {
  const kept: Found[] = []
  for (const found of await allFiles(root)) {
    const isStray = found.file.endsWith('.tmp') && options.now - found.modified > STRAY_MS
    if (isStray) await rm(found.file, { force: true }).catch(() => undefined)
    else kept.push(found)
  }
  let total = kept.reduce((sum, { size }) => sum + size, 0)
  if (total <= options.bound) return
  kept.sort((a, b) => a.modified - b.modified)
  for (const { file, size } of kept) {
    if (total <= options.bound * TARGET) return
    await rm(file, { force: true }).catch(() => undefined)
    total -= size
  }
}
