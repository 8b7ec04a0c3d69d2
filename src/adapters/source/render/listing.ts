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
  /** Manifests and Jsonnet programs, in the order of their names. */
  readonly files: readonly (RepositoryFile & { readonly kind: 'manifest' | 'jsonnet' })[]
  readonly problems: readonly Problem[]
}

export interface ListingContext {
  readonly trees: FileTrees
  readonly root: string
  readonly limits: SourceLimits
}

const MANIFEST = /\.(?:ya?ml|json|jsonnet)$/
const JSONNET = /\.jsonnet$/
/** Options for Argo CD and us, no manifests. */
const OPTIONS = /(?:^|\/)\.argocd-source(?:-[^/]*)?\.yaml$/
/** Directories in directories. */
export const DEEPEST = 64

export function tooDeep(path: readonly string[]): HoldfastError {
  const file = path.join('/')
  const where = file.length > 100 ? `${file.slice(0, 100)}…` : file
  const message = `${where} lies in more than ${DEEPEST} directories`
  return new HoldfastError(problem('HF1010', message, { file }, 'Move it up, or name another path.'))
}

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

interface Walk {
  readonly context: ListingContext
  readonly base: readonly string[]
  readonly wanted: (relative: string) => boolean
  readonly recurse: boolean
  readonly files: Listing['files'][number][]
  readonly problems: Problem[]
}

async function follow(walk: Walk, path: readonly string[]): Promise<void> {
  const relative = path.slice(walk.base.length).join('/')
  const place: Place = await walk.context.trees.locate(walk.context.root, path)
  if (place.kind === 'outside') {
    if (walk.wanted(relative) || walk.recurse) walk.problems.push(outside(path.join('/')))
  } else if (place.kind === 'blob') {
    takeFile(walk, path, place.id)
  } else if (place.kind === 'missing' && walk.wanted(relative)) {
    const file = path.join('/')
    walk.problems.push(problem('HF1004', `${file} is a symbolic link to nothing`, { file }, 'Mend or remove the link.'))
  } else if (place.kind === 'submodule' && walk.wanted(relative)) {
    walk.problems.push(linkIntoSubmodule(path.join('/')))
  }
  // Links to directories are not entered, as in Argo CD: one to a directory that contains it would never end.
}

function linkIntoSubmodule(file: string): Problem {
  const message = `${file} is a symbolic link into a submodule that .gitmodules does not name, or submodules are switched off`
  return problem('HF1013', message, { file }, 'Exclude it, or copy the file.')
}

function submodule(file: string): Problem {
  const message = `${file} is a submodule that .gitmodules does not name, or submodules are switched off`
  return problem('HF1013', message, { file }, 'Exclude it, or copy its files.')
}

function takeFile(walk: Walk, path: readonly string[], id: string): void {
  const relative = path.slice(walk.base.length).join('/')
  if (!walk.wanted(relative)) return
  walk.files.push({ path: path.join('/'), id, kind: JSONNET.test(relative) ? 'jsonnet' : 'manifest' })
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
    else if (entry.kind === 'tree' && walk.recurse) {
      if (depth >= DEEPEST) throw tooDeep(here)
      await enter(walk, entry.id, here, depth + 1)
    }
    if (entry.kind === 'submodule' && walk.recurse) walk.problems.push(submodule(here.join('/')))
  }
}

/** Which files (paths below the directory) the definition lets in. Throws HF2001. */
export function directoryFilter(options: DirectoryOptions): (relative: string) => boolean {
  const include = globOf(options.include, 'include')
  const exclude = globOf(options.exclude, 'exclude')
  return (relative) =>
    (options.disableExtensionFilter || MANIFEST.test(relative)) &&
    !OPTIONS.test(relative) &&
    (include === undefined || include(relative)) &&
    (exclude === undefined || !exclude(relative))
}

/** What a directory contributes, in the order of names. */
export async function listManifests(
  context: ListingContext,
  place: { id: string; path: readonly string[] },
  options: DirectoryOptions,
): Promise<Listing> {
  const walk: Walk = {
    context,
    base: place.path,
    wanted: directoryFilter(options),
    recurse: options.recurse,
    files: [],
    problems: [],
  }
  await enter(walk, place.id, place.path, 0)
  return { files: walk.files, problems: walk.problems }
}
