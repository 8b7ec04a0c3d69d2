// @ts-check
import { writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureBinaries } from './binaries.mjs'
import { EDITORS, writeCredentials, writeKubeconfigs } from './control-plane-files.mjs'
import { logTail, startGuarded } from './guarded-process.mjs'
import { createScratch, removeScratch } from './scratch.mjs'

/** @typedef {import('./control-plane-files.mjs').User} User */
/** @typedef {import('./control-plane-files.mjs').UserRequest} UserRequest */
/** @typedef {import('./control-plane-files.mjs').ClientCertificate} ClientCertificate */
/** @typedef {import('./guarded-process.mjs').GuardedProcess} GuardedProcess */
/**
 * @typedef {object} ControlPlaneOptions
 * @property {boolean} [controllers] run kube-controller-manager too; default true
 * @property {readonly UserRequest[]} [users] beside admin, alice, bob, holdfast and limited
 * @property {readonly string[]} [apiServerFlags] such as `--runtime-config=…`; a later flag wins over an earlier one
 * @property {readonly string[]} [controllerManagerFlags]
 * @property {readonly string[]} [etcdFlags]
 * @property {{ policy?: object, webhookUrl?: string, webhookToken?: string, webhookCa?: string }} [audit] writes `auditLog`; also posts to the URL, with the token, in batches of at most 1 s
 */
/**
 * How to reach a control plane; plain data, fit to be handed to another process.
 * @typedef {object} ControlPlaneConnection
 * @property {string} url
 * @property {string} ca PEM
 * @property {string} caFile
 * @property {string} adminToken
 * @property {Readonly<Record<string, User>>} users by name
 * @property {ClientCertificate} certificate of the user carol, who may do everything by RBAC
 * @property {string} kubeconfig file, as admin
 * @property {Readonly<Record<string, string>>} kubeconfigs file by user name
 * @property {string} directory everything written, logs included; gone after `stop`
 * @property {string} [auditLog] file of JSON lines, when asked for
 */
/**
 * @typedef {object} ControlPlaneControls
 * @property {() => Promise<void>} stop kills everything and removes the folder
 * @property {() => Promise<void>} stopApiServer for an outage; etcd and the data stay
 * @property {() => Promise<void>} startApiServer on the same port; returns when it is ready
 * @property {() => Promise<void>} restartApiServer
 */
/** @typedef {ControlPlaneConnection & ControlPlaneControls} ControlPlane */

const READY_TIMEOUT_MS = 60_000

/** A real kube-apiserver with etcd and kube-controller-manager on free ports of 127.0.0.1. @param {ControlPlaneOptions} [options] @returns {Promise<ControlPlane>} */
export async function startControlPlane(options = {}) {
  const programs = await ensureBinaries(['etcd', 'kube-apiserver', 'kube-controller-manager'])
  for (let tries = 1; ; tries++) {
    try {
      return await start(programs, options)
    } catch (error) {
      if (tries === 3 || !String(error).includes('address already in use')) throw error
    }
  }
}

/**
 * @param {Record<'etcd' | 'kube-apiserver' | 'kube-controller-manager', string>} programs
 * @param {ControlPlaneOptions} options
 * @returns {Promise<ControlPlane>}
 */
