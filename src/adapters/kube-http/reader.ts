// Reads the cluster: kinds, schemas, objects, lists, watches, and what the server would make of an object.
import { isMap, type KubeObject, type ObjectRef } from '../../core/kube/index.ts'
import { formatRef } from '../../core/kube/index.ts'
import type { ObjectSchema } from '../../core/merge/index.ts'
import type {
  Capabilities,
  ClusterReader,
  DryRunAnswer,
  KindInfo,
  WatchedKind,
  WatchEvent,
} from '../../ports/cluster-reader.ts'
import { type Discovery, type Gvk } from './discovery.ts'
import { dryRun } from './dry-run.ts'
import { isKindGone, refusal, statusOf } from './errors.ts'
import type { HttpClient } from './http.ts'
import { laneOf } from './lane.ts'
import { FIRST_PAGE, PageExpired, type PageQuery, readPage } from './list-page.ts'
import { objectPath } from './paths.ts'
import { bodyOf, readJson } from './read-json.ts'
import type { ReflectorTools } from './reflector.ts'
import type { Schemas } from './schemas.ts'
import { watchKind } from './watched-kind.ts'

export interface ReaderParts {
  readonly http: HttpClient
  readonly discovery: Discovery
  readonly schemas: Schemas
  readonly deduced: ObjectSchema
  readonly reflectorTools: ReflectorTools
  readonly random: () => number
}

type ListQuery = Parameters<ClusterReader['list']>[0]

interface ServerVersion {
  readonly minor: string
  readonly full: string
}

export class KubeReader implements ClusterReader {
  readonly #parts: ReaderParts
  readonly #watches = new Set<WatchedKind>()
  #version: Promise<ServerVersion> | null = null

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  async serverMinor(): Promise<string> {
    return (await this.#serverVersion()).minor
  }

  #serverVersion(): Promise<ServerVersion> {
    this.#version ??= this.#readVersion().catch((error: unknown) => {
      this.#version = null
      throw error
    })
    return this.#version
  }

  kind(query: Gvk, options?: { refresh?: boolean }): Promise<KindInfo | undefined> {
    return this.#parts.discovery.kind(query, options)
  }

  async capabilities(): Promise<Capabilities> {
    const apiVersions = await this.#parts.discovery.apiVersions()
    return { version: (await this.#serverVersion()).full, apiVersions }
  }

  async schema(query: Gvk): Promise<ObjectSchema> {
    const { discovery, schemas, deduced } = this.#parts
    return (await discovery.kind(query)) === undefined ? deduced : schemas.schema(query)
  }

  refreshSchemas(): Promise<readonly string[]> {
    return this.#parts.schemas.refresh()
  }

  async get(ref: ObjectRef): Promise<KubeObject | null> {
    const { http, discovery } = this.#parts
    const kind = await discovery.resolve(ref, { object: formatRef(ref) })
    const lane = laneOf(ref)
    const answer = await http.send({ method: 'GET', path: objectPath(kind, ref), verb: 'get', kind: ref.kind, lane })
    if (answer.status === 200) return bodyOf(answer, http.origin) as unknown as KubeObject
    const status = statusOf(answer.status, answer.text)
    if (answer.status === 404 && !isKindGone(status)) return null
    if (answer.status === 404) discovery.invalidate()
    throw refusal(answer, { action: 'read', ref })
  }

  async list(query: ListQuery): Promise<{ items: KubeObject[]; resourceVersion: string }> {
    const kind = await this.#parts.discovery.resolve(query)
    const form = query.metadataOnly === true ? 'metadata' : 'full'
    const { labelSelector = '', fieldSelector = '', atMost, keep = () => true } = query
    const base = { kind, namespace: query.namespace ?? '', form, labelSelector, fieldSelector } as const
    if (atMost !== undefined) {
      const { items, resourceVersion } = await readPage(this.#parts.http, { ...base, limit: atMost, token: '' })
      return { items: [...items], resourceVersion }
    }
    try {
      return await this.#pages({ ...base, limit: FIRST_PAGE, token: '' }, keep)
    } catch (error) {
      if (!(error instanceof PageExpired)) throw error
      return this.#pages({ ...base, limit: 0, token: '' }, keep)
    }
  }

  watch(
    kind: KindInfo,
    onEvent: (event: WatchEvent) => void,
    options: { namespaces?: readonly string[] } = {},
  ): WatchedKind {
    const watched = watchKind({
      ...this.#parts.reflectorTools,
      kind,
      onEvent,
      namespaces: options.namespaces ?? [],
      onStopped: () => this.#watches.delete(watched),
    })
    this.#watches.add(watched)
    return watched
  }

  async dryRun(desired: KubeObject, live: KubeObject): Promise<DryRunAnswer> {
    const { http, discovery, random } = this.#parts
    return dryRun({ http, discovery, random }, { desired, live })
  }

  stopWatches(): void {
    for (const watched of [...this.#watches]) watched.stop()
  }

  async #pages(
    first: PageQuery,
    keep: (object: KubeObject) => boolean,
  ): Promise<{ items: KubeObject[]; resourceVersion: string }> {
    const items: KubeObject[] = []
    for (let query = first; ; ) {
      const page = await readPage(this.#parts.http, query)
      for (const item of page.items) if (keep(item)) items.push(item)
      if (page.token === '') return { items, resourceVersion: page.resourceVersion }
      query = { ...query, token: page.token, limit: page.nextLimit }
    }
  }

  async #readVersion(): Promise<ServerVersion> {
    const version = await readJson(this.#parts.http, { path: '/version', verb: 'version' })
    const digits = (value: unknown): string => String(value ?? '').replace(/\D.*$/, '')
    if (!isMap(version)) return { minor: '', full: '' }
    const full = /^v?(\d+\.\d+\.\d+)/.exec(String(version['gitVersion'] ?? ''))?.[1]
    const minor = `${digits(version['major'])}.${digits(version['minor'])}`
    return { minor, full: full ?? `${minor}.0` }
  }
}
