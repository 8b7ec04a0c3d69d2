// @ts-check
import { once } from 'node:events'
import { ARGO_CD, STEPS } from './script.mjs'
import { headline, line, paint, print, table } from './screen.mjs'
import { createUndo, raise } from './stage.mjs'

/** @typedef {import('./screen.mjs').Row} Row */
/** @typedef {import('./stage.mjs').Stage} Stage */

/** @param {{ kubeconfig?: string | undefined, keep: boolean }} options @returns {Promise<number>} */
export async function play(options) {
  const undo = createUndo()
  const interrupt = () => {
    process.stderr.write('\ncleaning up …\n')
    undo.all().finally(() => process.exit(130))
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupt)
  try {
    const stage = await raise(options, undo)
    const rows = await perform(stage)
    summary(rows)
    if (options.keep) await keep(stage)
    return rows.every(({ ok }) => ok) ? 0 : 1
  } finally {
    await undo.all()
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupt)
  }
}

/** @param {Stage} stage */
async function perform(stage) {
  /** @type {Row[]} */ const rows = []
  for (const [index, { title, play: act }] of STEPS.entries()) {
    headline(index + 1, title)
    try {
      const outcome = await act(stage)
      rows.push({ title, ...outcome })
      if (!outcome.ok) line('FAILED', paint('red', 'this did not turn out as it should'))
    } catch (error) {
      line('FAILED', paint('red', error instanceof Error ? error.message : String(error)))
      rows.push({ title, foundBy: '–', ms: undefined, generations: undefined, ok: false })
    }
    if (stage.holdfast.ended() !== undefined)
      throw new Error(`holdfast ended with ${stage.holdfast.ended()}:\n${tail(stage)}`)
  }
  return rows
}

/** @param {Stage} stage */
function tail({ holdfast }) {
  return holdfast
    .lines()
    .slice(-5)
    .map(({ msg, error }) => `${msg} ${error ?? ''}`)
    .join('\n')
}

/** @param {readonly Row[]} rows */
function summary(rows) {
  print()
  table(rows)
  print()
  print(ARGO_CD)
}

/** @param {Stage} stage */
async function keep({ kubeconfig, argo, logFile, repository, environment }) {
  print(`
${paint('bold', 'Still running.')} Have a look, then end it with Ctrl-C:

  export KUBECONFIG=${kubeconfig}
  export HOLDFAST_KUSTOMIZE=${environment.HOLDFAST_KUSTOMIZE}
  export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=${environment.GIT_CONFIG_KEY_0} GIT_CONFIG_VALUE_0=${environment.GIT_CONFIG_VALUE_0}
  npx holdfast app list --namespace ${argo}
  npx holdfast app get shop --namespace ${argo}
  kubectl get applications,events -n ${argo}
  npx holdfast diff shop --namespace ${argo}
  git clone ${repository.path}          commit and push to it; then add the refresh annotation
  tail -f ${logFile}
  ls ${environment.HOLDFAST_DATA_DIR}
`)
  const forever = setInterval(() => {}, 1 << 30)
  await once(process, 'holdfast-demo-ends')
  clearInterval(forever)
}
