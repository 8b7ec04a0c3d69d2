#!/usr/bin/env node
// @ts-check
// `npm run build`: dist/ from src/; installs the npm packages first where they are missing.
import { chmod, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { prepare } from './prepare.mjs'
import { run, runScript, step } from './progress.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

async function compile() {
  await rm(`${ROOT}/dist`, { recursive: true, force: true })
  const { code, stdout, stderr } = await run(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
    { cwd: ROOT },
  )
  if (code !== 0) throw new Error(`${stdout}${stderr}`)
  await chmod(`${ROOT}/dist/main/holdfast.js`, 0o755)
}

await runScript(async () => {
  await prepare({ build: false })
  await step('compile', compile)
  return 0
})
