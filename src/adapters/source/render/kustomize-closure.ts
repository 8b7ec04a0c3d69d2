// What a kustomization reads: found by following its files, so that only this is laid out, and its hashes are the key.
import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { setImmediate as immediate } from 'node:timers/promises'
import { canonicalJson } from '../../../core/kube/index.ts'
import { HoldfastError, problem, type ProblemCode, type ProblemSubject } from '../../../core/problem/index.ts'
import { joinedPath } from '../files/joined-path.ts'
import type { InputFile } from '../files/input-file.ts'
import { ArchiveTrees } from '../files/archive-trees.ts'
import { type Place, type SourceFiles, TooLargeError } from '../files/trees.ts'
import { shown } from '../git/address.ts'
import type { SourceLimits } from '../limits.ts'
import { chartOfPlugin, type ChartReference, chartsOf } from './kustomize-charts.ts'
import { chartFault, type Fault, pathFault, pluginFault } from './kustomize-confinement.ts'
import {
  configurationsIn,
  inlinePlugins,
  KUSTOMIZATION_FILES,
  type MutableMap,
  pathsOfPlugin,
  readKustomization,
  type Reference,
  referencesOf,
} from './kustomize-document.ts'
import { filesBelow } from './helm-closure.ts'
import { DEEPEST, outside as outsideLink, tooDeep } from './listing.ts'
import { isMarkedRepository, repositoryReference, type RepositoryReference } from './kustomize-repository-url.ts'
import type { Directory, Outside } from './plan.ts'

export interface Closure {
  readonly files: readonly InputFile[]
  /** Kustomizations that are not laid out as they are: text by path in the working directory. */
  readonly changed: ReadonlyMap<string, string>
  /** Whether a chart is inflated. */
  readonly hasCharts: boolean
  /** Directories of the working directory that yield configurations of plugins, inner ones first. */
  readonly yielding: readonly Yielding[]
}

export interface Yielding {
  readonly directory: readonly string[]
  /** Where the paths in those configurations start. */
  readonly from: readonly string[]
}

export interface ClosureInput {
  readonly files: SourceFiles
  readonly place: Directory
  readonly limits: SourceLimits
  readonly outside: Outside
  /** Lays the Application's options over the top kustomization; null = there are none. */
  readonly edit: ((document: MutableMap) => Promise<void>) | null
  readonly enableHelm: boolean
  /** `named`: what the kustomizations name; `directories`: all that lies below them. */
  readonly extent: 'named' | 'directories'
}

/** A repository and where it lies in the working directory ('' = its top). */
interface Area extends SourceFiles {
  readonly mount: string
}

interface Spot {
  readonly area: Area
  /** Real path of the directory from the root of the area. */
  readonly path: readonly string[]
  /** File name of its kustomization, for messages. */
  readonly file: string
}

const MOST_REPOSITORIES = 32
/** Between two of so many places the main thread is let go. */
const BREATHE_AFTER = 500

const joined = (mount: string, path: readonly string[]): string =>
  [mount, ...path].filter((part) => part !== '').join('/')
const named = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

const isBase = (kind: Reference['kind']): boolean => kind === 'base' || kind === 'plugin'

class Gathering {
  readonly files = new Map<string, InputFile>()
  readonly changed = new Map<string, string>()
  readonly yielding: Yielding[] = []
  hasCharts = false
  readonly #input: ClosureInput
  readonly #entered = new Set<string>()
  readonly #repositories = new Map<string, Promise<Area>>()
  #places = 0

  constructor(input: ClosureInput) {
    this.#input = input
  }

