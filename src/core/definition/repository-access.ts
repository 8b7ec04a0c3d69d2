import { formatRef, isMap, type KubeObject } from '../kube/index.ts'
import { complain, type Field, isSet, mapOf, member, type Reading, stringOf } from './field.ts'
import type { RepositoryAccess } from './source-settings-types.ts'
import type { Parsed } from './types.ts'

const SECRET_TYPE = 'argocd.argoproj.io/secret-type'
const KINDS: ReadonlyMap<string, RepositoryAccess['kind']> = new Map([
  ['repository', 'repository'],
  ['repo-creds', 'template'],
])

const KNOWN = new Set([
  'bearerToken',
  'depth',
  'enableLfs',
  'enableOCI',
  'forceHttpBasicAuth',
  'githubAppEnterpriseBaseUrl',
  'githubAppID',
  'githubAppInstallationID',
  'githubAppPrivateKey',
  'insecure',
  'insecureIgnoreHostKey',
  'insecureOCIForceHttp',
  'name',
  'noProxy',
  'password',
  'project',
  'proxy',
  'sshPrivateKey',
  'tlsClientCertData',
  'tlsClientCertKey',
  'type',
  'url',
  'username',
  'webhookManifestCacheWarmDisabled',
])

const NOT_YET = /^(gcpServiceAccountKey|useAzureWorkloadIdentity|azureServicePrincipal.*|azureActiveDirectoryEndpoint)$/

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Go's strconv.ParseBool. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['', '0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
])

/** The value itself must never be part of a message. */
function refuse(field: Field, message: string): void {
  complain(field, 'HF2008', `${field.reading.subject.object}: ${field.path} ${message}`, 'Correct the Secret named.')
}

interface Content {
  readonly root: Field
  readonly texts: ReadonlyMap<string, string>
}

function keyOf(content: Content, name: string): Field {
  return { ...content.root, path: name, value: content.texts.get(name) }
}

/** `data` decoded, `stringData` over it as the API server lays it; false when a value is not base64. */
function readTexts(root: Field, into: Map<string, string>): boolean {
  let readable = true
  for (const part of ['data', 'stringData']) {
    const field = member(root, part)
    if (isSet(field) && !isMap(field.value)) refuse({ ...field, path: part }, 'must be a map')
    for (const [name, value] of Object.entries(isMap(field.value) ? field.value : {})) {
      const text = typeof value !== 'string' ? null : part === 'stringData' ? value : decoded(value)
      if (text === null) refuse({ ...field, path: name }, part === 'data' ? 'is not base64' : 'must be a string')
      readable &&= text !== null
      into.set(name, text ?? '')
    }
  }
  return readable
}

function decoded(value: string): string | null {
  const packed = value.replace(/[\r\n]/g, '')
  return BASE64.test(packed) ? Buffer.from(packed, 'base64').toString('utf8') : null
}

function flag(content: Content, name: string): boolean {
  const value = BOOLEANS.get((content.texts.get(name) ?? '').trim())
  if (value === undefined) refuse(keyOf(content, name), 'must be true or false; false is used')
  return value ?? false
}

function digits(content: Content, name: string): string {
  const text = (content.texts.get(name) ?? '').trim()
  if (/^[0-9]{0,15}$/.test(text)) return text === '0' ? '' : text
  refuse(keyOf(content, name), 'must be a whole number')
  return ''
}

function readType(content: Content): RepositoryAccess['type'] {
  const text = (content.texts.get('type') ?? '').trim()
  if (text === 'git' || text === 'helm' || text === 'oci') return text
  if (text !== '') refuse(keyOf(content, 'type'), 'must be git, helm or oci; git is used')
  return text === '' && (content.texts.get('url') ?? '').trim().startsWith('oci://') ? 'oci' : 'git'
}

