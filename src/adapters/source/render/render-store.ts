// Renders on disk, for after a restart: a folder that anybody may delete at any time and several processes may share.
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Log } from '../../../ports/log.ts'
import { fromFile, toFile } from './render-file.ts'
import type { PackedRender, Render } from './kept-render.ts'

export interface RenderStoreOptions {
  readonly directory: string
  readonly maxBytes: number
  readonly log: Log
}

/** A temporary file older than this belongs to a process that died. */
const STRAY_MS = 10 * 60_000
/** How exactly it is known when a render was used last. */
const TOUCH_MS = 60 * 60_000
/** Swept down to this part of the bound, so that the next sweep is not due at once. */
const TARGET = 0.9
/** Bytes waiting to be written; what comes on top is not kept. */
const WAITING_BYTES = 32 * 1024 * 1024

interface Found {
  readonly file: string
  readonly size: number
  readonly usedAt: number
}

export class RenderStore {
  readonly #options: RenderStoreOptions
  #writing: Promise<void> = Promise.resolve()
  #waiting = 0
  /** Since the last sweep; the first write after the start is followed by one. */
  #written = Number.POSITIVE_INFINITY
  #isTold = false

  constructor(options: RenderStoreOptions) {
    this.#options = options
  }

  /** undefined when there is none that is whole. */
  async get(key: string): Promise<Render | undefined> {
    const file = this.#fileOf(key)
    const bytes = await readFile(file).catch(() => undefined)
    if (bytes === undefined) return undefined
    const render = await fromFile(bytes)
    if (render === undefined) await rm(file, { force: true }).catch(() => undefined)
    else await this.#touch(file)
    return render
  }

  /** Written in the background, one after the other. `render` must hold no Secret. */
  put(key: string, render: PackedRender): void {
    if (this.#waiting + render.bytes > WAITING_BYTES || render.bytes > this.#options.maxBytes / 4) return
    this.#waiting += render.bytes
    this.#writing = this.#writing
      .then(() => this.#write(key, render))
      .catch((error: unknown) => this.#tell(error))
      .finally(() => {
        this.#waiting -= render.bytes
      })
  }

  async remove(key: string): Promise<void> {
    await this.idle()
    await rm(this.#fileOf(key), { force: true }).catch(() => undefined)
  }

  /** Resolves when all that was put is on disk or given up. */
  idle(): Promise<void> {
    return this.#writing
  }

  #fileOf(key: string): string {
    const name = createHash('sha256').update(key).digest('hex')
    return join(this.#options.directory, name.slice(0, 2), name.slice(2))
  }

  async #touch(file: string): Promise<void> {
    const now = Date.now()
    const facts = await stat(file).catch(() => null)
    if (facts === null || now - facts.mtimeMs < TOUCH_MS) return
    await utimes(file, now / 1_000, now / 1_000).catch(() => undefined)
  }

  async #write(key: string, render: PackedRender): Promise<void> {
    const bytes = await toFile(render)
    const file = this.#fileOf(key)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
    try {
      await writeFile(temporary, bytes, { mode: 0o600 })
      await rename(temporary, file)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined)
      throw error
    }
    this.#isTold = false
    this.#written += bytes.length
    if (this.#written < this.#options.maxBytes / 16) return
    this.#written = 0
    await this.#sweep()
  }

  async #sweep(): Promise<void> {
    const { directory, maxBytes } = this.#options
    const kept: Found[] = []
    for (const found of await filesBelow(directory)) {
      if (!found.file.endsWith('.tmp')) kept.push(found)
      else if (Date.now() - found.usedAt > STRAY_MS) await rm(found.file, { force: true })
    }
    let total = kept.reduce((sum, { size }) => sum + size, 0)
    if (total <= maxBytes) return
    for (const { file, size } of kept.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= maxBytes * TARGET) return
      await rm(file, { force: true })
      total -= size
    }
  }

  /** Once, and again only after it was fine in between. */
  #tell(error: unknown): void {
    const { log, directory } = this.#options
    if (!this.#isTold) log.warn({ directory, error: String(error) }, 'renders cannot be kept on disk')
    this.#isTold = true
  }
}

async function filesBelow(directory: string): Promise<Found[]> {
  const found: Found[] = []
  for (const shard of await readdir(directory).catch(() => [])) {
    for (const name of await readdir(join(directory, shard)).catch(() => [])) {
      const file = join(directory, shard, name)
      const facts = await stat(file).catch(() => null)
      if (facts?.isFile() === true) found.push({ file, size: facts.size, usedAt: facts.mtimeMs })
    }
  }
  return found
}
