// With which headers and which client certificate does the next request go out?
import { readFileSync } from 'node:fs'
import type { Clock } from '../../ports/clock.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { ClusterConfig, Environment, Impersonation, Material, UserConfig } from './config.ts'
import { type ExecCredential, runExecPlugin } from './exec-plugin.ts'

export interface ClientCertificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/** `certificate` is the same object as long as the certificate is the same: connections hang on it. */
export interface Identity {
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly certificate: ClientCertificate | null
}

export interface Credentials {
  /** Throws HoldfastError HF4011. */
  current(): Promise<Identity>
  /** The server answered 401 to `used`: what is cached is read anew. False when there is nothing that could be renewed. */
  reject(used: Identity): boolean
}

/** Files are read again after this long, so that rotated tokens and certificates are found. */
const FILE_AGE_MS = 60_000
/** An exec credential is renewed this long before it expires. */
const EXPIRY_SKEW_MS = 10_000

export function readMaterial(material: Material): Buffer {
  if ('data' in material) return material.data
  try {
    return readFileSync(material.file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new HoldfastError(
      problem('HF4011', `Cannot read ${material.file}: ${code ?? 'unreadable'}.`, { file: material.file }),
    )
  }
}

function impersonationHeaders(as: Impersonation | null): Record<string, string | string[]> {
  if (as === null) return {}
  const headers: Record<string, string | string[]> = { 'impersonate-user': as.user }
  if (as.uid !== '') headers['impersonate-uid'] = as.uid
  if (as.groups.length > 0) headers['impersonate-group'] = [...as.groups]
  for (const [key, values] of Object.entries(as.extra)) {
    headers[`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`] = [...values]
  }
  return headers
}

/** One header value; a token with a line break in it would otherwise be a way to add headers. */
function bearer(token: string): string {
  const value = token.trim()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (value === '' || /[\x00-\x20\x7f]/.test(value)) {
    throw new HoldfastError(problem('HF4011', 'The token is empty or contains white space.'))
  }
  return `Bearer ${value}`
}

export interface CredentialOptions {
  readonly config: ClusterConfig
  readonly env: Environment
  readonly clock: Clock
  readonly execTimeoutMs: number
}

class KubeCredentials implements Credentials {
  readonly #options: CredentialOptions
  readonly #user: UserConfig
  #identity: Identity | null = null
  #goodUntil = 0
  #pending: Promise<Identity> | null = null

  constructor(options: CredentialOptions) {
    this.#options = options
    this.#user = options.config.user
  }

  current(): Promise<Identity> {
    if (this.#identity !== null && this.#options.clock.now() < this.#goodUntil) return Promise.resolve(this.#identity)
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = null
    })
    return this.#pending
  }

  reject(used: Identity): boolean {
    const renewable = this.#user.exec !== null || this.#user.tokenFile !== null || this.#user.certificate !== null
    if (renewable && this.#identity === used) this.#goodUntil = 0
    return renewable
  }

  async #renew(): Promise<Identity> {
    const { clock } = this.#options
    const exec = this.#user.exec === null ? null : await this.#runExec()
    const identity = this.#build(exec)
    this.#identity = identity
    this.#goodUntil = clock.now() + FILE_AGE_MS
    if (exec !== null) this.#goodUntil = this.#execLimit(exec)
    return identity
  }

  /** A credential that is born expired is still kept a second: the plugin must not run once per request. */
  #execLimit(exec: ExecCredential): number {
    if (exec.expires === null) return Number.POSITIVE_INFINITY
    return Math.max(exec.expires - EXPIRY_SKEW_MS, this.#options.clock.now() + 1000)
  }

  #runExec(): Promise<ExecCredential> {
    const { config, env, execTimeoutMs } = this.#options
    const plugin = this.#user.exec
    if (plugin === null) throw new Error('no exec plugin')
    const ca = config.ca === null ? null : readMaterial(config.ca)
    return runExecPlugin({ plugin, cluster: config, ca, env, timeoutMs: execTimeoutMs })
  }

  #build(exec: ExecCredential | null): Identity {
    const headers = { ...this.#authorization(exec), ...impersonationHeaders(this.#user.impersonate) }
    return { headers, certificate: this.#certificate(exec) }
  }

  #authorization(exec: ExecCredential | null): Record<string, string> {
    const { tokenFile, token, basic } = this.#user
    if (tokenFile !== null) return { authorization: bearer(readMaterial({ file: tokenFile }).toString('utf8')) }
    if (token !== null) return { authorization: bearer(token) }
    if (exec !== null && exec.token !== null) return { authorization: bearer(exec.token) }
    if (basic === null) return {}
    return { authorization: `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}` }
  }

  #certificate(exec: ExecCredential | null): ClientCertificate | null {
    const configured = this.#user.certificate
    const next =
      configured === null
        ? (exec?.certificate ?? null)
        : { cert: readMaterial(configured.cert), key: readMaterial(configured.key) }
    const before = this.#identity?.certificate ?? null
    const same = next !== null && before !== null && next.cert.equals(before.cert) && next.key.equals(before.key)
    return same ? before : next
  }
}

export function credentialsFor(options: CredentialOptions): Credentials {
  return new KubeCredentials(options)
}
