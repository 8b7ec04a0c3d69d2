// Keeps one kind in one scope (all namespaces, or one) in view: list, watch, and again, for ever.
import { HoldfastError, problem, toProblem } from '../../core/problem/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { KindInfo } from '../../ports/cluster-reader.ts'
import type { Credentials } from './credentials.ts'
import type { SafeEmit } from './emit.ts'
import { refusal } from './errors.ts'
import type { HttpClient, RequestMetric } from './http.ts'
import type { Known } from './known.ts'
import { FIRST_PAGE, PageExpired, readPage } from './list-page.ts'
import { collectionPath } from './paths.ts'
import { isBefore } from './resource-version.ts'
import { type WatchEnd, WatchRun } from './watch-run.ts'
import type { WatchTransport } from './watch-transport.ts'

/** What all reflectors of one connection share. */
export interface ReflectorTools {
  readonly http: HttpClient
  readonly transport: WatchTransport
  readonly credentials: Credentials
  readonly clock: Clock
  /** 0 ≤ x < 1. */
  readonly random: () => number
  readonly onRequest?: (metric: RequestMetric) => void
  /** Silence after which a watch counts as dead. The server sends a bookmark every 60 s. */
  readonly idleMs: number
  /** After so long a list checks what the watch told; up to a half sooner, so that kinds do not come all at once. */
  readonly relistMs: number
  /** Asks discovery again. */
  readonly isServed: (kind: KindInfo) => Promise<boolean>
}

export interface ReflectorOptions extends ReflectorTools {
  readonly kind: KindInfo
  readonly namespace: string
  readonly known: Known
  readonly emit: SafeEmit
  readonly onListed: (resourceVersion: string) => void
  /** `stop` = somebody else goes on in narrower scopes. */
  readonly onForbidden: () => 'stop' | 'go-on'
}

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000
/** A watch that lived so long was a success even if nothing happened. */
const LIVED_MS = 5000
const ITEMS_PER_TURN = 100

export class Reflector {
  readonly #options: ReflectorOptions
  #stopped = false
  #run: WatchRun | null = null
  #wake: (() => void) | null = null
  /** Where the next watch begins; null = list first. */
  #resumeAt: string | null = null
  /** The latest version heard of, kept over lists, to notice a server that went back in time. */
  #latest = ''
  /** The last watch broke off, so the server may be another one than before. */
  #suspect = false
  #paged = true
  #failures = 0
  #live = false
  #lastHeard = Number.NEGATIVE_INFINITY
  #relistAt = Number.POSITIVE_INFINITY

  constructor(options: ReflectorOptions) {
    this.#options = options
  }

  isFresh(): boolean {
    const { clock, idleMs } = this.#options
    return this.#live && this.#resumeAt !== null && clock.monotonic() - this.#lastHeard < idleMs
  }

  stop(): void {
    this.#stopped = true
    this.#live = false
    this.#run?.stop()
    this.#wake?.()
  }

  /** Resolves when stopped; never rejects. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      const start = this.#options.clock.monotonic()
      const end = await this.#round().catch((error: unknown): WatchEnd => ({ type: 'broken', error: error as Error }))
      if (this.#stopped) return
      if (this.#options.clock.monotonic() - start >= LIVED_MS) this.#failures = 0
      await this.#settle(end).catch((error: unknown) => this.#trouble(error))
      if (!this.#stopped) await this.#pause()
    }
  }

  async #round(): Promise<WatchEnd> {
    if (this.#resumeAt !== null && this.#suspect) await this.#checkRewind()
    if (this.#resumeAt === null) await this.#list()
    if (this.#stopped || this.#resumeAt === null) return { type: 'stopped' }
    return this.#watch(this.#resumeAt)
  }

  async #settle(end: WatchEnd): Promise<void> {
    this.#run = null
    if (end.type !== 'ended') this.#live = false
    switch (end.type) {
      case 'stopped':
        return
      case 'ended':
        break
      case 'expired':
        this.#resumeAt = null
        if (end.message !== '')
          this.#trouble(new HoldfastError(problem('HF4008', `Watch of ${this.#name}: ${end.message}`)))
        break
      case 'due':
        this.#resumeAt = null
        break
      case 'idle':
        this.#resumeAt = null
        this.#trouble(
          new HoldfastError(
            problem('HF4001', `Watch of ${this.#name}: nothing heard for ${this.#options.idleMs / 1000} s.`),
          ),
        )
        break
      case 'refused':
        await this.#failed(refusal(end.answer, { action: 'read', ref: this.#ref }))
        break
      case 'broken':
        await this.#failed(end.error)
        break
      default:
        end satisfies never
    }
  }

  async #failed(error: Error): Promise<void> {
    this.#suspect = true
    if (error instanceof PageExpired) {
      this.#paged = false
      return
    }
    const code = error instanceof HoldfastError ? error.problem.code : 'HF4001'
    if (code === 'HF4010' && this.#options.onForbidden() === 'stop') return this.stop()
    if (code === 'HF3002') await this.#kindGone()
    this.#trouble(error)
  }

  /** A 404 is believed only when discovery no longer has the kind either. */
  async #kindGone(): Promise<void> {
    if (await this.#options.isServed(this.#options.kind)) return
    this.#resumeAt = null
    this.#options.known.deleteAll()
  }

