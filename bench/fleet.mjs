// @ts-check
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startControlPlane } from '../tools/control-plane.mjs'
import { startGitServer } from '../tools/git-server.mjs'
import { startHoldfast } from '../tools/holdfast-process.mjs'
import { openCluster, PATCH, pathOf } from '../tools/kube-client.mjs'
import { step } from '../tools/progress.mjs'
import { createScratch, removeScratch } from '../tools/scratch.mjs'

/** @typedef {import('../tools/kube-client.mjs').KubeClient} KubeClient */
/** @typedef {import('../tools/holdfast-process.mjs').HoldfastProcess} HoldfastProcess */
/** @typedef {import('./start.mjs').Options} Options */
/**
 * @typedef {object} Fleet
 * @property {KubeClient} cluster
 * @property {HoldfastProcess} holdfast
 * @property {readonly string[]} names of the applications, and of their namespaces
 * @property {string} logFile of Holdfast
 * @property {() => Promise<string>} metrics of Holdfast
 * @property {(names?: readonly string[]) => Promise<number>} deliver creates the Applications, all or these; ms until they are Synced
 * @property {import('../tools/git-server.mjs').Repository} repository
 * @property {() => number} fetches of the repository so far
 * @property {string} address of Holdfast's API
 * @property {() => Promise<void>} restart ends Holdfast and starts it again with what it kept
 * @property {() => Promise<void>} stop
 */

export const ARGO = 'argocd'
const CRDS = fileURLToPath(new URL('../deploy/crds/', import.meta.url))
const SYNC_TIMEOUT_MS = 180_000

const container = (/** @type {string} */ name) => ({
  name,
  image: `registry.example.com/team/${name}:1.0.0`,
  args: ['--verbose', '--listen=:8080'],
  env: [
    { name: 'LOG_LEVEL', value: 'info' },
    { name: 'REGION', value: 'eu-central-1' },
  ],
  ports: [{ name: 'http', containerPort: 8080 }],
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
  readinessProbe: { httpGet: { path: '/healthz', port: 'http' } },
})

/** @param {number} index */
export const deployment = (index) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: `web-${index}`, labels: { app: `web-${index}` } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: `web-${index}` } },
    template: { metadata: { labels: { app: `web-${index}` } }, spec: { containers: [container(`web-${index}`)] } },
  },
})

/** @param {number} index */
export const configMap = (index) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `settings-${index}`, labels: { app: `web-${index}` } },
  data: Object.fromEntries(Array.from({ length: 8 }, (_, key) => [`key-${key}`, `value ${key} of settings ${index}`])),
})

/** The 20 resources of one application. */
function resources() {
  const range = (/** @type {number} */ count) => Array.from({ length: count }, (_, index) => index)
  const service = (/** @type {number} */ index) => ({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: `web-${index}` } },
    spec: { selector: { app: `web-${index}` }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  })
  return [
    ...range(4).map(deployment),
    ...range(4).map(service),
    ...range(6).map(configMap),
    ...range(2).map((index) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: `account-${index}` } })),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token' }, stringData: { token: 'not a secret' } },
    {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'reader' } },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }],
    },
    {
      ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'deny' } },
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    },
    {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web-0' } },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web-0' } } },
    },
  ]
}

/** @param {string} name @param {string} repoURL */
const application = (name, repoURL) => ({
  ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name, namespace: ARGO } },
  spec: {
    project: 'default',
    source: { repoURL, targetRevision: 'main', path: `apps/${name}` },
    destination: { server: 'https://kubernetes.default.svc', namespace: name },
    syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
  },
})

/**
 * What is delivered: the files of its repository, and options of Holdfast.
 * @typedef {{ names: readonly string[], files: Record<string, string>, settings?: Record<string, string>, env?: NodeJS.ProcessEnv }} Estate
 */

/** @param {number} apps @returns {Estate} */
function plainEstate(apps) {
  const names = Array.from({ length: apps }, (_, index) => `app-${String(index).padStart(3, '0')}`)
  const files = names.flatMap((name) =>
    resources().map((object) => [
      `apps/${name}/${object.kind}-${object.metadata.name}.json`.toLowerCase(),
      JSON.stringify(object, null, 2),
    ]),
  )
  return { names, files: Object.fromEntries(files) }
}

