// @ts-check
import { pathOf } from '../tools/kube-client.mjs'

/** @typedef {import('../tools/kube-client.mjs').KubeClient} KubeClient */
/** @typedef {import('../tools/kube-client.mjs').KubeObject} KubeObject */
/** @typedef {import('../tools/kube-client.mjs').Seen} Seen */
/** @typedef {{ resource: string, kind: string, namespace: string, name: string }} Place `kind` as Holdfast names it: `apps/Deployment` */
/**
 * @typedef {object} Eyes
 * @property {() => KubeObject | undefined} latest undefined when there is none
 * @property {() => readonly Seen[]} seen in order
 * @property {(matches: (seen: Seen) => boolean, timeoutMs?: number) => Promise<Seen | undefined>} until the first such event, also of the past
 * @property {() => void} close
 */

/** @param {Place} place */
export function nameOf({ kind, namespace, name }) {
  return `${kind} ${namespace}/${name}`
}

/** Watches one object by itself, so that what is told here is not what Holdfast says of itself. @param {KubeClient} cluster @param {Place} place @returns {Promise<Eyes>} */
export async function look(cluster, { resource, namespace, name }) {
  /** @type {Seen[]} */ const seen = []
  /** @type {Set<(event: Seen) => void>} */ const waiting = new Set()
  const query = { fieldSelector: `metadata.name=${name}` }
  const close = await cluster.watch(pathOf(resource, { namespace, query }), (event) => {
    seen.push(event)
    for (const tell of waiting) tell(event)
  })
  /** @type {Eyes['until']} */
  const until = (matches, timeoutMs = 10_000) => {
    const known = seen.find(matches)
    if (known) return Promise.resolve(known)
    return new Promise((resolve) => {
      const finish = (/** @type {Seen | undefined} */ event) => {
        clearTimeout(timer)
        waiting.delete(tell)
        resolve(event)
      }
      const tell = (/** @type {Seen} */ event) => void (matches(event) && finish(event))
      const timer = setTimeout(() => finish(undefined), timeoutMs)
      waiting.add(tell)
    })
  }
  const latest = () => {
    const last = seen.at(-1)
    return last?.type === 'DELETED' ? undefined : last?.object
  }
  return { latest, seen: () => seen, until, close }
}

/** @param {KubeObject} object */
export function version(object) {
  return BigInt(object.metadata.resourceVersion ?? 0)
}
