// @ts-check
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HOLDFAST } from '../tools/holdfast-process.mjs'
import { run } from '../tools/progress.mjs'
import { createScratch, removeScratch } from '../tools/scratch.mjs'
import { deployment } from './fleet.mjs'
import { quantile, round } from './rows.mjs'

const RUNS = 11

/** @returns {Promise<import('./rows.mjs').Row[]>} */
export async function measure() {
  const scratch = await createScratch('holdfast-bench')
  try {
    const live = { ...deployment(0), metadata: { ...deployment(0).metadata, namespace: 'default' } }
    const desired = structuredClone(live)
    live.spec.replicas = 3
    const [desiredFile, liveFile] = [join(scratch, 'desired.json'), join(scratch, 'live.json')]
    await mkdir(scratch, { recursive: true })
    await Promise.all([writeFile(desiredFile, JSON.stringify(desired)), writeFile(liveFile, JSON.stringify(live))])
    const diff = await time([HOLDFAST, 'diff', '--desired', desiredFile, '--live', liveFile], 1)
    const node = await time(['-e', '0'], 0)
    return [
      { what: 'holdfast diff of two files, whole process', value: `${round(diff, 0)} ms`, detail: { diff, node } },
      { what: '  of which Node itself', value: `${round(node, 0)} ms` },
    ]
  } finally {
    await removeScratch(scratch)
  }
}

/** Median of the wall time, in ms. @param {readonly string[]} args @param {number} expected exit code */
async function time(args, expected) {
  /** @type {number[]} */ const times = []
  for (let count = 0; count < RUNS; count++) {
    const start = performance.now()
    const { code, stderr } = await run(process.execPath, args)
    if (code !== expected) throw new Error(`node ${args.join(' ')} ended with ${code}: ${stderr.trim()}`)
    times.push(performance.now() - start)
  }
  return quantile(times, 0.5)
}
