// Follows an audit log: what is appended, a file put in its place, a file cut short; where it stood is remembered.
import { createReadStream, type Stats } from 'node:fs'
import { type FileHandle, open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { LineReader } from '../../core/audit/index.ts'
import type { Clock } from '../../ports/clock.ts'
import { isCompressed, type Part, partsOf } from './parts.ts'

export interface FollowOptions {
  readonly file: string
  /** Where the place up to which it was read is kept; absent = every start begins at the end. */
  readonly positionFile?: string
  readonly clock: Clock
  readonly onLine: (line: string) => void
  /** A line is too long to be an event. */
  readonly onTooLong: () => void
  /** The log cannot be read, or can be again (null). Called when that changes. */
  readonly onTrouble: (error: Error | null) => void
}

export interface AuditFollower {
  /** Resolves when everything that was there at the start is read. */
  readonly ready: Promise<void>
  stop(): Promise<void>
}

const POLL_MS = 100
const POSITION_EVERY_MS = 2_000
const CHUNK = 256 << 10
/** A start looks this far back: what was written just before is what is asked about first. */
const LOOK_BACK = 8 << 20

interface Position {
  readonly device: number
  readonly inode: number
  readonly offset: number
  /** When it was so, epoch ms. */
  readonly at: number
}

const NOWHERE: Position = { device: 0, inode: 0, offset: 0, at: 0 }

const isSame = (a: Pick<Stats, 'dev' | 'ino'>, b: Position): boolean => a.dev === b.device && a.ino === b.inode

async function readPosition(file: string | undefined): Promise<Position | null> {
  if (file === undefined) return null
  try {
    const said = JSON.parse(await readFile(file, 'utf8')) as Partial<Position>
    const { device, inode, offset, at = 0 } = said
    if (typeof device !== 'number' || typeof inode !== 'number' || typeof offset !== 'number') return null
    return { device, inode, offset, at }
  } catch {
    return null
  }
}

/** A pipe would never open, and a directory never read. */
async function statFile(path: string): Promise<Stats> {
  const found = await stat(path)
  if (!found.isFile()) throw new Error(`${path} is no regular file`)
  return found
}

/** What was rotated away after the file that stood there; where that one is gone, what changed since. */
function partsSince(parts: readonly Part[], before: Position): readonly Part[] {
  const index = parts.findIndex((part) => isSame(part, before) && !isCompressed(part))
  return index < 0 ? parts.filter(({ changed }) => changed > before.at) : parts.slice(index + 1)
}

class Follower implements AuditFollower {
  readonly ready: Promise<void>
  readonly #options: FollowOptions
  readonly #lines: LineReader
  readonly #buffer = Buffer.alloc(CHUNK)
  #handle: FileHandle | null = null
  /** Of what is open. */
  #position = NOWHERE
  #saved = 0
  #troubled = false
  #stopped = false
  #wake: () => void = () => {}
  readonly #running: Promise<void>

  constructor(options: FollowOptions) {
    this.#options = options
    this.#lines = new LineReader(options.onLine, options.onTooLong)
    let first: () => void = () => {}
    this.ready = new Promise((resolve) => {
      first = resolve
    })
    this.#running = this.#run(first)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#running
  }

  async #run(first: () => void): Promise<void> {
    const before = await readPosition(this.#options.positionFile)
    let begun = false
    while (!this.#stopped) {
      try {
        begun = begun ? await this.#look() : await this.#begin(before)
        this.#tell(null)
      } catch (error) {
        this.#tell(error as Error)
      }
      first()
      await this.#pause()
    }
    await this.#close()
    await this.#remember('now')
  }

  #tell(error: Error | null): void {
    if ((error !== null) === this.#troubled) return
    this.#troubled = error !== null
    this.#options.onTrouble(error)
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(POLL_MS, resolve)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  /**
   * From where it stood, even in files that were rotated away since; facts live in memory alone, so what was written a
   * little before is read again.
   */
  async #begin(before: Position | null): Promise<true> {
    const { file } = this.#options
    const named = await statFile(file)
    if (before === null || (isSame(named, before) && before.offset <= named.size)) {
      const stood = before === null ? named.size : before.offset
      await this.#openAt(file, Math.max(0, Math.min(stood, named.size - LOOK_BACK)))
    } else {
      await this.#readMissed(before)
      await this.#open(file, 0)
    }
    await this.#drain()
    return true
  }

  /** The rest of the file that was read, by whatever name it goes now, and what was rotated away after it. */
  async #readMissed(before: Position): Promise<void> {
    const parts = await this.#parts()
    const stood = parts.find((part) => isSame(part, before) && !isCompressed(part))
    if (stood !== undefined) await this.#readPart(stood, before.offset)
    for (const part of partsSince(parts, before)) await this.#readPart(part, 0)
  }

  async #parts(): Promise<readonly Part[]> {
    return partsOf(this.#options.file).catch((error: unknown) => {
      this.#tell(error as Error)
      return []
    })
  }

  /** One that is gone by now, or damaged, does not keep the others from being read. */
  async #readPart(part: Part, offset: number): Promise<void> {
    try {
      if (isCompressed(part)) await this.#readCompressed(part.path)
      else {
        await this.#openAt(part.path, offset)
        await this.#drain()
      }
    } catch (error) {
      this.#tell(error as Error)
    }
    this.#lines.end()
  }

  async #readCompressed(path: string): Promise<void> {
    await pipeline(createReadStream(path, { highWaterMark: CHUNK }), createGunzip(), async (chunks) => {
      for await (const chunk of chunks as AsyncIterable<Buffer>) {
        if (this.#stopped) return
        this.#lines.push(chunk)
      }
    })
  }

  /** A line that was begun before is not read. */
  async #openAt(path: string, offset: number): Promise<void> {
    await this.#open(path, Math.max(0, offset - 1))
    if (offset > 0) this.#lines.skip()
  }

  async #open(path: string, offset: number): Promise<void> {
    await this.#close()
    await statFile(path)
    const handle = await open(path, 'r')
    const { dev, ino } = await handle.stat()
    this.#handle = handle
    this.#position = { device: dev, inode: ino, offset, at: this.#options.clock.now() }
  }

  async #close(): Promise<void> {
    await this.#handle?.close().catch(() => undefined)
    this.#handle = null
  }

  async #look(): Promise<true> {
    const named = await stat(this.#options.file).catch(() => null)
    await this.#drain()
    if (named === null) {
      // Between a rotation and the next write there is no file of this name.
      if (this.#handle === null) throw new Error(`${this.#options.file} does not exist`)
    } else if (this.#handle === null || !isSame(named, this.#position)) {
      this.#lines.end()
      await this.#readRotated()
      await this.#open(this.#options.file, 0)
      await this.#drain()
    } else if ((await this.#handle.stat()).size < this.#position.offset) {
      // Cut short in its place: what was copied away was read up to the copy, or is lost.
      this.#lines.end()
      this.#position = { ...this.#position, offset: 0 }
      await this.#drain()
    }
    this.#position = { ...this.#position, at: this.#options.clock.now() }
    await this.#remember('now-and-then')
    return true
  }

  /** It may have been rotated more than once since the last look. */
  async #readRotated(): Promise<void> {
    if (this.#handle === null) return
    for (const part of partsSince(await this.#parts(), this.#position)) await this.#readPart(part, 0)
  }

  async #drain(): Promise<void> {
    const handle = this.#handle
    if (handle === null) return
    while (!this.#stopped) {
      const { bytesRead } = await handle.read(this.#buffer, 0, CHUNK, this.#position.offset)
      if (bytesRead === 0) return
      this.#position = { ...this.#position, offset: this.#position.offset + bytesRead }
      this.#lines.push(this.#buffer.subarray(0, bytesRead))
    }
  }

  async #remember(when: 'now' | 'now-and-then'): Promise<void> {
    const { positionFile, clock } = this.#options
    const now = clock.monotonic()
    // Without a file read, what is known from before is worth more.
    if (positionFile === undefined || this.#position.inode === 0) return
    if (when === 'now-and-then' && now - this.#saved < POSITION_EVERY_MS) return
    this.#saved = now
    // A line that has not ended is read again from its beginning.
    const position = { ...this.#position, offset: Math.max(0, this.#position.offset - this.#lines.pending) }
    const fresh = `${positionFile}.new`
    await writeFile(fresh, JSON.stringify(position), { mode: 0o600 })
      .then(() => rename(fresh, positionFile))
      .catch(() => undefined)
  }
}

/** Never throws: what keeps it from reading is told, and it goes on when that is over. */
export function followAuditLog(options: FollowOptions): AuditFollower {
  return new Follower(options)
}
