// When are running pods held to the templates of their workloads, and who is told of those that do not follow?
import pLimit from 'p-limit'
import { isExcluded, type Settings } from '../core/definition/index.ts'
import { type ObjectRef, refKey } from '../core/kube/index.ts'
import { type Problem, problem, toProblem } from '../core/problem/index.ts'
import { withFields } from './authors.ts'
import type { Deps } from './deps.ts'
import { type Deviation, deviatingPods, makesPods, type PodTools } from './deviating-pods.ts'
import type { Kinds } from './kinds.ts'
import type { Reporting } from './reporting.ts'
import { Rounds } from './rounds.ts'
import type { AppState } from './state.ts'

const EVERY_MS = 180_000
const REQUESTS = 4

export interface PodsTools {
  readonly deps: Pick<Deps, 'reader' | 'clock' | 'log' | 'options'>
  readonly kinds: Pick<Kinds, 'load'>
  readonly settings: () => Settings
  readonly apps: () => readonly AppState[]
  readonly reporting: Pick<Reporting, 'status' | 'deviated'>
}

/** What is known of one application's pods in one namespace. */
interface Known {
  readonly prints: readonly string[]
  readonly problems: readonly Problem[]
}

const NOTHING: Known = { prints: [], problems: [] }

type Result = { readonly deviations: readonly Deviation[] } | { readonly unseen: Problem }

interface Declared {
  readonly ref: ObjectRef
  readonly app: string
  readonly apps: readonly AppState[]
}

export class Pods {
  readonly #tools: PodsTools
  readonly #pods: PodTools
  readonly #rounds: Rounds
  readonly #due = new Set<AppState>()
  readonly #known = new WeakMap<AppState, ReadonlyMap<string, Known>>()
  /** By namespace. */
  #following = new Map<string, ReadonlyMap<string, string>>()
  #allAt: number

  constructor(tools: PodsTools) {
    this.#tools = tools
    const { deps, kinds } = tools
    const limit = pLimit(REQUESTS)
    this.#pods = {
      ...{ reader: deps.reader, clock: deps.clock, digestKey: deps.options.digestKey },
      limit: (run) => limit(run),
      kind: (query) => kinds.load(query),
    }
    this.#allAt = deps.clock.monotonic() + EVERY_MS
    this.#rounds = new Rounds(deps, { what: 'changed pods', look: () => this.#look(), everyMs: EVERY_MS })
  }

  /** An application was compared for the first time, or because somebody asked. */
  compared(app: AppState): void {
    this.#due.add(app)
    this.#rounds.soon()
  }

  async #look(): Promise<number> {
    const { clock } = this.#tools.deps
    const isRound = clock.monotonic() >= this.#allAt
    if (isRound) this.#allAt = clock.monotonic() + EVERY_MS
    const apps = (isRound ? this.#tools.apps() : [...this.#due]).filter((app) => !app.removed && app.renderedAt > 0)
    this.#due.clear()
    const places = this.#placesOf(apps)
    const results = new Map<string, Result>()
    for (const [namespace, workloads] of places) {
      if (this.#rounds.stopped) return EVERY_MS
      results.set(namespace, await this.#in(namespace, workloads))
    }
    if (isRound) this.#following = new Map([...this.#following].filter(([namespace]) => places.has(namespace)))
    for (const app of apps) this.#tell(app, places, results)
    return Math.max(this.#allAt - clock.monotonic(), 0)
  }

  /** Declared workloads that make pods, by namespace and key. */
  #placesOf(apps: readonly AppState[]): Map<string, Map<string, Declared>> {
    const places = new Map<string, Map<string, Declared>>()
    if (isExcluded(this.#tools.settings().resources, { group: '', kind: 'Pod' })) return places
    for (const app of apps) {
      for (const { ref, desired } of app.objects.values()) {
        if (desired === null || !makesPods(ref)) continue
        const here = places.get(ref.namespace) ?? new Map<string, Declared>()
        const { apps: others = [] } = here.get(refKey(ref)) ?? {}
        here.set(refKey(ref), { ref, app: (others[0] ?? app).key, apps: [...others, app] })
        places.set(ref.namespace, here)
      }
    }
    return places
  }

  async #in(namespace: string, workloads: ReadonlyMap<string, Declared>): Promise<Result> {
    try {
      const following = this.#following.get(namespace) ?? new Map<string, string>()
      const found = await deviatingPods(this.#pods, { namespace, workloads, following })
      this.#following.set(namespace, found.following)
      return { deviations: found.deviations }
    } catch (error) {
      const { message } = toProblem(error, 'HF5001')
      this.#tools.deps.log.debug({ namespace, error: message }, 'pods not looked at')
      return { unseen: problem('HF3014', `${message} (Pod in ${namespace})`, { object: `Pod in ${namespace}` }) }
    }
  }

  #tell(app: AppState, places: ReadonlyMap<string, ReadonlyMap<string, Declared>>, results: Map<string, Result>): void {
    const before = this.#known.get(app) ?? new Map<string, Known>()
    const now = new Map<string, Known>()
    for (const [namespace, result] of results) {
      const own = [...(places.get(namespace) ?? [])].filter(([, { apps }]) => apps.includes(app)).map(([key]) => key)
      if (own.length > 0) now.set(namespace, this.#news(app, { result, own, before: before.get(namespace) ?? NOTHING }))
    }
    this.#known.set(app, now)
    const problems = [...now.values()].flatMap((known) => known.problems)
    if (JSON.stringify(problems) === JSON.stringify(app.podProblems)) return
    app.podProblems = problems
    this.#tools.reporting.status.touch(app)
  }

  #news(app: AppState, look: { result: Result; own: readonly string[]; before: Known }): Known {
    const { result, own, before } = look
    // What was found before is true until somebody has looked again.
    if ('unseen' in result)
      return { ...before, problems: [...before.problems.filter(({ code }) => code === 'HF3012'), result.unseen] }
    const evaluations = result.deviations
      .filter(({ workload }) => own.includes(workload))
      .map(({ evaluation }) => evaluation)
    const known = new Set(before.prints)
    for (const evaluation of evaluations)
      if (evaluation.fields.some(({ fingerprint }) => !known.has(fingerprint)))
        this.#tools.reporting.deviated(app, evaluation)
    return {
      prints: evaluations.flatMap(({ fields }) => fields.map(({ fingerprint }) => fingerprint)),
      problems: evaluations.flatMap(withFields),
    }
  }

  stop(): void {
    this.#rounds.stop()
  }
}
