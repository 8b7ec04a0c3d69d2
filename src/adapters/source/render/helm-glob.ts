// Globs among value files: `*`, `?`, `[…]`, `{a,b}` within a name, `**` for any number of directories.
import type { SourceFiles, TreeEntry } from '../files/trees.ts'
import { compileGlob, type Glob } from './glob.ts'
import { DEEPEST, tooDeep } from './listing.ts'

/** Whether a value file is a glob, as Argo CD tells them apart. */
export function isGlobPath(path: string): boolean {
  return /[*?[]/.test(path)
}

type Segment = { readonly kind: 'any-depth' } | { readonly kind: 'name'; readonly matches: Glob }

const MOST = 5_000

interface Spot {
  readonly id: string
  readonly path: readonly string[]
}

/** Directories below `from`, itself first, each before what lies in it. */
async function* directoriesBelow(files: SourceFiles, from: Spot): AsyncGenerator<Spot> {
  yield from
  if (from.path.length > DEEPEST) throw tooDeep(from.path)
  for (const entry of await files.trees.entries(from.id)) {
    if (entry.kind === 'tree') yield* directoriesBelow(files, { id: entry.id, path: [...from.path, entry.name] })
  }
}

async function directoryAt(files: SourceFiles, spot: Spot, entry: TreeEntry): Promise<Spot | null> {
  const path = [...spot.path, entry.name]
  if (entry.kind === 'tree') return { id: entry.id, path }
  if (entry.kind !== 'symlink') return null
  const place = await files.trees.locate(files.root, path)
  return place.kind === 'tree' ? { id: place.id, path } : null
}

async function* stepInto(files: SourceFiles, spots: readonly Spot[], segment: Segment): AsyncGenerator<Spot> {
  for (const spot of spots) {
    if (segment.kind === 'any-depth') {
      yield* directoriesBelow(files, spot)
      continue
    }
    for (const entry of await files.trees.entries(spot.id)) {
      const next = segment.matches(entry.name) ? await directoryAt(files, spot, entry) : null
      if (next !== null) yield next
    }
  }
}

async function bounded<T>(items: AsyncGenerator<T>): Promise<T[] | null> {
  const found: T[] = []
  for await (const item of items) {
    if (found.length >= MOST) return null
    found.push(item)
  }
  return found
}

function segmentsOf(pattern: readonly string[]): readonly Segment[] | null {
  const segments: Segment[] = []
  for (const text of pattern) {
    const matches = text === '**' ? undefined : compileGlob(text.replaceAll('[^', '[!'))
    if (text === '**') segments.push({ kind: 'any-depth' })
    else if (matches === undefined) return null
    else segments.push({ kind: 'name', matches })
  }
  return segments
}

async function* filesIn(files: SourceFiles, spots: readonly Spot[], matches: Glob): AsyncGenerator<readonly string[]> {
  for (const { id, path } of spots) {
    for (const { name, kind } of await files.trees.entries(id)) {
      if (kind !== 'tree' && matches(name)) yield [...path, name]
    }
  }
}

/**
 * Paths of the files that a pattern (its names from the root of the source) fits, in the order of their names. null when
 * the pattern cannot be read or fits too many.
 */
export async function expandGlob(
  files: SourceFiles,
  pattern: readonly string[],
): Promise<readonly (readonly string[])[] | null> {
  const last = pattern.at(-1) ?? ''
  const segments = segmentsOf(last === '**' ? pattern : pattern.slice(0, -1))
  const matches = compileGlob(last === '**' ? '*' : last.replaceAll('[^', '[!'))
  if (segments === null || matches === undefined) return null
  let spots: readonly Spot[] = [{ id: files.root, path: [] }]
  for (const segment of segments) {
    const next = await bounded(stepInto(files, spots, segment))
    if (next === null) return null
    spots = next
  }
  return bounded(filesIn(files, spots, matches))
}
