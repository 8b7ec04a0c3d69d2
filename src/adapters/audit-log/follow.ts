// Follows an audit log: what is appended, a file put in its place, a file cut short; where it stood is remembered.
import type { Stats } from 'node:fs'
import { type FileHandle, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LineReader } from '../../core/audit/index.ts'
import type { Clock } from '../../ports/clock.ts'

export interface FollowOptions {
  readonly file: string
  /** Where the place up to which it was read is kept; absent = every start begins at the end. */
  readonly positionFile?: string
  readonly clock: Clock
  readonly onLine: (line: string) => void
  /** The log cannot be read, or can be again (null). Called when that changes. */
  readonly onTrouble: (error: Error | null) => void
}

export interface AuditFollower {
  /** Resolves when everything that was there at the start is read. */
  readonly ready: Promise<void>
  /** Lines too long to be events. */
  readonly garbage: number
  stop(): Promise<void>
}

const POLL_MS = 100
const POSITION_EVERY_MS = 2_000
const CHUNK = 256 << 10
/** A first start looks this far back: what was written just before is what is asked about first. */
const LOOK_BACK = 8 << 20

interface Position {
  readonly device: number
  readonly inode: number
  readonly offset: number
}

const sameFile = (a: Pick<Stats, 'dev' | 'ino'>, b: Position): boolean => a.dev === b.device && a.ino === b.inode

async function readPosition(file: string | undefined): Promise<Position | null> {
  if (file === undefined) return null
  try {
    const said = JSON.parse(await readFile(file, 'utf8')) as Partial<Position>
    const { device, inode, offset } = said
    if (typeof device !== 'number' || typeof inode !== 'number' || typeof offset !== 'number') return null
    return { device, inode, offset }
  } catch {
    return null
  }
}

class Follower implements AuditFollower {
  readonly ready: Promise<void>
  readonly #options: FollowOptions
  readonly #lines: LineReader
  readonly #buffer = Buffer.alloc(CHUNK)
  #handle: FileHandle | null = null
  /** Of what is open. */
  #position: Position = { device: 0, inode: 0, offset: 0 }
  #saved = 0
  #troubled = false
  #stopped = false
  #wake: () => void = () => {}
  readonly #running: Promise<void>

  constructor(options: FollowOptions) {
    this.#options = options
    this.#lines = new LineReader(options.onLine)
    let first: () => void = () => {}
    this.ready = new Promise((resolve) => {
      first = resolve
    })
    this.#running = this.#run(first)
  }

  get garbage(): number {
    return this.#lines.garbage
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
   * From where it stood, even in a file that was rotated away since; facts live in memory alone, so what was written a
   * little before is read again.
   */
  async #begin(before: Position | null): Promise<true> {
    const { file } = this.#options
    const found = before === null ? null : await this.#find(before)
    if (found !== null && before !== null && found !== file) {
      await this.#openAt(found, before.offset)
      await this.#drain()
      this.#lines.end()
      await this.#openAt(file, 0)
    } else {
      const { size } = await stat(file)
      const stood = found === null || before === null ? size : before.offset
      await this.#openAt(file, Math.max(0, Math.min(stood, size - LOOK_BACK)))
    }
    await this.#drain()
    return true
  }

  /** A line that was begun before is not read. */
  async #openAt(path: string, offset: number): Promise<void> {
    await this.#open(path, Math.max(0, offset - 1))
    if (offset > 0) this.#lines.skip()
  }

  /** The file that was read, by whatever name it goes now. */
  async #find(position: Position): Promise<string | null> {
    const directory = dirname(this.#options.file)
    for (const path of [this.#options.file, ...(await readdir(directory)).map((name) => join(directory, name))]) {
      const found = await stat(path).catch(() => null)
      if (found?.isFile() === true && sameFile(found, position) && found.size >= position.offset) return path
    }
    return null
  }

  async #open(path: string, offset: number): Promise<void> {
    await this.#close()
    const handle = await open(path, 'r')
    const { dev, ino } = await handle.stat()
    this.#handle = handle
    this.#position = { device: dev, inode: ino, offset }
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
    } else if (this.#handle === null || !sameFile(named, this.#position)) {
      this.#lines.end()
      await this.#open(this.#options.file, 0)
      await this.#drain()
    } else if (named.size < this.#position.offset) {
      // Cut short in its place: what was copied away was read up to the copy, or is lost.
      this.#lines.end()
      this.#position = { ...this.#position, offset: 0 }
      await this.#drain()
    }
    await this.#remember('now-and-then')
    return true
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
    if (positionFile === undefined || (when === 'now-and-then' && now - this.#saved < POSITION_EVERY_MS)) return
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
