// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { PATCH, pathOf } from '../tools/kube-client.mjs'
import { step } from '../tools/progress.mjs'
import { configMap, deployment, raiseFleet } from './fleet.mjs'
import { quantile, round, spread } from './rows.mjs'
import { requestCounts } from './sync.mjs'

/** @typedef {import('./fleet.mjs').Fleet} Fleet */
/** @typedef {import('./rows.mjs').Row} Row */
/** @typedef {import('../tools/kube-client.mjs').KubeObject} KubeObject */
/** @typedef {{ resource: string, namespace: string, name: string }} Place */
/**
 * @typedef {object} Sort
 * @property {string} name
 * @property {'configmaps.v1' | 'deployments.apps/v1'} resource
 * @property {number} ratio budget: p50 of the heal by p50 of an apply
 * @property {(unique: string, index: number) => object} edit merge patch (strategic for Deployments)
 * @property {(object: KubeObject, index: number) => boolean} isClean
 */

const FLOOR = 'bench-floor'
/** Within Holdfast's own budget of 50 heals a second, with a reserve of 200. */
const PAUSE_MS = 20
const TIMEOUT_MS = 10_000

/** @type {readonly Sort[]} */
const SORTS = [
  {
    ...{ name: 'ConfigMap, a value changed', resource: 'configmaps.v1', ratio: 2 },
    edit: (unique) => ({ data: { 'key-3': unique } }),
    isClean: ({ data }, index) => data['key-3'] === `value 3 of settings ${index}`,
  },
  {
    ...{ name: 'ConfigMap, a key added', resource: 'configmaps.v1', ratio: 3.5 },
    edit: (unique) => ({ data: { [`added-${unique}`]: 'x' } }),
    isClean: ({ data }) => Object.keys(data).length === 8,
  },
  {
    ...{ name: 'Deployment, image changed', resource: 'deployments.apps/v1', ratio: 2 },
    edit: (unique, index) => ({
      spec: { template: { spec: { containers: [{ name: `web-${index}`, image: `other:${unique}` }] } } },
    }),
    isClean: ({ spec }, index) =>
      spec.template.spec.containers[0].image === `registry.example.com/team/web-${index}:1.0.0`,
  },
  {
    ...{ name: 'Deployment, a container added', resource: 'deployments.apps/v1', ratio: 3.5 },
    edit: (unique) => ({
      spec: { template: { spec: { containers: [{ name: `added-${unique}`, image: 'other:1' }] } } },
    }),
    isClean: ({ spec }) => spec.template.spec.containers.length === 1,
  },
]

/** @param {import('./start.mjs').Options} options @returns {Promise<Row[]>} */
export async function measure(options) {
  const fleet = await raiseFleet(options)
  try {
    await step(`deliver ${options.apps} applications`, () => fleet.deliver())
    await sleep(5_000)
    const watches = await openWatches(fleet)
    const twins = await makeTwins(fleet)
    await step('warm up', () => rounds(fleet, { watches, twins, sorts: SORTS, edits: Math.min(30, options.edits) }))
    const before = requestCounts(await fleet.metrics())
    const results = await step(`${options.edits} edits of each of ${SORTS.length} sorts`, () =>
      rounds(fleet, { watches, twins, sorts: SORTS, edits: options.edits }),
    )
    const after = requestCounts(await fleet.metrics())
    const rows = results.flatMap(rowsOf)
    rows.push(requestRow(before, after, options.edits * SORTS.length))
    rows.push(...(await oneApp(fleet, { watches, twins })))
    return rows
  } finally {
    await fleet.stop()
  }
}

/** @typedef {{ until: (place: Place, since: bigint, matches: (object: KubeObject) => boolean) => Promise<number> }} Watches */

