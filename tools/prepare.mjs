// @ts-check
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, step } from './progress.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BUILT = join(ROOT, 'dist', 'main', 'holdfast.js')
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json')
const INPUTS = ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json']

/**
 * What a fresh clone lacks: the npm packages and the built program. Does nothing where they are. `build: 'none'`
 * leaves out the program.
 * @param {{ build?: 'current' | 'none' }} [options]
 */
export async function prepare({ build = 'current' } = {}) {
  if ((await modified(INSTALLED)) === 0) await step('npm ci', () => must('npm', ['ci', '--no-audit', '--no-fund']))
  if (build === 'none') return
  if ((await newest(INPUTS.map((name) => join(ROOT, name)))) > (await modified(BUILT)))
    await step('build dist/', () => must(process.execPath, [join(ROOT, 'tools', 'build.mjs')]))
}

/** @param {string} program @param {readonly string[]} args */
async function must(program, args) {
  const { code, stdout, stderr } = await run(program, args, { cwd: ROOT })
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code}\n${stdout}${stderr}`)
}

/** @param {string} path @returns {Promise<number>} ms; 0 when it does not exist */
async function modified(path) {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0
}

/** @param {readonly string[]} paths @returns {Promise<number>} */
async function newest(paths) {
  const times = await Promise.all(
    paths.map(async (path) => {
      const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
      return Math.max(await modified(path), await newest(entries.map(({ name }) => join(path, name))))
    }),
  )
  return Math.max(0, ...times)
}
