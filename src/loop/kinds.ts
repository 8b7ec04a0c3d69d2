// The kinds in use: discovery, schema, shipped rules and one watch each.
import { indexRules, kindName, type RuleIndex } from '../core/compare/index.ts'
import { gvkKey } from '../core/kube/index.ts'
import type { ObjectSchema } from '../core/merge/index.ts'
import { HoldfastError, type Problem } from '../core/problem/index.ts'
import type { KindInfo, WatchedKind, WatchEvent } from '../ports/cluster-reader.ts'
import type { Deps } from './deps.ts'

export interface KindRuntime {
  readonly info: KindInfo
  schema: ObjectSchema
  readonly rules: RuleIndex
  watch: WatchedKind | null
  /** Why it cannot be watched; null = it can, as far as is known. */
  refused: Problem | null
}

type KindQuery = Pick<KindInfo, 'group' | 'version' | 'kind'>

export class Kinds {
  readonly #deps: Pick<Deps, 'reader'>
  readonly #onEvent: (event: WatchEvent, runtime: KindRuntime) => void
  readonly #loaded = new Map<string, KindRuntime>()
  /** Who waits for the first list, by kind. */
  readonly #waiting = new WeakMap<KindRuntime, Set<() => void>>()
  /** By `group/resource`. */
  readonly #kindByResource = new Map<string, string>()
  readonly #loading = new Map<string, Promise<KindRuntime | undefined>>()

  constructor(deps: Pick<Deps, 'reader'>, onEvent: (event: WatchEvent, runtime: KindRuntime) => void) {
    this.#deps = deps
    this.#onEvent = onEvent
  }

  /** What is loaded already. */
  get(query: KindQuery): KindRuntime | undefined {
    return this.#loaded.get(gvkKey(query))
  }

  /** Of a kind that is loaded. */
  kindOf(group: string, resource: string): string | undefined {
    return this.#kindByResource.get(`${group}/${resource}`)
  }

  /** undefined = the server does not serve the kind. `refresh` asks discovery anew. */
  load(query: KindQuery, options: { refresh?: boolean } = {}): Promise<KindRuntime | undefined> {
    const key = gvkKey(query)
    const known = this.#loaded.get(key)
    if (known !== undefined) return Promise.resolve(known)
    const loading = this.#loading.get(key)
    if (loading !== undefined) return loading
    const started = this.#load(query, options).finally(() => this.#loading.delete(key))
    this.#loading.set(key, started)
    return started
  }

  async #load(query: KindQuery, options: { refresh?: boolean }): Promise<KindRuntime | undefined> {
    const info = await this.#deps.reader.kind(query, options)
    if (info === undefined) return undefined
    const schema = await this.#deps.reader.schema(query)
    const runtime: KindRuntime = { info, schema, rules: indexRules(kindName(info)), watch: null, refused: null }
    this.#loaded.set(gvkKey(query), runtime)
    this.#kindByResource.set(`${info.group}/${info.resource}`, info.kind)
    return runtime
  }

  /**
   * Starts the kind's watch unless it runs; resolves when its first list is complete, or when the server refuses it (then
   * `refused` says why, and it is tried on).
   */
  async watch(runtime: KindRuntime): Promise<void> {
    runtime.watch ??= this.#deps.reader.watch(runtime.info, (event) => this.#seen(event, runtime))
    if (runtime.refused !== null) return
    const waiting = this.#waiting.get(runtime) ?? new Set<() => void>()
    this.#waiting.set(runtime, waiting)
    let wake = (): void => {}
    const refused = new Promise<void>((resolve) => {
      wake = resolve
    })
    waiting.add(wake)
    await Promise.race([runtime.watch.ready, refused])
    waiting.delete(wake)
  }

  #seen(event: WatchEvent, runtime: KindRuntime): void {
    if (event.type === 'trouble') this.#noteTrouble(event.error, runtime)
    else runtime.refused = null
    this.#onEvent(event, runtime)
  }

  #noteTrouble(error: Error, runtime: KindRuntime): void {
    if (!(error instanceof HoldfastError) || error.problem.code !== 'HF4010') return
    runtime.refused = error.problem
    for (const wake of this.#waiting.get(runtime) ?? []) wake()
  }

  /** After a CRD changed: schemas of its kinds are read again; kinds that vanished are forgotten with their watch. */
  async refresh(group: string, kind: string): Promise<void> {
    for (const [key, runtime] of this.#loaded) {
      if (runtime.info.group !== group || runtime.info.kind !== kind) continue
      const info = await this.#deps.reader.kind(runtime.info, { refresh: true })
      if (info === undefined) {
        runtime.watch?.stop()
        this.#loaded.delete(key)
      } else runtime.schema = await this.#deps.reader.schema(runtime.info)
    }
  }

  stop(): void {
    for (const runtime of this.#loaded.values()) runtime.watch?.stop()
    this.#loaded.clear()
  }

  /** Kinds whose view is proven whole, and all that are watched. */
  freshness(): { fresh: number; all: number } {
    const watched = [...this.#loaded.values()].flatMap(({ watch }) => (watch === null ? [] : [watch]))
    return { fresh: watched.filter((watch) => watch.isFresh()).length, all: watched.length }
  }
}
