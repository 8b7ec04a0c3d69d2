// A GitHub App's private key → a token that lives for an hour.
import { createHash, createPrivateKey, sign } from 'node:crypto'
import type { RepositoryAccess } from '../../../core/definition/index.ts'
import { HoldfastError, problem, type ProblemCode } from '../../../core/problem/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { HttpClient, HttpReply } from './http.ts'

type App = NonNullable<RepositoryAccess['githubApp']>

export interface TokenRequest {
  readonly app: App
  /** `owner/name` of the repository, for finding the installation. */
  readonly repository: string
  readonly http: HttpClient
  /** The Secret, for messages. */
  readonly from: string
}

interface Token {
  readonly text: string
  readonly expiresAt: number
}

const API = 'https://api.github.com'
/** A fetch may take a while; a token that ends during it fails late. */
const MARGIN_MS = 5 * 60_000
const JWT_SECONDS = 540
const ANSWER_BYTES = 1024 * 1024

function failure(code: ProblemCode, from: string, what: string, action: string): HoldfastError {
  return new HoldfastError(problem(code, `${from}: the GitHub App ${what}`, {}, action))
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function jwtOf(app: App, from: string, now: number): string {
  const seconds = Math.floor(now / 1000)
  // A minute back, as GitHub advises: its clock may be behind.
  const claims = { iat: seconds - 60, exp: seconds + JWT_SECONDS, iss: app.id }
  const text = `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url(claims)}`
  try {
    return `${text}.${sign('sha256', Buffer.from(text), createPrivateKey(app.privateKey)).toString('base64url')}`
  } catch {
    throw failure(
      'HF1005',
      from,
      'has no usable private key',
      'Put the PEM file that GitHub gave into githubAppPrivateKey.',
    )
  }
}

function readJson(reply: HttpReply): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(reply.body.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Tokens of all Apps, kept until shortly before they end; callers at the same time share one request. */
export class GithubTokens {
  readonly #clock: Clock
  readonly #tokens = new Map<string, Promise<Token>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws HF1001 when GitHub does not answer, HF1005 when it refuses. */
  async token(request: TokenRequest): Promise<string> {
    const { app, repository } = request
    const key = createHash('sha256')
      .update(JSON.stringify([app, app.installationId === '' ? repository.split('/')[0] : '']))
      .digest('hex')
    const held = this.#tokens.get(key)
    const fresh = ({ expiresAt }: Token): boolean => expiresAt - MARGIN_MS > this.#clock.now()
    const usable = held !== undefined && (await held.then(fresh, () => false))
    // The first to notice asks; the others find what it asked for.
    if (!usable && this.#tokens.get(key) === held) this.#tokens.set(key, this.#ask(request))
    const { text } = (await this.#tokens.get(key)) ?? (await this.#ask(request))
    return text
  }

  async #ask(request: TokenRequest): Promise<Token> {
    const { app } = request
    const installation = app.installationId === '' ? await this.#installation(request) : app.installationId
    const reply = await this.#call(request, 'POST', `/app/installations/${installation}/access_tokens`)
    const { token, expires_at: end } = readJson(reply)
    if (reply.status !== 201 || typeof token !== 'string') throw this.#refused(request, reply)
    const expiresAt = typeof end === 'string' ? Date.parse(end) : Number.NaN
    return { text: token, expiresAt: Number.isNaN(expiresAt) ? this.#clock.now() + 2 * MARGIN_MS : expiresAt }
  }

  async #installation(request: TokenRequest): Promise<string> {
    const [owner = '', name = ''] = request.repository.split('/').map(encodeURIComponent)
    const reply = await this.#call(request, 'GET', `/repos/${owner}/${name}/installation`)
    const { id } = readJson(reply)
    if (reply.status === 200 && typeof id === 'number') return String(id)
    throw this.#refused(request, reply)
  }

  async #call(request: TokenRequest, method: 'GET' | 'POST', path: string): Promise<HttpReply> {
    const { app, http, from } = request
    const base = (app.enterpriseBaseUrl === '' ? API : app.enterpriseBaseUrl).replace(/\/+$/, '')
    const headers = {
      authorization: `Bearer ${jwtOf(app, from, this.#clock.now())}`,
      accept: 'application/vnd.github+json',
      'user-agent': 'holdfast',
      'x-github-api-version': '2022-11-28',
    }
    try {
      return await http.send({ url: base + path, method, headers, maxBytes: ANSWER_BYTES })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw failure('HF1001', from, `cannot reach ${base}: ${why}`, 'Check the network and githubAppEnterpriseBaseUrl.')
    }
  }

  #refused({ from, app }: TokenRequest, { status }: HttpReply): HoldfastError {
    if (status >= 500 || status === 429)
      return failure('HF1001', from, `got HTTP ${status}`, 'Nothing; it is tried again.')
    const action =
      status === 404
        ? 'Install the App for the repository’s owner, or correct githubAppInstallationID.'
        : 'Check githubAppID and githubAppPrivateKey, and the clock of this machine.'
    const where = app.installationId === '' ? '' : ` for installation ${app.installationId}`
    return failure('HF1005', from, `was refused${where} (HTTP ${status})`, action)
  }
}
