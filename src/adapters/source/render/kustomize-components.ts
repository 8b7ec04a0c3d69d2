// The components that the Application adds: globs expanded, those that are not there left out where that is asked for.
import type { KustomizeOptions } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { SourceFiles } from '../files/trees.ts'
import { compileGlob } from './glob.ts'
import type { Directory } from './plan.ts'

const META = /[*?[]/

async function step(
  files: SourceFiles,
  from: readonly string[],
  { at, segment }: { at: readonly string[]; segment: string },
): Promise<string[][]> {
  if (!META.test(segment)) return [[...at, segment]]
  const glob = compileGlob(segment)
  const place = await files.trees.locate(files.root, [...from, ...at])
  if (glob === undefined || place.kind !== 'tree') return []
  const names = (await files.trees.entries(place.id)).map(({ name }) => name)
  return names
    .filter((name) => (segment.startsWith('.') || !name.startsWith('.')) && glob(name))
    .map((name) => [...at, name])
}

async function exists(files: SourceFiles, path: readonly string[]): Promise<boolean> {
  const { kind } = await files.trees.locate(files.root, path)
  return kind === 'tree' || kind === 'blob'
}

async function expand(files: SourceFiles, from: readonly string[], pattern: string): Promise<string[]> {
  let found: string[][] = [[]]
  for (const segment of pattern.split('/')) {
    found = (await Promise.all(found.map((at) => step(files, from, { at, segment })))).flat()
  }
  const there = await Promise.all(
    found.map(async (at) => ((await exists(files, [...from, ...at])) ? [at.join('/')] : [])),
  )
  return there.flat()
}

/** Components in the form in which they are added. Throws HF1009. */
export async function componentsOf(
  { components, ignoreMissingComponents }: KustomizeOptions,
  files: SourceFiles,
  place: Directory,
): Promise<readonly string[]> {
  const added: string[] = []
  for (const component of components) {
    if (component.startsWith('-'))
      throw new HoldfastError(
        problem('HF1009', `kustomize.components: ${JSON.stringify(component)} begins with a dash`),
      )
    if (ignoreMissingComponents && !(await exists(files, [...place.path, ...component.split('/')]))) continue
    const found = META.test(component) && !component.includes('://') ? await expand(files, place.path, component) : []
    added.push(...(found.length > 0 ? found : [component]))
  }
  return added
}
