// What a chart depends on and does not hold: brought, so that helm finds it in charts/ and needs no network.
import { versionInRange } from '../../../core/definition/index.ts'
import { HoldfastError, problem, type ProblemCode } from '../../../core/problem/index.ts'
import { ArchiveTrees } from '../files/archive-trees.ts'
import type { InputFile } from '../files/input-file.ts'
import type { Place } from '../files/trees.ts'
import { shown } from '../git/address.ts'
import {
  type ChartLock,
  type Dependency,
  fitsLock,
  readChartFile,
  readDependencies,
  readLock,
} from './helm-chart-file.ts'
import { contentOf, filesBelow, type FileBelow, inputAt } from './helm-closure.ts'
import type { RenderContext } from './plan.ts'

export interface DependencyFiles {
  /** To lie below the chart, beside its own. */
  readonly added: readonly InputFile[]
  /** Files of the chart that are replaced. */
  readonly dropped: ReadonlySet<string>
}

const NOTHING: DependencyFiles = { added: [], dropped: new Set() }

export class Dependencies {
  readonly #context: RenderContext
  readonly #own: ReadonlyMap<string, FileBelow>

  /** `own`: the files of the chart by their paths below it. */
  constructor(context: RenderContext, own: readonly FileBelow[]) {
    this.#context = context
    this.#own = new Map(own.map((file) => [file.path, file]))
  }

