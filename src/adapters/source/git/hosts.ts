// All Git repositories that sources name, each with its way of being reached.
import { createHash } from 'node:crypto'
import {
  accessFor,
  DEFAULT_SOURCE_SETTINGS,
  type RepositoryAccess,
  type SourceDefinition,
  type SourceSettings,
} from '../../../core/definition/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Log } from '../../../ports/log.ts'
import type { FileChange, Resolved } from '../../../ports/source.ts'
import type { Environment } from '../environment.ts'
import type { SourceFiles } from '../files/trees.ts'
import type { Host, Slot } from '../host.ts'
import type { SourceLimits } from '../limits.ts'
import { hostOf as hostNameOf } from '../reach.ts'
import { GitAccess } from './access.ts'
import { addressOf } from './address.ts'
import { GithubTokens } from './github-app.ts'
import { GitHost } from './host.ts'
import { lastChangeWithin, type SubmoduleOptions, withSubmodules } from './submodules.ts'
import { removeUnused } from './upkeep.ts'

export interface GitHostsOptions {
  /** Folder of all mirrors. */
  readonly root: string
  readonly clock: Clock
  readonly log: Log
  readonly env: Environment
  readonly limits: SourceLimits
  readonly slot: Slot
}

/** On whose behalf a repository is read. */
export interface Reader {
  readonly project: string
  /** Globs of the repositories that the project allows; null = all. */
  readonly sourceRepos: readonly string[] | null
}

interface Known {
  readonly host: GitHost
  usedAt: number
}

const IDLE_MS = 3_600_000
const FORGET_MS = 86_400_000
const READERS = 10_000

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/** What decides which files are seen: who may read with other credentials reads another mirror. */
function mirrorKey(repoURL: string, access: RepositoryAccess | null): string {
  if (access === null) return digest([repoURL]).slice(0, 40)
  const { username, password, bearerToken, sshPrivateKey, tlsClientCertKey, githubApp, depth } = access
  return digest([repoURL, username, password, bearerToken, sshPrivateKey, tlsClientCertKey, githubApp, depth]).slice(
    0,
    40,
  )
}

function hasCredentials(access: RepositoryAccess | null): boolean {
  if (access === null) return false
  const { username, password, bearerToken, sshPrivateKey, tlsClientCertData, githubApp } = access
  return (
    githubApp !== null ||
    [username, password, bearerToken, sshPrivateKey, tlsClientCertData].some((text) => text !== '')
  )
}

function isSameHost(a: string, b: string): boolean {
  const [from, to] = [a, b].map((url) => (URL.canParse(url) && url.includes('://') ? new URL(url) : null))
  if (from && to) return from.protocol === to.protocol && from.host === to.host
  return !from && !to && hostNameOf(a) !== '' && hostNameOf(a) === hostNameOf(b)
}

export class GitHosts {
  readonly #options: GitHostsOptions
  readonly #hosts = new Map<string, Known>()
  readonly #tokens: GithubTokens
  /** Who rendered a revision: on the same behalf its history is read. */
  readonly #readers = new Map<string, Reader>()
  #settings: SourceSettings = DEFAULT_SOURCE_SETTINGS
  #cleanedAt = Number.NEGATIVE_INFINITY

  constructor(options: GitHostsOptions) {
    this.#options = options
    this.#tokens = new GithubTokens(options.clock)
  }

  configure(settings: SourceSettings): void {
    this.#settings = settings
  }

