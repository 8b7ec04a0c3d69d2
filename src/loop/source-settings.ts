// What the installation says of repositories and render tools, read again and again, because credentials change.
import { createHash } from 'node:crypto'
import { parseSourceSettings, type SourceSettings } from '../core/definition/index.ts'
import { canonicalJson, isMap, type Json, type KubeObject } from '../core/kube/index.ts'
import { type Problem, toProblem } from '../core/problem/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import type { Deps } from './deps.ts'
import { NOT_READ, UNKNOWN_EVERY_MS, unknownBecause } from './unknown-settings.ts'

const EVERY_MS = 10_000
const REPOSITORY_SECRETS = 'argocd.argoproj.io/secret-type in (repository,repo-creds)'

type Reader = Pick<ClusterReader, 'get' | 'list'>

export interface SourceSettingsRead {
  readonly settings: SourceSettings
  readonly problems: readonly Problem[]
}

/** `webhook.…` of `argocd-secret`. */
async function readWebhookSecrets(reader: Reader, namespace: string): Promise<Readonly<Record<string, string>>> {
  const secret = await reader.get({ group: '', version: 'v1', kind: 'Secret', namespace, name: 'argocd-secret' })
  const data = isMap(secret?.data) ? secret.data : {}
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) =>
      key.startsWith('webhook.') && typeof value === 'string'
        ? [[key, Buffer.from(value, 'base64').toString('utf8')]]
        : [],
    ),
  )
}

/** What is not there says nothing, and defaults hold. Throws HoldfastError HF4xxx when something may not be read. */
export async function readSourceSettings(reader: Reader, namespace: string): Promise<SourceSettingsRead> {
  const configMap = (name: string): Promise<KubeObject | null> =>
    reader.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace, name })
  const [argocdCm, tlsCerts, knownHosts, gpgKeys, plugins, secrets] = await Promise.all([
    configMap('argocd-cm'),
    configMap('argocd-tls-certs-cm'),
    configMap('argocd-ssh-known-hosts-cm'),
    configMap('argocd-gpg-keys-cm'),
    configMap('holdfast-plugins'),
    reader.list({ group: '', version: 'v1', kind: 'Secret', namespace, labelSelector: REPOSITORY_SECRETS }),
  ])
  const { value, problems } = parseSourceSettings({
    ...{ argocdCm, tlsCerts, knownHosts, gpgKeys, plugins },
    repositories: secrets.items,
  })
  return { settings: value, problems }
}

function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(canonicalJson(value as Json))
    .digest('hex')
}

/** Of what changes a render, credentials left out. */
function renderDigest({ repositories: _, tlsCertificates: __, knownHosts: ___, ...rest }: SourceSettings): string {
  return digestOf(rest)
}

export interface SourceSettingsOptions {
  readonly deps: Pick<Deps, 'reader' | 'source' | 'clock' | 'log' | 'options'>
  /** `access`: only the way to the repositories is another; `renders`: the same files may render otherwise. */
  readonly onChange: (what: 'access' | 'renders') => void
}

export class SourceSettingsWatch {
  readonly #options: SourceSettingsOptions
  #timer: { cancel(): void } | null = null
  #webhookSecrets: Readonly<Record<string, string>> = {}
  #unknown: Problem | null = NOT_READ
  #known = ''
  #digest = ''
  readonly #said = new Map<string, string>()

  constructor(options: SourceSettingsOptions) {
    this.#options = options
  }

  /** Why they are not known; null once they were read. Until then nothing may be rendered, written or pruned. */
  get unknown(): Problem | null {
    return this.#unknown
  }

  /** Changes when the same files may render otherwise. */
  get digest(): string {
    return this.#digest
  }

  get webhookSecrets(): Readonly<Record<string, string>> {
    return this.#webhookSecrets
  }

  /** Resolves when reading them was tried once; a failure is told and tried again. */
  async start(): Promise<void> {
    await this.#read()
    const { clock } = this.#options.deps
    this.#timer = clock.after(this.#unknown === null ? EVERY_MS : UNKNOWN_EVERY_MS, () => void this.start())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  async #read(): Promise<void> {
    const { reader, options } = this.#options.deps
    await this.#readWebhookSecrets()
    try {
      const { settings, problems } = await readSourceSettings(reader, options.namespace)
      this.#say('settings', problems)
      this.#take(settings)
    } catch (error) {
      const why = toProblem(error, 'HF4010')
      this.#say('settings', [{ ...why, message: `settings of sources not read: ${why.message}` }])
      // What was read before stays in force.
      if (this.#unknown !== null) this.#unknown = unknownBecause(why)
    }
  }

  /** Only the webhooks need them: a message that names no secret is no more than a hint. */
  async #readWebhookSecrets(): Promise<void> {
    const { reader, options } = this.#options.deps
    try {
      this.#webhookSecrets = await readWebhookSecrets(reader, options.namespace)
      this.#say('webhooks', [])
    } catch (error) {
      const why = toProblem(error, 'HF4010')
      this.#say('webhooks', [{ ...why, message: `secrets of webhooks not read: ${why.message}` }])
    }
  }

  #take(sources: SourceSettings): void {
    const known = digestOf(sources)
    if (known === this.#known) return
    const digest = renderDigest(sources)
    const renders = digest !== this.#digest
    this.#known = known
    this.#digest = digest
    this.#unknown = null
    this.#options.deps.source.configure(sources)
    this.#options.onChange(renders ? 'renders' : 'access')
  }

  /** Each state of affairs is said once, not every ten seconds. */
  #say(about: string, problems: readonly Problem[]): void {
    const all = JSON.stringify(problems)
    if (all === (this.#said.get(about) ?? '[]')) return
    this.#said.set(about, all)
    for (const { code, message } of problems) this.#options.deps.log.warn({ code }, message)
  }
}
