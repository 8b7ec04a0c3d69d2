// Git repositories as a Source: resolve, render, remember.
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { SourceDefinition } from '../../core/definition/index.ts'
import type { Rendered } from '../../core/desired/index.ts'
import { HoldfastError, type ProblemSubject, toProblem } from '../../core/problem/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Resolved, Source } from '../../ports/source.ts'
import { addressOf, checkRevision } from './address.ts'
import type { Environment } from './environment.ts'
import { SOURCE_LIMITS, type SourceLimits } from './limits.ts'
import { ObjectReadError } from './objects.ts'
import { GitRenderer } from './renderer.ts'
import { Repository } from './repository.ts'
import { TooLargeError } from './tree.ts'

export interface SourceOptions {
  /** Mirrors go below it; may be deleted at any time. */
  readonly cacheDir: string
  readonly clock: Clock
  readonly log: Log
  /** PATH, HOME, git's own variables and HOLDFAST_KUSTOMIZE. */
  readonly env: Environment
  readonly limits?: Partial<SourceLimits>
}

export interface GitSource extends Source {
  /** ms since the repository was last read; null = never. */
  age(repoURL: string): number | null
  close(): Promise<void>
}

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

function named(error: unknown, subject: ProblemSubject): HoldfastError {
  const code = error instanceof TooLargeError ? 'HF1010' : error instanceof ObjectReadError ? 'HF1001' : 'HF1009'
  return new HoldfastError(toProblem(error, code, subject), { cause: error })
}

class GitRepositories implements GitSource {
  readonly #options: SourceOptions
  readonly #limits: SourceLimits
  readonly #repositories = new Map<string, Repository>()
  readonly #fetchSlot: ReturnType<typeof pLimit>
  readonly #renderer: GitRenderer

  constructor(options: SourceOptions) {
    this.#options = options
    this.#limits = { ...SOURCE_LIMITS, ...options.limits }
    this.#fetchSlot = pLimit(this.#limits.fetches)
    this.#renderer = new GitRenderer(options.env, this.#limits)
  }

  async resolve(source: SourceDefinition, options: { maxAgeMs: number; signal?: AbortSignal }): Promise<Resolved> {
    const repository = this.#repositoryOf(source.repoURL)
    try {
      checkRevision(source, repository.address.url)
      await unlessAborted(repository.freshen(options.maxAgeMs), options.signal)
      const revision = await this.#commitOf(repository, source.targetRevision, options.maxAgeMs)
      return { revision, fetchedAt: repository.fetchedAt ?? this.#options.clock.now() }
    } catch (error) {
      if (options.signal?.aborted === true) throw error
      throw named(error, { repository: repository.address.url, revision: source.targetRevision })
    }
  }

  async render(
    source: SourceDefinition,
    revision: string,
    { appName, signal }: { appName: string; signal?: AbortSignal },
  ): Promise<Rendered> {
    const repository = this.#repositoryOf(source.repoURL)
    try {
      if (repository.fetchedAt === null) await repository.freshen(Number.POSITIVE_INFINITY)
      const task = { source, repository, revision, appName, signal }
      return await this.#mended(repository, () => this.#renderer.render(task))
    } catch (error) {
      if (signal?.aborted === true) throw error
      throw named(error, { repository: repository.address.url, revision, path: source.path })
    }
  }

  async commit(source: SourceDefinition, revision: string): Promise<{ author: string; date: string; subject: string }> {
    const repository = this.#repositoryOf(source.repoURL)
    const text = (await this.#mended(repository, () => repository.trees.commit(revision))) ?? ''
    const author = /^author (.*) (\d+) [+-]\d{4}$/m.exec(text)
    return {
      author: author?.[1] ?? '',
      date: author === null ? '' : new Date(Number(author[2]) * 1000).toISOString(),
      subject: text.slice(text.indexOf('\n\n') + 2).split('\n')[0] ?? '',
    }
  }

  age(repoURL: string): number | null {
    const at = this.#repositories.get(repoURL)?.fetchedAt ?? null
    return at === null ? null : this.#options.clock.now() - at
  }

  async close(): Promise<void> {
    for (const repository of this.#repositories.values()) repository.close()
  }

  /** A name that the mirror does not know may have been pushed since, or the mirror may be vanishing: it is asked twice. */
  async #commitOf(repository: Repository, name: string, maxAgeMs: number): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#mended(repository, () => repository.commitOf(name))
      } catch (error) {
        const unknown = error instanceof HoldfastError && error.problem.code === 'HF1002'
        if (!unknown || attempt === NAME_ATTEMPTS) throw error
        await repository.freshen(maxAgeMs === 0 ? -1 : Math.min(maxAgeMs, this.#limits.failureMs))
      }
    }
  }

  #repositoryOf(repoURL: string): Repository {
    const known = this.#repositories.get(repoURL)
    if (known !== undefined) return known
    const { cacheDir, env, clock } = this.#options
    const made = new Repository({
      address: addressOf(repoURL),
      root: join(cacheDir, 'mirrors'),
      ...{ env, clock, limits: this.#limits },
      slot: (run) => this.#fetchSlot(run),
    })
    this.#repositories.set(repoURL, made)
    return made
  }

  /** A mirror that broke or vanished under a reader is fetched anew, and read again. */
  async #mended<T>(repository: Repository, run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await run()
      } catch (error) {
        if (!(error instanceof ObjectReadError) || attempt === READ_ATTEMPTS) throw error
        const { url } = repository.address
        this.#options.log.warn({ repository: url, error: error.message }, 'mirror is damaged; it is made anew')
        repository.distrust()
        await repository.freshen(-1)
      }
    }
  }
}

/** Opens nothing yet; every repository is mirrored on first use. */
export function createSource(options: SourceOptions): GitSource {
  return new GitRepositories(options)
}