  async enter(area: Area, place: Directory): Promise<void> {
    const directory = joined(area.mount, place.path)
    if (this.#entered.has(directory)) return
    const isTop = this.#entered.size === 0
    this.#entered.add(directory)
    if (this.#input.extent === 'directories') await this.#addTree(area, place)
    const found = await this.#kustomizationsAt(area, place)
    const [only] = found
    // None or several: the tool says so.
    if (only === undefined || found.length > 1) return
    const spot: Spot = { area, path: place.path, file: [...place.path, only.name].join('/') }
    const text = (await this.#read(spot.file, () => area.trees.blob(only.id))).toString('utf8')
    const document = readKustomization(text, this.#subject(spot))
    if (document === null) return
    const before = canonicalJson(document)
    if (isTop) await this.#input.edit?.(document)
    await this.#follow(spot, document)
    const after = canonicalJson(document)
    if (after !== before) this.changed.set(joined(area.mount, [...place.path, only.name]), after)
  }

  async #kustomizationsAt(area: Area, place: Directory): Promise<{ name: string; id: string }[]> {
    const found: { name: string; id: string }[] = []
    for (const { name } of await area.trees.entries(place.id)) {
      if (!KUSTOMIZATION_FILES.includes(name)) continue
      const path = [...place.path, name]
      const at = await area.trees.locate(area.root, path)
      if (at.kind !== 'blob') continue
      this.#add(area, path, at.id)
      found.push({ name, id: at.id })
    }
    return found
  }

  async #follow(spot: Spot, document: MutableMap): Promise<void> {
    for (const reference of referencesOf(document)) await this.#reference(spot, reference)
    for (const text of inlinePlugins(document)) await this.#plugins(spot, text)
    for (const chart of chartsOf(document)) await this.#chart(spot, chart)
  }

  async #reference(spot: Spot, reference: Reference): Promise<void> {
    const { kind, text } = reference
    await this.#count(spot)
    if (/^https?:\/\//i.test(text)) return this.#remote(spot, reference)
    if (text.startsWith('/')) throw this.#refused(spot, 'HF1006', `names the absolute path ${shown(text)}`)
    const path = joinedPath(spot.path, text)
    const place: Place = path === null ? { kind: 'outside' } : await spot.area.trees.locate(spot.area.root, path)
    if (isBase(kind) && place.kind !== 'blob' && repositoryReference(text) !== null)
      return this.#remote(spot, reference)
    if ('path' in place) return this.#local(spot, reference, place)
    // The tool says of a missing file what it was wanted for.
    if (place.kind === 'missing') return
    if (path !== null) throw new HoldfastError(outsideLink(path.join('/')))
    throw this.#refused(spot, 'HF1006', `names ${shown(text)}, which leaves the repository`)
  }

  /** Each place that is named is looked up, and few files can be named without end. */
  async #count(spot: Spot): Promise<void> {
    this.#places += 1
    const { renderFiles } = this.#input.limits
    if (this.#places > renderFiles)
      throw this.#refused(spot, 'HF1010', `names more than ${renderFiles} places, with those before it`)
    if (this.#places % BREATHE_AFTER === 0) await immediate()
  }

  async #local(spot: Spot, reference: Reference, place: Extract<Place, { id: string }>): Promise<void> {
    const { kind, text } = reference
    if (place.kind === 'submodule') throw this.#refused(spot, 'HF1013', `names ${shown(text)}, which is a submodule`)
    // The tool follows links to where they lead, so that is what it is told.
    if (joinedPath(spot.path, text)?.join('/') !== place.path.join('/')) {
      reference.replace(posix.relative(spot.path.join('/'), place.path.join('/')) || '.')
    }
    if (place.kind === 'blob') return this.#file(spot, place, kind)
    if (isBase(kind)) await this.enter(spot.area, place)
    if (kind === 'plugin') await this.#pluginDirectory(spot, { area: spot.area, place })
  }

  async #file(spot: Spot, { id, path }: Directory, kind: Reference['kind']): Promise<void> {
    this.#add(spot.area, path, id)
    if (kind === 'plugin') await this.#plugins(spot, await this.#text(spot.area, path, id))
  }

  async #text(area: Area, path: readonly string[], id: string): Promise<string> {
    return (await this.#read(path.join('/'), () => area.trees.blob(id))).toString('utf8')
  }

  /** Configurations of generators and transformers: what they name is taken along where it is there. */
  async #plugins(spot: Spot, text: string): Promise<void> {
    for (const document of configurationsIn(text, this.#subject(spot))) {
      this.#check(spot, pluginFault(document, spot.path))
      await this.#plugin(spot, document)
    }
  }

  async #plugin(spot: Spot, document: MutableMap): Promise<void> {
    for (const path of pathsOfPlugin(document)) await this.#addIfThere(spot, path)
    for (const chart of chartOfPlugin(document)) await this.#chart(spot, chart)
  }

