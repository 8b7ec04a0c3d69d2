// @ts-check
// The whole controller on a real control plane: 500 applications of one repository, 100 of them kustomizations.
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureBinaries } from '../tools/binaries.mjs'
import { pathOf } from '../tools/kube-client.mjs'
import { step } from '../tools/progress.mjs'
import { ARGO, raiseFleet } from './fleet.mjs'
import { quantile, round } from './rows.mjs'

/** @typedef {import('./rows.mjs').Row} Row */
/** @typedef {import('./fleet.mjs').Fleet} Fleet */

const APPS = 500
const KUSTOMIZED = 100
/** Kustomizations on the shared base. */
const SHARED = 50
const OBJECTS = 4
const COMMITS = 12
const POLLS = 3
const POLL_S = 15
const ARRIVES_WITHIN_MS = 60_000
const SETTLE_MS = 2_000
const MIB = 2 ** 20

const nameOf = (/** @type {number} */ index) => `app-${String(index).padStart(3, '0')}`
const configMap = (/** @type {string} */ name, /** @type {string} */ value) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {value: "${value}", text: "${'x'.repeat(400)}"}\n`
const base = (/** @type {string} */ value) => ({
  'base/kustomization.yaml': 'resources: [shared.yaml]\n',
  'base/shared.yaml': configMap('shared', value),
})

/** The files of one application. @param {number} index @param {string} value @returns {Record<string, string>} */
function files(index, value) {
  const folder = `apps/${nameOf(index)}`
  const own = Array.from({ length: OBJECTS }, (_, at) => [
    `${folder}/own-${at}.yaml`,
    configMap(`own-${at}`, at === 0 ? value : 'same'),
  ])
  const plain = /** @type {Record<string, string>} */ (Object.fromEntries(own))
  if (index >= KUSTOMIZED) return plain
  const resources = [...own.map((_, at) => `own-${at}.yaml`), ...(index < SHARED ? ['../../base'] : [])]
  return {
    ...plain,
    [`${folder}/kustomization.yaml`]: `resources: [${resources.join(', ')}]\nnamespace: ${nameOf(index)}\n`,
  }
}

/** Renders that were made, by where they came from. @param {Fleet} fleet */
async function renders(fleet) {
  const page = await fleet.metrics()
  const counts = { render: 0, memory: 0, disk: 0 }
  for (const [, from, count] of page.matchAll(/^holdfast_renders_total\{from="(\w+)"\} (\d+)/gm))
    counts[/** @type {'render'} */ (from)] = Number(count)
  return counts
}

/** @param {Fleet} fleet */
async function watchValues(fleet) {
  /** @type {Map<string, string>} */ const values = new Map()
  /** @type {{ at: number, key: string, value: string }[]} */ const seen = []
  const stop = await fleet.cluster.watch(pathOf('configmaps.v1'), ({ object, at }) => {
    const key = `${object.metadata.namespace}/${object.metadata.name}`
    const value = object.data?.value
    if (values.get(key) === value) return
    values.set(key, value)
    seen.push({ at, key, value })
  })
  /** When all of these had the value, in `performance.now()`. @param {readonly string[]} keys @param {string} value */
  const arrival = async (keys, value) => {
    const end = performance.now() + ARRIVES_WITHIN_MS
    while (performance.now() < end) {
      if (keys.every((key) => values.get(key) === value)) {
        const ats = seen.filter((one) => one.value === value && keys.includes(one.key)).map(({ at }) => at)
        return { first: Math.min(...ats), last: Math.max(...ats) }
      }
      await sleep(5)
    }
    const late = keys.find((key) => values.get(key) !== value) ?? ''
    const [namespace = '', name = ''] = late.split('/')
    const { data } = await fleet.cluster.send('GET', pathOf('configmaps.v1', { namespace, name }))
    const facts = `seen last: ${values.get(late)}, in the cluster: ${data?.value}`
    throw new Error(`${value} did not arrive at ${late} within ${ARRIVES_WITHIN_MS} ms (${facts})`)
  }
  return { arrival, stop }
}

/** @param {Fleet} fleet */
const tell = (fleet) =>
  fetch(`${fleet.address}/api/webhook`, {
    method: 'POST',
    headers: { 'x-gitea-event': 'push' },
    body: JSON.stringify({ repository: { clone_url: fleet.repository.url } }),
  })

/**
 * A push, and what it costs until it is in the cluster. The clock starts when the push is answered.
 * @param {Fleet} fleet @param {Awaited<ReturnType<typeof watchValues>>} watch
 * @param {{ files: Record<string, string>, keys: readonly string[], value: string, hint: boolean }} change
 */
async function push(fleet, watch, { files: changed, keys, value, hint }) {
  const before = { fetches: fleet.fetches(), renders: (await renders(fleet)).render }
  await fleet.repository.commit(changed, value)
  const start = performance.now()
  if (hint) await tell(fleet)
  const { first, last } = await watch.arrival(keys, value)
  await sleep(SETTLE_MS)
  const after = await renders(fleet)
  return {
    ...{ first: first - start, last: last - start },
    ...{ fetches: fleet.fetches() - before.fetches, renders: after.render - before.renders },
  }
}

/** @param {import('./start.mjs').Options} options @returns {Promise<Row[]>} */
export async function measure(options) {
  const { kustomize } = await ensureBinaries(['kustomize'])
  const names = Array.from({ length: APPS }, (_, index) => nameOf(index))
  const fleet = await raiseFleet(options, {
    names,
    files: Object.assign(base('first'), ...names.map((_, index) => files(index, 'first'))),
    settings: { 'timeout.reconciliation': '0s' },
    env: { HOLDFAST_KUSTOMIZE: kustomize },
  })
  try {
    const kustomized = await step(`first sync of ${KUSTOMIZED} kustomizations`, () =>
      fleet.deliver(names.slice(0, KUSTOMIZED)),
    )
    const others = await step(`first sync of ${APPS - KUSTOMIZED} plain directories`, () =>
      fleet.deliver(names.slice(KUSTOMIZED)),
    )
    const watch = await watchValues(fleet)
    await sleep(5_000)
    const ones = []
    let memory = 0
    for (let round = 0; round < COMMITS; round += 1) {
      const index = SHARED + round * 30
      const value = `commit ${round}`
      const change = { files: files(index, value), keys: [`${nameOf(index)}/own-0`], value, hint: true }
      ones.push(await push(fleet, watch, change))
      if (round === 1) memory = fleet.holdfast.rss()
    }
    const later = fleet.holdfast.rss()
    const keys = names.slice(0, SHARED).map((name) => `${name}/shared`)
    const shared = await push(fleet, watch, { files: base('second'), keys, value: 'second', hint: true })
    const peak = fleet.holdfast.peakRss()
    await fleet.cluster.send('PATCH', pathOf('configmaps.v1', { namespace: ARGO, name: 'argocd-cm' }), {
      body: { data: { 'timeout.reconciliation': `${POLL_S}s`, 'timeout.reconciliation.jitter': '0s' } },
      type: 'application/merge-patch+json',
    })
    const start = performance.now()
    await fleet.restart()
    let warm = await renders(fleet)
    while (warm.render + warm.memory + warm.disk < APPS && performance.now() - start < ARRIVES_WITHIN_MS) {
      await sleep(50)
      warm = await renders(fleet)
    }
    const started = performance.now() - start
    await sleep(POLL_S * 1_000)
    const polled = []
    for (let round = 0; round < POLLS; round += 1) {
      const index = SHARED + 10 + round * 30
      const value = `polled ${round}`
      polled.push(
        await push(fleet, watch, { files: files(index, value), keys: [`${nameOf(index)}/own-0`], value, hint: false }),
      )
    }
    watch.stop()
    return rowsOf({ kustomized, others, ones, memory, later, peak, shared, warm, started, polled })
  } finally {
    await fleet.stop()
  }
}

/** @typedef {Awaited<ReturnType<typeof push>>} Pushed */
/**
 * @param {{ kustomized: number, others: number, ones: Pushed[], memory: number, later: number, peak: number, shared: Pushed,
 *   warm: Awaited<ReturnType<typeof renders>>, started: number, polled: Pushed[] }} measured
 * @returns {Row[]}
 */
function rowsOf({ kustomized, others, ones, memory, later, peak, shared, warm, started, polled }) {
  const firsts = ones.map(({ first }) => first)
  const most = (/** @type {'fetches' | 'renders'} */ what) => Math.max(...ones.map((one) => one[what]))
  const waits = polled.map(({ first }) => first)
  return [
    {
      what: `first sync of ${KUSTOMIZED} kustomizations, ${SHARED} of them on one base`,
      ...{ value: `${round(kustomized / 1_000)} s`, budget: '< 45 s', kept: kustomized < 45_000 },
    },
    { what: `first sync of ${APPS - KUSTOMIZED} plain directories more`, value: `${round(others / 1_000)} s` },
    {
      what: 'one application changed, after a webhook: push → its write seen, p50 / max',
      value: `${round(quantile(firsts, 0.5), 0)} / ${round(Math.max(...firsts), 0)} ms`,
      ...{ budget: '< 2 s', kept: Math.max(...firsts) < 2_000, detail: { ones } },
    },
    {
      what: '… fetches and renders, at most',
      value: `${most('fetches')} and ${most('renders')}`,
      ...{ budget: '1 and 1', kept: most('fetches') === 1 && most('renders') === 1 },
    },
    {
      what: 'shared base changed: fetches and renders',
      value: `${shared.fetches} and ${shared.renders}`,
      ...{ budget: `1 and ${SHARED}`, kept: shared.fetches === 1 && shared.renders === SHARED },
    },
    {
      what: '… push → its first and its last write seen',
      value: `${round(shared.first / 1_000)} and ${round(shared.last / 1_000)} s`,
    },
    {
      what: `start with a warm cache: renders, and all ${APPS} desired sets in force`,
      value: `${warm.render}, ${round(started / 1_000)} s`,
      ...{ budget: '0', kept: warm.render === 0 && warm.memory + warm.disk >= APPS, detail: { warm } },
    },
    {
      what: `one application changed, polling every ${POLL_S} s: push → its write seen, max`,
      value: `${round(Math.max(...waits) / 1_000)} s`,
      ...{ budget: `< ${POLL_S + 2} s`, kept: Math.max(...waits) < (POLL_S + 2) * 1_000, detail: { polled } },
    },
    {
      what: `resident memory after 2 commits, and after ${COMMITS - 2} more (peak ${round(peak / MIB, 0)} MB)`,
      value: `${round(memory / MIB, 0)} and ${round(later / MIB, 0)} MB`,
      ...{ budget: '+ 20 MB', kept: later - memory < 20 * MIB },
    },
  ]
}