/** Own watches over both kinds; `until` gives the time of the first event after a version that matches. @param {Fleet} fleet @returns {Promise<Watches>} */
async function openWatches({ cluster }) {
  /** @type {Map<string, (seen: import('../tools/kube-client.mjs').Seen) => void>} */ const waiting = new Map()
  /** @type {Map<string, import('../tools/kube-client.mjs').Seen[]>} */ const recent = new Map()
  const key = (/** @type {string} */ resource, /** @type {string} */ namespace, /** @type {string} */ name) =>
    `${resource}/${namespace}/${name}`
  for (const resource of ['configmaps.v1', 'deployments.apps/v1']) {
    await cluster.watch(pathOf(resource), (seen) => {
      const { namespace, name } = seen.object.metadata
      const at = key(resource, namespace, name)
      recent.set(at, [...(recent.get(at) ?? []).slice(-5), seen])
      waiting.get(at)?.(seen)
    })
  }
  return {
    until: ({ resource, namespace, name }, since, matches) => {
      const at = key(resource, namespace, name)
      const isIt = (/** @type {import('../tools/kube-client.mjs').Seen} */ { object }) =>
        BigInt(object.metadata.resourceVersion) > since && matches(object)
      const known = recent.get(at)?.find(isIt)
      if (known) return Promise.resolve(known.at)
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => finish(() => reject(new Error(`${at} was not healed within ${TIMEOUT_MS} ms`))),
          TIMEOUT_MS,
        )
        const finish = (/** @type {() => void} */ end) => {
          clearTimeout(timer)
          waiting.delete(at)
          end()
        }
        waiting.set(at, (seen) => void (isIt(seen) && finish(() => resolve(seen.at))))
      })
    },
  }
}

/**
 * Objects like the managed ones that nobody manages, and the ideal healer: it knows beforehand what is coming, and sends
 * one forced apply of the whole object for every foreign event.
 * @param {Fleet} fleet
 */
async function makeTwins({ cluster }) {
  await cluster.send('POST', pathOf('namespaces.v1'), { body: { metadata: { name: FLOOR } } })
  const indices = [0, 1, 2, 3]
  const objects = [...indices.map(configMap), ...indices.map(deployment)]
  /** @type {Map<string, object>} */ const bodies = new Map()
  /** @type {number[]} */ const trips = []
  let armed = false
  const apply = async (/** @type {string} */ resource, /** @type {string} */ name) => {
    const path = pathOf(resource, { namespace: FLOOR, name, query: { fieldManager: 'floor', force: 'true' } })
    const start = performance.now()
    await cluster.send('PATCH', path, { body: JSON.stringify(bodies.get(`${resource}/${name}`)), type: PATCH.apply })
    trips.push(performance.now() - start)
  }
  for (const object of objects) {
    const resource = object.kind === 'ConfigMap' ? 'configmaps.v1' : 'deployments.apps/v1'
    bodies.set(`${resource}/${object.metadata.name}`, object)
    await apply(resource, object.metadata.name)
  }
  for (const resource of ['configmaps.v1', 'deployments.apps/v1']) {
    await cluster.watch(pathOf(resource, { namespace: FLOOR }), ({ type, object }) => {
      const last = (object.metadata.managedFields ?? []).some(
        (/** @type {any} */ { manager }) => manager === 'bench-editor',
      )
      if (armed && type === 'MODIFIED' && last) apply(resource, object.metadata.name).catch(() => {})
    })
  }
  await sleep(200)
  armed = true
  return { /** Takes the round trips measured so far. */ takeTrips: () => trips.splice(0) }
}

/**
 * @typedef {{ sort: Sort, heals: number[], wholes: number[], floors: number[], applies: number[] }} Result
 * @param {Fleet} fleet
 * @param {{ watches: Watches, twins: Awaited<ReturnType<typeof makeTwins>>, sorts: readonly Sort[], edits: number }} plan
 * @returns {Promise<Result[]>}
 */
async function rounds(fleet, { watches, twins, sorts, edits }) {
  /** @type {Result[]} */ const results = sorts.map((sort) => ({
    sort,
    heals: [],
    wholes: [],
    floors: [],
    applies: [],
  }))
  for (let count = 0; count < edits; count++) {
    const namespace = fleet.names[(count * 37) % fleet.names.length] ?? ''
    for (const { sort, heals, wholes, floors, applies } of results) {
      const index = count % 4
      const { ms, whole } = await editAndWait(fleet, { watches, sort, namespace, index })
      heals.push(ms)
      wholes.push(whole)
      await sleep(PAUSE_MS)
      twins.takeTrips()
      // The ideal healer's apply leaves additions of others alone: beside an addition it heals a change.
      const floorSort = SORTS.find((other) => other.resource === sort.resource) ?? sort
      floors.push((await editAndWait(fleet, { watches, sort: floorSort, namespace: FLOOR, index })).ms)
      await sleep(PAUSE_MS)
      applies.push(...twins.takeTrips())
    }
  }
  return results
}

