// One repository: its mirror, how fresh it is, and which commit a name means.
import { HoldfastError, problem, type Problem } from '../../../core/problem/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { FileChange } from '../../../ports/source.ts'
import { type Address, shown } from './address.ts'
import { Mirror, type MirrorOptions, type MirrorRef } from './mirror.ts'
import { ObjectReader } from './objects.ts'
import { GitTrees } from './trees.ts'

export interface RepositoryOptions extends MirrorOptions {
  readonly clock: Clock
  /** Bounds the fetches of all repositories together. */
  readonly slot: <T>(run: () => Promise<T>) => Promise<T>
}

interface Fetch {
  readonly startedAt: number
  readonly done: Promise<void>
}

const HEAD_REF = 'refs/holdfast/HEAD'
const FULL_HASH = /^[0-9a-f]{40}$|^[0-9a-f]{64}$/
const SHORT_HASH = /^[0-9a-f]{7,63}$/

export class Repository {
  readonly address: Address
  readonly trees: GitTrees
  readonly #options: RepositoryOptions
  readonly #mirror: Mirror
  readonly #reader: ObjectReader
  #fetchedAt: number | null = null
  #running: Fetch | null = null
  #failure: { at: number; problem: Problem } | null = null
  #refs: ReadonlyMap<string, string> | null = null
  readonly #closing = new AbortController()

  constructor(options: RepositoryOptions) {
    this.address = options.address
    this.#options = options
    this.#mirror = new Mirror(options)
    this.#reader = new ObjectReader(() => this.#mirror.command([]), options.limits)
    this.trees = new GitTrees((id) => this.#reader.get(id))
  }

  /** Epoch ms of the beginning of the last complete fetch. */
  get fetchedAt(): number | null {
    return this.#fetchedAt
  }

  /** Ends what runs; a fetch that is cut off leaves the mirror as it was. */
  close(): void {
    this.#closing.abort()
    this.#reader.close()
  }

  /** What was read makes no sense: the mirror is made anew by the next fetch. */
  distrust(): void {
    this.#mirror.distrust()
    this.#reader.close()
  }

  /** Brings back a commit that the mirror does not hold (any more); false when the remote does not have it either. */
  async recover(commit: string): Promise<boolean> {
    await this.freshen(-1)
    if ((await this.trees.rootTree(commit)) !== null) return true
    if (!FULL_HASH.test(commit) || !(await this.#mirror.fetchExtra(commit, this.#closing.signal))) return false
    this.#reader.close()
    return (await this.trees.rootTree(commit)) !== null
  }

  /**
   * Fetches unless the mirror is younger than `maxAgeMs` (negative: always); one fetch at a time, shared by all who may use
   * its result.
   */
  async freshen(maxAgeMs: number): Promise<void> {
    const { clock, limits } = this.#options
    const now = clock.now()
    const usable = (startedAt: number): boolean => now - startedAt <= maxAgeMs
    if (!(await this.#mirror.exists())) [this.#fetchedAt, this.#refs] = [null, null]
    else this.#fetchedAt ??= await this.#mirror.fetchedAt()
    if (this.#fetchedAt !== null && usable(this.#fetchedAt)) return
    const running = this.#running
    if (running !== null && (usable(running.startedAt) || this.#fetchedAt === null)) return running.done
    if (running !== null) await running.done.catch(() => undefined)
    if (this.#running !== null) return this.#running.done
    const failed = this.#failure
    if (failed !== null && clock.now() - failed.at < Math.min(limits.failureMs, Math.max(maxAgeMs, 0)))
      throw new HoldfastError(failed.problem)
    return this.#start()
  }

  #start(): Promise<void> {
    const startedAt = this.#options.clock.now()
    const done = this.#options
      .slot(() => this.#mirror.fetch(startedAt, this.#closing.signal))
      .then(
        () => {
          this.#fetchedAt = startedAt
          this.#failure = null
        },
        (error: unknown) => {
          if (error instanceof HoldfastError) this.#failure = { at: this.#options.clock.now(), problem: error.problem }
          throw error
        },
      )
      .finally(() => {
        this.#running = null
        this.#refs = null
        this.#reader.close()
      })
    this.#running = { startedAt, done }
    return done
  }

  /** The commit that changed a file last, seen from `revision`. */
  async lastChange(revision: string, file: string): Promise<FileChange | null> {
    return this.#mirror.lastChange(revision, file, this.#closing.signal)
  }

  /** The commit that HEAD, a branch, a tag, a full ref name or a hash means. Throws HF1002. */
  async commitOf(revision: string): Promise<string> {
    const { signal } = this.#closing
    const named = await this.#named(revision)
    if (named !== null) return named
    const hash = revision.toLowerCase()
    if (FULL_HASH.test(hash) || SHORT_HASH.test(hash)) {
      const known = await this.#mirror.commitOf(hash, signal)
      if (known !== null) return known
      if (FULL_HASH.test(hash) && (await this.#mirror.fetchExtra(hash, signal))) {
        this.#reader.close()
        const fetched = await this.#mirror.commitOf(hash, signal)
        if (fetched !== null) return fetched
      }
    }
    if (revision.startsWith('refs/') && (await this.#mirror.fetchExtra(revision, signal))) {
      this.#reader.close()
      const extra = await this.#mirror.commitOf(`refs/holdfast/extra/${revision.slice('refs/'.length)}`, signal)
      if (extra !== null) return extra
    }
    throw new HoldfastError(
      problem('HF1002', `revision ${shown(revision)} does not exist in ${this.address.url}`, {
        repository: this.address.url,
        revision,
      }),
    )
  }

  /** Refs are read once per fetch: hundreds of applications may ask for the same repository. */
  async #knownRefs(): Promise<ReadonlyMap<string, string>> {
    if (this.#refs !== null) return this.#refs
    const refs = await this.#mirror.refs(this.#closing.signal)
    const known = new Map(refs.map((ref: MirrorRef) => [ref.name, ref.commit]))
    if (this.#running === null) this.#refs = known
    return known
  }

  async #named(revision: string): Promise<string | null> {
    const refs = await this.#knownRefs()
    const candidates =
      revision === 'HEAD'
        ? [HEAD_REF]
        : revision.startsWith('refs/')
          ? [revision]
          : [`refs/heads/${revision}`, `refs/tags/${revision}`]
    const name = candidates.find((one) => refs.has(one))
    if (name === undefined) return null
    // A tag of a tag is followed by git itself; null when what it means is no commit.
    return refs.get(name) || this.#mirror.commitOf(name, this.#closing.signal)
  }
}
