// @ts-check
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { run, step } from './progress.mjs'
import { moduleDirectory, TOOLS } from './tool-catalogue.mjs'

/** @typedef {import('./tool-catalogue.mjs').ToolName} ToolName */

/** @returns {Promise<string | undefined>} undefined without Go on PATH */
export async function goVersion() {
  const { code, stdout } = await run('go', ['version'])
  return code === 0 ? stdout.trim() : undefined
}

/**
 * Builds into a temporary name beside `path` and renames, so that a half-written program is never seen.
 * @param {ToolName} name
 * @param {{ path: string, position: string }} options `position` is for the progress line, such as `2 of 6`
 * @throws {Error} that says why
 */
export async function buildTool(name, { path, position }) {
  const tool = TOOLS[name]
  const partial = `${path}.partial-${process.pid}`
  await mkdir(dirname(path), { recursive: true })
  const args = [
    'build',
    '-buildvcs=false',
    ...(tool.ldflags ? ['-ldflags', tool.ldflags] : []),
    '-o',
    partial,
    tool.package,
  ]
  try {
    await step(`building ${name} with Go (${position})`, async () => {
      const { code, stderr } = await run('go', args, {
        cwd: moduleDirectory(tool.module),
        env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
      })
      if (code !== 0) throw new Error(`go build of ${name} failed (${lastLines(stderr)})`)
      await rename(partial, path)
    })
  } finally {
    await rm(partial, { force: true })
  }
}

/** @param {string} text */
function lastLines(text) {
  return text.trim().split('\n').slice(-3).join(' | ')
}
