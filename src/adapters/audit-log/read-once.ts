// A whole audit log, rotated parts and compressed ones included, oldest first.
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { LineReader } from '../../core/audit/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import { partsOf } from './parts.ts'

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
  let tooLong = 0
  const lines = new LineReader(onLine, () => {
    tooLong += 1
  })
  try {
    for (const { path } of await partsOf(file)) await readPart(path, lines)
    await readPart(file, lines)
  } catch (error) {
    throw new HoldfastError(
      problem('HF7006', `the audit log ${file} cannot be read: ${(error as Error).message}`, { file }),
      { cause: error },
    )
  }
  return tooLong
}
