#!/usr/bin/env node
// @ts-check
import { parseArgs } from 'node:util'
import { prepare } from '../tools/prepare.mjs'
import { runScript } from '../tools/progress.mjs'

const USAGE = `npm run demo -- [options]

  --kubeconfig FILE   use this cluster instead of one made for the occasion. Only namespaces named holdfast-demo…
                      are touched; they, and the CRDs if they were missing, are removed at the end
  --keep              leave everything running at the end, until Ctrl-C, and say how to look at it
  --help

Ends with 0 when every step turned out as told, else with 1.
`

runScript(async () => {
  const { values } = parseArgs({
    options: { kubeconfig: { type: 'string' }, keep: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  await prepare()
  const { play } = await import('./play.mjs')
  return play({ kubeconfig: values.kubeconfig, keep: values.keep === true })
})
