// Which plugin fits a directory, by the files that are in it.
import type { PluginDefinition } from '../../../core/definition/index.ts'
import type { FileTrees, TreeEntry } from '../files/trees.ts'
import { compileGlob } from './glob.ts'
import type { RenderContext } from './plan.ts'

/** A bound on how many directories are looked at. */
const MOST_DIRECTORIES = 10_000

interface Search {
  readonly trees: FileTrees
  directories: number
}

/** Whether a file below the tree fits: `*` stays within a name, `**` stands for any directories. */
async function contains(search: Search, tree: string, pattern: readonly string[]): Promise<boolean> {
  search.directories += 1
  const [first = '', ...rest] = pattern
  if (search.directories > MOST_DIRECTORIES) return false
  if (first === '**') return anywhere(search, tree, rest)
  const glob = compileGlob(first)
  if (glob === undefined) return false
  const fitting = (await search.trees.entries(tree)).filter(({ name }) => glob(name))
  if (rest.length === 0) return fitting.some(({ kind }) => kind !== 'submodule')
  return below(search, fitting, rest)
}

async function below(search: Search, entries: readonly TreeEntry[], pattern: readonly string[]): Promise<boolean> {
  for (const { kind, id } of entries) if (kind === 'tree' && (await contains(search, id, pattern))) return true
  return false
}

async function anywhere(search: Search, tree: string, rest: readonly string[]): Promise<boolean> {
  const entries = await search.trees.entries(tree)
  const isHere = rest.length === 0 ? entries.some(({ kind }) => kind === 'blob') : await contains(search, tree, rest)
  return isHere || below(search, entries, ['**', ...rest])
}

/** The first plugin, by name, of which one glob fits; null when there is none. */
export async function discoverPlugin({
  settings,
  files,
  place,
}: Pick<RenderContext, 'settings' | 'files' | 'place'>): Promise<PluginDefinition | null> {
  for (const plugin of settings.plugins) {
    for (const glob of plugin.discover) {
      const pattern = glob.split('/').filter((segment) => segment !== '' && segment !== '.')
      if (await contains({ trees: files.trees, directories: 0 }, place.id, pattern)) return plugin
    }
  }
  return null
}
