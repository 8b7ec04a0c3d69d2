// @ts-check
import { tsImport } from 'tsx/esm/api'
import { bareContext, classifyField, fieldOwnerOf, ownershipOf } from '../dist/core/classify/index.js'
import { NO_OWNERSHIP } from '../dist/core/definition/index.js'
import { formatPath, refOf } from '../dist/core/kube/index.js'
import { perCall, round } from './rows.mjs'

/** @typedef {import('./rows.mjs').Row} Row */

const LIMIT_US = 50

const field = (/** @type {string} */ name) => /** @type {const} */ ({ kind: 'field', name })
const item = (/** @type {string} */ name) => /** @type {const} */ ({ kind: 'key', fields: { name } })
const AT = [field('spec'), field('template'), field('spec'), field('containers'), item('container-2')]

/** What is judged: a value that a hand changed, a variable that a hand added, a count that nobody owns. */
const DIFFERENCES = {
  'a changed image': { path: [...AT, field('image')], change: 'changed', desired: 'a:1', live: 'a:2' },
  'an added variable': {
    path: [...AT, field('env'), item('DEBUG')],
    change: 'added',
    live: { name: 'DEBUG', value: '1' },
  },
  'a count that nobody owns': { path: [field('spec'), field('paused')], change: 'changed', desired: false, live: true },
}

/** What a deliverer owns that brought all of this in. @param {any} value @returns {object} */
function owned(value) {
  if (Array.isArray(value)) {
    if (!value.every((one) => typeof one?.name === 'string')) return {}
    return Object.fromEntries(value.map((one) => [`k:{"name":"${one.name}"}`, { '.': {}, ...owned(one) }]))
  }
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [`f:${name}`, owned(member)]))
}

const entry = (/** @type {string} */ manager, /** @type {string} */ operation, /** @type {object} */ fieldsV1) => ({
  ...{ manager, operation, apiVersion: 'apps/v1', time: '2026-02-02T03:04:05Z', fieldsType: 'FieldsV1', fieldsV1 },
})

const BY_HAND = {
  'f:spec': {
    'f:template': {
      'f:spec': {
        'f:containers': {
          'k:{"name":"container-2"}': { 'f:image': {}, 'f:env': { 'k:{"name":"DEBUG"}': { '.': {}, 'f:value': {} } } },
        },
      },
    },
  },
}

/** @returns {Promise<Row[]>} */
export async function measure() {
  const { deployment } = await tsImport('./merge/deployment.ts', import.meta.url)
  const plain = deployment()
  const managedFields = [
    entry('argocd-controller', 'Apply', owned({ metadata: { labels: plain.metadata.labels }, spec: plain.spec })),
    entry('kubectl-edit', 'Update', BY_HAND),
    { ...entry('kube-controller-manager', 'Update', owned({ status: plain.status })), subresource: 'status' },
  ]
  const live = { ...plain, metadata: { ...plain.metadata, managedFields } }
  const ref = refOf(live)
  const ownership = ownershipOf(live)
  const autoscaler = { name: 'service', targetGroup: 'apps', targetKind: 'Deployment', targetName: 'service' }
  const neighbours = { autoscalers: [{ ...autoscaler, min: 1, max: 9, desiredReplicas: 3 }] }
  const context = { ...bareContext(ref, live), neighbours, webhooks: ['MutatingWebhookConfiguration injector'] }
  /** @param {string} what @param {() => unknown} call @returns {Row} */
  const row = (what, call) => {
    const us = perCall(call)
    return { what, value: `${round(us, 2)} µs`, budget: `< ${LIMIT_US} µs`, kept: us < LIMIT_US, detail: { us } }
  }
  return [
    ...Object.entries(DIFFERENCES).map(([what, given]) => {
      const difference = /** @type {any} */ ({ ...given, at: formatPath(given.path), pointer: '/spec' })
      return row(`cause and owner of ${what} in an 11 KB Deployment`, () => {
        classifyField(difference, ownership, context)
        fieldOwnerOf(ref, difference, NO_OWNERSHIP.map)
      })
    }),
    {
      what: 'once per object, before that: its bookkeeping read',
      value: `${round(perCall(() => ownershipOf(live)))} µs`,
    },
  ]
}
