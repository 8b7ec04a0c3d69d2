// A whole audit log, rotated parts and compressed ones included, oldest first.
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { LineReader } from '../../core/audit/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'

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

interface Part {
  readonly path: string
  readonly changed: number
}

async function partsOf(file: string): Promise<readonly Part[]> {
  const directory = dirname(file)
  const names = await readdir(directory)
  const found = await Promise.all(
    names
      .filter((name) => isPartOf(name, file))
      .map(async (name) => ({ path: join(directory, name), changed: (await stat(join(directory, name))).mtimeMs })),
  )
  return found.sort((a, b) => a.changed - b.changed || (a.path < b.path ? -1 : 1))
}

async function readPart(path: string, lines: LineReader): Promise<void> {
  const source = createReadStream(path, { highWaterMark: 256 << 10 })
  const drain = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) lines.push(chunk)
  }
  if (path.endsWith('.gz')) await pipeline(source, createGunzip(), drain)
  else await pipeline(source, drain)
  lines.end()
}

/** Calls `onLine` for each line. Throws HF7006 when the file cannot be read; returns how many lines were too long. */
export async function readAuditLog(file: string, onLine: (line: string) => void): Promise<number> {
  const lines = new LineReader(onLine)
  try {
    for (const { path } of await partsOf(file)) await readPart(path, lines)
    await readPart(file, lines)
  } catch (error) {
    throw new HoldfastError(
      problem('HF7006', `the audit log ${file} cannot be read: ${(error as Error).message}`, { file }),
      { cause: error },
    )
  }
  return lines.garbage
}
