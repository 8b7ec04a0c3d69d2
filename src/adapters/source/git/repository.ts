// One repository: its mirror, how fresh it is, and which commit a name means.
import { setMaxListeners } from 'node:events'
import { HoldfastError, problem, type Problem } from '../../../core/problem/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { FileChange } from '../../../ports/source.ts'
import type { Slot } from '../host.ts'
import type { Address } from './address.ts'
import { Mirror, type MirrorOptions, type MirrorRef } from './mirror.ts'
import { ObjectReader } from './objects.ts'
import { lackOf, refsMeant, type Wanted } from './revision.ts'
import { GitTrees } from './trees.ts'

export interface RepositoryOptions extends MirrorOptions {
  readonly clock: Clock
  readonly slot: Slot
}

interface Fetch {
  readonly startedAt: number
  readonly done: Promise<void>
}

/** What a name means. */
export interface Meaning {
  readonly commit: string
  /** The ref that was found by the name; '' = the name is a hash. */
  readonly ref: string
  /** Id of the annotated tag that the ref is; '' = it is none. */
  readonly tag: string
}

const TIDY_EVERY = 25
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
  #refs: Promise<ReadonlyMap<string, MirrorRef>> | null = null
  /** Refs and commits fetched by name since the last fetch of all, so that hundreds of callers ask for them once. */
  #extras = new Map<string, Promise<boolean>>()
  /** Commits that hashes, and tags of tags, were found to mean since then. */
  #commits = new Map<string, Promise<string | null>>()
  #fetches = 0
  readonly #closing = new AbortController()

  constructor(options: RepositoryOptions) {
    this.address = options.address
    this.#options = options
    // Every command that runs listens to it.
    setMaxListeners(0, this.#closing.signal)
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
    this.#reader.renew()
  }

  /** Brings back a commit that the mirror does not hold (any more); false when the remote does not have it either. */
  async recover(commit: string): Promise<boolean> {
    await this.freshen(-1)
    if ((await this.trees.rootTree(commit)) !== null) return true
    if (!FULL_HASH.test(commit) || !(await this.#fetchExtra(commit))) return false
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
      .slot(this.address.url, () => this.#mirror.fetch(startedAt, this.#closing.signal))
      .then(
        () => {
          this.#fetchedAt = startedAt
          this.#failure = null
          this.#tidyNowAndThen()
        },
        (error: unknown) => {
          if (error instanceof HoldfastError) this.#failure = { at: this.#options.clock.now(), problem: error.problem }
          throw error
        },
      )
      .finally(() => {
        this.#running = null
        this.#refs = null
        this.#extras = new Map()
        this.#commits = new Map()
        this.#reader.renew()
      })
    this.#running = { startedAt, done }
    return done
  }

  /** The commit that changed any of the files last, seen from `revision`. */
  async lastChange(revision: string, files: readonly string[]): Promise<FileChange | null> {
    return this.#mirror.lastChange(revision, files, this.#closing.signal)
  }

  /** What HEAD, a branch, a tag, a range of versions, a full ref name or a hash means. Throws HF1002. */
  async meaningOf(wanted: Wanted): Promise<Meaning> {
    const name = wanted.targetRevision
    const found = (await this.#named(wanted)) ?? (await this.#hash(name.toLowerCase())) ?? (await this.#extraRef(name))
    if (found !== null) return found
    const { url } = this.address
    const message = `${lackOf(wanted)} in ${url}`
    throw new HoldfastError(problem('HF1002', message, { repository: url, revision: name }))
  }

  /** The `git` command of the mirror, for reading what it holds. */
  command(args: readonly string[]): ReturnType<Mirror['command']> {
    return this.#mirror.command(args)
  }

  get directory(): string {
    return this.#mirror.directory
  }

  /** One object; null when the mirror has none. Throws ObjectReadError. */
  object(id: string): ReturnType<ObjectReader['get']> {
    return this.#reader.get(id)
  }

  #tidyNowAndThen(): void {
    this.#fetches += 1
    if (this.#fetches % TIDY_EVERY !== 0 && this.#fetches !== 1) return
    void this.#mirror.tidy(this.#options.clock.now(), this.#closing.signal).catch(() => undefined)
  }

  #fetchExtra(name: string): Promise<boolean> {
    const known = this.#extras.get(name)
    if (known !== undefined) return known
    const fetched = this.#mirror.fetchExtra(name, this.#closing.signal).then((isThere) => {
      if (isThere) this.#reader.renew()
      if (isThere) this.#commits = new Map()
      return isThere
    })
    this.#extras.set(name, fetched)
    return fetched
  }

  #commitOf(name: string): Promise<string | null> {
    const known = this.#commits.get(name)
    if (known !== undefined) return known
    const { signal } = this.#closing
    const commits = this.#commits
    const found = this.#mirror.commitOf(name, signal)
    commits.set(name, found)
    found.catch(() => commits.delete(name))
    return found
  }

  async #hash(hash: string): Promise<Meaning | null> {
    if (!FULL_HASH.test(hash) && !SHORT_HASH.test(hash)) return null
    const known = await this.#commitOf(hash)
    if (known !== null) return { commit: known, ref: '', tag: '' }
    if (!FULL_HASH.test(hash) || !(await this.#fetchExtra(hash))) return null
    const fetched = await this.#commitOf(hash)
    return fetched === null ? null : { commit: fetched, ref: '', tag: '' }
  }

  async #extraRef(name: string): Promise<Meaning | null> {
    if (!name.startsWith('refs/') || !(await this.#fetchExtra(name))) return null
    const extra = `refs/holdfast/extra/${name.slice('refs/'.length)}`
    const commit = await this.#commitOf(extra)
    return commit === null ? null : { commit, ref: name, tag: '' }
  }

  /** Refs are read once per fetch: hundreds of applications may ask for the same repository at the same time. */
  #knownRefs(): Promise<ReadonlyMap<string, MirrorRef>> {
    if (this.#refs !== null) return this.#refs
    const asked = this.#mirror
      .refs(this.#closing.signal)
      .then((refs): ReadonlyMap<string, MirrorRef> => new Map(refs.map((ref) => [ref.name, ref])))
    this.#refs = asked
    const forget = (): void => {
      if (this.#refs === asked) this.#refs = null
    }
    // What is read during a fetch may be of before or after it.
    asked.then(() => this.#running !== null && forget(), forget)
    return asked
  }

  async #named(wanted: Wanted): Promise<Meaning | null> {
    const refs = await this.#knownRefs()
    const found = refsMeant(wanted, refs.keys()).flatMap((name) => refs.get(name) ?? [])[0]
    if (found === undefined) return null
    const { name: ref, tag } = found
    // A tag of a tag is followed by git itself; null when what it means is no commit.
    const commit = found.commit === '' ? await this.#commitOf(ref) : found.commit
    return commit === null ? null : { commit, ref, tag }
  }
}
