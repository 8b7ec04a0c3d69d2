// Which plugin fits a directory, by the files that are in it.
import type { PluginDefinition } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { FileTrees, TreeEntry } from '../files/trees.ts'
import { compileGlob } from './glob.ts'
import type { RenderContext } from './plan.ts'

/** A bound on how many directories are looked at. */
const MOST_DIRECTORIES = 10_000

interface Search {
  readonly trees: FileTrees
  readonly plugin: PluginDefinition
  directories: number
}

function unusable({ name }: PluginDefinition, what: string): HoldfastError {
  const message = `ConfigMap holdfast-plugins: ${name}.discover holds ${what}`
  const subject = { object: 'ConfigMap holdfast-plugins', path: `${name}.discover` }
  return new HoldfastError(problem('HF2008', message, subject, `Correct the key ${name} in the ConfigMap.`))
}

/** Whether a file below the tree fits: `*` stays within a name, `**` stands for any directories. */
async function contains(search: Search, tree: string, pattern: readonly string[]): Promise<boolean> {
  search.directories += 1
  const [first = '', ...rest] = pattern
  if (search.directories > MOST_DIRECTORIES) {
    const message = `the plugin ${search.plugin.name} is looked for in more than ${MOST_DIRECTORIES} directories`
    throw new HoldfastError(problem('HF1010', message, {}, 'Name the plugin in spec.source.plugin.'))
  }
  if (first === '**') return anywhere(search, tree, rest)
  const glob = compileGlob(first)
  if (glob === undefined) throw unusable(search.plugin, `${JSON.stringify(first)}, which is no usable glob`)
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

/**
 * The first plugin, by name, of which one glob fits; null when there is none. Throws HF2008 when that cannot be told:
 * what a plugin was meant for must not be rendered by something else. Throws HF1010.
 */
export async function discoverPlugin({
  settings,
  files,
  place,
}: Pick<RenderContext, 'settings' | 'files' | 'place'>): Promise<PluginDefinition | null> {
  for (const plugin of settings.plugins) {
    const { discover, problem: why } = plugin
    if (discover === null && why !== null) throw new HoldfastError(why)
    for (const glob of discover ?? []) {
      const pattern = glob.split('/').filter((segment) => segment !== '' && segment !== '.')
      if (await contains({ trees: files.trees, plugin, directories: 0 }, place.id, pattern)) return plugin
    }
  }
  return null
}
