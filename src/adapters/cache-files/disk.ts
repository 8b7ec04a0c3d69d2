import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fromFile, toFile } from './codec.ts'

/** Files by key below one directory that anybody may delete at any time. */
export interface Disk {
  /** Synchronous: a body is needed before a heal can go on, and a file is read in some 50 µs. */
  read(key: string): string | undefined
  /** Bytes written. */
  write(key: string, text: string): Promise<number>
  remove(key: string): Promise<void>
}

/** Two hex digits of folder: 256 of them keep each small. */
function fileOf(root: string, key: string): string {
  const name = createHash('sha256').update(key).digest('hex')
  return join(root, name.slice(0, 2), name.slice(2))
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

export function disk(root: string): Disk {
  let writes = 0
  const makeDirectory = async (directory: string): Promise<void> => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await chmod(root, 0o700)
  }
  const writeWhole = async (file: string, bytes: Buffer): Promise<void> => {
    writes += 1
    const temporary = `${file}.${process.pid}-${writes}.tmp`
    try {
      await writeFile(temporary, bytes, { mode: 0o600 })
      await rename(temporary, file)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined)
      throw error
    }
  }
  return {
    read: (key) => {
      try {
        return fromFile(readFileSync(fileOf(root, key)))
      } catch {
        return undefined
      }
    },
    write: async (key, text) => {
      const file = fileOf(root, key)
      const bytes = toFile(text)
      try {
        await writeWhole(file, bytes)
      } catch (error) {
        if (!isMissing(error)) throw error
        await makeDirectory(dirname(file))
        await writeWhole(file, bytes)
      }
      return bytes.length
    },
    remove: (key) => rm(fileOf(root, key), { force: true }).catch(() => undefined),
  }
}
