// What is the schema of a kind, and has it changed?
import { gvkKey, isMap, type JsonMap } from '../../core/kube/index.ts'
import type { ObjectSchema, OpenApiDocument } from '../../core/merge/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Gvk } from './discovery.ts'
import type { HttpClient } from './http.ts'
import { readJson } from './read-json.ts'

/** A schema older than this is checked against the index on the next demand, without holding that demand up. */
const INDEX_AGE_MS = 5000
/** A document serves several kinds: it is kept this long after it was read, then only the compiled schemas stay. */
const DOCUMENT_MS = 10_000
/** OpenAPI of a new CRD lags behind its discovery; so long it is waited for, once per kind. */
const LAG_MS = 5000
const LAG_STEP_MS = 250

export interface SchemaOptions {
  readonly http: HttpClient
  readonly clock: Clock
  readonly log: Log
  readonly compile: (document: OpenApiDocument, gvk: Gvk) => ObjectSchema | null
  /** For kinds without a schema. */
  readonly deduced: ObjectSchema
}

interface Compiled {
  readonly schema: ObjectSchema
  readonly groupVersion: string
  /** URL of the document it was made from; it contains the hash. '' = there was none. */
  readonly url: string
}

interface Index {
  readonly at: number
  readonly urls: ReadonlyMap<string, string>
}

function groupVersionOf(gvk: Gvk): string {
  return gvk.group === '' ? `api/${gvk.version}` : `apis/${gvk.group}/${gvk.version}`
}

function readIndex(document: JsonMap): Map<string, string> {
  const urls = new Map<string, string>()
  const paths = document['paths']
  for (const [groupVersion, entry] of Object.entries(isMap(paths) ? paths : {})) {
    const url = isMap(entry) ? entry['serverRelativeURL'] : undefined
    if (typeof url === 'string' && url.startsWith('/')) urls.set(groupVersion, url)
  }
  return urls
}

export class Schemas {
  readonly #options: SchemaOptions
  readonly #compiled = new Map<string, Compiled>()
  readonly #documents = new Map<string, Promise<OpenApiDocument>>()
  readonly #pending = new Map<string, Promise<ObjectSchema>>()
  #index: Index | null = null
  #checking: Promise<void> | null = null
  /** Changes that nobody has been told of by `refresh` yet. */
  #changed = new Set<string>()
  readonly #timers = new Set<{ cancel(): void }>()

  constructor(options: SchemaOptions) {
    this.#options = options
  }

  /** Compiled schema of a kind, from the cache when it is there; the deduced schema for kinds that have none. */
  schema(gvk: Gvk): Promise<ObjectSchema> {
    const key = gvkKey(gvk)
    const compiled = this.#compiled.get(key)
    if (compiled !== undefined) {
      this.#checkInBackground()
      return Promise.resolve(compiled.schema)
    }
    const pending = this.#pending.get(key) ?? this.#load(gvk).finally(() => this.#pending.delete(key))
    this.#pending.set(key, pending)
    return pending
  }

  /**
   * Reads the index and forgets what changed. Returns the group-versions changed since it was last called, as `apps/v1`
   * or `v1`; schemas of these kinds are read anew on the next demand.
   */
  async refresh(): Promise<readonly string[]> {
    await this.#checkOnce()
    const changed = [...this.#changed].sort()
    this.#changed = new Set()
    return changed
  }

  /** Forgets the documents at once, so that no timer is left. */
  close(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#documents.clear()
  }

  #checkOnce(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = null
    })
    return this.#checking
  }

  #checkInBackground(): void {
    const age = this.#options.clock.monotonic() - (this.#index?.at ?? Number.NEGATIVE_INFINITY)
    if (age < INDEX_AGE_MS) return
    this.#checkOnce().catch((error) =>
      this.#options.log.debug({ error: String(error) }, 'OpenAPI index could not be read'),
    )
  }

  async #check(): Promise<void> {
    const at = this.#options.clock.monotonic()
    const urls = readIndex(await readJson(this.#options.http, { path: '/openapi/v3', verb: 'openapi', lane: 'bulk' }))
    this.#index = { at, urls }
    for (const [key, { groupVersion, url }] of this.#compiled) {
      if ((urls.get(groupVersion) ?? '') === url) continue
      this.#compiled.delete(key)
      this.#changed.add(groupVersion.replace(/^apis?\//, ''))
    }
  }

  async #load(gvk: Gvk): Promise<ObjectSchema> {
    const { clock, deduced } = this.#options
    const groupVersion = groupVersionOf(gvk)
    const start = clock.monotonic()
    for (;;) {
      if (this.#index === null || clock.monotonic() > start) await this.#checkOnce()
      const url = this.#index?.urls.get(groupVersion) ?? ''
      const schema = url === '' ? null : this.#options.compile(await this.#document(url), gvk)
      if (schema !== null || clock.monotonic() - start >= LAG_MS) {
        const known = schema ?? deduced
        this.#compiled.set(gvkKey(gvk), { schema: known, groupVersion, url })
        return known
      }
      await new Promise<void>((done) => clock.after(LAG_STEP_MS, done))
    }
  }

  #later(run: () => void): void {
    const timer = this.#options.clock.after(DOCUMENT_MS, () => {
      this.#timers.delete(timer)
      run()
    })
    this.#timers.add(timer)
  }

  #document(url: string): Promise<OpenApiDocument> {
    const kept = this.#documents.get(url)
    if (kept !== undefined) return kept
    // Without its hash: a hash that has just become old would be answered with a redirect.
    const path = url.replace(/\?.*$/, '')
    const reading: Promise<OpenApiDocument> = readJson(this.#options.http, { path, verb: 'openapi', lane: 'bulk' })
    this.#documents.set(url, reading)
    const forget = (): void => {
      this.#documents.delete(url)
    }
    reading.then(() => this.#later(forget), forget)
    return reading
  }
}
