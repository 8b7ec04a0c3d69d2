#!/usr/bin/env node
// @ts-check
// `npm run check`: types, format, lint, architecture walls. Every commit passes it.
import { readFile } from 'node:fs/promises'
import { prepare } from './prepare.mjs'
import { run, runScript, say, step } from './progress.mjs'

/** @param {string} name @param {string} program @param {readonly string[]} args @returns {Promise<boolean>} */
async function passes(name, program, args) {
  const start = performance.now()
  say(`▸ ${name}`)
  const { code, stdout, stderr } = await run(process.execPath, [`node_modules/${program}`, ...args])
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  if (code === 0) say(`✔ ${name} (${seconds} s)`)
  else process.stdout.write(`${stdout}${stderr}\n✘ ${name} (${seconds} s)\n`)
  return code === 0
}

/** With a TypeScript it cannot read, dependency-cruiser cruises nothing and is content: the count is checked too. */
async function walls() {
  const args = [
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    'src',
    '--config',
    'dependency-cruiser.cjs',
    '--output-type',
  ]
  const { code, stdout, stderr } = await run(process.execPath, [...args, 'err'])
  const counted = Number(/\((\d+) modules/.exec(stdout)?.[1] ?? 0)
  if (code === 0 && counted > 100) return
  throw new Error(`${stdout}${stderr}${counted > 100 ? '' : `only ${counted} modules were looked at`}`)
}

/** Words that belong to somebody's machine. */
async function ownWords() {
  const { stdout } = await run('git', ['ls-files', '-z'])
  const machine = new RegExp(['/wo' + 'rk/', '/fa' + 'rm/'].map((path) => `(^|[^A-Za-z0-9_.])${path}`).join('|'), 'm')
  const files = stdout
    .split('\0')
    .filter((file) => /\.(ts|mjs|cjs|json|md|ya?ml|sh)$/.test(file) && file !== 'package-lock.json')
  const found = []
  for (const file of files) if (machine.test(await readFile(file, 'utf8').catch(() => ''))) found.push(file)
  if (found.length > 0) throw new Error(`paths of a machine in ${found.join(', ')}`)
}

await runScript(async () => {
  await prepare({ build: false })
  const results = [
    await passes('types', 'typescript/bin/tsc', ['--noEmit']),
    await passes('format', '@biomejs/biome/bin/biome', ['format', 'src', 'test', 'tools', 'demo', 'bench']),
    await passes('lint', 'eslint/bin/eslint.js', ['src', 'test']),
  ]
  await step('architecture walls', walls)
  await step('own words', ownWords)
  return results.every(Boolean) ? 0 : 1
})
