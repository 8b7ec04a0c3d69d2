// @ts-check
import { readFileSync } from 'node:fs'
import { tsImport } from 'tsx/esm/api'
import { compare, indexRules, kindName } from '../dist/core/compare/index.js'
import { schemaFromData } from '../dist/core/merge/index.js'
import { configMap } from './fleet.mjs'
import { quantile, round } from './rows.mjs'

/** @typedef {import('./rows.mjs').Row} Row */
/** @typedef {import('../tools/kube-client.mjs').KubeObject} KubeObject */

const SCHEMAS = new URL('../data/kubernetes/1.35/schemas.json', import.meta.url)
const RUNS = 21
const PER_RUN_MS = 60
/** Argo CD's Go diff on one core, upper ends of what was measured. */
const ARGO = { deployment: 1_000, configMap: 7_000 }

/** @returns {Promise<Row[]>} */
export async function measure() {
  const { deployment } = await tsImport('./merge/deployment.ts', import.meta.url)
  const data = JSON.parse(readFileSync(SCHEMAS, 'utf8'))
  const full = /** @type {KubeObject} */ (deployment())
  const ref = {
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    namespace: full.metadata.namespace ?? 'default',
    name: full.metadata.name,
  }
  const map = {
    ...configMap(0),
    metadata: { ...configMap(0).metadata, namespace: 'default', uid: 'x', resourceVersion: '7' },
  }
  const rows = [
    { what: '11 KB Deployment', ref, live: full, desired: declared(full), argo: ARGO.deployment, limitUs: 150 },
    {
      what: 'ConfigMap',
      ref: { ...ref, group: '', kind: 'ConfigMap', name: map.metadata.name },
      live: map,
      desired: declared(map),
      argo: ARGO.configMap,
    },
  ]
  return rows.map(({ what, argo, limitUs, ...input }) =>
    rowOf({ what, argo, limitUs, us: time({ ...input, schema: schemaFromData(data, input.ref) }) }),
  )
}

/** @param {{ what: string, argo: number, limitUs: number | undefined, us: number }} measured @returns {Row} */
function rowOf({ what, argo, limitUs, us }) {
  const perSecond = 1e6 / us
  const wanted = argo * 10
  return {
    what: `compare a ${what}, equal, normal form known`,
    value: `${round(us)} µs, ${Math.round(perSecond).toLocaleString('en')} objects/s`,
    budget: `≥ ${wanted.toLocaleString('en')}/s${limitUs ? `, < ${limitUs} µs` : ''}`,
    kept: perSecond >= wanted && us < (limitUs ?? Number.POSITIVE_INFINITY),
    detail: { us, perSecond },
  }
}

/** What Git would declare of it: no status, nothing that servers fill in. @param {KubeObject} live @returns {KubeObject} */
function declared(live) {
  const { status: _, ...rest } = structuredClone(live)
  const { name, namespace, labels, annotations } = rest.metadata
  const defaults = new Set([
    'terminationMessagePath',
    'terminationMessagePolicy',
    'dnsPolicy',
    'schedulerName',
    'restartPolicy',
    'progressDeadlineSeconds',
    'revisionHistoryLimit',
  ])
  const plain = JSON.parse(
    JSON.stringify({ ...rest, metadata: { name, namespace, labels, annotations } }),
    (key, value) => (defaults.has(key) ? undefined : value),
  )
  return plain
}

/** µs of processor time per call, so that other work on the machine counts less; the median of several runs over copies, so that no two calls see the same object twice in a row. @param {{ ref: any, live: KubeObject, desired: KubeObject, schema: any }} input */
function time({ ref, live, desired, schema }) {
  const copies = Array.from({ length: 64 }, () => structuredClone(live))
  const { status: _, ...normalForm } = structuredClone(live)
  const rules = indexRules(kindName(ref))
  const common = { ref, desired, schema, normalForm, ignore: [], neighbours: { autoscalers: [] }, managersOf: () => [] }
  const call = (/** @type {number} */ index) =>
    compare(/** @type {any} */ ({ ...common, live: copies[index % copies.length] }), rules)
  const { fields } = call(0)
  if (fields.length > 0) throw new Error(`meant to be equal, but: ${fields.map(({ at }) => at).join(', ')}`)
  for (let index = 0; index < 2_000; index++) call(index)
  const times = Array.from({ length: RUNS }, () => {
    let calls = 0
    const start = performance.now()
    const used = process.cpuUsage()
    while (performance.now() - start < PER_RUN_MS) for (let index = 0; index < 50; index++) call(calls++)
    const { user, system } = process.cpuUsage(used)
    return (user + system) / calls
  })
  return quantile(times, 0.5)
}
