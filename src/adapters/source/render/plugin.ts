// Plugins: configured programs that print manifests, run in a copy of the source's directory.
import { stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import type { PluginDefinition } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { type InputFile, inputsFrom } from '../files/input-file.ts'
import { shown } from '../git/address.ts'
import { DEEPEST, type RepositoryFile, tooDeep } from './listing.ts'
import type { Directory, Planner, RenderContext } from './plan.ts'
import { discoverPlugin } from './plugin-discovery.ts'
import { pluginEnvironment } from './plugin-environment.ts'
import type { Tool } from './tools.ts'

/** Variables of the process that keep no secret. */
const PLAIN = /^(?:PATH|HOME|USER|LANG|LC_[A-Z]+|TZ|TMPDIR|HOSTNAME|SHELL)$/
const SECRET_NAME = /token|secret|password|passwd|credential|key/i

async function pluginOf(context: RenderContext): Promise<PluginDefinition> {
  const { source, settings, subject } = context
  const name = source.plugin?.name ?? ''
  const action = `Add ${name === '' ? 'one that fits' : name} to the ConfigMap holdfast-plugins, or choose another type of source.`
  if (name === '') {
    const found = await discoverPlugin(context)
    if (found !== null) return found
    throw new HoldfastError(problem('HF1013', 'no configured plugin fits the files of this source', subject, action))
  }
  const known = settings.plugins.find((plugin) => plugin.name === name)
  if (known !== undefined) return known
  throw new HoldfastError(problem('HF1013', `the plugin ${shown(name)} is not configured`, subject, action))
}

/** An absolute path, or a name on the PATH: never a file of the repository. Throws HF1011. */
async function programOf(command: string, plugin: PluginDefinition, { tools, subject }: RenderContext): Promise<Tool> {
  const label = `plugin ${plugin.name}`
  if (isAbsolute(command)) return tools.at(label, command)
  const found = command.includes('/') ? null : await tools.helper(command)
  if (found !== null) return tools.at(label, found)
  const message = `${shown(command)} of the ${label} is neither an absolute path nor on the PATH`
  throw new HoldfastError(problem('HF1011', message, subject))
}

/** Scripts among the arguments: another content gives another key. */
async function scripts(words: readonly string[]): Promise<readonly string[]> {
  const found = words.filter(isAbsolute).map(async (path) => {
    const known = await stat(path).catch(() => null)
    return known?.isFile() === true ? `${path} ${known.size} ${known.mtimeMs}` : path
  })
  return Promise.all(found)
}

/** All of a directory, links to files as files. Throws HF1006, HF1010. */
async function wholeDirectory(context: RenderContext, at: Directory): Promise<RepositoryFile[]> {
  const { files, limits, subject } = context
  const found: RepositoryFile[] = []
  const todo: Directory[] = [at]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    for (const { name, kind, id } of await files.trees.entries(next.id)) {
      const path = [...next.path, name]
      const place = kind === 'symlink' ? await files.trees.locate(files.root, path) : { kind, id }
      if (place.kind === 'outside') {
        const message = `${path.join('/')} is a symbolic link that leaves the repository`
        throw new HoldfastError(problem('HF1006', message, { ...subject, file: path.join('/') }))
      }
      if (place.kind === 'blob') found.push({ path: path.join('/'), id: place.id })
      if (kind === 'tree' && path.length > DEEPEST) throw tooDeep(path)
      if (kind === 'tree') todo.push({ id, path })
    }
    if (found.length > limits.renderFiles)
      throw new HoldfastError(problem('HF1010', `the plugin would read more than ${limits.renderFiles} files`, subject))
  }
  return found
}

async function filesOf(context: RenderContext): Promise<readonly InputFile[]> {
  const found = await wholeDirectory(context, context.place)
  return inputsFrom(
    context.files.trees,
    found.sort((a, b) => (a.path < b.path ? -1 : 1)),
  )
}

/** Texts that no message may repeat. */
function secretsOf({ source }: RenderContext, passed: Readonly<Record<string, string>>): string[] {
  const env = (source.plugin?.env ?? []).filter(({ name }) => SECRET_NAME.test(name)).map(({ value }) => value)
  const inherited = Object.entries(passed).flatMap(([name, value]) => (PLAIN.test(name) ? [] : [value]))
  return [...env, ...inherited].filter((text) => text !== '')
}

export const planPlugin: Planner = async (context) => {
  const { source, place, environment, cluster, tools } = context
  const plugin = await pluginOf(context)
  if (plugin.problem !== null) throw new HoldfastError(plugin.problem)
  const [main = '', ...fixed] = plugin.command
  const args = [...fixed, ...plugin.args]
  const [first, ...initArgs] = plugin.init
  const tool = await programOf(main, plugin, context)
  const init = first === undefined ? null : await programOf(first, plugin, context)
  const passed = tools.variables(plugin.passEnv)
  const env = { ...passed, ...pluginEnvironment(source.plugin, environment, cluster) }
  const { network, timeoutMs } = plugin
  const call = { cwd: place.path.join('/'), env, network, timeoutMs, mask: secretsOf(context, passed) }
  return {
    type: 'Plugin',
    files: await filesOf(context),
    parts: [place.path, args, initArgs, env, network, await scripts([...args, ...initArgs])],
    tools: init === null ? [tool] : [init, tool],
    problems: [],
    run: async (work) => {
      if (init !== null) await work.call(init, { ...call, args: initArgs })
      const text = await work.call(tool, { ...call, args })
      return { texts: [{ file: source.path === '' ? '.' : source.path, text, lines: 'none' }], problems: [] }
    },
  }
}
