#!/usr/bin/env node
// @ts-check
// `npm run build`: dist/ from src/, complete or not at all; installs the npm packages first where they are missing.
import { chmod, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepare } from './prepare.mjs'
import { run, runScript, step } from './progress.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Compiles beside and swaps: a build that fails, or one at the same time, leaves the last good dist/ whole. */
async function compile() {
  const next = join(ROOT, `dist.next-${process.pid}`)
  const old = join(ROOT, `dist.old-${process.pid}`)
  try {
    const tsc = [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', next]
    const { code, stdout, stderr } = await run(process.execPath, tsc, { cwd: ROOT })
    if (code !== 0) throw new Error(`${stdout}${stderr}`)
    await chmod(join(next, 'main/holdfast.js'), 0o755)
    await rename(join(ROOT, 'dist'), old).catch(ignoreMissing)
    await rename(next, join(ROOT, 'dist'))
  } finally {
    for (const directory of [next, old]) await rm(directory, { recursive: true, force: true })
  }
}

/** @param {NodeJS.ErrnoException} error */
function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error
}

await runScript(async () => {
  await prepare({ build: 'none' })
  await step('compile', compile)
  return 0
})
