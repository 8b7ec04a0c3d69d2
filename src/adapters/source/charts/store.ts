// What was downloaded, on disk: contents by their digest, and small notes about them. May be deleted at any time.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Json } from '../../../core/kube/index.ts'

const DIGEST = /^sha256:[0-9a-f]{64}$/
/** How full it is when cleaning ends. */
const CLEAN_SHARE = 0.8
/** Cleaning looks at every file: it is done once per so many bytes written. */
const CLEAN_EVERY = 0.1

export function digestOf(content: Buffer | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

/** Several processes may use one folder: files appear whole or not at all, and what does not fit its digest does not count. */
export class ChartStore {
  readonly #root: string
  readonly #maxBytes: number
  #written: number

  constructor(root: string, maxBytes: number) {
    this.#root = root
    this.#maxBytes = maxBytes
    this.#written = maxBytes
  }

  /** null when it is not there or is not what it was. */
  async content(digest: string): Promise<Buffer | null> {
    if (!DIGEST.test(digest)) return null
    const file = this.#fileOf(digest)
    const content = await readFile(file).catch(() => null)
    if (content === null) return null
    if (digestOf(content) !== digest) {
      await rm(file, { force: true })
      return null
    }
    const now = new Date()
    await utimes(file, now, now).catch(() => undefined)
    return content
  }

  /** Keeps a content; answers its digest. A full disk loses nothing but the cache. */
  async keep(content: Buffer): Promise<string> {
    const digest = digestOf(content)
    await this.#write(this.#fileOf(digest), content).catch(() => undefined)
    this.#written += content.length
    if (this.#written > this.#maxBytes * CLEAN_EVERY) {
      this.#written = 0
      await this.#clean().catch(() => undefined)
    }
    return digest
  }

  /** null when nothing is noted or it cannot be read. */
  async note(key: string): Promise<Json> {
    const text = await readFile(this.#noteOf(key), 'utf8').catch(() => null)
    try {
      return text === null ? null : (JSON.parse(text) as Json)
    } catch {
      return null
    }
  }

  async setNote(key: string, value: Json): Promise<void> {
    await this.#write(this.#noteOf(key), Buffer.from(JSON.stringify(value))).catch(() => undefined)
  }

  #fileOf(digest: string): string {
    return join(this.#root, 'contents', digest.slice('sha256:'.length))
  }

  #noteOf(key: string): string {
    return join(this.#root, 'notes', createHash('sha256').update(key).digest('hex'))
  }

  async #write(file: string, content: Buffer): Promise<void> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const unfinished = `${file}.${randomUUID()}`
    try {
      await writeFile(unfinished, content, { mode: 0o600 })
      await rename(unfinished, file)
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  }

  /** What was used longest ago goes, and what another process left unfinished. Notes are small; they go with the folder. */
  async #clean(): Promise<void> {
    const folder = join(this.#root, 'contents')
    const files: { file: string; bytes: number; usedAt: number }[] = []
    for (const name of await readdir(folder)) {
      const file = join(folder, name)
      const found = await stat(file).catch(() => null)
      if (found !== null) files.push({ file, bytes: found.size, usedAt: found.mtimeMs })
    }
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    if (bytes <= this.#maxBytes) return
    files.sort((a, b) => a.usedAt - b.usedAt)
    for (const { file, bytes: its } of files) {
      if (bytes <= this.#maxBytes * CLEAN_SHARE) return
      await rm(file, { force: true })
      bytes -= its
    }
  }
}
