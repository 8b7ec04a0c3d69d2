// @ts-check
import { readFileSync } from 'node:fs'
import { tsImport } from 'tsx/esm/api'
import { compare, indexRules, kindName } from '../dist/core/compare/index.js'
import { NO_BOOK } from '../dist/core/definition/index.js'
import { schemaFromData } from '../dist/core/merge/index.js'
import { configMap } from './fleet.mjs'
import { perCall, round } from './rows.mjs'

/** @typedef {import('./rows.mjs').Row} Row */
/** @typedef {import('../tools/kube-client.mjs').KubeObject} KubeObject */

const SCHEMAS = new URL('../data/kubernetes/1.35/schemas.json', import.meta.url)
/** Argo CD's Go diff on one core, upper ends of what was measured. */
const ARGO = { deployment: 1_000, configMap: 7_000 }

/** Objects of 11 KB per second, from the wire to what differs. */
const WIRE = 4_000

/** @typedef {{ ref: any, live: KubeObject, desired: KubeObject, schema: any }} Given */

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
  return rows.flatMap(({ what, argo, limitUs, ...input }) => {
    const given = { ...input, schema: schemaFromData(data, input.ref) }
    return [
      ...WAYS.map((way) => rowOf({ what: `${what}, ${way.name}`, argo, limitUs, us: time(given, way) })),
      ...(limitUs === undefined ? [] : [fromTheWire(what, given)]),
    ]
  })
}

/** @typedef {{ name: string, form: boolean, edited: boolean }} Way */
/** @type {readonly Way[]} */
const WAYS = [
  { name: 'equal, normal form known', form: true, edited: false },
  { name: 'equal, by the shipped tables', form: false, edited: false },
  { name: 'a label added, by the shipped tables', form: false, edited: true },
]

/** An event's text parsed and compared; nothing of the loop. @param {string} what @param {Given} given @returns {Row} */
function fromTheWire(what, given) {
  const text = JSON.stringify(given.live)
  const call = comparing(given, { name: '', form: true, edited: false })
  const us = perCall(() => call(JSON.parse(text)))
  const perSecond = 1e6 / us
  return {
    what: `parse and compare a ${what}`,
    value: `${round(us)} µs, ${Math.round(perSecond).toLocaleString('en')} objects/s`,
    budget: `≥ ${WIRE.toLocaleString('en')}/s`,
    kept: perSecond >= WIRE,
    detail: { us, perSecond },
  }
}

/** @param {{ what: string, argo: number, limitUs: number | undefined, us: number }} measured @returns {Row} */
function rowOf({ what, argo, limitUs, us }) {
  const perSecond = 1e6 / us
  const wanted = argo * 10
  return {
    what: `compare a ${what}`,
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

/** @param {Given} given @param {Way} way @returns {(live: KubeObject) => readonly unknown[]} */
function comparing({ ref, live, desired, schema }, { form }) {
  const { status: _, ...whole } = structuredClone(live)
  const rules = indexRules(kindName(ref))
  const known = { normalForm: form ? whole : null, neighbours: { autoscalers: [] }, managersOf: () => [] }
  const common = { ref, desired, schema, ignore: NO_BOOK, ...known }
  return (each) => compare(/** @type {any} */ ({ ...common, live: each }), rules).fields
}

/** Copies, so that no two calls see the same object twice in a row. @param {Given} given @param {Way} way */
function time(given, way) {
  const copies = Array.from({ length: 64 }, () => structuredClone(given.live))
  const live = /** @type {any[]} */ (copies)
  if (way.edited) for (const { metadata } of live) metadata.labels = { ...metadata.labels, edited: 'by-hand' }
  const call = comparing(given, way)
  const at = (/** @type {number} */ index) => /** @type {KubeObject} */ (copies[index % copies.length])
  const found = call(at(0)).length
  if (found !== (way.edited ? 1 : 0)) throw new Error(`${way.name}: ${found} differences`)
  let index = 0
  return perCall(() => call(at(index++)))
}
