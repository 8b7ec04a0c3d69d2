// Which kind of place a chart's repoURL names: a chart repository or an OCI registry.
import type { RepositoryAccess, SourceDefinition } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { shown } from '../git/address.ts'

export type ChartAddress = {
  /** Without credentials. */
  readonly url: string
  /** Of the user and password in the URL itself; '' = none. */
  readonly authorization: string
} & (
  | { readonly kind: 'repository' }
  | {
      readonly kind: 'registry'
      readonly home: URL
      /** Path below the host; '' = none. */
      readonly prefix: string
    }
)

const OCI = 'oci://'
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u0020\u007f-\u009f\u2028\u2029]/
const REGISTRY_PATH = /^[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*)*$/
/** The name by which people know it does not answer. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['docker.io', 'registry-1.docker.io'],
  ['index.docker.io', 'registry-1.docker.io'],
])

/** Whether charts or artifacts are meant, and no Git repository. */
export function isPackaged({ repoURL, chart }: Pick<SourceDefinition, 'repoURL' | 'chart'>): boolean {
  return chart !== '' || repoURL.startsWith(OCI)
}

function invalid(repoURL: string, why: string): HoldfastError {
  const subject = { repository: shown(repoURL).slice(1, -1) }
  return new HoldfastError(problem('HF2001', `repoURL ${shown(repoURL)} ${why}`, subject))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function basicOf({ username, password }: URL): string {
  if (username === '' && password === '') return ''
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`
}

export function authorizationOf(access: RepositoryAccess | null): string {
  if (access === null) return ''
  const { username, password, bearerToken } = access
  if (username !== '' || password !== '') return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  return bearerToken === '' ? '' : `Bearer ${bearerToken}`
}

/** Throws HF2001 for what cannot be a registry's path. */
export function checkRegistryPath(path: string, repoURL: string): void {
  if (path !== '' && !REGISTRY_PATH.test(path))
    throw invalid(repoURL, `names ${shown(path)}, which no registry can hold`)
}

function registryAt(repoURL: string, place: string, access: RepositoryAccess | null): ChartAddress {
  const scheme = access?.insecureOCIForceHttp === true ? 'http' : 'https'
  const text = `${scheme}://${place}`
  if (!URL.canParse(text)) throw invalid(repoURL, 'is not the address of a registry')
  const url = new URL(text)
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '')
  checkRegistryPath(prefix, repoURL)
  const alias = ALIASES.get(url.host)
  const home = new URL(`${scheme}://${alias ?? url.host}`)
  const at = prefix === '' ? url.host : `${url.host}/${prefix}`
  return { kind: 'registry', url: `${OCI}${at}`, authorization: basicOf(url), home, prefix }
}

/** Throws HF2001 for what is no address, HF1013 for a scheme that charts do not come by. */
export function chartAddressOf(repoURL: string, access: RepositoryAccess | null): ChartAddress {
  if (repoURL === '' || UNPRINTABLE.test(repoURL))
    throw invalid(repoURL, 'is empty or holds spaces or control characters')
  if (repoURL.startsWith(OCI)) return registryAt(repoURL, repoURL.slice(OCI.length), access)
  if (!repoURL.includes('://')) return registryAt(repoURL, repoURL, access)
  if (!URL.canParse(repoURL)) throw invalid(repoURL, 'is not a URL')
  const url = new URL(repoURL)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    const action = 'Use an http or https URL of a chart repository, or a registry as oci://host/path.'
    const subject = { repository: shown(repoURL).slice(1, -1) }
    const message = `charts do not come from ${shown(repoURL)}: the scheme is ${url.protocol.slice(0, -1)}`
    throw new HoldfastError(problem('HF1013', message, subject, action))
  }
  if (access?.enableOCI === true) return registryAt(repoURL, repoURL.slice(repoURL.indexOf('://') + 3), access)
  return { kind: 'repository', url: repoURL.replace(/^(https?:\/\/)[^/@]*@/i, '$1'), authorization: basicOf(url) }
}
