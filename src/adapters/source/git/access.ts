// How a repository is reached: what git, ssh and HTTP are told, and nothing of it where others can read it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RepositoryAccess } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { Environment } from '../environment.ts'
import type { Address } from './address.ts'
import type { GithubTokens } from './github-app.ts'
import { HttpClient } from './http.ts'
import { hasPassphrase, sshCall } from './ssh-command.ts'

/** What is laid over git's environment while it speaks with the remote. */
export interface GitLogin {
  readonly config: readonly (readonly [string, string])[]
  readonly env: Readonly<Record<string, string>>
}

export interface AccessOptions {
  readonly address: Address
  /** null = nothing is known: the URL's own credentials and the user's own settings hold. */
  readonly access: RepositoryAccess | null
  /** PEM of the authorities for this host; '' = the usual ones. */
  readonly ca: string
  /** null = the user's own file. */
  readonly knownHosts: string | null
  readonly env: Environment
  readonly tokens: GithubTokens
  readonly timeoutMs: number
}

/** Argo CD's, for Secrets with a token and no name. */
const TOKEN_USER = 'x-access-token'

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** What holds where no Secret says anything. */
const NOTHING = {
  ...{ sshPrivateKey: '', tlsClientCertData: '', tlsClientCertKey: '' },
  ...{ insecure: false, proxy: '', noProxy: '' },
}

function given(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
}

export class GitAccess {
  readonly http: HttpClient
  readonly #options: AccessOptions

  constructor(options: AccessOptions) {
    this.#options = options
    const { access, ca, env, timeoutMs } = options
    const { tlsClientCertData, tlsClientCertKey, insecure, proxy, noProxy } = access ?? NOTHING
    const client = { clientCertificate: tlsClientCertData, clientKey: tlsClientCertKey }
    this.http = new HttpClient({ ca, env, timeoutMs, ...client, insecure, proxy, noProxy })
  }

  /** The Secret that says how, `Secret argocd/name`; '' = there is none. */
  get from(): string {
    return this.#options.access?.from ?? ''
  }

  get depth(): number {
    return this.#options.access?.depth ?? 0
  }

  /** The `Authorization` header; null = none. Throws HF1001 and HF1005 for a GitHub App. */
  async authorization(): Promise<string | null> {
    const { access, address, tokens } = this.#options
    if (access === null) return address.authorization
    const { username, password, bearerToken, githubApp, sshPrivateKey } = access
    if (bearerToken !== '') return `Bearer ${bearerToken}`
    if (password !== '' || username !== '') return basic(username === '' ? TOKEN_USER : username, password)
    if (githubApp === null || sshPrivateKey !== '') return address.authorization
    const repository = new URL(address.url).pathname.replace(/^\/|\.git\/?$|\/$/g, '')
    const token = await tokens.token({ app: githubApp, repository, http: this.http, from: access.from })
    return basic(TOKEN_USER, token)
  }

  /** Throws HF1001 and HF1005 where it cannot be reached so. Keys and certificates lie in files that only this user can read, and only while `run` runs. */
  async use<T>(run: (login: GitLogin) => Promise<T>): Promise<T> {
    this.#checkKey()
    const files = this.#files()
    const folder =
      files.size === 0 ? '' : await mkdtemp(join(this.#options.env['TMPDIR'] ?? tmpdir(), 'holdfast-login-'))
    try {
      for (const [name, text] of files) await writeFile(join(folder, name), text, { mode: 0o600 })
      return await run(await this.#login((name) => (files.has(name) ? join(folder, name) : '')))
    } finally {
      if (folder !== '') await rm(folder, { recursive: true, force: true })
    }
  }

  close(): void {
    this.http.close()
  }

  #checkKey(): void {
    const { access, address } = this.#options
    if (access === null || !hasPassphrase(access.sshPrivateKey)) return
    const message = `${address.url}: sshPrivateKey of ${access.from} is protected by a passphrase`
    const action = 'Put a private key without a passphrase into the Secret.'
    throw new HoldfastError(problem('HF1005', message, { repository: address.url }, action))
  }

  #files(): ReadonlyMap<string, string> {
    const { access, ca, knownHosts } = this.#options
    const { sshPrivateKey, tlsClientCertData, tlsClientCertKey } = access ?? NOTHING
    return new Map(
      [
        ['authorities.pem', ca] as const,
        ['known_hosts', this.#isSsh() && knownHosts !== null ? `${knownHosts}\n` : ''] as const,
        ['key', sshPrivateKey] as const,
        ['certificate.pem', tlsClientCertData] as const,
        ['certificate-key.pem', tlsClientCertData === '' ? '' : tlsClientCertKey] as const,
      ]
        .filter(([, text]) => text !== '')
        // OpenSSH refuses a key without its last newline.
        .map(([name, text]) => [name, text.endsWith('\n') ? text : `${text}\n`]),
    )
  }

  #isSsh(): boolean {
    return !/^(https?|file|git):/i.test(this.#options.address.url)
  }

  async #login(file: (name: string) => string): Promise<GitLogin> {
    const { insecure, proxy, noProxy } = this.#options.access ?? NOTHING
    const isSsh = this.#isSsh()
    const authorization = isSsh ? null : await this.authorization()
    const ssh = sshCall({
      ...{ keyFile: file('key'), knownHostsFile: file('known_hosts'), insecure },
      proxy: isSsh ? proxy : '',
      command: this.#options.env['GIT_SSH_COMMAND'] ?? '',
    })
    // The user's own helpers must not add other credentials to those that were given.
    const login = [
      ['credential.helper', ''],
      ['http.extraHeader', `Authorization: ${authorization}`],
    ] as const
    return {
      config: [
        ...(authorization === null ? [] : login),
        ...(isSsh || proxy === '' ? [] : [['http.proxy', proxy] as const]),
      ],
      env: {
        ...ssh.env,
        GIT_SSH_COMMAND: ssh.command,
        ...given({
          GIT_SSL_CAINFO: file('authorities.pem'),
          GIT_SSL_CERT: file('certificate.pem'),
          GIT_SSL_KEY: file('certificate-key.pem'),
          GIT_SSL_NO_VERIFY: insecure ? 'true' : '',
          no_proxy: noProxy,
          NO_PROXY: noProxy,
        }),
      },
    }
  }
}
