// A Git repository as a host: which commit a name means, and that commit's files.
import { join } from 'node:path'
import type { SourceDefinition } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { Log } from '../../../ports/log.ts'
import type { FileChange, Resolved, ResolveOptions } from '../../../ports/source.ts'
import type { FileTrees, SourceFiles } from '../files/trees.ts'
import type { Host } from '../host.ts'
import { checkRevision } from './address.ts'
import { LfsStore, LfsTrees } from './lfs.ts'
import { ObjectReadError } from './objects.ts'
import { type Meaning, Repository, type RepositoryOptions } from './repository.ts'
import { Signatures } from './signatures.ts'

const READ_ATTEMPTS = 6
const NAME_ATTEMPTS = 3

/** The fetch goes on for those who share it; only this caller stops waiting. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  let leave: (() => void) | undefined
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
  })
  try {
    return await Promise.race([work, left])
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave)
  }
}

export interface GitHostOptions extends RepositoryOptions {
  readonly log: Log
  readonly enableLfs: boolean
  /** Armored public keys that signatures are held to. */
  readonly gpgKeys: () => Readonly<Record<string, string>>
}

export class GitHost implements Host {
  readonly #options: GitHostOptions
  readonly #repository: Repository
  readonly #signatures: Signatures
  readonly #trees: FileTrees

  constructor(options: GitHostOptions) {
    this.#options = options
    const repository = new Repository(options)
    this.#repository = repository
    this.#signatures = new Signatures({ ...options, keys: options.gpgKeys })
    const { address, access, limits } = options
    const lfs = { url: address.url, access, fileBytes: limits.fileBytes }
    const store = new LfsStore({ ...lfs, folder: () => join(repository.directory, 'holdfast-lfs') })
    this.#trees = options.enableLfs ? new LfsTrees(repository.trees, store) : repository.trees
  }

  get url(): string {
    return this.#repository.address.url
  }

  get fetchedAt(): number | null {
    return this.#repository.fetchedAt
  }

  async resolve(
    source: SourceDefinition,
    { maxAgeMs, signal, signedBy }: Omit<ResolveOptions, 'project'>,
  ): Promise<Resolved> {
    checkRevision(source, this.url)
    await unlessAborted(this.#repository.freshen(maxAgeMs), signal)
    const meaning = await this.#meaningOf(source, maxAgeMs)
    if (signedBy !== null) await this.#signatures.check(this.#repository, meaning, signedBy)
    return { revision: meaning.commit, fetchedAt: this.fetchedAt ?? this.#options.clock.now() }
  }

  async withFiles<T>(_: SourceDefinition, revision: string, read: (files: SourceFiles) => Promise<T>): Promise<T> {
    if (this.fetchedAt === null) await this.#repository.freshen(Number.POSITIVE_INFINITY)
    return this.#mended(async () => {
      const root = await this.#root(revision)
      return read({ trees: this.#trees, root, repository: this.url, revision })
    })
  }

  async folderId(revision: string, path: string): Promise<string | null> {
    const { trees } = this.#repository
    const root = await trees.rootTree(revision)
    if (root === null) return null
    const place = await trees.locate(root, path.split('/'))
    return place.kind === 'tree' ? place.id : null
  }

  lastChange(revision: string, files: readonly string[]): Promise<FileChange | null> {
    return this.#mended(() => this.#repository.lastChange(revision, files))
  }

  close(): void {
    this.#options.access.close()
    this.#repository.close()
  }

  async #root(revision: string): Promise<string> {
    const { trees } = this.#repository
    const root = await trees.rootTree(revision)
    if (root !== null) return root
    const recovered = (await this.#repository.recover(revision)) ? await trees.rootTree(revision) : null
    if (recovered !== null) return recovered
    const subject = { repository: this.url, revision }
    throw new HoldfastError(problem('HF1002', `commit ${revision} is not in ${this.url}`, subject))
  }

  /** A name that the mirror does not know may have been pushed since, or the mirror may be vanishing: it is asked twice. */
  async #meaningOf(source: SourceDefinition, maxAgeMs: number): Promise<Meaning> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#mended(() => this.#repository.meaningOf(source))
      } catch (error) {
        const unknown = error instanceof HoldfastError && error.problem.code === 'HF1002'
        if (!unknown || attempt === NAME_ATTEMPTS) throw error
        await this.#repository.freshen(maxAgeMs === 0 ? -1 : Math.min(maxAgeMs, this.#options.limits.failureMs))
      }
    }
  }

  /** A mirror that broke or vanished under a reader is fetched anew, and read again. */
  async #mended<T>(run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await run()
      } catch (error) {
        if (!(error instanceof ObjectReadError) || attempt === READ_ATTEMPTS) throw error
        this.#options.log.warn({ repository: this.url, error: error.message }, 'mirror is damaged; it is made anew')
        this.#repository.distrust()
        await this.#repository.freshen(-1)
      }
    }
  }
}
