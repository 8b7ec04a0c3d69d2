// Which files beside an audit log are older parts of it?
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'

export interface Part {
  readonly path: string
  readonly dev: number
  readonly ino: number
  /** Epoch ms. */
  readonly changed: number
}

/** `audit-2026-02-03T04-05-06.789.log`, with or without `.gz`, as the API server names what it rotates away. */
function isPartOf(name: string, file: string): boolean {
  const extension = extname(file)
  const stem = basename(file, extension)
  const rest = name.replace(/\.gz$/, '')
  if (!rest.startsWith(stem) || rest === basename(file)) return false
  // logrotate numbers them behind the name.
  if (/^\.\d+$/.test(rest.slice(basename(file).length)) && rest.startsWith(basename(file))) return true
  return (
    rest.endsWith(extension) &&
    /^-\d{4}-\d\d-\d\dT[\d.-]+$/.test(rest.slice(stem.length, rest.length - extension.length))
  )
}

async function partAt(path: string): Promise<Part | null> {
  // It may have been compressed or deleted since the directory was read.
  const found = await stat(path).catch(() => null)
  return found?.isFile() === true ? { path, dev: found.dev, ino: found.ino, changed: found.mtimeMs } : null
}

export const isCompressed = ({ path }: Pick<Part, 'path'>): boolean => path.endsWith('.gz')

/** Oldest first. */
export async function partsOf(file: string): Promise<readonly Part[]> {
  const directory = dirname(file)
  const names = (await readdir(directory)).filter((name) => isPartOf(name, file))
  const found = await Promise.all(names.map((name) => partAt(join(directory, name))))
  return found.filter((part) => part !== null).sort((a, b) => a.changed - b.changed || (a.path < b.path ? -1 : 1))
}
