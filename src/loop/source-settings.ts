// What the installation says of repositories and render tools, read again and again, because credentials change.
import { createHash } from 'node:crypto'
import { parseSourceSettings, type SourceSettings } from '../core/definition/index.ts'
import { canonicalJson, isMap, type Json, type KubeObject } from '../core/kube/index.ts'
import { type Problem, toProblem } from '../core/problem/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import type { Deps } from './deps.ts'

const EVERY_MS = 10_000
const REPOSITORY_SECRETS = 'argocd.argoproj.io/secret-type in (repository,repo-creds)'

type Reader = Pick<ClusterReader, 'get' | 'list'>

export interface SourceSettingsRead {
  readonly settings: SourceSettings
  /** `webhook.…` of `argocd-secret`. */
  readonly webhookSecrets: Readonly<Record<string, string>>
  readonly problems: readonly Problem[]
}

function webhookSecretsOf(secret: KubeObject | null): Readonly<Record<string, string>> {
  const data = isMap(secret?.data) ? secret.data : {}
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) =>
      key.startsWith('webhook.') && typeof value === 'string'
        ? [[key, Buffer.from(value, 'base64').toString('utf8')]]
        : [],
    ),
  )
}

/** Throws HoldfastError HF4xxx when something of it may not be read. */
export async function readSourceSettings(reader: Reader, namespace: string): Promise<SourceSettingsRead> {
  const configMap = (name: string): Promise<KubeObject | null> =>
    reader.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace, name })
  const [argocdCm, tlsCerts, knownHosts, gpgKeys, plugins, argocdSecret, secrets] = await Promise.all([
    configMap('argocd-cm'),
    configMap('argocd-tls-certs-cm'),
    configMap('argocd-ssh-known-hosts-cm'),
    configMap('argocd-gpg-keys-cm'),
    configMap('holdfast-plugins'),
    reader.get({ group: '', version: 'v1', kind: 'Secret', namespace, name: 'argocd-secret' }),
    reader.list({ group: '', version: 'v1', kind: 'Secret', namespace, labelSelector: REPOSITORY_SECRETS }),
  ])
  const { value, problems } = parseSourceSettings({
    ...{ argocdCm, tlsCerts, knownHosts, gpgKeys, plugins },
    repositories: secrets.items,
  })
  return { settings: value, webhookSecrets: webhookSecretsOf(argocdSecret), problems }
}

/** Of what changes a render, credentials left out. */
function renderDigest({ repositories: _, tlsCertificates: __, knownHosts: ___, ...rest }: SourceSettings): string {
  return createHash('sha256')
    .update(canonicalJson(rest as unknown as Json))
    .digest('hex')
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
  #known = ''
  #digest = ''
  #said = ''

  constructor(options: SourceSettingsOptions) {
    this.#options = options
  }

  /** Changes when the same files may render otherwise. */
  get digest(): string {
    return this.#digest
  }

  get webhookSecrets(): Readonly<Record<string, string>> {
    return this.#webhookSecrets
  }

  /** Resolves when they were read once; a failure is logged and tried again. */
  async start(): Promise<void> {
    await this.#read()
    this.#timer = this.#options.deps.clock.after(EVERY_MS, () => void this.start())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  async #read(): Promise<void> {
    const { reader, options } = this.#options.deps
    try {
      const { settings, webhookSecrets, problems } = await readSourceSettings(reader, options.namespace)
      this.#webhookSecrets = webhookSecrets
      this.#say(problems)
      this.#take(settings)
    } catch (error) {
      const { code, message } = toProblem(error, 'HF4010')
      this.#say([{ ...toProblem(error, 'HF4010'), code, message: `settings of sources not read: ${message}` }])
    }
  }

  #take(settings: SourceSettings): void {
    const known = createHash('sha256')
      .update(canonicalJson(settings as unknown as Json))
      .digest('hex')
    if (known === this.#known) return
    const digest = renderDigest(settings)
    const isFirst = this.#known === ''
    const renders = digest !== this.#digest
    this.#known = known
    this.#digest = digest
    this.#options.deps.source.configure(settings)
    if (!isFirst) this.#options.onChange(renders ? 'renders' : 'access')
  }

  /** Each state of affairs is said once, not every ten seconds. */
  #say(problems: readonly Problem[]): void {
    const all = JSON.stringify(problems)
    if (all === this.#said) return
    this.#said = all
    for (const { code, message } of problems) this.#options.deps.log.warn({ code }, message)
  }
}
