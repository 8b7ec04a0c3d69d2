// @ts-check
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadAll } from 'js-yaml'
import { ensureBinaries } from '../tools/binaries.mjs'
import { startControlPlane } from '../tools/control-plane.mjs'
import { startGitServer } from '../tools/git-server.mjs'
import { HOLDFAST, startHoldfast } from '../tools/holdfast-process.mjs'
import { openCluster, PATCH, pathOf } from '../tools/kube-client.mjs'
import { run, step } from '../tools/progress.mjs'
import { createScratch, removeScratch } from '../tools/scratch.mjs'

/** @typedef {import('../tools/kube-client.mjs').KubeClient} KubeClient */
/** @typedef {import('../tools/kube-client.mjs').KubeObject} KubeObject */
/** @typedef {import('../tools/holdfast-process.mjs').HoldfastProcess} HoldfastProcess */
/** @typedef {import('../tools/git-server.mjs').Repository} Repository */
/**
 * @typedef {object} Stage
 * @property {KubeClient} cluster
 * @property {string} kubeconfig
 * @property {Repository} repository
 * @property {HoldfastProcess} holdfast
 * @property {string} logFile of Holdfast
 * @property {string} argo the namespace of the Applications
 * @property {Record<'shop' | 'checkout' | 'platform', string>} namespaces by application
 * @property {NodeJS.ProcessEnv} environment of the holdfast command
 * @property {readonly KubeObject[]} applications not applied yet
 * @property {(text: string) => string} rename namespaces in manifests
 */
/** @typedef {{ add: (what: string, undo: () => Promise<unknown>) => void, all: () => Promise<void> }} Undo */

const HERE = fileURLToPath(new URL('.', import.meta.url))
const REMOTE = 'https://git.example.com/team/'
const APPS = /** @type {const} */ (['shop', 'checkout', 'platform'])

/** What was begun is ended in reverse order, once, whatever of it fails. @returns {Undo} */
export function createUndo() {
  /** @type {{ what: string, undo: () => Promise<unknown> }[]} */ const begun = []
  /** @type {Promise<void> | undefined} */ let ending
  const end = async () => {
    for (let next = begun.pop(); next; next = begun.pop()) {
      const { what, undo } = next
      await undo().catch((error) => process.stderr.write(`${what}: ${error.message}\n`))
    }
  }
  return {
    add: (what, undo) => void begun.push({ what, undo }),
    all: () => (ending ??= end()),
  }
}

/** @param {{ kubeconfig?: string | undefined }} options @param {Undo} undo @returns {Promise<Stage>} */
export async function raise(options, undo) {
  const { kustomize } = await ensureBinaries(['kustomize'])
  const scratch = await createScratch('holdfast-demo')
  undo.add('temporary folder', () => removeScratch(scratch))
  const own = options.kubeconfig === undefined
  const kubeconfig = options.kubeconfig ?? (await ownCluster(undo))
  const cluster = await openCluster({ kubeconfig, userAgent: 'holdfast-demo' })
  undo.add('connection', () => cluster.close())
  const git = await startGitServer()
  undo.add('Git server', () => git.stop())
  const rename = own ? (/** @type {string} */ text) => text : prefixed
  const argo = rename('namespace: argocd').slice('namespace: '.length)
  const namespaces = /** @type {Stage['namespaces']} */ (
    Object.fromEntries(APPS.map((app) => [app, own ? app : `holdfast-demo-${app}`]))
  )
  const environment = environmentOf({ kubeconfig, kustomize, git: git.url, scratch })
  await makeRoom({ cluster, own, argo, namespaces, environment }, undo)
  const repository = await git.createRepository('team/delivery')
  await repository.commit(await manifests(rename), 'Everything that runs', { author: 'Ada <ada@example.com>' })
  const logFile = join(scratch, 'holdfast.log')
  const holdfast = await step('start holdfast run --mode enforce', () => begin({ argo, environment, logFile }, undo))
  const applications = await applicationsOf(rename)
  return { cluster, kubeconfig, repository, holdfast, logFile, argo, namespaces, environment, applications, rename }
}

/** @param {Undo} undo */
async function ownCluster(undo) {
  const plane = await step('start etcd, kube-apiserver and kube-controller-manager', () => startControlPlane())
  undo.add('control plane', () => plane.stop())
  return plane.kubeconfig
}

/** @param {string} text */
function prefixed(text) {
  return text.replace(/\bnamespace: (argocd|shop|checkout|platform)\b/g, (_, name) =>
    name === 'argocd' ? 'namespace: holdfast-demo' : `namespace: holdfast-demo-${name}`,
  )
}

/** @param {{ kubeconfig: string, kustomize: string, git: string, scratch: string }} parts @returns {NodeJS.ProcessEnv} */
function environmentOf({ kubeconfig, kustomize, git, scratch }) {
  return {
    ...process.env,
    KUBECONFIG: kubeconfig,
    HOLDFAST_DATA_DIR: join(scratch, 'data'),
    HOLDFAST_KUSTOMIZE: kustomize,
    PATH: `${dirname(kustomize)}:${process.env.PATH}`,
    // The Applications name a host as people's do; Git itself is told where that is.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${git}/team/.insteadOf`,
    GIT_CONFIG_VALUE_0: REMOTE,
  }
}

