// All chart repositories and registries that sources name, each with its way of being reached.
import {
  accessFor,
  DEFAULT_SOURCE_SETTINGS,
  type RepositoryAccess,
  type SourceDefinition,
  type SourceSettings,
} from '../../../core/definition/index.ts'
import { canonicalJson } from '../../../core/kube/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Environment } from '../environment.ts'
import type { SourceLimits } from '../limits.ts'
import type { Slot } from '../host.ts'
import { ChartHost } from './host.ts'
import { Shelf } from './shelf.ts'
import { digestOf } from './store.ts'

export interface ChartHostsOptions {
  /** Folder of what is downloaded. */
  readonly root: string
  readonly clock: Clock
  readonly env: Environment
  readonly limits: SourceLimits
  readonly slot: Slot
}

interface Known {
  readonly host: ChartHost
  usedAt: number
}

const FORGET_MS = 86_400_000
const OCI = 'oci://'

const withoutScheme = (url: string): string => (url.startsWith(OCI) ? url.slice(OCI.length) : url)

/** Nearness of two registry addresses on one host: one begins as the other does. */
function isNear(secret: string, wanted: string): boolean {
  const [a, b] = [secret, wanted].map((url) => `${withoutScheme(url).toLowerCase().replace(/\/+$/, '')}/`)
  return (
    a !== undefined && b !== undefined && a.split('/')[0] === b.split('/')[0] && (a.startsWith(b) || b.startsWith(a))
  )
}

export function isRegistryOf({ enableOCI, type, url }: RepositoryAccess): boolean {
  return enableOCI || type === 'oci' || url.startsWith(OCI)
}

/**
 * How a registry or chart repository is reached: as any repository, by either spelling of a registry (`host/path`,
 * `oci://host/path`), and as in Argo CD by a registry's Secret for a path above or below.
 */
export function chartAccessFor(
  settings: Pick<SourceSettings, 'repositories'>,
  url: string,
  project: string,
): RepositoryAccess | null {
  const isRegistry = url.startsWith(OCI) || !url.includes('://')
  const spellings = isRegistry ? [url, withoutScheme(url), `${OCI}${withoutScheme(url)}`] : [url]
  for (const spelling of spellings) {
    const access = accessFor(settings, spelling, project)
    if (access !== null) return access
  }
  if (!isRegistry) return null
  const near = settings.repositories.filter(
    (one) => one.kind === 'repository' && isRegistryOf(one) && isNear(one.url, url),
  )
  return near.find((one) => one.project === project) ?? near.find((one) => one.project === '') ?? null
}

export class ChartHosts {
  readonly #options: ChartHostsOptions
  readonly #shelf: Shelf
  readonly #hosts = new Map<string, Known>()
  #settings: SourceSettings = DEFAULT_SOURCE_SETTINGS

  constructor(options: ChartHostsOptions) {
    this.#options = options
    this.#shelf = new Shelf(options.root, options.limits)
  }

  configure(settings: SourceSettings): void {
    this.#settings = settings
  }

  /** Throws HF1013 and HF2001 for what is no address of charts. */
  hostOf({ repoURL }: Pick<SourceDefinition, 'repoURL'>, project: string): ChartHost {
    const { tlsCertificates } = this.#settings
    const access = chartAccessFor(this.#settings, repoURL, project)
    const key = digestOf(canonicalJson({ repoURL, access, tlsCertificates }))
    const now = this.#options.clock.now()
    const known = this.#hosts.get(key)
    if (known !== undefined) {
      known.usedAt = now
      return known.host
    }
    this.#forget(now)
    const host = new ChartHost({ ...this.#options, repoURL, access, tlsCertificates, shelf: this.#shelf })
    this.#hosts.set(key, { host, usedAt: now })
    return host
  }

  close(): void {
    for (const { host } of this.#hosts.values()) host.close()
  }

  #forget(now: number): void {
    for (const [key, { host, usedAt }] of this.#hosts) {
      if (now - usedAt < FORGET_MS) continue
      this.#hosts.delete(key)
      host.close()
    }
  }
}