  /** The repository of a source with its submodules. Throws HF1013 and HF2001 for what is no address. */
  hostOf(source: SourceDefinition, reader: Reader): Host {
    this.#clean()
    const access = accessFor(this.#settings, source.repoURL, reader.project)
    const host = this.#open(source.repoURL, access)
    const { env } = this.#options
    if (/^(false|0|f)$/i.test(env['ARGOCD_GIT_MODULES_ENABLED'] ?? '')) return host
    return new WholeHost(host, {
      ...{ source, env, ...reader },
      onRead: (revision) => this.#remember(`${source.repoURL} ${revision}`, reader),
      isKnown: (url) => accessFor(this.#settings, url, reader.project) !== null,
      hostOf: (url, parent) => this.#submodule(url, parent, reader.project),
    })
  }

  /** Who rendered this revision last; null = nobody of late. */
  readerOf(repoURL: string, revision: string): Reader | null {
    return this.#readers.get(`${repoURL} ${revision}`) ?? null
  }

  close(): void {
    for (const { host } of this.#hosts.values()) host.close()
  }

  /** As in Argo CD, what opens the parent opens what lies beside it on the same host, unless it has a Secret of its own. */
  #submodule(url: string, parent: string, project: string): GitHost {
    const own = accessFor(this.#settings, url, project)
    if (hasCredentials(own) || !isSameHost(url, parent)) return this.#open(url, own)
    return this.#open(url, accessFor(this.#settings, parent, project) ?? own)
  }

  #remember(key: string, reader: Reader): void {
    this.#readers.delete(key)
    this.#readers.set(key, reader)
    const [oldest] = this.#readers.keys()
    if (this.#readers.size > READERS && oldest !== undefined) this.#readers.delete(oldest)
  }

  #open(repoURL: string, access: RepositoryAccess | null): GitHost {
    const { tlsCertificates, knownHosts } = this.#settings
    const ca = tlsCertificates[hostNameOf(repoURL)] ?? ''
    const key = digest([repoURL, access, ca, knownHosts])
    const { clock, env, limits } = this.#options
    const known = this.#hosts.get(key)
    if (known !== undefined) {
      known.usedAt = clock.now()
      return known.host
    }
    const address = addressOf(repoURL)
    const timeoutMs = limits.fetchMs
    const host = new GitHost({
      ...this.#options,
      ...{ address, key: mirrorKey(repoURL, access), enableLfs: access?.enableLfs ?? false },
      gpgKeys: () => this.#settings.gpgKeys,
      access: new GitAccess({ address, access, ca, knownHosts, env, tokens: this.#tokens, timeoutMs }),
    })
    this.#hosts.set(key, { host, usedAt: clock.now() })
    return host
  }

  /** Forgets repositories that nobody names any more, and removes their mirrors after thirty days. */
  #clean(): void {
    const { clock, root } = this.#options
    const now = clock.now()
    if (now - this.#cleanedAt < IDLE_MS) return
    for (const [key, { host, usedAt }] of this.#hosts) {
      if (now - usedAt < FORGET_MS) continue
      this.#hosts.delete(key)
      host.close()
    }
    this.#cleanedAt = now
    void removeUnused(root, now)
  }
}

interface WholeHostOptions extends SubmoduleOptions {
  readonly onRead: (revision: string) => void
}

/** A repository with its submodules, seen by one reader. */
class WholeHost implements Host {
  readonly #host: GitHost
  readonly #options: WholeHostOptions

  constructor(host: GitHost, options: WholeHostOptions) {
    this.#host = host
    this.#options = options
  }

  get url(): string {
    return this.#host.url
  }

  get fetchedAt(): number | null {
    return this.#host.fetchedAt
  }

  resolve(source: SourceDefinition, options: Parameters<Host['resolve']>[1]): Promise<Resolved> {
    return this.#host.resolve(source, options)
  }

  withFiles<T>(source: SourceDefinition, revision: string, read: (files: SourceFiles) => Promise<T>): Promise<T> {
    this.#options.onRead(revision)
    return this.#host.withFiles(source, revision, async (files) => read(await withSubmodules(files, this.#options)))
  }

  /** What a submodule holds hangs on the commit that the tree names. */
  folderId(revision: string, path: string): Promise<string | null> {
    return this.#host.folderId(revision, path)
  }

  async lastChange(revision: string, paths: readonly string[]): Promise<FileChange | null> {
    const { source } = this.#options
    const files = await this.withFiles(source, revision, async (found) => found)
    return lastChangeWithin(files, paths, (own) => this.#host.lastChange(revision, own))
  }

  close(): void {
    this.#host.close()
  }
}