/** A control plane, a repository of many applications, and Holdfast enforcing; nothing delivered yet. @param {Options} options @param {Estate} [estate] @returns {Promise<Fleet>} */
export async function raiseFleet({ apps, controllers, profile }, estate = plainEstate(apps)) {
  /** @type {(() => Promise<unknown>)[]} */ const ends = []
  const stop = async () => {
    for (let end = ends.pop(); end; end = ends.pop()) await end()
  }
  try {
    const scratch = await createScratch('holdfast-bench')
    ends.push(() => removeScratch(scratch))
    const plane = await step('start a control plane', () => startControlPlane({ controllers }))
    ends.push(() => plane.stop())
    const cluster = await openCluster({ kubeconfig: plane.kubeconfig, userAgent: 'holdfast-bench' })
    ends.push(() => cluster.close())
    await installCrds(cluster)
    await cluster.send('POST', pathOf('namespaces.v1'), { body: { metadata: { name: ARGO } } })
    const git = await startGitServer()
    ends.push(() => git.stop())
    const { names, settings } = estate
    if (settings !== undefined)
      await cluster.send('POST', pathOf('configmaps.v1', { namespace: ARGO }), {
        body: { metadata: { name: 'argocd-cm' }, data: settings },
      })
    const repository = await git.createRepository('fleet')
    await repository.commit(estate.files, 'the fleet')
    const logFile = join(scratch, 'holdfast.log')
    const start = async () => {
      const holdfast = startHoldfast({
        args: ['run', '--mode', 'enforce', '--enforce-apps', '*', '--namespace', ARGO, '--listen', '127.0.0.1:0'],
        nodeArgs: profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile, '--cpu-prof-interval', '200'],
        env: {
          ...{ ...process.env, KUBECONFIG: plane.kubeconfig, HOLDFAST_DATA_DIR: join(scratch, 'data') },
          ...estate.env,
        },
        logFile,
      })
      const starting = await holdfast.said(({ msg }) => msg === 'starting', 20_000)
      if (!(await holdfast.said(({ msg }) => msg === 'applications are listed', 20_000)))
        throw new Error(`holdfast did not start: ${JSON.stringify(holdfast.lines().slice(-3))}`)
      return { holdfast, address: String(starting?.listen).replace(/^(http:\/\/)?/, 'http://') }
    }
    let running = await start()
    ends.push(() => running.holdfast.stop())
    return {
      ...{ cluster, names, logFile, repository, stop },
      get holdfast() {
        return running.holdfast
      },
      get address() {
        return running.address
      },
      fetches: () => git.traffic('fleet').fetches,
      metrics: async () => (await fetch(`${running.address}/metrics`)).text(),
      restart: async () => {
        await running.holdfast.stop()
        running = await start()
      },
      deliver: (some = names) => deliver({ cluster, names: some, url: repository.url }),
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** @param {KubeClient} cluster */
async function installCrds(cluster) {
  for (const file of await readdir(CRDS)) {
    const body = await readFile(join(CRDS, file), 'utf8')
    const name = body.match(/^ {2}name: (\S+)/m)?.[1] ?? ''
    const path = pathOf('customresourcedefinitions.apiextensions.k8s.io/v1', { name, query: { fieldManager: 'bench' } })
    await cluster.send('PATCH', path, { body, type: PATCH.apply })
    const isServed = async () =>
      (await cluster.send('GET', path)).status?.conditions?.some(
        (/** @type {any} */ { type, status }) => type === 'Established' && status === 'True',
      )
    while (!(await isServed())) await sleep(50)
  }
}

/** @param {{ cluster: KubeClient, names: readonly string[], url: string }} fleet */
async function deliver({ cluster, names, url }) {
  const path = pathOf('applications.argoproj.io/v1alpha1', { namespace: ARGO })
  /** @type {Set<string>} */ const synced = new Set()
  const wanted = new Set(names)
  /** @type {(ms: number) => void} */ let done = () => {}
  let start = 0
  const all = new Promise((resolve) => {
    done = resolve
  })
  const stop = await cluster.watch(path, ({ object, at }) => {
    const { sync, operationState } = object.status ?? {}
    if (!wanted.has(object.metadata.name)) return
    if (sync?.status === 'Synced' && operationState?.phase === 'Succeeded') synced.add(object.metadata.name)
    if (synced.size === names.length) done(at - start)
  })
  start = performance.now()
  await Promise.all(names.map((name) => cluster.send('POST', path, { body: application(name, url) })))
  const ms = await Promise.race([all, sleep(SYNC_TIMEOUT_MS, undefined, { ref: false })])
  stop()
  if (ms === undefined)
    throw new Error(`${synced.size} of ${names.length} applications are Synced after ${SYNC_TIMEOUT_MS} ms`)
  return /** @type {number} */ (ms)
}
