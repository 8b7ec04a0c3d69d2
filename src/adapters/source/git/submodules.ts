// Files of submodules, as if they were part of the tree: each is read from its own repository at the commit that the tree names.
import { createHash } from 'node:crypto'
import { sourceReposAllow, type SourceDefinition } from '../../../core/definition/index.ts'
import { HoldfastError, problem, type ProblemCode } from '../../../core/problem/index.ts'
import type { FileChange } from '../../../ports/source.ts'
import type { Environment } from '../environment.ts'
import { FileTrees, type SourceFiles, type TreeEntry } from '../files/trees.ts'
import type { Host } from '../host.ts'
import { admits, hostOf, reachOfHost } from '../reach.ts'
import { addressOf, shown } from './address.ts'
import { absoluteUrl, readGitmodules } from './gitmodules.ts'
import { newestOf } from './last-change.ts'

export interface SubmoduleOptions {
  /** The source whose tree names the submodules: gives the options that every source has, and its own URL. */
  readonly source: SourceDefinition
  readonly project: string
  /** Globs of the repositories that the project allows; null = all. */
  readonly sourceRepos: readonly string[] | null
  readonly env: Environment
  /** A repository by its URL, with `parent`'s way of reaching it where nothing else is known and the host is the same. */
  readonly hostOf: (url: string, parent: string) => Host
  /** Whether a repository Secret names the URL: then it may lie anywhere. */
  readonly isKnown: (url: string) => boolean
}

const DEEPEST = 8

/** A repository within a repository. */
interface Submodule {
  readonly url: string
  readonly commit: string
  readonly host: Host
  readonly definition: SourceDefinition
  readonly files: SourceFiles
}

/** Where an id leads: a tree of the repository itself at a path, or something of a submodule. */
type Spot =
  | { readonly kind: 'own'; readonly tree: string; readonly path: string }
  | { readonly kind: 'root'; readonly commit: string; readonly path: string }
  | { readonly kind: 'within'; readonly files: SourceFiles; readonly id: string; readonly mark: string }

/** Every read goes by the host, which mends its mirror when it has to. */
class HostTrees extends FileTrees {
  readonly #read: <T>(read: (files: SourceFiles) => Promise<T>) => Promise<T>

  constructor(host: Host, definition: SourceDefinition, commit: string) {
    super()
    this.#read = (read) => host.withFiles(definition, commit, read)
  }

  entries(tree: string): Promise<readonly TreeEntry[]> {
    return this.#read(({ trees }) => trees.entries(tree))
  }

  blob(id: string): Promise<Buffer> {
    return this.#read(({ trees }) => trees.blob(id))
  }
}

class SubmoduleTrees extends FileTrees {
  readonly #files: SourceFiles
  readonly #options: SubmoduleOptions
  readonly #depth: number
  readonly #modules: ReadonlyMap<string, string>
  readonly #spots = new Map<string, Spot>()
  readonly #opened = new Map<string, Promise<Submodule>>()

  constructor(files: SourceFiles, options: SubmoduleOptions, depth: number, modules: ReadonlyMap<string, string>) {
    super()
    this.#files = files
    this.#options = options
    this.#depth = depth
    this.#modules = modules
    this.#spots.set(files.root, { kind: 'own', tree: files.root, path: '' })
  }

  async entries(id: string): Promise<readonly TreeEntry[]> {
    const spot = this.#spots.get(id) ?? { kind: 'own', tree: id, path: '' }
    if (spot.kind === 'own') return this.#own(spot.tree, spot.path)
    if (spot.kind === 'within') return this.#within(spot.files, spot.id, spot.mark)
    const { files, url } = await this.open(spot.path, spot.commit)
    return this.#within(files, files.root, markOf(url))
  }

  async blob(id: string): Promise<Buffer> {
    const spot = this.#spots.get(id)
    return spot?.kind === 'within' ? spot.files.trees.blob(spot.id) : this.#files.trees.blob(id)
  }

  /** The submodule at a path. Throws HF1001, HF1002, HF1013, HF2001, HF2003. */
  open(path: string, commit: string): Promise<Submodule> {
    const key = `${commit} ${path}`
    const known = this.#opened.get(key)
    if (known !== undefined) return known
    const opened = this.#open(path, commit)
    this.#opened.set(key, opened)
    opened.catch(() => this.#opened.delete(key))
    return opened
  }

  /** The first submodule on the way to a file, and the way on from there; null when there is none. */
  async submoduleOn(segments: readonly string[]): Promise<{ submodule: Submodule; rest: string[] } | null> {
    let tree = this.#files.root
    for (const [index, name] of segments.entries()) {
      const entry = (await this.entries(tree)).find((one) => one.name === name)
      if (entry?.kind !== 'tree') return null
      const spot = this.#spots.get(entry.id)
      if (spot?.kind === 'root')
        return { submodule: await this.open(spot.path, spot.commit), rest: segments.slice(index + 1) }
      tree = entry.id
    }
    return null
  }

  async #own(tree: string, path: string): Promise<readonly TreeEntry[]> {
    const entries = await this.#files.trees.entries(tree)
    return entries.map((entry) => {
      const here = path === '' ? entry.name : `${path}/${entry.name}`
      if (entry.kind === 'tree') {
        return this.#put(entry, `${entry.id}:${here}`, { kind: 'own', tree: entry.id, path: here })
      }
      if (entry.kind !== 'submodule' || !this.#modules.has(here)) return entry
      const root = { ...entry, kind: 'tree' as const }
      return this.#put(root, `${entry.id}@${here}`, { kind: 'root', commit: entry.id, path: here })
    })
  }

  async #within(files: SourceFiles, tree: string, mark: string): Promise<readonly TreeEntry[]> {
    const entries = await files.trees.entries(tree)
    return entries.map((entry) =>
      this.#put(entry, `${entry.id}@${mark}`, { kind: 'within', files, id: entry.id, mark }),
    )
  }