  #trouble(error: unknown): void {
    const told = error instanceof HoldfastError ? error : this.#asProblem(error)
    this.#options.emit({ type: 'trouble', error: told })
  }

  #asProblem(error: unknown): HoldfastError {
    const { message } = toProblem(error, 'HF4001')
    return new HoldfastError(problem('HF4001', `Watch of ${this.#name}: ${message}.`), { cause: error })
  }

  get #name(): string {
    const { kind, namespace } = this.#options
    return namespace === '' ? kind.resource : `${kind.resource} in ${namespace}`
  }

  get #ref(): { group: string; kind: string; namespace: string; name: string } {
    const { kind, namespace } = this.#options
    return { group: kind.group, kind: kind.kind, namespace, name: '*' }
  }

  /** Doubles from 100 ms to 30 s, half of it random; nothing after a success. */
  async #pause(): Promise<void> {
    const failures = this.#failures
    this.#failures = failures + 1
    if (failures === 0 && this.#resumeAt !== null && this.#live) return
    const full = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures, 20))
    const ms = full * (0.5 + this.#options.random() / 2)
    await new Promise<void>((done) => {
      const timer = this.#options.clock.after(ms, done)
      this.#wake = () => {
        timer.cancel()
        done()
      }
    })
    this.#wake = null
  }

  /** After a restore the server counts from further back: a watch from our version would stay silent. */
  async #checkRewind(): Promise<void> {
    const { http, kind, namespace } = this.#options
    const page = await readPage(http, { kind, namespace, limit: 1, token: '', form: 'metadata' })
    if (isBefore(page.resourceVersion, this.#latest)) this.#resumeAt = null
  }

  async #list(): Promise<void> {
    const { http, kind, namespace, known } = this.#options
    known.beginList()
    let limit = this.#paged ? FIRST_PAGE : 0
    let mode: 'changes' | 'repeat' = 'changes'
    for (let token = ''; ; ) {
      const page = await readPage(http, { kind, namespace, limit, token, form: 'full' })
      // In another history the same resourceVersion may be another state.
      if (isBefore(page.resourceVersion, this.#latest)) mode = 'repeat'
      for (let index = 0; index < page.items.length; index++) {
        if (index > 0 && index % ITEMS_PER_TURN === 0) await new Promise((done) => setImmediate(done))
        if (this.#stopped) return
        const item = page.items[index]
        if (item !== undefined) known.listed(item, mode)
      }
      token = page.token
      limit = page.nextLimit
      if (token === '') return this.#listed(page.resourceVersion)
    }
  }

  #listed(resourceVersion: string): void {
    if (this.#stopped) return
    const { known, onListed, clock, relistMs, random } = this.#options
    known.endList()
    this.#paged = true
    this.#resumeAt = resourceVersion
    this.#latest = resourceVersion
    this.#suspect = false
    this.#lastHeard = clock.monotonic()
    this.#relistAt = this.#lastHeard + relistMs * (0.5 + random() / 2)
    onListed(resourceVersion)
  }

  async #watch(resourceVersion: string): Promise<WatchEnd> {
    const { kind, namespace, credentials, known, transport, clock, idleMs, onRequest } = this.#options
    const identity = await credentials.current()
    if (this.#stopped) return { type: 'stopped' }
    const query = { watch: 'true', allowWatchBookmarks: 'true', resourceVersion }
    const start = clock.monotonic()
    this.#run = new WatchRun({
      path: collectionPath(kind, namespace, query),
      transport,
      identity,
      clock,
      idleMs,
      dueInMs: Math.max(0, this.#relistAt - start),
      onOpen: (status) => {
        onRequest?.({ verb: 'watch', code: String(status), kind: kind.kind, ms: clock.monotonic() - start })
        if (status === 401) credentials.reject(identity)
        this.#live = status === 200
        this.#lastHeard = clock.monotonic()
      },
      onHeard: () => {
        this.#lastHeard = clock.monotonic()
      },
      onUpsert: (object) => known.upserted(object),
      onDelete: (object) => known.deleted(object),
      onVersion: (version) => this.#heardOf(version),
    })
    return this.#run.done
  }

  #heardOf(version: string): void {
    this.#resumeAt = version
    this.#latest = version
    this.#suspect = false
    this.#failures = 0
  }
}
