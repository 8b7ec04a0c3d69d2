// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { PATCH, pathOf } from '../tools/kube-client.mjs'
import { look, nameOf, version } from './eyes.mjs'
import { duration, line } from './screen.mjs'

/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {import('./incident.mjs').Outcome} Outcome */

const ROGUE = 'legacy-sync'
const FIGHT_MS = 6_000

/** Another controller insists on one key; then somebody edits another key of the same object. @param {Stage} stage @returns {Promise<Outcome>} */
export async function fight(stage) {
  const { cluster, holdfast, namespaces } = stage
  const place = { resource: 'configmaps.v1', kind: 'ConfigMap', namespace: namespaces.shop, name: 'web-settings' }
  const write = (/** @type {Record<string, string>} */ data, /** @type {string} */ manager) =>
    cluster.send('PATCH', pathOf(place.resource, { ...place, query: { fieldManager: manager } }), {
      body: { data },
      type: PATCH.merge,
    })
  const eyes = await look(cluster, place)
  let [rogueWrites, heals, insists] = [0, 0, true]
  const stop = await cluster.watch(
    pathOf(place.resource, { namespace: place.namespace, query: { fieldSelector: `metadata.name=${place.name}` } }),
    ({ object }) => {
      if (object.data['log.level'] !== 'info') return
      if (rogueWrites > 0) heals++
      if (!insists) return
      rogueWrites++
      write({ 'log.level': 'trace' }, ROGUE).catch(() => {})
    },
  )
  try {
    line('did', `a controller named ${ROGUE} sets log.level to trace, again after every heal`)
    const named = await holdfast.said(({ msg, object }) => msg === 'fight' && object === nameOf(place), FIGHT_MS)
    await sleep(FIGHT_MS / 2)
    line('saw', named ? `${named.path} of ${named.object} is fought over with ${named.opponent}` : 'no fight noticed')
    line(
      'bounded',
      `${heals} heals and ${rogueWrites} rewrites so far; only this path is left alone, for longer each time`,
    )
    const edited = await write({ currency: 'USD' }, 'kubectl-edit')
    const answeredAt = performance.now()
    const healed = await eyes.until(({ object }) => version(object) > version(edited) && object.data.currency === 'EUR')
    const ms = healed && healed.at - answeredAt
    line(
      'healed',
      healed
        ? `currency of the same object: USD → EUR ${duration(ms)} after the edit was answered`
        : 'the other field was not healed',
    )
    insists = false
    const calm = await eyes.until(
      ({ object, at }) => at > answeredAt && object.data['log.level'] === 'info' && object.data.currency === 'EUR',
      20_000,
    )
    line('then', calm ? `${ROGUE} gave up, and log.level is info again` : 'log.level was never brought back')
    const bounded = heals <= 12
    return {
      foundBy: named?.opponent ?? '–',
      ms,
      generations: undefined,
      ok: named?.opponent === ROGUE && bounded && healed !== undefined && calm !== undefined,
    }
  } finally {
    insists = false
    stop()
    eyes.close()
  }
}
