import { type ChildProcess, spawn } from 'node:child_process'
import { killGroup } from '../process.ts'

export interface GitObject {
  readonly type: 'commit' | 'tree' | 'blob' | 'tag'
  /** null when the object is larger than was allowed; `size` is then its size. */
  readonly body: Buffer | null
  readonly size: number
}

/** The reading process failed, or what it said made no sense: the mirror is not to be trusted. */
export class ObjectReadError extends Error {}

interface Request {
  readonly id: string
  readonly resolve: (object: GitObject | null) => void
  readonly reject: (error: Error) => void
}

const IDLE_MS = 5_000
const OBJECT_TYPES = new Set(['commit', 'tree', 'blob', 'tag'])

/** Reads objects of one mirror through one long-lived `git cat-file --batch`, which is ended when it idles. */
export class ObjectReader {
  private readonly command: () => { file: string; args: readonly string[]; env: Record<string, string> }
  private readonly limits: { readonly fileBytes: number; readonly readMs: number }
  private session: Session | null = null

  constructor(
    command: () => { file: string; args: readonly string[]; env: Record<string, string> },
    limits: { fileBytes: number; readMs: number },
  ) {
    this.command = command
    this.limits = limits
  }

  /** The object of a full hash; null when the mirror has none. Throws ObjectReadError. */
  get(id: string): Promise<GitObject | null> {
    if (this.session === null || this.session.ended) this.session = new Session(this.command(), this.limits)
    return this.session.get(id)
  }

  /** What is asked for from here on is read by a process that sees the mirror as it is now; what was asked is still answered. */
  renew(): void {
    this.session?.endWhenAnswered()
    this.session = null
  }

  close(): void {
    this.session?.end(new ObjectReadError('closed'))
    this.session = null
  }
}

class Session {
  ended = false
  private readonly child: ChildProcess
  private readonly fileBytes: number
  private readonly readMs: number
  private readonly queue: Request[] = []
  private timer: NodeJS.Timeout | null = null
  private chunks: Buffer[] = []
  private buffered = 0
  private current: { type: GitObject['type']; size: number; keep: boolean; left: number } | null = null

  constructor(
    command: { file: string; args: readonly string[]; env: Record<string, string> },
    limits: { fileBytes: number; readMs: number },
  ) {
    this.fileBytes = limits.fileBytes
    this.readMs = limits.readMs
    this.child = spawn(command.file, [...command.args, 'cat-file', '--batch'], {
      env: command.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.child.unref()
    this.child.stdin?.on('error', () => undefined)
    this.child.once('error', (error) => this.end(new ObjectReadError(error.message)))
    this.child.once('close', () => this.end(new ObjectReadError('git cat-file ended')))
    this.child.stdout?.on('data', (chunk: Buffer) => this.take(chunk))
  }

  get(id: string): Promise<GitObject | null> {
    return new Promise((resolve, reject) => {
      this.queue.push({ id, resolve, reject })
      this.watch()
      this.child.stdin?.write(`${id}\n`)
    })
  }

  /** Git answers what it has been asked, in order, and exits. */
  endWhenAnswered(): void {
    if (this.queue.length === 0) this.end(new ObjectReadError('closed'))
    else this.child.stdin?.end()
  }

  end(error: Error): void {
    if (this.ended) return
    this.ended = true
    if (this.timer !== null) clearTimeout(this.timer)
    killGroup(this.child)
    for (const request of this.queue.splice(0)) request.reject(error)
  }

  private watch(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    const isIdle = this.queue.length === 0
    this.timer = setTimeout(
      () => this.end(new ObjectReadError('git cat-file does not answer')),
      isIdle ? IDLE_MS : this.readMs,
    )
    if (isIdle) this.timer.unref()
  }

  private take(chunk: Buffer): void {
    if (this.ended) return
    this.chunks.push(chunk)
    this.buffered += chunk.length
    while (!this.ended && this.buffered > 0 && (this.current === null ? this.takeHeader() : this.takeBody()));
    if (!this.ended) this.watch()
  }

  /** All buffered bytes as one; only done where a boundary is known to be in them. */
  private joined(): Buffer {
    const [only] = this.chunks
    const whole = this.chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.chunks)
    this.chunks = [whole]
    return whole
  }

  private drop(bytes: number): void {
    const rest = this.joined().subarray(bytes)
    this.chunks = rest.length === 0 ? [] : [rest]
    this.buffered = rest.length
  }

  private takeHeader(): boolean {
    const buffer = this.joined()
    const end = buffer.indexOf(0x0a)
    if (end < 0) return false
    const [id = '', type = '', size = ''] = buffer.toString('latin1', 0, end).split(' ')
    this.drop(end + 1)
    if (id !== this.queue[0]?.id) {
      this.end(new ObjectReadError('git cat-file answered something else'))
    } else if (OBJECT_TYPES.has(type)) {
      const bytes = Number(size)
      this.current = { type: type as GitObject['type'], size: bytes, keep: bytes <= this.fileBytes, left: bytes + 1 }
    } else this.queue.shift()?.resolve(null)
    return true
  }

  private takeBody(): boolean {
    const { current } = this
    if (current === null) return false
    if (!current.keep) {
      const skipped = Math.min(current.left, this.buffered)
      this.drop(skipped)
      current.left -= skipped
      if (current.left > 0) return true
    } else if (this.buffered < current.left) return false
    const body = current.keep ? Buffer.from(this.joined().subarray(0, current.size)) : null
    if (current.keep) this.drop(current.left)
    this.current = null
    this.queue.shift()?.resolve({ type: current.type, body, size: current.size })
    return true
  }
}