function readGithubApp(content: Content): RepositoryAccess['githubApp'] {
  const id = digits(content, 'githubAppID')
  const privateKey = content.texts.get('githubAppPrivateKey') ?? ''
  if ((id === '') !== (privateKey === '')) {
    const lacking = id === '' ? 'githubAppID' : 'githubAppPrivateKey'
    refuse(keyOf(content, lacking), 'is missing: a GitHub App needs both its id and its private key')
  }
  if (id === '' || privateKey === '') return null
  const enterpriseBaseUrl = (content.texts.get('githubAppEnterpriseBaseUrl') ?? '').trim()
  return { id, installationId: digits(content, 'githubAppInstallationID'), privateKey, enterpriseBaseUrl }
}

function reportOthers(content: Content): void {
  for (const [name, text] of content.texts) {
    const field = keyOf(content, name)
    if (KNOWN.has(name)) continue
    if (!NOT_YET.test(name)) {
      complain(field, 'HF2007', `${field.reading.subject.object}: ${name} is not a known key and has no effect`)
    } else if (text !== '' && BOOLEANS.get(text) !== false) refuse(field, 'is not supported yet')
  }
}

function readAccess(content: Content, kind: RepositoryAccess['kind']): RepositoryAccess {
  const exact = (name: string) => content.texts.get(name) ?? ''
  const text = (name: string) => exact(name).trim()
  return {
    kind,
    type: readType(content),
    url: text('url'),
    project: text('project'),
    name: text('name'),
    username: exact('username'),
    password: exact('password'),
    bearerToken: exact('bearerToken'),
    sshPrivateKey: exact('sshPrivateKey'),
    tlsClientCertData: exact('tlsClientCertData'),
    tlsClientCertKey: exact('tlsClientCertKey'),
    insecure: [flag(content, 'insecure'), flag(content, 'insecureIgnoreHostKey')].includes(true),
    enableLfs: flag(content, 'enableLfs'),
    enableOCI: flag(content, 'enableOCI'),
    insecureOCIForceHttp: flag(content, 'insecureOCIForceHttp'),
    forceHttpBasicAuth: flag(content, 'forceHttpBasicAuth'),
    proxy: text('proxy'),
    noProxy: text('noProxy'),
    depth: Number(digits(content, 'depth')),
    githubApp: readGithubApp(content),
    from: content.root.reading.subject.object ?? '',
  }
}

/** `Secret namespace/name`, as far as it can be read. */
function nameOf(secret: unknown): string {
  const silent: Reading = { problems: [], subject: {} }
  const metadata = member({ reading: silent, path: '', value: secret }, 'metadata')
  const [namespace, name] = [stringOf(member(metadata, 'namespace')), stringOf(member(metadata, 'name'))]
  return formatRef({ group: '', kind: 'Secret', namespace, name })
}

/**
 * Reads a Secret labelled `argocd.argoproj.io/secret-type: repository` or `repo-creds`. Never throws. No value when it
 * cannot be used; problems beside a value say what of it is left out (HF2008) or has no effect (HF2007). No problem
 * contains anything of what the Secret holds but the names of its keys.
 */
export function parseRepositoryAccess(secret: KubeObject): Parsed<RepositoryAccess> {
  const reading: Reading = { problems: [], subject: { object: nameOf(secret) } }
  const root: Field = { reading, path: '', value: secret }
  const labels = member(member(root, 'metadata'), 'labels')
  const kind = KINDS.get(String(mapOf(labels)[SECRET_TYPE]))
  const texts = new Map<string, string>()
  const readable = readTexts(root, texts)
  const content: Content = { root, texts }
  if (kind === undefined) refuse({ ...root, path: SECRET_TYPE }, 'must be repository or repo-creds')
  const lacksUrl = (texts.get('url') ?? '').trim() === ''
  if (lacksUrl) refuse(keyOf(content, 'url'), 'is missing')
  reportOthers(content)
  if (kind === undefined || !readable || lacksUrl) return { value: null, problems: reading.problems }
  return { value: readAccess(content, kind), problems: reading.problems }
}
