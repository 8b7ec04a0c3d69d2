// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { PATCH, pathOf } from '../tools/kube-client.mjs'
import { look, nameOf } from './eyes.mjs'
import { fight } from './fight.mjs'
import { incident } from './incident.mjs'
import { duration, generations, line } from './screen.mjs'
import { commit, refresh } from './stage.mjs'

/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {import('./incident.mjs').Outcome} Outcome */
/** @typedef {import('./eyes.mjs').Place} Place */

export const ARGO_CD =
  'Beside it, measured on Argo CD 3.6: of 60 different hand edits it found 23; a privileged sidecar with hostNetwork stayed Synced;\n' +
  'the first heal of a revision took 0.3–1.0 s, later ones wait 2·3ⁿ s, up to 300 s; nothing said who did it.'

const SETTLE_MS = 2_000

/** @type {readonly { title: string, play: (stage: Stage) => Promise<Outcome> }[]} */
export const STEPS = [
  { title: 'Three Applications are applied, as written for Argo CD', play: firstSync },
  { title: 'Someone scales a Deployment', play: scaled },
  { title: 'Someone adds a privileged sidecar', play: sidecar },
  { title: 'Someone adds hostNetwork and wipes the tracks', play: wiped },
  { title: 'A Service disappears', play: disappeared },
  { title: 'A commit arrives', play: committed },
  { title: 'An autoscaler scales', play: autoscaled },
  { title: 'Another controller fights back', play: fight },
]

/** @param {Stage} stage @returns {Place} */
const web = ({ namespaces }) => ({
  resource: 'deployments.apps/v1',
  kind: 'apps/Deployment',
  namespace: namespaces.shop,
  name: 'web',
})

/** @param {Stage} stage @param {(status: any) => boolean} matches @param {number} timeoutMs */
async function applications({ cluster, argo }, matches, timeoutMs) {
  /** @type {Map<string, any>} */ const known = new Map()
  const deadline = performance.now() + timeoutMs
  const stop = await cluster.watch(pathOf('applications.argoproj.io/v1alpha1', { namespace: argo }), ({ object }) =>
    known.set(object.metadata.name, object.status),
  )
  while (performance.now() < deadline && !(known.size === 3 && [...known.values()].every(matches))) await sleep(5)
  stop()
  return known
}

/** @type {(stage: Stage) => Promise<Outcome>} */
async function firstSync(stage) {
  const { cluster, argo } = stage
  line('did', `kubectl apply -f applications.yaml: a plain directory, a kustomize overlay, a directory tree`)
  const start = performance.now()
  const isSynced = (/** @type {any} */ status) =>
    status?.sync?.status === 'Synced' && status.operationState?.phase === 'Succeeded'
  const all = applications(stage, isSynced, 30_000)
  all.catch(() => {})
  const path = pathOf('applications.argoproj.io/v1alpha1', { namespace: argo })
  for (const body of stage.applications) await cluster.send('POST', path, { body })
  const known = await all
  const ms = performance.now() - start
  for (const [name, status] of known) {
    const objects = status?.resources?.length ?? 0
    line(
      'saw',
      `${name.padEnd(9)} ${status?.sync?.status ?? 'no status'}, ${objects} objects from ${status?.sourceType} at ${status?.sync?.revision?.slice(0, 8)}`,
    )
    for (const { type, message } of status?.conditions ?? []) line('', `${type}: ${message}`)
  }
  const ok = known.size === 3 && [...known.values()].every(isSynced)
  // What was just made keeps the cluster's own controllers busy for a moment.
  await sleep(SETTLE_MS)
  if (ok) line('synced', `all, ${duration(ms)} after the first Application was sent, Git and kustomize included`)
  return { foundBy: 'Git', ms, generations: undefined, ok }
}

/** @type {(stage: Stage) => Promise<Outcome>} */
function scaled(stage) {
  const place = web(stage)
  return incident(stage, {
    place,
    did: 'kubectl scale deployment web --replicas=1',
    edit: () =>
      stage.cluster.send(
        'PATCH',
        pathOf(place.resource, { ...place, subresource: 'scale', query: { fieldManager: 'kubectl-scale' } }),
        {
          body: { spec: { replicas: 1 } },
          type: PATCH.merge,
        },
      ),
    isHealed: ({ spec }) => spec.replicas === 3,
    value: ({ spec }) => String(spec.replicas),
  })
}

/** @type {(stage: Stage) => Promise<Outcome>} */
function sidecar(stage) {
  const place = web(stage)
  const debug = { name: 'debug', image: 'registry.k8s.io/pause:3.9', securityContext: { privileged: true } }
  return incident(stage, {
    place,
    did: 'kubectl patch deployment web: one more container, privileged',
    edit: () =>
      stage.cluster.send('PATCH', pathOf(place.resource, { ...place, query: { fieldManager: 'kubectl-patch' } }), {
        body: { spec: { template: { spec: { containers: [debug] } } } },
        type: PATCH.strategic,
      }),
    isHealed: ({ spec }) => spec.template.spec.containers.length === 1,
    value: ({ spec }) =>
      spec.template.spec.containers
        .map(
          (/** @type {any} */ { name, securityContext }) =>
            `${name}${securityContext?.privileged ? ' (privileged)' : ''}`,
        )
        .join(' + '),
  })
}