  /** Paths of what is added are relative to the chart. Throws HF1001–HF1010, HF2003. */
  async files(): Promise<DependencyFiles> {
    const dependencies = await this.#declared()
    if (dependencies.length === 0) return NOTHING
    const missing = await this.#missing(dependencies)
    if (missing.length === 0) return NOTHING
    const lock = await this.#lock(dependencies)
    const wanted = lock?.dependencies ?? dependencies
    const added: InputFile[] = []
    for (const one of wanted) {
      if (one.repository === '') await this.#checkVendored(one, missing)
      else added.push(...(await this.#bring(one)))
    }
    return { added: [...new Map(added.map((file) => [file.path, file])).values()], dropped: this.#outdated(wanted) }
  }

  async #declared(): Promise<readonly Dependency[]> {
    const old = await this.#read('requirements.yaml', readDependencies)
    return old ?? (await this.#read('Chart.yaml', readDependencies)) ?? []
  }

  async #lock(dependencies: readonly Dependency[]): Promise<ChartLock | null> {
    const lock = (await this.#read('requirements.lock', readLock)) ?? (await this.#read('Chart.lock', readLock))
    if (lock === null || fitsLock(dependencies, lock)) return lock
    const message = 'Chart.lock was not made from the dependencies in Chart.yaml'
    throw this.#problem('HF1009', message, 'Run `helm dependency update` and commit Chart.lock.')
  }

  async #read<T>(name: string, read: (content: Buffer, file: string) => T): Promise<T | null> {
    const found = this.#own.get(name)
    if (found === undefined) return null
    const file = this.#pathOf(name)
    return read(await contentOf(this.#context, { file, id: found.id }), file)
  }

  #pathOf(path: string): string {
    return [...this.#context.place.path, path].join('/')
  }

  /** Names of declared charts that charts/ does not hold, in any version: that is all that helm asks for. */
  async #missing(dependencies: readonly Dependency[]): Promise<readonly string[]> {
    const archives = [...this.#own.keys()].filter((path) => /^charts\/[^/_.][^/]*\.tgz$/.test(path))
    const seems = (name: string): boolean =>
      archives.some((path) => path.startsWith(`charts/${name}-`) && /^v?\d/.test(path.slice(`charts/${name}-`.length)))
    const directories = await this.#vendoredNames()
    const missing = dependencies.map(({ name }) => name).filter((name) => !directories.has(name) && !seems(name))
    if (missing.length === 0 || archives.length === 0) return missing
    const packed = new Set(await Promise.all(archives.map((path) => this.#nameIn(path))))
    return missing.filter((name) => !packed.has(name))
  }

  async #vendoredNames(): Promise<ReadonlySet<string>> {
    const names = new Set<string>()
    for (const path of this.#own.keys()) {
      if (!/^charts\/[^/_.][^/]*\/Chart\.yaml$/.test(path)) continue
      names.add((await this.#read(path, readChartFile))?.name ?? '')
    }
    return names
  }

  /** '' when it is no chart; helm says so then. */
  async #nameIn(path: string): Promise<string> {
    const { limits } = this.#context
    const content = await contentOf(this.#context, { file: this.#pathOf(path), id: this.#own.get(path)?.id ?? '' })
    const { renderBytes: bytes, renderFiles: files, fileBytes } = limits
    const trees = await ArchiveTrees.open(content, { bytes, files, fileBytes }).catch(() => null)
    for (const directory of trees === null ? [] : await trees.entries(trees.root)) {
      const chart = await trees?.locate(trees.root, [directory.name, 'Chart.yaml'])
      if (chart?.kind === 'blob') return readChartFile((await trees?.blob(chart.id)) ?? Buffer.alloc(0), path).name
    }
    return ''
  }

  async #checkVendored({ name }: Dependency, missing: readonly string[]): Promise<void> {
    if (!missing.includes(name)) return
    const message = `Chart.yaml names the dependency ${shown(name)} without a repository, and charts/ does not hold it`
    throw this.#problem('HF1009', message, 'Name its repository, or put it into charts/.')
  }

  async #bring(dependency: Dependency): Promise<readonly InputFile[]> {
    const { name, version, repository } = dependency
    if (repository.startsWith('file://')) return this.#fromDirectory(dependency)
    if (!/^(https?:\/\/|oci:\/\/|@|alias:)/i.test(repository)) {
      const message = `the dependency ${shown(name)} comes from ${shown(repository)}, which is no address of charts`
      throw this.#problem('HF1009', message, 'Use an https, oci or file URL, or @name of a repository Secret.')
    }
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
      throw this.#problem('HF1009', `${shown(name)} is no name of a dependency`)
    const chart = await this.#context.outside.chart({ repository, name, version }).catch((error: unknown) => {
      throw this.#located(error)
    })
    return [
      {
        id: chart.id,
        path: `charts/${name}-${chart.version.replace(/[^A-Za-z0-9._+-]/g, '_')}.tgz`,
        home: null,
        read: () => chart.read(),
      },
    ]
  }

  async #fromDirectory({ name, version, repository }: Dependency): Promise<readonly InputFile[]> {
    const { files, place } = this.#context
    const path = repository.slice('file://'.length)
    if (path.startsWith('/')) {
      const message = `the dependency ${shown(name)} names ${shown(repository)}, a path outside the repository`
      throw this.#problem('HF1006', message, 'Name it by a path relative to the chart, such as file://../common.')
    }
    const found = await files.trees.locate(files.root, [...place.path, ...path.split('/')])
    if (found.kind !== 'tree') throw this.#noDirectory(found, { name, repository })
    const below = await filesBelow(this.#context, found)
    const chart = below.find((file) => file.path === 'Chart.yaml')
    const file = [...found.path, 'Chart.yaml'].join('/')
    if (chart === undefined) throw this.#noDirectory({ kind: 'missing' }, { name, repository })
    const its = readChartFile(await contentOf(this.#context, { file, id: chart.id }), file)
    if (version !== '' && its.version !== version && !versionInRange(its.version, version)) {
      const message = `the dependency ${shown(name)} wants ${shown(version)}, but ${file} is ${shown(its.version)}`
      throw this.#problem('HF1009', message, 'Correct the version in Chart.yaml.')
    }
    return below.map((one) => {
      const at = { file: [...found.path, one.path].join('/'), id: one.id }
      return inputAt(this.#context, `charts/${this.#freeFolder(its.name === '' ? name : its.name)}/${one.path}`, at)
    })
  }

  /** A directory of the chart's own may be called so without being that chart. */
  #freeFolder(name: string): string {
    let free = name.replaceAll('/', '-')
    while ([...this.#own.keys()].some((path) => path.startsWith(`charts/${free}/`))) free += '-'
    return free
  }

  #noDirectory(
    { kind }: Pick<Place, 'kind'>,
    { name, repository }: { name: string; repository: string },
  ): HoldfastError {
    const what = `the dependency ${shown(name)} names ${shown(repository)}`
    if (kind === 'outside') return this.#problem('HF1006', `${what}, which leaves the repository`)
    return this.#problem('HF1004', `${what}, where there is no chart`, 'Correct the path in Chart.yaml.')
  }

  /** As `helm dependency build`: archives give way to those that are brought; directories stay. */
  #outdated(wanted: readonly Dependency[]): ReadonlySet<string> {
    const local = wanted.filter(({ repository }) => repository === '').map(({ name }) => `charts/${name}-`)
    const archives = [...this.#own.keys()].filter((path) => /^charts\/[^/]+\.tgz$/.test(path))
    return new Set(archives.filter((path) => !local.some((prefix) => path.startsWith(prefix))))
  }

  /** Which file names what could not be had. */
  #located(error: unknown): unknown {
    if (!(error instanceof HoldfastError)) return error
    const { subject } = error.problem
    const file = subject.file ?? this.#pathOf('Chart.yaml')
    return new HoldfastError({ ...error.problem, subject: { ...subject, file } }, { cause: error })
  }

  #problem(code: ProblemCode, message: string, action?: string): HoldfastError {
    const { subject } = this.#context
    return new HoldfastError(problem(code, message, { ...subject, file: this.#pathOf('Chart.yaml') }, action))
  }
}
