// @ts-check
import { KubeError } from '../tools/kube-client.mjs'
import { look, nameOf, version } from './eyes.mjs'
import { duration, generations, line } from './screen.mjs'

/** @typedef {import('./eyes.mjs').Place} Place */
/** @typedef {import('./eyes.mjs').Eyes} Eyes */
/** @typedef {import('../tools/kube-client.mjs').KubeObject} KubeObject */
/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {{ foundBy: string, ms: number | undefined, generations: number | undefined, ok: boolean }} Outcome */
/**
 * @typedef {object} Incident
 * @property {Place} place
 * @property {string} did what someone does, in words
 * @property {(before: KubeObject) => Promise<KubeObject>} edit answers what the API server answered
 * @property {(object: KubeObject) => boolean} isHealed
 * @property {(object: KubeObject) => string} value of the field that the story is about
 */

/**
 * Somebody edits an object; the time runs from the answer to that edit to the moment when a watch of the demo's own
 * shows the object healed.
 * @param {Stage} stage @param {Incident} incident @returns {Promise<Outcome>}
 */
export async function incident(stage, { place, did, edit, isHealed, value }) {
  line('did', did)
  const eyes = await look(stage.cluster, place)
  try {
    const first = await eyes.until(({ type }) => type === 'ADDED')
    if (!first) throw new Error(`${nameOf(place)} is not there`)
    const since = new Date().toISOString()
    const edited = await edit(first.object)
    const answeredAt = performance.now()
    const editedAt = version(edited)
    const healed = await eyes.until(
      ({ type, object }) => type !== 'DELETED' && version(object) > editedAt && isHealed(object),
    )
    const drifted = eyes.seen().find(({ object }) => version(object) === editedAt)?.object ?? edited
    const found = await said(stage, { place, since })
    line('saw', `${found.what}: ${value(first.object)} → ${value(drifted)}, by ${found.by}`)
    if (!healed) {
      line('healed', 'not within 10 s')
      return { foundBy: found.by, ms: undefined, generations: undefined, ok: false }
    }
    const used = (healed.object.metadata.generation ?? 0) - (drifted.metadata.generation ?? 0)
    const ms = healed.at - answeredAt
    line('healed', `${value(healed.object)}, ${duration(ms)} after the edit was answered, ${generations(used)}`)
    return { foundBy: found.by, ms, generations: used, ok: used <= 1 }
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== 403) throw error
    line('refused', `this cluster did not let it through: ${error.message}`)
    return { foundBy: 'admission', ms: undefined, generations: undefined, ok: true }
  } finally {
    eyes.close()
  }
}

/**
 * What Holdfast logged of the difference.
 * @param {Stage} stage @param {{ place: Place, since: string }} where
 * @returns {Promise<{ what: string, by: string }>}
 */
export async function said({ holdfast }, { place, since }) {
  const object = nameOf(place)
  const drift = await holdfast.said((entry) => entry.msg === 'drift' && entry.object === object && entry.time >= since)
  /** @type {readonly string[]} */ const fields = drift?.fields ?? []
  const named = fields.map((field) => field.match(/^(.*) (changed|added|removed) by (.*)$/))
  const managers = [...new Set(named.map((match) => match?.[3] ?? 'unknown'))]
  const what = named.map((match) => `${match?.[1]} ${match?.[2]}`).join(', ')
  if (!drift) return { what: `${object} (nothing was logged)`, by: '–' }
  return { what: what ? `${object} ${what}` : `${object} ${drift.difference}`, by: managers.join(', ') || 'unknown' }
}
