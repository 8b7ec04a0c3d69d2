#!/usr/bin/env node
// @ts-check
// `npm test`: does everything by itself, shows progress, ends with `N passed, N failed` alone on a line.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BinariesUnavailable, ensureBinaries } from './binaries.mjs'
import { prepare } from './prepare.mjs'
import { run, runScript, say, step } from './progress.mjs'
import { createScratch, removeScratch } from './scratch.mjs'

async function binaries() {
  try {
    await ensureBinaries(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kustomize'])
  } catch (error) {
    if (!(error instanceof BinariesUnavailable) || process.env.CI === 'true') throw error
    say(`SKIPPED: every test on a real cluster. ${error.message}`)
  }
}

await runScript(async () => {
  await prepare({ build: true })
  await step('tools and test control plane', binaries)
  const scratch = await createScratch('holdfast-test-run')
  const report = join(scratch, 'report.json')
  try {
    const args = [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ]
    const { code } = await run(process.execPath, args, { inherit: true })
    const result = JSON.parse(await readFile(report, 'utf8').catch(() => 'null'))
    const {
      numPassedTests: passed = 0,
      numFailedTests: failed = 0,
      numPendingTests: skipped = 0,
      numFailedTestSuites = 0,
    } = result ?? {}
    // A suite that could not even start counts as a failure: nothing of it was proven.
    const broken = failed === 0 && code !== 0 ? Math.max(1, numFailedTestSuites) : 0
    const line = `${passed} passed, ${failed + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
    await new Promise((resolve) => process.stdout.write(`\n${line}\n`, resolve))
    return failed + broken > 0 || passed === 0 ? 1 : 0
  } finally {
    await removeScratch(scratch)
  }
})