/** @type {(stage: Stage) => Promise<Outcome>} */
function wiped(stage) {
  const place = { ...web(stage), namespace: stage.namespaces.checkout, name: 'checkout' }
  return incident(stage, {
    place,
    did: 'PATCH deployment checkout: hostNetwork: true, and managedFields: [{}], so that nobody owns anything',
    edit: () =>
      stage.cluster.send('PATCH', pathOf(place.resource, { ...place, query: { fieldManager: 'somebody' } }), {
        body: { metadata: { managedFields: [{}] }, spec: { template: { spec: { hostNetwork: true } } } },
        type: PATCH.merge,
      }),
    isHealed: ({ spec, metadata }) =>
      spec.template.spec.hostNetwork !== true &&
      (metadata.managedFields ?? []).some((/** @type {any} */ { manager }) => manager === 'holdfast'),
    value: ({ spec, metadata }) =>
      `hostNetwork ${spec.template.spec.hostNetwork ?? 'unset'} (${metadata.managedFields?.length ?? 0} owners)`,
  })
}

/** The heal of a delete may be there before its answer is. @param {number | undefined} ms */
function moment(ms = 0) {
  return ms < 0 ? 'before the delete was even answered' : `${duration(ms)} after the delete was answered`
}

/** @type {(stage: Stage) => Promise<Outcome>} */
async function disappeared(stage) {
  const place = { resource: 'services.v1', kind: 'Service', namespace: stage.namespaces.shop, name: 'web' }
  line('did', 'kubectl delete service web')
  const eyes = await look(stage.cluster, place)
  try {
    const first = await eyes.until(() => true)
    await stage.cluster.send('DELETE', pathOf(place.resource, place))
    const answeredAt = performance.now()
    const healed = await eyes.until(
      ({ type, object }) => type === 'ADDED' && object.metadata.uid !== first?.object.metadata.uid,
    )
    const missing = eyes.seen().some(({ type }) => type === 'DELETED')
    line('saw', `${nameOf(place)} missing: ${missing}`)
    const ms = healed && healed.at - answeredAt
    line('healed', healed ? `made again ${moment(ms)}` : 'not within 10 s')
    return { foundBy: 'watch', ms: ms && Math.max(0, ms), generations: undefined, ok: healed !== undefined }
  } finally {
    eyes.close()
  }
}

/** @type {(stage: Stage) => Promise<Outcome>} */
async function committed(stage) {
  const place = web(stage)
  const eyes = await look(stage.cluster, place)
  try {
    const first = await eyes.until(() => true)
    const id = await commit(stage, {
      file: 'shop/web.yaml',
      change: (text) => text.replace('pause:3.9', 'pause:3.10').replace('  page.size: "50"\n', ''),
      message: 'web 3.10; the page size is no longer a setting',
    })
    const start = performance.now()
    line(
      'did',
      `git push ${id.slice(0, 8)}: a new image, and one key of a ConfigMap less; refresh annotation on the Application`,
    )
    await refresh(stage, 'shop')
    const seen = await eyes.until(({ object }) => object.spec.template.spec.containers[0].image.endsWith(':3.10'))
    const ms = seen && seen.at - start
    const used = seen && (seen.object.metadata.generation ?? 0) - (first?.object.metadata.generation ?? 0)
    const settings = pathOf('configmaps.v1', { namespace: place.namespace, name: 'web-settings' })
    let left = true
    for (let tries = 0; left && tries < 200; tries++) {
      left = 'page.size' in (await stage.cluster.send('GET', settings)).data
      if (left) await sleep(10)
    }
    line(
      'saw',
      `image ${first?.object.spec.template.spec.containers[0].image} → ${seen?.object.spec.template.spec.containers[0].image ?? 'unchanged'}; page.size ${left ? 'is still there' : 'left the cluster'}`,
    )
    if (seen) line('synced', `${duration(ms)} after the commit (fetch and render included), ${generations(used ?? 0)}`)
    return { foundBy: 'Git', ms, generations: used, ok: seen !== undefined && !left && used === 1 }
  } finally {
    eyes.close()
  }
}

/** @type {(stage: Stage) => Promise<Outcome>} */
async function autoscaled(stage) {
  const place = { ...web(stage), name: 'search' }
  const eyes = await look(stage.cluster, place)
  try {
    await eyes.until(() => true)
    const since = new Date().toISOString()
    line('did', 'a commit raises minReplicas of the HorizontalPodAutoscaler from 2 to 5; Git still says replicas: 2')
    await commit(stage, {
      file: 'shop/search.yaml',
      change: (text) => text.replace('minReplicas: 2', 'minReplicas: 5'),
      message: 'search: at least five',
    })
    const start = performance.now()
    await refresh(stage, 'shop')
    const seen = await eyes.until(({ object }) => object.spec.replicas === 5, 90_000)
    if (!seen) {
      line('saw', 'the autoscaler did not scale within 90 s')
      return { foundBy: '–', ms: undefined, generations: undefined, ok: false }
    }
    await sleep(2_500)
    const replicas = eyes.latest()?.spec.replicas
    const heals = stage.holdfast
      .lines()
      .filter(({ msg, object, time }) => msg === 'heal' && object === nameOf(place) && time >= since)
    const application = await stage.cluster.send(
      'GET',
      pathOf('applications.argoproj.io/v1alpha1', { namespace: stage.argo, name: 'shop' }),
    )
    const resource = application.status.resources.find(
      (/** @type {any} */ { kind, name }) => kind === 'Deployment' && name === 'search',
    )
    line('saw', `replicas 2 → 5 by kube-controller-manager, ${duration(seen.at - start)} after the commit`)
    line(
      'left',
      `alone: delegated to HorizontalPodAutoscaler search (bounds 5 to 8); ${heals.length} heals, replicas still ${replicas}, ${nameOf(place)} ${resource?.status}`,
    )
    return {
      foundBy: 'HPA evidence',
      ms: undefined,
      generations: 0,
      ok: replicas === 5 && heals.length === 0 && resource?.status === 'Synced',
    }
  } finally {
    eyes.close()
  }
}
