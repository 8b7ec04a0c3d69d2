#!/usr/bin/env node
// @ts-check
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { prepare } from '../tools/prepare.mjs'
import { runScript } from '../tools/progress.mjs'
import { printRows } from './rows.mjs'

/** @typedef {import('./rows.mjs').Row} Row */

/** @type {Record<string, { about: string, load: () => Promise<{ measure: (options: Options) => Promise<Row[]> }> }>} */
const BENCHES = {
  compare: { about: 'one object: parsed live in, differences out', load: () => import('./compare.mjs') },
  classify: { about: 'cause and owner of one difference', load: () => import('./classify.mjs') },
  audit: { about: 'audit events taken in, per second of one core', load: () => import('./audit.mjs') },
  ignores: { about: 'ignore rules: jq of the common forms, finding rules', load: () => import('./ignores.mjs') },
  merge: { about: 'structured merge, beside the Go library', load: () => import('./merge.mjs') },
  sources: { about: '500 applications of one repository, without a cluster', load: () => import('./sources.mjs') },
  monorepo: {
    about: 'a commit in a repository of 500 applications, from push to write',
    load: () => import('./monorepo.mjs'),
  },
  startup: { about: 'holdfast diff from its start to its end', load: () => import('./startup.mjs') },
  sync: { about: 'first sync of many applications, and memory then', load: () => import('./sync.mjs') },
  heal: { about: 'edit → healed, beside the apply of the same object', load: () => import('./heal.mjs') },
}
/** @typedef {{ apps: number, edits: number, controllers: boolean, profile: string | undefined }} Options */

const USAGE = `npm run bench -- [options] [names]

${Object.entries(BENCHES)
  .map(([name, { about }]) => `  ${name.padEnd(10)}${about}`)
  .join('\n')}

  --apps N         applications of 20 resources each (default 100)
  --edits N        edits of each sort in heal (default 200)
  --controllers    run kube-controller-manager beside the API server
  --profile DIR    write a CPU profile of Holdfast there

Ends with 0 when every budget was kept, else with 1. Writes bench/results/latest.json.
`

runScript(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      apps: { type: 'string', default: '100' },
      edits: { type: 'string', default: '200' },
      controllers: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  const unknown = positionals.filter((name) => !(name in BENCHES))
  if (values.help || unknown.length > 0) {
    process.stdout.write(unknown.length > 0 ? `unknown: ${unknown.join(', ')}\n\n${USAGE}` : USAGE)
    return values.help ? 0 : 2
  }
  await prepare()
  const { apps, edits, controllers, profile } = values
  const options = { apps: Number(apps), edits: Number(edits), controllers, profile }
  /** @type {Row[]} */ const rows = []
  for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
    const { measure } = await /** @type {NonNullable<typeof BENCHES[string]>} */ (BENCHES[name]).load()
    const measured = (await measure(options).catch(failed)).map((row) => ({ bench: name, ...row }))
    printRows(measured)
    rows.push(...measured)
  }
  await keep(rows, options)
  return rows.every(({ kept }) => kept !== false) ? 0 : 1
})

/** One bench that cannot run does not take the others with it. @param {unknown} error @returns {Row[]} */
function failed(error) {
  return [{ what: 'could not be run', value: error instanceof Error ? error.message : String(error), kept: false }]
}

/** @param {readonly Row[]} rows @param {Options} options */
async function keep(rows, options) {
  const directory = fileURLToPath(new URL('./results/', import.meta.url))
  await mkdir(directory, { recursive: true })
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  }
  const result = { time: new Date().toISOString(), machine, loadAverage: loadavg(), options, rows }
  await writeFile(`${directory}latest.json`, `${JSON.stringify(result, null, 2)}\n`)
}
