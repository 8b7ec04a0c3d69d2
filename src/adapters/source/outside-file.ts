// Single files by http and https: kept for a while, bounded, and never from a machine that the source may not ask.
import { createHash } from 'node:crypto'
import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { Agent, request } from 'undici'
import { HoldfastError, problem, type ProblemCode } from '../../core/problem/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { InputFile } from './files/input-file.ts'
import { shown } from './git/address.ts'
import type { SourceLimits } from './limits.ts'
import { type Reach, reachOf } from './reach.ts'

const REDIRECTS = 5
const KEPT_BYTES = 32 * 1024 * 1024

export interface FileRequest {
  readonly url: string
  /** Whether an address may be asked; every address is put to it, those of redirects too. */
  readonly admits: (reach: Reach) => boolean
  /** How old a copy of it may be. */
  readonly maxAgeMs: number
  readonly signal?: AbortSignal | undefined
}

interface Kept {
  readonly content: Buffer
  readonly at: number
}

class Refused extends Error {}

function failure(code: ProblemCode, url: string, what: string, action?: string): HoldfastError {
  return new HoldfastError(problem(code, `${shown(url)} ${what}`, { repository: shown(url).slice(1, -1) }, action))
}

/** Looks a name up, and knows only those addresses that may be asked: whatever the name means later, no other is connected to. */
function guardedLookup(admits: FileRequest['admits']): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, [])
      const open = addresses.filter(({ address }) => admits(reachOf(address)))
      const [first] = open
      if (first === undefined) return done(new Refused('address'), [])
      return options.all === true ? done(null, open) : done(null, first.address, first.family)
    })
  }
}

interface Step {
  readonly wanted: string
  readonly next: string
  readonly from: URL | null
  readonly admits: FileRequest['admits']
}

function checkURL({ wanted, next, from, admits }: Step): URL {
  const target = from === null ? new URL(next) : new URL(next, from)
  const isWeb = target.protocol === 'https:' || (target.protocol === 'http:' && from?.protocol !== 'https:')
  if (!isWeb)
    throw failure('HF2003', wanted, `leads to ${shown(target.href)}; only https, or http from http, is followed`)
  const host = target.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !admits(reachOf(host))) throw new Refused('address')
  return target
}

const STATUS: Readonly<Record<number, ProblemCode>> = { 401: 'HF1005', 403: 'HF1005', 404: 'HF1004', 410: 'HF1004' }

/** Bounded; what was asked for longest ago goes first. */
export class OutsideFiles {
  readonly #clock: Clock
  readonly #limits: SourceLimits
  readonly #kept = new Map<string, Kept>()

  constructor(clock: Clock, limits: SourceLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Throws HF1001, HF1004, HF1005, HF1010, HF2003. */
  async file(wanted: FileRequest): Promise<InputFile> {
    const known = this.#kept.get(wanted.url)
    const { maxAgeMs } = wanted
    const isFresh = known !== undefined && this.#clock.now() - known.at <= maxAgeMs
    const content = isFresh ? known.content : await this.#fetch(wanted)
    if (!isFresh) this.#keep(wanted.url, { content, at: this.#clock.now() })
    const id = createHash('sha256').update(content).digest('hex')
    return { path: '', id, read: async () => content }
  }

  #keep(url: string, kept: Kept): void {
    this.#kept.delete(url)
    this.#kept.set(url, kept)
    let bytes = [...this.#kept.values()].reduce((sum, { content }) => sum + content.length, 0)
    for (const [oldest, { content }] of this.#kept) {
      if (bytes <= KEPT_BYTES || oldest === url) return
      bytes -= content.length
      this.#kept.delete(oldest)
    }
  }

  async #fetch(wanted: FileRequest): Promise<Buffer> {
    const agent = new Agent({ connect: { lookup: guardedLookup(wanted.admits), timeout: this.#limits.fetchMs } })
    const timeout = AbortSignal.timeout(this.#limits.fetchMs)
    const signal = wanted.signal === undefined ? timeout : AbortSignal.any([timeout, wanted.signal])
    try {
      return await this.#follow(wanted, { agent, signal })
    } catch (error) {
      if (error instanceof HoldfastError || wanted.signal?.aborted === true) throw error
      throw this.#explained(wanted.url, error)
    } finally {
      await agent.destroy()
    }
  }

  #explained(url: string, error: unknown): HoldfastError {
    const isRefused = error instanceof Refused || (error instanceof Error && error.cause instanceof Refused)
    const action = 'Use a public address, or copy the file into the repository.'
    if (isRefused) return failure('HF2003', url, 'leads to an address that this source may not ask', action)
    const { code, name } = error as { code?: string; name?: string }
    const isLate = name === 'TimeoutError' || name === 'AbortError'
    return failure(
      'HF1001',
      url,
      isLate ? `did not answer within ${this.#limits.fetchMs / 1000} s` : `cannot be read (${code ?? name})`,
    )
  }

  async #follow(wanted: FileRequest, { agent, signal }: { agent: Agent; signal: AbortSignal }): Promise<Buffer> {
    let from: URL | null = null
    for (let next = wanted.url, hops = 0; hops <= REDIRECTS; hops += 1) {
      const url: URL = checkURL({ wanted: wanted.url, next, from, admits: wanted.admits })
      // Names and passwords go to the host that they were written for.
      const login =
        from === null && url.username !== ''
          ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
          : ''
      const authorization = login === '' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
      const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'holdfast', ...authorization }
      url.username = ''
      url.password = ''
      const answer = await request(url, { dispatcher: agent, signal, headers })
      const { location } = answer.headers
      if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === 'string') {
        await answer.body.dump()
        from = url
        next = location
        continue
      }
      if (answer.statusCode >= 200 && answer.statusCode < 300) return this.#body(wanted.url, answer.body)
      await answer.body.dump()
      throw failure(STATUS[answer.statusCode] ?? 'HF1001', wanted.url, `answered with status ${answer.statusCode}`)
    }
    throw failure('HF1001', wanted.url, `redirects more than ${REDIRECTS} times`)
  }

  async #body(url: string, body: AsyncIterable<Buffer>): Promise<Buffer> {
    const { fileBytes } = this.#limits
    const parts: Buffer[] = []
    let bytes = 0
    for await (const part of body) {
      bytes += part.length
      if (bytes > fileBytes) throw failure('HF1010', url, `has more than ${fileBytes} bytes`)
      parts.push(part)
    }
    return Buffer.concat(parts)
  }
}