let unique = 0

/**
 * @param {Fleet} fleet
 * @param {{ watches: Watches, sort: Sort, namespace: string, index: number }} edit
 * @returns {Promise<{ ms: number, whole: number }>} from the answer to the edit, or (`whole`) from when it was sent, to the
 *   event that shows it undone
 */
async function editAndWait({ cluster }, { watches, sort, namespace, index }) {
  const { resource, edit, isClean } = sort
  const name = resource === 'configmaps.v1' ? `settings-${index}` : `web-${index}`
  const path = pathOf(resource, { namespace, name, query: { fieldManager: 'bench-editor' } })
  const body = edit(`n${++unique}`, index)
  const sentAt = performance.now()
  const edited = await cluster.send('PATCH', path, {
    body,
    type: resource === 'configmaps.v1' ? PATCH.merge : PATCH.strategic,
  })
  const answeredAt = performance.now()
  const since = BigInt(edited.metadata.resourceVersion)
  const healedAt = await watches.until({ resource, namespace, name }, since, (object) => isClean(object, index))
  return { ms: healedAt - answeredAt, whole: healedAt - sentAt }
}

/** @param {Result} result @returns {Row[]} */
function rowsOf({ sort, heals, wholes, floors, applies }) {
  const [heal, floor, apply] = [spread(heals), spread(floors), spread(applies)]
  const ratio = heal.p50 / apply.p50
  return [
    {
      what: `${sort.name}: healed, p50 / p99`,
      value: `${round(heal.p50)} / ${round(heal.p99)} ms`,
      budget: 'p99 < 30 ms',
      kept: heal.p99 < 30,
      detail: { heal, fromSending: spread(wholes), floor, apply, ratio },
    },
    {
      what: '  beside one apply (p50 / p99)',
      value: `${round(ratio, 2)} × (${round(apply.p50)} / ${round(apply.p99)} ms)`,
      budget: `≤ ${sort.ratio} ×`,
      kept: ratio <= sort.ratio,
    },
    {
      what: '  beside an ideal healer (p50 / p99)',
      value: `${round(heal.p50 / floor.p50, 2)} × (${round(floor.p50)} / ${round(floor.p99)} ms)`,
    },
  ]
}

/** @param {Record<string, number>} before @param {Record<string, number>} after @param {number} heals @returns {Row} */
function requestRow(before, after, heals) {
  const each = Object.keys(after)
    .map((verb) => /** @type {const} */ ([verb, ((after[verb] ?? 0) - (before[verb] ?? 0)) / heals]))
    .filter(([, count]) => count > 0)
  return {
    what: 'requests per heal, all sorts',
    value: each.map(([verb, count]) => `${round(count, 2)} ${verb}`).join(', '),
    detail: Object.fromEntries(each),
  }
}

/** A hundred edits of one application in a row: the last are to be like the first. @param {Fleet} fleet @param {{ watches: Watches, twins: Awaited<ReturnType<typeof makeTwins>> }} tools @returns {Promise<Row[]>} */
async function oneApp(fleet, { watches }) {
  const [sort] = SORTS
  if (sort === undefined) return []
  const namespace = fleet.names.at(-1) ?? ''
  /** @type {number[]} */ const heals = []
  for (let count = 0; count < 100; count++) {
    heals.push((await editAndWait(fleet, { watches, sort, namespace, index: count % 4 })).whole)
    await sleep(PAUSE_MS)
  }
  const [first, last] = [quantile(heals.slice(0, 20), 0.5), quantile(heals.slice(-20), 0.5)]
  return [
    {
      what: 'one application: edits 1–20 and 81–100, from sending, p50',
      value: `${round(first)} and ${round(last)} ms`,
      budget: 'alike (≤ 1.5 ×)',
      kept: last <= first * 1.5,
      detail: { heals },
    },
  ]
}