  /**
   * What a kustomization of generators yields is read below the kustomization that names it. What that will be its files
   * only suggest.
   */
  async #pluginDirectory(spot: Spot, { area, place }: { area: Area; place: Directory }): Promise<void> {
    const at = (mount: string, path: readonly string[]): string[] => joined(mount, path).split('/').filter(Boolean)
    this.yielding.push({ directory: at(area.mount, place.path), from: at(spot.area.mount, spot.path) })
    for (const entry of await area.trees.entries(place.id)) {
      if (entry.kind !== 'blob' || !/\.ya?ml$/.test(entry.name) || KUSTOMIZATION_FILES.includes(entry.name)) continue
      const text = await this.#text(area, [...place.path, entry.name], entry.id)
      for (const document of this.#likely(spot, text)) await this.#plugin(spot, document)
    }
  }

  #likely(spot: Spot, text: string): MutableMap[] {
    try {
      return configurationsIn(text, this.#subject(spot)).filter((one) => pluginFault(one, spot.path) === null)
    } catch {
      return []
    }
  }

  #check(spot: Spot, fault: Fault | null): void {
    if (fault !== null) throw this.#refused(spot, fault.code, fault.what)
  }

  async #addIfThere(spot: Spot, text: string): Promise<void> {
    const path = pathFault(text, spot.path) === null ? joinedPath(spot.path, text) : null
    if (path === null) return
    const place = await spot.area.trees.locate(spot.area.root, path)
    if (place.kind === 'blob') this.#add(spot.area, path, place.id)
  }

  async #chart(spot: Spot, chart: ChartReference): Promise<void> {
    this.hasCharts = true
    this.#check(spot, chartFault(chart, spot.path))
    for (const file of chart.files) await this.#addIfThere(spot, file)
    const path = joinedPath(spot.path, chart.directory) ?? []
    const place = await spot.area.trees.locate(spot.area.root, path)
    if (place.kind === 'tree') return this.#addChart(spot.area, { id: place.id, path })
    const { repository, name, version } = chart
    if (repository === '' || !this.#input.enableHelm) return
    const archive = await this.#input.outside.chart({ repository, name, version })
    const { renderBytes: bytes, renderFiles: files, fileBytes } = this.#input.limits
    const trees = await ArchiveTrees.open(await archive.read(), { bytes, files, fileBytes }).catch((error: Error) => {
      throw this.#refused(
        spot,
        'HF1009',
        `names the chart ${shown(name)}, whose archive cannot be used: ${error.message}`,
      )
    })
    // Where kustomize itself would unpack it.
    const mount = joined(spot.area.mount, path.slice(0, -1))
    const area: Area = { trees, root: trees.root, repository, revision: archive.version, mount }
    await this.#addChart(area, { id: trees.root, path: [] })
  }

  /** Links in it are followed, as helm does. */
  async #addChart(area: Area, place: Directory): Promise<void> {
    const { limits } = this.#input
    for (const { path, id } of await filesBelow({ files: area, limits }, place))
      this.#add(area, [...place.path, ...path.split('/')], id)
  }

  async #remote(spot: Spot, reference: Reference): Promise<void> {
    const { kind, text } = reference
    const repository = isBase(kind) ? repositoryReference(text) : null
    const mayBeFile = /^https?:\/\//i.test(text) && (repository === null || !isMarkedRepository(text))
    const file = mayBeFile ? await this.#remoteFile(spot, text, repository) : null
    if (file !== null) return reference.replace(posix.relative(joined(spot.area.mount, spot.path), file))
    if (repository === null) throw this.#refused(spot, 'HF1009', `names ${shown(text)}, which is no file`)
    const area = await this.#repository(repository)
    const place = await area.trees.locate(area.root, repository.path.split('/'))
    if (place.kind !== 'tree') {
      const what = `names ${shown(text)}, but ${shown(repository.path)} is no directory of ${area.repository}`
      throw this.#refused(spot, 'HF1009', what)
    }
    reference.replace(posix.relative(joined(spot.area.mount, spot.path), joined(area.mount, place.path)))
    await this.enter(area, place)
    if (kind === 'plugin') await this.#pluginDirectory(spot, { area, place })
  }

  /** The file's path in the working directory; null when the URL turns out to mean the repository. */
  async #remoteFile(spot: Spot, url: string, repository: RepositoryReference | null): Promise<string | null> {
    const extension = /\.(?:ya?ml|json)(?=$|\?)/i.exec(url)?.[0] ?? ''
    const isEither = repository !== null && extension === ''
    try {
      const file = await this.#input.outside.file(url)
      if (isEither && /^\s*</.test((await file.read()).toString('latin1', 0, 64))) return null
      const path = joined(spot.area.mount, [...spot.path, `.holdfast-outside-${named(url)}${extension}`])
      this.#put({ path, id: file.id, home: null, read: () => file.read() })
      return path
    } catch (error) {
      const isNoFile = error instanceof HoldfastError && ['HF1001', 'HF1004'].includes(error.problem.code)
      if (isEither && isNoFile) return null
      throw error
    }
  }

  #repository({ url, ref }: RepositoryReference): Promise<Area> {
    const key = `${url}\n${ref}`
    const known = this.#repositories.get(key)
    if (known !== undefined) return known
    if (this.#repositories.size >= MOST_REPOSITORIES) {
      throw new HoldfastError(problem('HF1010', `the kustomization names more than ${MOST_REPOSITORIES} repositories`))
    }
    const mount = `.holdfast-outside-${named(key)}`
    const opened = this.#input.outside.repository(url, ref).then((files) => ({ ...files, mount }))
    this.#repositories.set(key, opened)
    return opened
  }

  async #addTree(area: Area, { id, path }: Directory): Promise<void> {
    if (path.length > DEEPEST) throw tooDeep(path)
    for (const entry of await area.trees.entries(id)) {
      const here = [...path, entry.name]
      if (entry.kind === 'blob') this.#add(area, here, entry.id)
      else if (entry.kind === 'tree') await this.#addTree(area, { id: entry.id, path: here })
      else if (entry.kind === 'symlink') {
        const place = await area.trees.locate(area.root, here)
        if (place.kind === 'blob') this.#add(area, here, place.id)
      }
    }
  }

  #add({ trees, mount }: Area, path: readonly string[], id: string): void {
    const isOwn = mount === '' && trees === this.#input.files.trees
    const home = isOwn ? {} : { home: null }
    this.#put({ path: joined(mount, path), id, ...home, read: () => this.#read(path.join('/'), () => trees.blob(id)) })
  }

  #put(file: InputFile): void {
    this.files.set(file.path, file)
    const { renderFiles } = this.#input.limits
    if (this.files.size > renderFiles)
      throw new HoldfastError(problem('HF1010', `the kustomization reads more than ${renderFiles} files`))
  }

  async #read(file: string, read: () => Promise<Buffer>): Promise<Buffer> {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof TooLargeError)) throw error
      const message = `${file} has ${error.size} bytes; a file may have ${this.#input.limits.fileBytes}`
      throw new HoldfastError(problem('HF1010', message, { file }))
    }
  }

  #subject({ area, file }: Spot): ProblemSubject & { file: string } {
    return area.mount === '' ? { file } : { file, repository: area.repository, revision: area.revision }
  }

  #refused(spot: Spot, code: ProblemCode, what: string): HoldfastError {
    return new HoldfastError(problem(code, `${spot.file} ${what}`, this.#subject(spot)))
  }
}

/** Every file that building the kustomization at `place` reads. Throws HF1001–HF1010, HF1013, HF2003. */
export async function kustomizeClosure(input: ClosureInput): Promise<Closure> {
  const gathering = new Gathering(input)
  await gathering.enter({ ...input.files, mount: '' }, input.place)
  const { files, changed, hasCharts, yielding } = gathering
  const sorted = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  return { files: sorted, changed, hasCharts, yielding }
}
