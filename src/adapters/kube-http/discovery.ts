// Which kinds does the server serve?
import { gvkKey, type JsonMap } from '../../core/kube/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { KindInfo } from '../../ports/cluster-reader.ts'
import type { Log } from '../../ports/log.ts'
import {
  type GroupVersion,
  type GroupVersionKinds,
  readAggregated,
  readGroups,
  readResourceList,
} from './discovery-formats.ts'
import type { HttpClient } from './http.ts'
import { groupVersionPath } from './paths.ts'
import { readJson } from './read-json.ts'

const AGGREGATED = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
  'application/json',
].join(',')

export interface Gvk {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface DiscoveryOptions {
  readonly http: HttpClient
  readonly clock: Clock
  readonly log: Log
  /** A refresh that is asked for sooner after the last one is answered from it. */
  readonly minIntervalMs: number
}

interface View {
  readonly at: number
  readonly groupVersions: readonly GroupVersionKinds[]
  readonly byGvk: ReadonlyMap<string, KindInfo>
  readonly apiVersions: readonly string[]
}

function viewOf(groupVersions: readonly GroupVersionKinds[], at: number): View {
  const byGvk = new Map<string, KindInfo>()
  for (const { kinds } of groupVersions) for (const kind of kinds) byGvk.set(gvkKey(kind), kind)
  const apiVersions = groupVersions.flatMap(({ group, version, kinds }) => {
    const name = group === '' ? version : `${group}/${version}`
    return [name, ...kinds.map(({ kind }) => `${name}/${kind}`)]
  })
  return { at, groupVersions, byGvk, apiVersions: apiVersions.sort() }
}

export class Discovery {
  readonly #options: DiscoveryOptions
  #view: View | null = null
  #pending: Promise<View> | null = null
  #isDoubted = false

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  async kind(query: Gvk, options: { refresh?: boolean } = {}): Promise<KindInfo | undefined> {
    const view = options.refresh === true ? await this.#fresh() : await this.#current()
    return view.byGvk.get(gvkKey(query))
  }

  /** `apps/v1` and `apps/v1/Deployment` of all that is served, sorted. */
  async apiVersions(): Promise<readonly string[]> {
    return (await this.#current()).apiVersions
  }

  /** The kind; asks the server again before it throws HoldfastError HF3002. */
  async resolve(query: Gvk, subject: { object?: string } = {}): Promise<KindInfo> {
    const cached = this.#isDoubted ? undefined : this.#view?.byGvk.get(gvkKey(query))
    const known = cached ?? (await this.kind(query, { refresh: true }))
    if (known !== undefined) return known
    const apiVersion = query.group === '' ? query.version : `${query.group}/${query.version}`
    throw new HoldfastError(
      problem('HF3002', `The server does not serve kind ${query.kind} in ${apiVersion}.`, subject),
    )
  }

  /** The server no longer knows a kind that was in the view. */
  invalidate(): void {
    this.#isDoubted = true
  }

  #current(): Promise<View> {
    return this.#view === null ? this.#fresh() : Promise.resolve(this.#view)
  }

  #fresh(): Promise<View> {
    const { clock, minIntervalMs } = this.#options
    const view = this.#view
    if (view !== null && clock.monotonic() - view.at < minIntervalMs) return Promise.resolve(view)
    this.#pending ??= this.#load().finally(() => {
      this.#pending = null
    })
    return this.#pending
  }

  async #load(): Promise<View> {
    const at = this.#options.clock.monotonic()
    const [core, named] = await Promise.all([this.#document('/api'), this.#document('/apis')])
    const aggregated = core['kind'] === 'APIGroupDiscoveryList' && named['kind'] === 'APIGroupDiscoveryList'
    const found = aggregated
      ? [...readAggregated(core), ...readAggregated(named)]
      : await this.#older(readGroups(core, named))
    this.#isDoubted = false
    this.#view = viewOf(
      found.map((entry) => this.#keepStale(entry)),
      at,
    )
    return this.#view
  }

  #document(path: string): Promise<JsonMap> {
    return readJson(this.#options.http, { path, verb: 'discovery', accept: AGGREGATED })
  }

  /** An API that cannot be reached just now keeps the kinds it had. */
  #keepStale(entry: GroupVersionKinds): GroupVersionKinds {
    if (!entry.stale || entry.kinds.length > 0) return entry
    const before = this.#view?.groupVersions.find((old) => old.group === entry.group && old.version === entry.version)
    return { ...entry, kinds: before?.kinds ?? [] }
  }

  #older(groupVersions: readonly GroupVersion[]): Promise<GroupVersionKinds[]> {
    return Promise.all(
      groupVersions.map(async (gv) => {
        try {
          const document = await readJson(this.#options.http, { path: groupVersionPath(gv), verb: 'discovery' })
          return { ...gv, stale: false, kinds: readResourceList(document, gv) }
        } catch (error) {
          this.#options.log.warn(
            { group: gv.group, version: gv.version, error: String(error) },
            'API group could not be discovered',
          )
          return { ...gv, stale: true, kinds: [] }
        }
      }),
    )
  }
}
