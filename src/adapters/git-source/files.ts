// Which files a plain directory contributes, read from Git objects alone.
import type { DirectoryOptions } from '../../core/definition/index.ts'
import { HoldfastError, problem, type Problem } from '../../core/problem/index.ts'
import { compileGlob, type Glob } from './glob.ts'
import type { SourceLimits } from './limits.ts'
import type { Place, TreeReader } from './tree.ts'

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
  readonly trees: TreeReader
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

interface Walk {
  readonly context: ListingContext
  readonly base: readonly string[]
  readonly wanted: (relative: string) => boolean
  readonly recurse: boolean
  readonly files: RepositoryFile[]
  readonly problems: Problem[]
}

async function follow(walk: Walk, path: readonly string[], depth: number): Promise<void> {
  const relative = path.slice(walk.base.length).join('/')
  const place: Place = await walk.context.trees.locate(walk.context.root, path)
  if (place.kind === 'outside') {
    if (MANIFEST.test(relative) || walk.recurse) walk.problems.push(outside(path.join('/')))
  } else if (place.kind === 'blob') {
    if (walk.wanted(relative)) walk.files.push({ path: path.join('/'), id: place.id })
  } else if (place.kind === 'tree' && walk.recurse && depth < DEEPEST) {
    // A link to a directory that contains it would never end; links to directories are therefore not entered.
    return
  }
}

async function enter(walk: Walk, tree: string, path: readonly string[], depth: number): Promise<void> {
  for (const entry of await walk.context.trees.entries(tree)) {
    const here = [...path, entry.name]
    const relative = here.slice(walk.base.length).join('/')
    if (walk.files.length > walk.context.limits.renderFiles) {
      throw new HoldfastError(
        problem('HF1010', `${walk.base.join('/') || '.'} holds more than ${walk.context.limits.renderFiles} files`),
      )
    }
    if (entry.kind === 'blob' && walk.wanted(relative)) walk.files.push({ path: here.join('/'), id: entry.id })
    else if (entry.kind === 'symlink') await follow(walk, here, depth)
    else if (entry.kind === 'tree' && walk.recurse && depth < DEEPEST) await enter(walk, entry.id, here, depth + 1)
    else if (entry.kind === 'submodule' && walk.recurse) {
      walk.problems.push(
        problem(
          'HF1013',
          `${here.join('/')} is a submodule; submodules are not supported yet`,
          { file: here.join('/') },
          'Exclude it, or copy its files.',
        ),
      )
    }
  }
}

/** Which files (paths below the directory) are manifests that the definition lets in. Throws HF2001. */
export function directoryFilter(options: DirectoryOptions): (relative: string) => boolean {
  const include = globOf(options.include, 'include')
  const exclude = globOf(options.exclude, 'exclude')
  return (relative) =>
    MANIFEST.test(relative) &&
    (include === undefined || include(relative)) &&
    (exclude === undefined || !exclude(relative))
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
    recurse: options.recurse,
    files: [],
    problems: [],
  }
  await enter(walk, place.id, place.path, 0)
  return { files: walk.files, problems: walk.problems }
}
