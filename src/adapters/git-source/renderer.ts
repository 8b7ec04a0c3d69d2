// Commits → renders: which kind of source it is, what it reads, and whether that was rendered before.
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import pLimit from 'p-limit'
import type { SourceDefinition } from '../../core/definition/index.ts'
import type { Rendered } from '../../core/desired/index.ts'
import { HoldfastError, problem, type Problem, type ProblemSubject } from '../../core/problem/index.ts'
import { pathSegments } from './address.ts'
import type { Environment } from './environment.ts'
import { listManifests, type ListingContext, type RepositoryFile } from './files.ts'
import { buildKustomization, findProgram, kustomizeProgram } from './kustomize.ts'
import { KUSTOMIZATION_FILES, kustomizeClosure } from './kustomize-closure.ts'
import type { SourceLimits } from './limits.ts'
import { type DigestedResult, type FileText, readFiles } from './read-files.ts'
import { type Render, RenderCache, renderKey } from './render-cache.ts'
import type { Repository } from './repository.ts'
import { textOf } from './text.ts'
import { TooLargeError } from './tree.ts'

const SOURCE_OVERRIDE = '.argocd-source.yaml'

export interface RenderTask {
  readonly appName: string
  readonly source: SourceDefinition
  readonly repository: Repository
  readonly revision: string
  readonly signal: AbortSignal | undefined
}

/** Follows the objects alone: where they stand in the files does not count. */
function digestOf({ digests }: DigestedResult): string {
  return createHash('sha256').update(digests.join('\n')).digest('hex')
}

interface Directory {
  readonly id: string
  readonly path: readonly string[]
}

function subjectOf({ source, repository, revision }: RenderTask): ProblemSubject {
  return { repository: repository.address.url, revision, path: source.path }
}

async function directoryOf(task: RenderTask, root: string): Promise<Directory> {
  const { source, repository, revision } = task
  const { url } = repository.address
  const place = await repository.trees.locate(root, pathSegments(source, url))
  const path = source.path === '' ? '.' : source.path
  if (place.kind === 'tree') return place
  if (place.kind === 'outside')
    throw new HoldfastError(problem('HF1006', `${path} leaves the repository`, subjectOf(task)))
  if (place.kind === 'submodule')
    throw new HoldfastError(
      problem('HF1013', `${path} lies in a submodule; these are not supported yet`, subjectOf(task)),
    )
  const message = `${path} is not a directory of ${url} at ${revision.slice(0, 12)}`
  throw new HoldfastError(problem('HF1004', message, subjectOf(task)))
}

/** What the files say it is, where the definition leaves it open; refuses what would be rendered otherwise elsewhere. */
function kindOf(task: RenderTask, place: Directory, names: readonly string[]): 'kustomize' | 'directory' {
  const file = (name: string): string => [...place.path, name].join('/')
  const override = [SOURCE_OVERRIDE, `.argocd-source-${task.appName}.yaml`].find((name) => names.includes(name))
  if (override !== undefined) {
    const message = `${file(override)} changes how the source is rendered; overrides are not supported yet`
    const subject = { ...subjectOf(task), file: file(override) }
    throw new HoldfastError(problem('HF1013', message, subject, 'Put its settings into the Application.'))
  }
  if (task.source.type !== 'detect') return task.source.type
  if (names.includes('Chart.yaml')) {
    const message = `${file('Chart.yaml')} makes it a Helm chart; charts are not supported yet`
    throw new HoldfastError(problem('HF1013', message, { ...subjectOf(task), file: file('Chart.yaml') }))
  }
  return names.some((name) => KUSTOMIZATION_FILES.includes(name)) ? 'kustomize' : 'directory'
}

/** Another build of the tool under the same name is another tool. */
async function changedAt(program: string): Promise<number> {
  return stat(program).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}

export class GitRenderer {
  readonly #env: Environment
  readonly #limits: SourceLimits
  readonly #cache: RenderCache
  readonly #running = new Map<string, Promise<Render>>()
  readonly #slot: <T>(run: () => Promise<T>) => Promise<T>
  #prlimit: string | null | undefined

  constructor(env: Environment, limits: SourceLimits) {
    this.#env = env
    this.#limits = limits
    this.#cache = new RenderCache(limits.cacheBytes)
    const limit = pLimit(limits.renders)
    this.#slot = (run) => limit(run)
  }

  /** Throws HF1002, HF1004, HF1006, HF1009–HF1011, HF1013; single files and documents become problems of the render. */
  async render(task: RenderTask): Promise<Rendered> {
    const { repository, revision } = task
    const root = await this.#root(task)
    const place = await directoryOf(task, root)
    const context: ListingContext = { trees: repository.trees, root, limits: this.#limits }
    const names = (await repository.trees.entries(place.id)).map(({ name }) => name)
    const kind = kindOf(task, place, names)
    const render =
      kind === 'kustomize' ? await this.#kustomize(task, context, place) : await this.#directory(task, context, place)
    return { ...render, revision }
  }

  async #root(task: RenderTask): Promise<string> {
    const { repository, revision } = task
    const root = await repository.trees.rootTree(revision)
    if (root !== null) return root
    const recovered = (await repository.recover(revision)) ? await repository.trees.rootTree(revision) : null
    if (recovered !== null) return recovered
    throw new HoldfastError(
      problem('HF1002', `commit ${revision} is not in ${repository.address.url}`, subjectOf(task)),
    )
  }

  /** One render per key at a time, however many ask. */
  #once(key: string, run: () => Promise<Render>): Promise<Render> {
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const started = this.#known(key, run).finally(() => this.#running.delete(key))
    this.#running.set(key, started)
    return started
  }

  async #known(key: string, run: () => Promise<Render>): Promise<Render> {
    const known = await this.#cache.get(key)
    if (known !== undefined) return known
    const render = await this.#slot(run)
    await this.#cache.put(key, render)
    return render
  }

  async #directory(
    task: RenderTask,
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

  async #read(context: ListingContext, files: readonly RepositoryFile[]): Promise<DigestedResult> {
    const texts: FileText[] = []
    const problems: Problem[] = []
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
        const text = textOf(content)
        if (text === undefined) problems.push(problem('HF1003', `${path} is not UTF-8 text`, { file: path }))
        else texts.push({ file: path, text })
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
    return { ...read, problems: [...problems, ...read.problems] }
  }

  async #kustomize(
    task: RenderTask,
    context: ListingContext,
    place: { id: string; path: readonly string[] },
  ): Promise<Render> {
    const { files } = await kustomizeClosure(context, place)
    const program = await kustomizeProgram(this.#env)
    const key = renderKey(files, ['kustomize', program, await changedAt(program), place.path])
    return this.#once(key, async () => {
      this.#prlimit ??= await findProgram('prlimit', this.#env)
      const text = await buildKustomization({
        files,
        path: place.path,
        trees: context.trees,
        limits: this.#limits,
        program,
        prlimit: this.#prlimit,
        subject: subjectOf(task),
        signal: task.signal,
      })
      const file = [...place.path, 'kustomization.yaml'].join('/')
      const read = await readFiles([{ file, text }], this.#limits.inlineBytes)
      // Lines of the output say nothing about the repository.
      const objects = read.objects.map(({ object }) => ({ object, origin: { file, line: 0 } }))
      return { type: 'Kustomize', objects, digest: digestOf(read), problems: read.problems }
    })
  }
}