async function start(programs, options) {
  const directory = await createScratch('holdfast-control-plane')
  /** @type {GuardedProcess[]} */ const running = []
  const launch = (/** @type {keyof programs} */ name, /** @type {readonly string[]} */ args) => {
    const guarded = startGuarded({ name, program: programs[name], args, logFile: join(directory, `${name}.log`) })
    running.push(guarded)
    return guarded
  }
  const stop = async () => {
    await Promise.all(running.map((guarded) => guarded.kill()))
    await removeScratch(directory)
  }
  try {
    return await bringUp({ directory, launch, stop }, options)
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * @param {{ directory: string, launch: (name: any, args: readonly string[]) => GuardedProcess, stop: () => Promise<void> }} host
 * @param {ControlPlaneOptions} options
 * @returns {Promise<ControlPlane>}
 */
async function bringUp({ directory, launch, stop }, options) {
  const [etcdPort, port] = await freePorts()
  const url = `https://127.0.0.1:${port}`
  const credentials = await writeCredentials(directory, options.users ?? [])
  const { kubeconfigs, managerKubeconfig } = await writeKubeconfigs(directory, url, credentials)
  const users = Object.fromEntries(credentials.users.map((user) => [user.name, user]))
  const adminToken = /** @type {User} */ (users.admin).token
  const api = apiClient({ url, ca: credentials.ca, token: adminToken })
  const audit = await auditFlags(directory, options.audit)

  launch('etcd', [...etcdFlags(directory, etcdPort), ...(options.etcdFlags ?? [])])
  const apiServerArgs = [...apiServerFlags(directory, { port, etcdPort }), ...audit, ...(options.apiServerFlags ?? [])]
  let apiServer = launch('kube-apiserver', apiServerArgs)
  const ready = () =>
    until('the API server to be ready', apiServer, async () => (await api('GET', '/readyz')).status === 200)
  await ready()
  await letEditorsIn(api)
  if (options.controllers !== false) {
    const manager = launch('kube-controller-manager', [
      ...controllerManagerFlags(directory, managerKubeconfig),
      ...(options.controllerManagerFlags ?? []),
    ])
    const account = '/api/v1/namespaces/default/serviceaccounts/default'
    await until('the controllers to work', manager, async () => (await api('GET', account)).status === 200)
  }

  const stopApiServer = () => apiServer.kill()
  const startApiServer = async () => {
    apiServer = launch('kube-apiserver', apiServerArgs)
    await ready()
  }
  return {
    ...{ url, ca: credentials.ca, caFile: credentials.caFile, adminToken, users, certificate: credentials.certificate },
    ...{ kubeconfig: String(kubeconfigs.admin), kubeconfigs, directory },
    ...(options.audit ? { auditLog: join(directory, 'audit.log') } : {}),
    ...{ stop, stopApiServer, startApiServer },
    restartApiServer: () => stopApiServer().then(startApiServer),
  }
}

/** @param {string} directory @param {number} port */
function etcdFlags(directory, port) {
  return [
    '--unsafe-no-fsync',
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=http://127.0.0.1:${port}`,
    `--advertise-client-urls=http://127.0.0.1:${port}`,
    '--listen-peer-urls=http://127.0.0.1:0',
    '--log-level=warn',
  ]
}

/** @param {string} directory @param {{ port: number, etcdPort: number }} ports */
function apiServerFlags(directory, { port, etcdPort }) {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    // A loopback address cannot be an endpoint of the Service `kubernetes`.
    '--endpoint-reconciler-type=none',
    `--tls-cert-file=${join(directory, 'apiserver.crt')}`,
    `--tls-private-key-file=${join(directory, 'apiserver.key')}`,
    `--client-ca-file=${join(directory, 'ca.crt')}`,
    `--token-auth-file=${join(directory, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(directory, 'service-account.pub')}`,
    `--service-account-signing-key-file=${join(directory, 'service-account.key')}`,
    '--allow-privileged=true',
  ]
}

/** @param {string} directory @param {string} kubeconfig */
function controllerManagerFlags(directory, kubeconfig) {
  return [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${join(directory, 'service-account.key')}`,
    `--root-ca-file=${join(directory, 'ca.crt')}`,
    '--horizontal-pod-autoscaler-sync-period=1s',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ]
}

/** @param {string} directory @param {ControlPlaneOptions['audit']} audit */
async function auditFlags(directory, audit) {
  if (!audit) return []
  const policy = audit.policy ?? {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    rules: [{ level: 'RequestResponse' }],
  }
  await writeFile(join(directory, 'audit-policy.json'), JSON.stringify(policy))
  const flags = [
    `--audit-policy-file=${join(directory, 'audit-policy.json')}`,
    `--audit-log-path=${join(directory, 'audit.log')}`,
  ]
  if (!audit.webhookUrl) return flags
  const sink = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'sink' },
    clusters: [{ name: 'sink', cluster: { server: audit.webhookUrl, ...authorityOf(audit.webhookCa) } }],
    contexts: [{ name: 'sink', context: { cluster: 'sink', user: 'sink' } }],
    users: [{ name: 'sink', user: audit.webhookToken === undefined ? {} : { token: audit.webhookToken } }],
  }
  await writeFile(join(directory, 'audit-webhook.json'), JSON.stringify(sink))
  return [
    ...flags,
    `--audit-webhook-config-file=${join(directory, 'audit-webhook.json')}`,
    '--audit-webhook-batch-max-wait=1s',
  ]
}

/** @param {string} [pem] */
function authorityOf(pem) {
  return pem === undefined ? {} : { 'certificate-authority-data': Buffer.from(pem).toString('base64') }
}

/** @param {ReturnType<typeof apiClient>} api */
async function letEditorsIn(api) {
  const { status, body } = await api('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: EDITORS },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: EDITORS }],
  })
  if (status !== 201) throw new Error(`cannot let the test users in: ${status} ${body}`)
}

/** @param {string} what @param {GuardedProcess} guarded @param {() => Promise<boolean>} condition */
async function until(what, guarded, condition) {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (!(await condition().catch(() => false))) {
    const end = guarded.ended() ?? (performance.now() > deadline ? 'is not ready' : undefined)
    if (end) throw new Error(`waiting for ${what}: ${guarded.name} ${end}. Its last lines:\n${logTail(guarded)}`)
    await sleep(25)
  }
}

/** @param {{ url: string, ca: string, token: string }} connection */
function apiClient({ url, ca, token }) {
  const agent = new Agent({ ca })
  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<{ status: number, body: string }>} */
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const call = request(new URL(path, url), { agent, method, headers, timeout: 5_000 }, (response) => {
        /** @type {Buffer[]} */ const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
        response.on('error', reject)
      })
      call.on('timeout', () => call.destroy(new Error('timed out')))
      call.on('error', reject)
      call.end(body && JSON.stringify(body))
    })
}

/** Two ports that were free a moment ago. @returns {Promise<[number, number]>} */
async function freePorts() {
  const servers = [createServer(), createServer()]
  const ports = await Promise.all(
    servers.map((server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(portOf(server))))),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return [ports[0], ports[1]]
}

/** @param {import('node:net').Server} server */
function portOf(server) {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
