// One watch request, from its opening to its end.
import type { KubeObject } from '../../core/kube/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Identity } from './credentials.ts'
import type { HttpAnswer } from './http.ts'
import { LineSplitter } from './lines.ts'
import { readWatchLine } from './watch-line.ts'
import type { StreamHandle, WatchTransport } from './watch-transport.ts'

/** How a watch ended, and so how to go on. */
export type WatchEnd =
  | { readonly type: 'ended' }
  /** The resourceVersion is too old, or the server lost its place: list again. */
  | { readonly type: 'expired'; readonly message: string }
  /** Nothing was heard for the idle limit: list again. */
  | { readonly type: 'idle' }
  /** It has lasted long enough to be checked against a list. */
  | { readonly type: 'due' }
  | { readonly type: 'refused'; readonly answer: HttpAnswer }
  | { readonly type: 'broken'; readonly error: Error }
  | { readonly type: 'stopped' }

export interface WatchRunOptions {
  readonly path: string
  readonly transport: WatchTransport
  readonly identity: Identity
  readonly clock: Clock
  readonly idleMs: number
  readonly dueInMs: number
  readonly onOpen: (status: number) => void
  /** Called for every chunk, before its events. */
  readonly onHeard: () => void
  readonly onUpsert: (object: KubeObject) => void
  readonly onDelete: (object: KubeObject) => void
  readonly onVersion: (resourceVersion: string) => void
}

const LONGEST_REFUSAL = 1 << 16

export class WatchRun {
  readonly done: Promise<WatchEnd>
  readonly #options: WatchRunOptions
  readonly #splitter = new LineSplitter((line) => this.#line(line))
  #finish: (end: WatchEnd) => void = () => undefined
  #handle: StreamHandle | null = null
  #timer: { cancel(): void } | null = null
  readonly #due: { cancel(): void }
  #finished = false
  #status = 0
  #refusal = ''
  #lastHeard: number

  constructor(options: WatchRunOptions) {
    this.#options = options
    this.#lastHeard = options.clock.monotonic()
    this.done = new Promise((done) => {
      this.#finish = done
    })
    this.#watchIdle(options.idleMs)
    this.#due = options.clock.after(options.dueInMs, () => this.#end({ type: 'due' }))
    this.#open()
  }

  stop(): void {
    this.#end({ type: 'stopped' })
  }

  #open(): void {
    const { transport, path, identity } = this.#options
    try {
      this.#handle = transport.open(
        {
          path,
          onStatus: (status) => this.#opened(status),
          onData: (chunk) => this.#data(chunk),
          onEnd: (error) => this.#closed(error),
        },
        identity,
      )
    } catch (error) {
      this.#end({ type: 'broken', error: error as Error })
    }
    if (this.#finished) this.#handle?.close()
  }

  #opened(status: number): void {
    this.#status = status
    this.#lastHeard = this.#options.clock.monotonic()
    this.#options.onOpen(status)
  }

  #data(chunk: Buffer): void {
    if (this.#finished) return
    if (this.#status !== 200) {
      if (this.#refusal.length < LONGEST_REFUSAL) this.#refusal += chunk.toString('utf8')
      return
    }
    this.#lastHeard = this.#options.clock.monotonic()
    this.#options.onHeard()
    try {
      this.#splitter.push(chunk)
    } catch (error) {
      this.#end({ type: 'broken', error: error as Error })
    }
  }

  #line(text: string): 'go-on' | 'stop' {
    const line = readWatchLine(text)
    switch (line.type) {
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        this.#changed(line.type, line.object)
        break
      case 'BOOKMARK':
        this.#options.onVersion(line.resourceVersion)
        break
      case 'ERROR':
        this.#end({ type: 'expired', message: line.code === 410 ? '' : line.message || `error ${line.code}` })
        break
      case 'garbage':
        this.#end({ type: 'broken', error: new Error(`the watch sent ${line.reason}`) })
        break
      default:
        line satisfies never
    }
    return this.#finished ? 'stop' : 'go-on'
  }

  #changed(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void {
    if (type === 'DELETED') this.#options.onDelete(object)
    else this.#options.onUpsert(object)
    this.#options.onVersion(object.metadata.resourceVersion ?? '')
  }

  #closed(error: Error | null): void {
    if (this.#status !== 200 && this.#status !== 0) {
      const answer = { status: this.#status, text: this.#refusal, retryAfterMs: null }
      this.#end(this.#status === 410 ? { type: 'expired', message: '' } : { type: 'refused', answer })
    } else if (error === null && this.#status === 200) {
      // A line cut off by the end is told again by the next watch: the last whole event is where that begins.
      this.#end({ type: 'ended' })
    } else {
      this.#end({ type: 'broken', error: error ?? new Error('the connection ended without an answer') })
    }
  }

  #watchIdle(ms: number): void {
    const { clock, idleMs } = this.#options
    this.#timer = clock.after(ms, () => {
      const silent = clock.monotonic() - this.#lastHeard
      if (silent >= idleMs) this.#end({ type: 'idle' })
      else this.#watchIdle(idleMs - silent)
    })
  }

  #end(end: WatchEnd): void {
    if (this.#finished) return
    this.#finished = true
    this.#timer?.cancel()
    this.#due.cancel()
    this.#handle?.close()
    this.#finish(end)
  }
}
