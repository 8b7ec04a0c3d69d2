#!/usr/bin/env node
// @ts-check
// `npm test`: does everything by itself, shows progress, ends with `N passed, N failed` alone on a line.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BinariesUnavailable, ensureBinaries } from './binaries.mjs'
import { prepare } from './prepare.mjs'
import { run, runScript, say, step } from './progress.mjs'
import { createScratch, removeScratch } from './scratch.mjs'
import { countResults, resultLine } from './test-result.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What cannot be tested without which programs. @type {Record<string, readonly import('./tool-catalogue.mjs').ToolName[]>} */
const NEEDS = {
  'every test on a real cluster': ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kustomize'],
  'every test with charts, jsonnet or an OCI registry': ['helm', 'jsonnet', 'registry'],
}

async function binaries() {
  for (const [tests, names] of Object.entries(NEEDS)) {
    try {
      await ensureBinaries(names)
    } catch (error) {
      if (!(error instanceof BinariesUnavailable) || process.env.CI === 'true') throw error
      say(`SKIPPED: ${tests}. ${error.message}`)
      process.env.HOLDFAST_SKIPPING_SAID = 'true'
    }
  }
}

/** @param {readonly string[]} filters as vitest takes them */
async function vitest(filters) {
  const scratch = await createScratch('holdfast-test-run')
  const report = join(scratch, 'report.json')
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters]
  const program = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const { code } = await run(process.execPath, [program, ...args], { cwd: ROOT, inherit: true })
  const result = JSON.parse(await readFile(report, 'utf8').catch(() => 'null'))
  await removeScratch(scratch)
  return countResults(result, code)
}

async function testAll() {
  try {
    await prepare()
    await step('tools, registry and test control plane', binaries)
    return await vitest(process.argv.slice(2))
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

await runScript(async () => {
  const counts = await testAll()
  await new Promise((resolve) => process.stdout.write(`\n${resultLine(counts)}\n`, resolve))
  return counts.failed > 0 ? 1 : 0
})
