// @ts-check
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createAuthority, createSigningKeys, issue } from './certificates.mjs'

/** @typedef {{ name: string, groups?: readonly string[] }} UserRequest */
/** @typedef {{ name: string, groups: readonly string[], token: string }} User */
/** @typedef {{ user: string, certificate: string, key: string, certificateFile: string, keyFile: string }} ClientCertificate `certificate` and `key` are PEM */

export const EDITORS = 'holdfast-test:editors'
export const CERTIFICATE_USER = 'carol'
const CONTROLLER_MANAGER = 'system:kube-controller-manager'

/** Who can always log in: an administrator past all authorisation, people and tools who may do everything by RBAC, and one who may do nothing. @type {readonly UserRequest[]} */
const STANDING_USERS = [
  { name: 'admin', groups: ['system:masters'] },
  { name: 'alice', groups: [EDITORS] },
  { name: 'bob', groups: [EDITORS] },
  { name: 'holdfast', groups: [EDITORS] },
  { name: 'limited' },
]

/**
 * Writes keys, certificates and tokens of a new control plane.
 * @param {string} directory
 * @param {readonly UserRequest[]} extraUsers
 */
export async function writeCredentials(directory, extraUsers) {
  const path = (/** @type {string} */ name) => join(directory, name)
  const authority = createAuthority('holdfast test authority')
  const server = issue(authority, {
    commonName: 'kube-apiserver',
    usage: 'server',
    hosts: ['127.0.0.1', 'localhost', 'kubernetes.default.svc'],
  })
  const person = issue(authority, { commonName: CERTIFICATE_USER, organizations: [EDITORS], usage: 'client' })
  const manager = issue(authority, { commonName: CONTROLLER_MANAGER, usage: 'client' })
  const signing = createSigningKeys()
  const users = [...STANDING_USERS, ...extraUsers].map(({ name, groups = [] }) => ({
    name,
    groups,
    token: randomBytes(16).toString('hex'),
  }))
  await Promise.all([
    writeFile(path('ca.crt'), authority.certificate),
    writeFile(path('apiserver.crt'), server.certificate),
    writeSecret(path('apiserver.key'), server.key),
    writeFile(path('carol.crt'), person.certificate),
    writeSecret(path('carol.key'), person.key),
    writeSecret(path('service-account.key'), signing.privateKey),
    writeFile(path('service-account.pub'), signing.publicKey),
    writeSecret(path('tokens.csv'), users.map(tokenLine).join('')),
  ])
  const certificate = {
    user: CERTIFICATE_USER,
    ...person,
    certificateFile: path('carol.crt'),
    keyFile: path('carol.key'),
  }
  return { ca: authority.certificate, caFile: path('ca.crt'), users, certificate, manager }
}

/**
 * One kubeconfig per user (that user's context is the current one) and one for the controller manager.
 * @param {string} directory
 * @param {string} url
 * @param {Awaited<ReturnType<typeof writeCredentials>>} credentials
 * @returns {Promise<{ kubeconfigs: Record<string, string>, managerKubeconfig: string }>}
 */
export async function writeKubeconfigs(directory, url, { ca, users, certificate, manager }) {
  const logins = [
    ...users.map(({ name, token }) => ({ name, user: { token } })),
    { name: certificate.user, user: certificateLogin(certificate) },
  ]
  /** @type {Record<string, string>} */ const kubeconfigs = {}
  for (const { name } of logins) {
    const file = join(directory, `${name}.kubeconfig`)
    await writeSecret(file, JSON.stringify(kubeconfig({ url, ca, logins, current: name }), null, 2))
    kubeconfigs[name] = file
  }
  const managerKubeconfig = join(directory, 'controller-manager.kubeconfig')
  const managerLogin = { name: CONTROLLER_MANAGER, user: certificateLogin(manager) }
  await writeSecret(
    managerKubeconfig,
    JSON.stringify(kubeconfig({ url, ca, logins: [managerLogin], current: CONTROLLER_MANAGER })),
  )
  return { kubeconfigs, managerKubeconfig }
}

/** @param {{ url: string, ca: string, logins: readonly { name: string, user: object }[], current: string }} options */
function kubeconfig({ url, ca, logins, current }) {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'holdfast-test', cluster: { server: url, 'certificate-authority-data': base64(ca) } }],
    users: logins,
    contexts: logins.map(({ name }) => ({ name, context: { cluster: 'holdfast-test', user: name } })),
    'current-context': current,
  }
}

/** @param {{ certificate: string, key: string }} pem */
function certificateLogin({ certificate, key }) {
  return { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) }
}

/** The API server's static token file: token, user, uid, and the groups in quotes. @param {User} user */
function tokenLine({ token, name, groups }) {
  return `${token},${name},${name},"${groups.join(',')}"\n`
}

/** @param {string} file @param {string} content */
function writeSecret(file, content) {
  return writeFile(file, content, { mode: 0o600 })
}

/** @param {string} text */
function base64(text) {
  return Buffer.from(text).toString('base64')
}