  #put(entry: TreeEntry, id: string, spot: Spot): TreeEntry {
    this.#spots.set(id, spot)
    return { ...entry, id }
  }

  async #open(path: string, commit: string): Promise<Submodule> {
    const { source } = this.#options
    const written = this.#modules.get(path) ?? ''
    const url = absoluteUrl(written, source.repoURL)
    try {
      await this.#check(url === '' ? written : url)
      const host = this.#options.hostOf(url, source.repoURL)
      const definition = { ...source, repoURL: url, targetRevision: commit, tagPrefix: '', path: '', ref: '' }
      const { root, repository } = await host.withFiles(definition, commit, async (files) => files)
      const trees = new HostTrees(host, definition, commit)
      const inner = { trees, root, repository, revision: commit }
      const files = await withSubmodules(inner, { ...this.#options, source: definition }, this.#depth + 1)
      return { url, commit, host, definition, files }
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      const { code, message, action } = error.problem
      throw this.#failure(code, `submodule ${path}: ${message}`, action)
    }
  }

  async #check(url: string): Promise<void> {
    const { project, sourceRepos, source, isKnown } = this.#options
    addressOf(url)
    if (this.#depth >= DEEPEST) throw this.#failure('HF1010', `submodules lie more than ${DEEPEST} deep`)
    if (sourceRepos !== null && !sourceReposAllow(sourceRepos, url))
      throw this.#failure('HF2003', `project ${project} does not allow ${shown(url)} (sourceRepos)`)
    if (/^file:/i.test(url) && !/^file:/i.test(source.repoURL))
      throw this.#failure('HF2003', `${shown(url)} is a path of the machine that Holdfast runs on`)
    const [own, wanted] = [hostOf(source.repoURL), hostOf(url)]
    if (wanted === '' || own === wanted || isKnown(url)) return
    const reach = await reachOfHost(wanted)
    if (reach === null || reach === 'public' || admits(await reachOfHost(own), reach)) return
    const action = 'Add a Secret of type repository for it.'
    throw this.#failure('HF2003', `${shown(url)} has a ${reach} address, which this source may not ask`, action)
  }

  #failure(code: ProblemCode, message: string, action?: string): HoldfastError {
    const { repository, revision } = this.#files
    return new HoldfastError(problem(code, message, { repository, revision, file: '.gitmodules' }, action))
  }
}

function markOf(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 16)
}

/** The same files with those of submodules among them. Throws HF1003 and HF1006 for a `.gitmodules` that cannot be used. */
export async function withSubmodules(
  files: SourceFiles,
  options: SubmoduleOptions,
  depth: number = 0,
): Promise<SourceFiles> {
  const { trees, root, repository, revision } = files
  const listed = (await trees.entries(root)).find((entry) => entry.name === '.gitmodules' && entry.kind === 'blob')
  if (listed === undefined) return files
  const modules = await readGitmodules(await trees.blob(listed.id), options.env, { repository, revision })
  return { ...files, trees: new SubmoduleTrees(files, options, depth, modules) }
}

/** The last change of files that may lie in submodules; null where there is no history. */
export async function lastChangeWithin(
  files: SourceFiles,
  paths: readonly string[],
  own: (paths: readonly string[]) => Promise<FileChange | null>,
): Promise<FileChange | null> {
  const mine: string[] = []
  const modules = new Map<string, { module: Submodule; at: string; paths: string[] }>()
  for (const path of paths) {
    const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
    const met = files.trees instanceof SubmoduleTrees ? await files.trees.submoduleOn(segments) : null
    if (met === null) mine.push(path)
    else {
      const at = segments.slice(0, segments.length - met.rest.length).join('/')
      const known = modules.get(at) ?? { module: met.submodule, at, paths: [] }
      modules.set(at, { ...known, paths: [...known.paths, met.rest.join('/')] })
    }
  }
  const within = [...modules.values()].map(async ({ module, at, paths: inner }) => {
    const { host, commit, files: below } = module
    const change = await lastChangeWithin(below, inner, (names) => host.lastChange(commit, names))
    return change?.file === undefined ? change : { ...change, file: `${at}/${change.file}` }
  })
  return newestOf(await Promise.all([mine.length === 0 ? null : own(mine), ...within]))
}
