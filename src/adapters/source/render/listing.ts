// Which files a plain directory contributes, read from Git objects alone.
import type { DirectoryOptions } from '../../../core/definition/index.ts'
import { HoldfastError, problem, type Problem } from '../../../core/problem/index.ts'
import { compileGlob, type Glob } from './glob.ts'
import type { SourceLimits } from '../limits.ts'
import type { Place, FileTrees } from '../files/trees.ts'

/** A file as it lies in the repository; `path` is relative to its root. */
export interface RepositoryFile {
  readonly path: string
  readonly id: string
}

export interface Listing {
  readonly files: readonly RepositoryFile[]
  readonly problems: readonly Problem[]
}

export interface ListingContext {
  readonly trees: FileTrees
  readonly root: string
  readonly limits: SourceLimits
}

const MANIFEST = /\.(ya?ml|json)$/i
const DEEPEST = 64

function globOf(pattern: string, field: string): Glob | undefined {
  if (pattern === '') return undefined
  const glob = compileGlob(pattern)
  if (glob === undefined)
    throw new HoldfastError(problem('HF2001', `spec.source.directory.${field} is not a glob that can be read`))
  return glob
}

export function outside(file: string): Problem {
  return problem('HF1006', `${file} is a symbolic link that leaves the repository`, { file })
}

/** Argo CD evaluates these in place; to pass them over would make the desired state smaller than what is written. */
const JSONNET = /\.jsonnet$/

function jsonnet(file: string): Problem {
  return problem(
    'HF1013',
    `${file} is Jsonnet, which is not supported yet`,
    { file },
    'Exclude it, or render it into YAML.',
  )
}

interface Walk {
  readonly context: ListingContext
  readonly base: readonly string[]
  readonly wanted: (relative: string) => boolean
  /** By include and exclude alone, whatever kind of file it is. */
  readonly admitted: (relative: string) => boolean
  readonly recurse: boolean
  readonly files: RepositoryFile[]
  readonly problems: Problem[]
}

async function follow(walk: Walk, path: readonly string[]): Promise<void> {
  const relative = path.slice(walk.base.length).join('/')
  const place: Place = await walk.context.trees.locate(walk.context.root, path)
  if (place.kind === 'outside') {
    if (MANIFEST.test(relative) || walk.recurse) walk.problems.push(outside(path.join('/')))
  } else if (place.kind === 'blob') {
    if (walk.wanted(relative)) walk.files.push({ path: path.join('/'), id: place.id })
  } else if (place.kind === 'missing' && walk.wanted(relative)) {
    const file = path.join('/')
    walk.problems.push(problem('HF1004', `${file} is a symbolic link to nothing`, { file }, 'Mend or remove the link.'))
  }
  // Links to directories are not entered, as in Argo CD: one to a directory that contains it would never end.
}

function submodule(file: string): Problem {
  const message = `${file} is a submodule; submodules are not supported yet`
  return problem('HF1013', message, { file }, 'Exclude it, or copy its files.')
}

function takeFile(walk: Walk, path: readonly string[], id: string): void {
  const relative = path.slice(walk.base.length).join('/')
  if (JSONNET.test(relative) && walk.admitted(relative)) walk.problems.push(jsonnet(path.join('/')))
  if (!walk.wanted(relative)) return
  walk.files.push({ path: path.join('/'), id })
  const { renderFiles } = walk.context.limits
  if (walk.files.length > renderFiles) {
    throw new HoldfastError(problem('HF1010', `${walk.base.join('/') || '.'} holds more than ${renderFiles} files`))
  }
}

async function enter(walk: Walk, tree: string, path: readonly string[], depth: number): Promise<void> {
  for (const entry of await walk.context.trees.entries(tree)) {
    const here = [...path, entry.name]
    if (entry.kind === 'blob') takeFile(walk, here, entry.id)
    else if (entry.kind === 'symlink') await follow(walk, here)
    else if (entry.kind === 'tree' && walk.recurse && depth < DEEPEST) await enter(walk, entry.id, here, depth + 1)
    else if (entry.kind === 'submodule' && walk.recurse) walk.problems.push(submodule(here.join('/')))
  }
}

function globFilter(options: DirectoryOptions): (relative: string) => boolean {
  const include = globOf(options.include, 'include')
  const exclude = globOf(options.exclude, 'exclude')
  return (relative) => (include === undefined || include(relative)) && (exclude === undefined || !exclude(relative))
}

/** Which files (paths below the directory) are manifests that the definition lets in. Throws HF2001. */
export function directoryFilter(options: DirectoryOptions): (relative: string) => boolean {
  const admitted = globFilter(options)
  return (relative) => MANIFEST.test(relative) && admitted(relative)
}

/** The manifests of a directory in the order of their names. */
export async function listManifests(
  context: ListingContext,
  place: { id: string; path: readonly string[] },
  options: DirectoryOptions,
): Promise<Listing> {
  const walk: Walk = {
    context,
    base: place.path,
    wanted: directoryFilter(options),
    admitted: globFilter(options),
    recurse: options.recurse,
    files: [],
    problems: [],
  }
  await enter(walk, place.id, place.path, 0)
  return { files: walk.files, problems: walk.problems }
}
