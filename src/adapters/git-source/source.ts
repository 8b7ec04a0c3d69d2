// Git repositories as a Source: resolve, render, remember.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { SourceDefinition } from '../../core/definition/index.ts'
import type { Rendered } from '../../core/desired/index.ts'
import { canonicalJson, type Json } from '../../core/kube/index.ts'
import { HoldfastError, problem, type ProblemSubject, toProblem } from '../../core/problem/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Source } from '../../ports/source.ts'
import { addressOf, checkRevision, pathSegments } from './address.ts'
import type { Environment } from './environment.ts'
import { listManifests, type ListingContext, type RepositoryFile } from './files.ts'
import { buildKustomization, findProgram, kustomizeProgram } from './kustomize.ts'
import { KUSTOMIZATION_FILES, kustomizeClosure } from './kustomize-closure.ts'
import { SOURCE_LIMITS, type SourceLimits } from './limits.ts'
import { ObjectReadError } from './objects.ts'
import { type FileText, readFiles, type ReadResult } from './read-files.ts'
import { type Render, RenderCache, renderKey } from './render-cache.ts'
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

interface Task {
  readonly source: SourceDefinition
  readonly repository: Repository
  readonly revision: string
  readonly signal: AbortSignal | undefined
}

function digestOf({ objects }: ReadResult): string {
  return createHash('sha256')
    .update(canonicalJson(objects as unknown as Json))
    .digest('hex')
}

class GitRenderer {
  readonly #options: SourceOptions
  readonly #limits: SourceLimits
  readonly #cache: RenderCache
  readonly #running = new Map<string, Promise<Render>>()
  readonly #slot: <T>(run: () => Promise<T>) => Promise<T>
  #prlimit: string | null | undefined

  constructor(options: SourceOptions, limits: SourceLimits) {
    this.#options = options
    this.#limits = limits
    this.#cache = new RenderCache(limits.cacheBytes)
    const limit = pLimit(limits.renders)
    this.#slot = (run) => limit(run)
  }

  async render(task: Task): Promise<Rendered> {
    const { source, repository, revision } = task
    const subject: ProblemSubject = { repository: repository.address.url, revision, path: source.path }
    const root = await repository.trees.rootTree(revision)
    if (root === null)
      throw new HoldfastError(problem('HF1002', `commit ${revision} is not in ${repository.address.url}`, subject))
    const segments = pathSegments(source, repository.address.url)
    const place = await repository.trees.locate(root, segments)
    const path = source.path === '' ? '.' : source.path
    if (place.kind === 'outside') throw new HoldfastError(problem('HF1006', `${path} leaves the repository`, subject))
    if (place.kind !== 'tree')
      throw new HoldfastError(
        problem(
          'HF1004',
          `${path} is not a directory of ${repository.address.url} at ${revision.slice(0, 12)}`,
          subject,
        ),
      )
    const context: ListingContext = { trees: repository.trees, root, limits: this.#limits }
    const names = (await repository.trees.entries(place.id)).map(({ name }) => name)
    const hasKustomization = names.some((name) => KUSTOMIZATION_FILES.includes(name))
    const kustomize = source.type === 'kustomize' || (source.type === 'detect' && hasKustomization)
    if (!kustomize && source.type === 'detect' && names.includes('Chart.yaml')) {
      throw new HoldfastError(problem('HF1013', `${path} holds a Helm chart; charts are not supported yet`, subject))
    }
    const render = kustomize
      ? await this.#kustomize(task, context, place, subject)
      : await this.#directory(task, context, place)
    return { ...render, revision }
  }

  /** One render per key at a time, however many ask. */
  #once(key: string, run: () => Promise<Render>): Promise<Render> {
    const known = this.#cache.get(key)
    if (known !== undefined) return Promise.resolve(known)
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const started = this.#slot(run)
      .then((render) => {
        this.#cache.put(key, render)
        return render
      })
      .finally(() => this.#running.delete(key))
    this.#running.set(key, started)
    return started
  }

  async #directory(
    task: Task,
    context: ListingContext,
    place: { id: string; path: readonly string[] },
  ): Promise<Render> {
    const { files, problems } = await listManifests(context, place, task.source.directory)
    const key = renderKey(files, ['directory', problems])
    return this.#once(key, async () => {
      const read = await this.#read(context, files)
      return {
        type: 'Directory',
        objects: read.objects,
        digest: digestOf(read),
        problems: [...problems, ...read.problems],
      }
    })
  }

  async #read(context: ListingContext, files: readonly RepositoryFile[]): Promise<ReadResult> {
    const texts: FileText[] = []
    const problems: ReadResult['problems'][number][] = []
    let bytes = 0
    for (const { path, id } of files) {
      try {
        const content = await context.trees.blob(id)
        bytes += content.length
        if (bytes > this.#limits.renderBytes)
          throw new HoldfastError(
            problem('HF1010', `the manifests are larger than ${this.#limits.renderBytes} bytes together`, {
              file: path,
            }),
          )
        texts.push({ file: path, text: content.toString('utf8') })
      } catch (error) {
        if (!(error instanceof TooLargeError)) throw error
        problems.push(
          problem('HF1010', `${path} has ${error.size} bytes; a file may have ${this.#limits.fileBytes}`, {
            file: path,
          }),
        )
      }
    }
    const read = await readFiles(texts, this.#limits.inlineBytes)
    return { objects: read.objects, problems: [...problems, ...read.problems] }
  }

  async #kustomize(
    task: Task,
    context: ListingContext,
    place: { id: string; path: readonly string[] },
    subject: ProblemSubject,
  ): Promise<Render> {
    const { files } = await kustomizeClosure(context, place)
    const program = await kustomizeProgram(this.#options.env)
    const key = renderKey(files, ['kustomize', program, place.path])
    return this.#once(key, async () => {
      this.#prlimit ??= await findProgram('prlimit', this.#options.env)
      const text = await buildKustomization({
        files,
        path: place.path,
        trees: context.trees,
        limits: this.#limits,
        program,
        prlimit: this.#prlimit,
        subject,
        signal: task.signal,
      })
      const file = [...place.path, 'kustomization.yaml'].join('/')
      const read = await readFiles([{ file, text }], this.#limits.inlineBytes)
      // Lines of the output say nothing about the repository.
      const objects = read.objects.map(({ object }) => ({ object, origin: { file, line: 0 } }))
      return { type: 'Kustomize', objects, digest: digestOf({ ...read, objects }), problems: read.problems }
    })
  }
}

