#!/usr/bin/env node
// @ts-check
// `npm run check`: types, format, lint, architecture walls. Every commit passes it.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepare } from './prepare.mjs'
import { run, runScript, say, step } from './progress.mjs'
import { cruise } from './walls.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What the compiler knows from last time. */
const TYPES_SEEN = 'node_modules/.cache/types.tsbuildinfo'

/** Each returns what is wrong; nothing when all is well. @type {Record<string, () => Promise<string>>} */
const CHECKS = {
  types: () => complaintsOf('typescript/bin/tsc', ['--noEmit', '--incremental', '--tsBuildInfoFile', TYPES_SEEN]),
  format: () => complaintsOf('@biomejs/biome/bin/biome', ['format', 'src', 'test', 'tools', 'demo', 'bench']),
  lint: () => complaintsOf('eslint/bin/eslint.js', ['src', 'test', 'bench', '--no-error-on-unmatched-pattern']),
  'architecture walls': walls,
  'own words': ownWords,
}

/** @param {string} program @param {readonly string[]} args */
async function complaintsOf(program, args) {
  const { code, stdout, stderr } = await run(process.execPath, [join('node_modules', program), ...args], { cwd: ROOT })
  return code === 0 ? '' : `${stdout}${stderr}`.trim() || `${program} ended with ${code}`
}

async function walls() {
  const [{ modules, violations }, files] = await Promise.all([
    cruise(),
    readdir(join(ROOT, 'src'), { recursive: true }),
  ])
  const sources = files.filter((file) => file.endsWith('.ts')).length
  const seen = modules < sources ? [`only ${modules} of ${sources} modules were looked at`] : []
  return [...violations.map(({ rule, from, to }) => `${rule}: ${from} → ${to}`), ...seen].join('\n')
}

/** Words that belong to somebody's machine. */
async function ownWords() {
  const { stdout } = await run('git', ['ls-files', '-z'], { cwd: ROOT })
  const machine = new RegExp(['/wo' + 'rk/', '/fa' + 'rm/'].map((path) => `(^|[^A-Za-z0-9_.])${path}`).join('|'), 'm')
  const files = stdout
    .split('\0')
    .filter((file) => /\.(ts|mjs|cjs|json|md|ya?ml|sh)$/.test(file) && file !== 'package-lock.json')
  const found = []
  for (const file of files) if (machine.test(await readFile(join(ROOT, file), 'utf8').catch(() => ''))) found.push(file)
  return found.length === 0 ? '' : `paths of a machine in ${found.join(', ')}`
}

/** @param {readonly string[]} wanted names of checks; all by default */
async function main(wanted) {
  const unknown = wanted.filter((name) => !Object.hasOwn(CHECKS, name))
  if (unknown.length > 0)
    throw new Error(`no such check: ${unknown.join(', ')}; there are ${Object.keys(CHECKS).join(', ')}`)
  // The types of bench/ and tools/ name the built program's: those of an older build are wrong.
  await prepare()
  let failed = 0
  for (const [name, check] of Object.entries(CHECKS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    await step(name, async () => {
      const complaints = await check()
      if (complaints) throw new Error(complaints)
    }).catch((error) => {
      failed++
      process.stdout.write(`${error.message}\n`)
    })
  }
  say(failed === 0 ? 'all checks passed' : `${failed} of the checks failed`)
  return failed === 0 ? 0 : 1
}

await runScript(() => main(process.argv.slice(2)))
