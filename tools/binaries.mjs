// @ts-check
import { access, constants, stat } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildTool, goVersion } from './go-build.mjs'
import { withLock } from './lock.mjs'
import { run, runScript, say } from './progress.mjs'
import { cacheDirectory, cacheRoot, isToolName, TOOL_NAMES, TOOLS } from './tool-catalogue.mjs'

/** @typedef {import('./tool-catalogue.mjs').ToolName} ToolName */
/** @typedef {{ path: string, from: string }} Found `from` names the variable, PATH or the cache */

/** Programs are wanted that are neither here nor can be built here; the message says what to install or set. */
export class BinariesUnavailable extends Error {
  /** @param {readonly ToolName[]} missing @param {string} reason */
  constructor(missing, reason) {
    const variables = missing.map(variableOf).join(', ')
    super(
      `missing ${missing.join(', ')}: ${reason}. They are built once when Go (https://go.dev/dl) and its module proxy are there; or name existing copies by ${variables}, or a folder of them by KUBEBUILDER_ASSETS.`,
    )
    this.name = 'BinariesUnavailable'
    this.missing = missing
  }
}

/**
 * Paths of working copies of `names`; what is nowhere on this machine is built with Go, with progress on stderr.
 * @template {ToolName} N
 * @param {readonly N[]} names
 * @returns {Promise<Record<N, string>>}
 * @throws {BinariesUnavailable} when some are missing and cannot be built
 * @throws {Error} when an explicit variable names something that cannot be run
 */
export async function ensureBinaries(names) {
  const found = await findBinaries(names)
  const missing = names.filter((name) => !found[name])
  if (missing.length > 0) Object.assign(found, await build(missing))
  return /** @type {Record<N, string>} */ (Object.fromEntries(names.map((name) => [name, found[name]?.path])))
}

/**
 * What of `names` exists already; builds nothing.
 * @param {readonly ToolName[]} names
 * @returns {Promise<Partial<Record<ToolName, Found>>>}
 */
export async function findBinaries(names) {
  const entries = await Promise.all(names.map(async (name) => /** @type {const} */ ([name, await find(name)])))
  return Object.fromEntries(entries.filter(([, found]) => found !== undefined))
}

/** @param {ToolName} name @returns {Promise<Found | undefined>} */
async function find(name) {
  for (const variable of [variableOf(name), `TEST_ASSET_${name.toUpperCase().replaceAll('-', '_')}`]) {
    const path = process.env[variable]
    if (!path) continue
    const problem = await problemOf(name, path)
    if (problem) throw new Error(`${variable}=${path} cannot serve as ${name}: ${problem}`)
    return { path, from: variable }
  }
  const assets = process.env.KUBEBUILDER_ASSETS
  if (assets && (await problemOf(name, join(assets, name))) === undefined)
    return { path: join(assets, name), from: 'KUBEBUILDER_ASSETS' }
  const cached = join(cacheDirectory(name), name)
  return (
    (await onPath(name)) ??
    ((await problemOf(name, cached)) === undefined ? { path: cached, from: 'cache' } : undefined)
  )
}

/** @param {ToolName} name @returns {Promise<Found | undefined>} */
async function onPath(name) {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, name)
    if (directory && (await problemOf(name, path, TOOLS[name].accepts)) === undefined) return { path, from: 'PATH' }
  }
  return undefined
}

/**
 * Why `path` does not work as `name`; undefined when it does.
 * @param {ToolName} name @param {string} path @param {RegExp} [accepts] versions that fit; any by default
 * @returns {Promise<string | undefined>}
 */
async function problemOf(name, path, accepts) {
  const info = await stat(path).catch(() => undefined)
  if (!info) return 'no such file'
  if (!info.isFile()) return 'not a file'
  if (
    !(await access(path, constants.X_OK).then(
      () => true,
      () => false,
    ))
  )
    return 'not executable'
  const { code, stdout, stderr } = await run(path, TOOLS[name].versionArgs, { cwd: dirname(path), timeout: 20_000 })
  if (code !== 0) return `${TOOLS[name].versionArgs.join(' ')} ended with ${code}: ${stderr.trim().slice(-200)}`
  const printed = `${stdout}${stderr}`.trim()
  return accepts && !accepts.test(printed) ? `has version ${printed.split('\n')[0]}` : undefined
}

/** @param {readonly ToolName[]} names @returns {Promise<Partial<Record<ToolName, Found>>>} */
async function build(names) {
  if ((await goVersion()) === undefined)
    throw new BinariesUnavailable(names, 'they were not found and Go is not on PATH')
  say(`${names.join(', ')} will be built once into ${cacheRoot()}: up to ten minutes when Go's own cache is cold`)
  return withLock(join(cacheRoot(), 'build.lock'), async () => {
    /** @type {Partial<Record<ToolName, Found>>} */ const built = {}
    for (const [index, name] of names.entries()) {
      const path = join(cacheDirectory(name), name)
      try {
        if (await problemOf(name, path)) await buildTool(name, { path, position: `${index + 1} of ${names.length}` })
      } catch (error) {
        throw new BinariesUnavailable(names.slice(index), error instanceof Error ? error.message : String(error))
      }
      const unusable = await problemOf(name, path)
      if (unusable) throw new BinariesUnavailable([name], `the built ${path} does not work (${unusable})`)
      built[name] = { path, from: 'cache' }
    }
    return built
  })
}

/** @param {ToolName} name */
export function variableOf(name) {
  return `HOLDFAST_${name.toUpperCase().replaceAll('-', '_')}`
}

async function main() {
  const names = process.argv.slice(2)
  const unknown = names.filter((name) => !isToolName(name))
  if (unknown.length > 0) {
    say(`unknown: ${unknown.join(', ')}; known are ${TOOL_NAMES.join(', ')}`)
    return 2
  }
  const paths = await ensureBinaries(names.length > 0 ? /** @type {ToolName[]} */ (names) : TOOL_NAMES)
  for (const [name, path] of Object.entries(paths)) process.stdout.write(`${name}=${path}\n`)
  return 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runScript(main)