/** Opens nothing yet; every repository is mirrored on first use. */
export function createSource(options: SourceOptions): GitSource {
  const limits: SourceLimits = { ...SOURCE_LIMITS, ...options.limits }
  const repositories = new Map<string, Repository>()
  const fetchSlot = pLimit(limits.fetches)
  const renderer = new GitRenderer(options, limits)

  const repositoryOf = (repoURL: string): Repository => {
    const known = repositories.get(repoURL)
    if (known !== undefined) return known
    const made = new Repository({
      address: addressOf(repoURL),
      root: join(options.cacheDir, 'mirrors'),
      env: options.env,
      limits,
      clock: options.clock,
      slot: (run) => fetchSlot(run),
    })
    repositories.set(repoURL, made)
    return made
  }

  /** A mirror that broke or vanished under a reader is fetched again, once. */
  const mended = async <T>(repository: Repository, run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof ObjectReadError)) throw error
      options.log.warn(
        { repository: repository.address.url, error: error.message },
        'mirror is damaged; it is made anew',
      )
      repository.distrust()
      await repository.freshen(0)
      return run()
    }
  }

  const named = (error: unknown, subject: ProblemSubject): HoldfastError => {
    const code = error instanceof TooLargeError ? 'HF1010' : error instanceof ObjectReadError ? 'HF1001' : 'HF1009'
    return new HoldfastError(toProblem(error, code, subject), { cause: error })
  }

  return {
    resolve: async (source, { maxAgeMs }) => {
      const repository = repositoryOf(source.repoURL)
      const subject = { repository: repository.address.url, revision: source.targetRevision }
      try {
        checkRevision(source, repository.address.url)
        await repository.freshen(maxAgeMs)
        const revision = await mended(repository, () => repository.commitOf(source.targetRevision)).catch(
          async (error: unknown) => {
            // A name that an older fetch does not know may have been pushed since.
            if (!(error instanceof HoldfastError) || error.problem.code !== 'HF1002' || maxAgeMs === 0) throw error
            await repository.freshen(Math.min(maxAgeMs, limits.failureMs))
            return repository.commitOf(source.targetRevision)
          },
        )
        return { revision, fetchedAt: repository.fetchedAt ?? options.clock.now() }
      } catch (error) {
        throw named(error, subject)
      }
    },
    render: async (source, revision, { signal }) => {
      const repository = repositoryOf(source.repoURL)
      try {
        if (repository.fetchedAt === null) await repository.freshen(Number.POSITIVE_INFINITY)
        return await mended(repository, () => renderer.render({ source, repository, revision, signal }))
      } catch (error) {
        throw named(error, { repository: repository.address.url, revision, path: source.path })
      }
    },
    commit: async (source, revision) => {
      const repository = repositoryOf(source.repoURL)
      const text = (await mended(repository, () => repository.trees.commit(revision))) ?? ''
      const author = /^author (.*) (\d+) [+-]\d{4}$/m.exec(text)
      const subject = text.slice(text.indexOf('\n\n') + 2).split('\n')[0] ?? ''
      return {
        author: author?.[1] ?? '',
        date: author === null ? '' : new Date(Number(author[2]) * 1000).toISOString(),
        subject,
      }
    },
    age: (repoURL) => {
      const at = repositories.get(repoURL)?.fetchedAt ?? null
      return at === null ? null : options.clock.now() - at
    },
    close: async () => {
      for (const repository of repositories.values()) repository.close()
    },
  }
}