/**
 * CRDs and the namespace of the Applications; on a cluster of somebody's own also the promise to remove them.
 * @param {{ cluster: KubeClient, own: boolean, argo: string, namespaces: Stage['namespaces'], environment: NodeJS.ProcessEnv }} parts
 * @param {Undo} undo
 */
async function makeRoom({ cluster, own, argo, namespaces, environment }, undo) {
  const all = [argo, ...Object.values(namespaces)]
  if (!own) {
    const crd = pathOf('customresourcedefinitions.apiextensions.k8s.io/v1', { name: 'applications.argoproj.io' })
    const had = await cluster.send('GET', crd, { missing: true })
    for (const name of all) {
      if (await cluster.send('GET', pathOf('namespaces.v1', { name }), { missing: true }))
        throw new Error(
          `the namespace ${name} exists already on ${cluster.server}: remove it if it is left over from a demo`,
        )
    }
    undo.add('namespaces', () => removeAll(cluster, { argo, names: all, crds: had === undefined }))
    if (!had) await installCrds(environment)
  } else await installCrds(environment)
  await cluster.send('POST', pathOf('namespaces.v1'), { body: { metadata: { name: argo } } })
}

/** @param {NodeJS.ProcessEnv} environment */
async function installCrds(environment) {
  await step('holdfast install --crds', async () => {
    const { code, stdout, stderr } = await run(process.execPath, [HOLDFAST, 'install', '--crds'], { env: environment })
    if (code !== 0) throw new Error(`holdfast install --crds ended with ${code}: ${stdout}${stderr}`)
  })
}

/** @param {KubeClient} cluster @param {{ argo: string, names: readonly string[], crds: boolean }} what */
async function removeAll(cluster, { argo, names, crds }) {
  await step('remove what the demo made', async () => {
    const applications = pathOf('applications.argoproj.io/v1alpha1', { namespace: argo })
    await cluster.send('DELETE', applications, { missing: true })
    for (const name of names) await cluster.send('DELETE', pathOf('namespaces.v1', { name }), { missing: true })
    for (const kind of crds ? ['applications', 'applicationsets', 'appprojects'] : []) {
      const name = `${kind}.argoproj.io`
      await cluster.send('DELETE', pathOf('customresourcedefinitions.apiextensions.k8s.io/v1', { name }), {
        missing: true,
      })
    }
    for (const name of names) {
      for (let tries = 0; tries < 240; tries++) {
        if (!(await cluster.send('GET', pathOf('namespaces.v1', { name }), { missing: true }))) break
        await sleep(250)
      }
    }
  })
}

/** @param {{ argo: string, environment: NodeJS.ProcessEnv, logFile: string }} options @param {Undo} undo */
async function begin({ argo, environment, logFile }, undo) {
  const holdfast = startHoldfast({
    args: ['run', '--mode', 'enforce', '--enforce-apps', '*', '--namespace', argo, '--listen', '127.0.0.1:0'],
    env: environment,
    logFile,
  })
  undo.add('Holdfast', () => holdfast.stop())
  const leads = await holdfast.said(
    ({ msg }) => msg.startsWith('enforcing:') || msg === 'applications are listed',
    20_000,
  )
  if (leads && holdfast.ended() === undefined) return holdfast
  const tail = holdfast
    .lines()
    .slice(-5)
    .map((said) => said.error ?? said.msg)
  throw new Error(`holdfast run did not start:\n${tail.join('\n')}`)
}

/** @param {(text: string) => string} rename @returns {Promise<Record<string, string>>} path in the repository → content */
async function manifests(rename) {
  const root = join(HERE, 'repository')
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [relative(root, file), rename(await readFile(file, 'utf8'))])),
  )
}

/** @param {(text: string) => string} rename @returns {Promise<KubeObject[]>} */
async function applicationsOf(rename) {
  const text = rename(await readFile(join(HERE, 'applications.yaml'), 'utf8'))
  return /** @type {KubeObject[]} */ (loadAll(text))
}

/** One file of the repository, changed by a commit. @param {Stage} stage @param {{ file: string, change: (text: string) => string, message: string }} commit */
export async function commit({ repository, rename }, { file, change, message }) {
  const before = await repository.git('show', `main:${file}`)
  return repository.commit({ [file]: rename(change(`${before}\n`)) }, message, { author: 'Ada <ada@example.com>' })
}

/** As `argocd app get --refresh` does it. @param {Stage} stage @param {string} name */
export async function refresh({ cluster, argo }, name) {
  const path = pathOf('applications.argoproj.io/v1alpha1', { namespace: argo, name })
  await cluster.send('PATCH', path, {
    body: { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } },
    type: PATCH.merge,
  })
}
