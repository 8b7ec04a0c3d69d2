// The files of a chart: all that lies below its directory, for templates may read any of it.
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { InputFile } from '../files/input-file.ts'
import { type Place, type SourceFiles, TooLargeError } from '../files/trees.ts'
import type { SourceLimits } from '../limits.ts'
import { outside } from './listing.ts'
import type { Directory } from './plan.ts'

/** A file below a directory; `path` is relative to that directory. */
export interface FileBelow {
  readonly path: string
  readonly id: string
}

export interface ClosureOptions {
  readonly files: SourceFiles
  readonly limits: SourceLimits
}

const DEEPEST = 64

interface Walk extends ClosureOptions {
  readonly base: readonly string[]
  readonly found: FileBelow[]
}

function add(walk: Walk, path: readonly string[], id: string): void {
  walk.found.push({ path: path.slice(walk.base.length).join('/'), id })
  const { renderFiles } = walk.limits
  if (walk.found.length > renderFiles) {
    const directory = walk.base.join('/') || '.'
    throw new HoldfastError(problem('HF1010', `the chart in ${directory} has more than ${renderFiles} files`))
  }
}

function unusable(kind: Place['kind'], path: readonly string[]): HoldfastError {
  const file = path.join('/')
  if (kind === 'outside') return new HoldfastError(outside(file))
  if (kind === 'submodule') {
    return new HoldfastError(problem('HF1013', `${file} is a submodule that cannot be read`, { file }))
  }
  const message = `${file} is a symbolic link to nothing`
  return new HoldfastError(problem('HF1004', message, { file }, 'Mend or remove the link.'))
}

/** Links are followed, as helm does; what they lead to lies under the name of the link. */
async function follow(walk: Walk, path: readonly string[], above: readonly string[]): Promise<void> {
  const place = await walk.files.trees.locate(walk.files.root, path)
  if (place.kind === 'blob') add(walk, path, place.id)
  else if (place.kind === 'tree') await enter(walk, { id: place.id, path }, above)
  else throw unusable(place.kind, path)
}

async function enter(walk: Walk, { id, path }: Directory, above: readonly string[]): Promise<void> {
  if (above.includes(id) || above.length > DEEPEST) {
    const file = path.join('/')
    const message = `${file} leads back to a directory that it lies in, or lies too deep`
    throw new HoldfastError(problem('HF1009', message, { file }, 'Remove the symbolic link.'))
  }
  for (const entry of await walk.files.trees.entries(id)) {
    const here = [...path, entry.name]
    if (entry.kind === 'blob') add(walk, here, entry.id)
    else if (entry.kind === 'tree') await enter(walk, { id: entry.id, path: here }, [...above, id])
    else if (entry.kind === 'symlink') await follow(walk, here, [...above, id])
    else throw unusable(entry.kind, here)
  }
}

/** Throws HF1004, HF1006, HF1009, HF1010, HF1013. */
export async function filesBelow(options: ClosureOptions, place: Directory): Promise<readonly FileBelow[]> {
  const walk: Walk = { ...options, base: place.path, found: [] }
  await enter(walk, place, [])
  return walk.found
}

/** The content of a file, its size being the file's own fault. Throws HF1010. */
export async function contentOf(
  { files, limits }: ClosureOptions,
  { file, id }: { file: string; id: string },
): Promise<Buffer> {
  try {
    return await files.trees.blob(id)
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error
    const message = `${file} has ${error.size} bytes; a file may have ${limits.fileBytes}`
    const { repository, revision } = files
    throw new HoldfastError(problem('HF1010', message, { file, repository, revision }))
  }
}

/** A file of the source, or of the one with this `ref`, that is to lie at `path` in the working directory. */
export function inputAt(
  options: ClosureOptions,
  path: string,
  at: { file: string; id: string; ref?: string },
): InputFile {
  return { path, id: at.id, home: { ref: at.ref ?? '', file: at.file }, read: () => contentOf(options, at) }
}
