// Which objects around the applications does nobody declare? Looked for where a project asks, and told where it matters.
import pLimit from 'p-limit'
import { appTrackingName } from '../core/desired/index.ts'
import type { Settings } from '../core/definition/index.ts'
import { formatRef, type KubeObject, objectKey, refKey, refOf } from '../core/kube/index.ts'
import {
  applicationName,
  findOrphans,
  isIgnoredOrphan,
  type Orphan,
  orphanOf,
  orphansTold,
  orphanWhy,
} from '../core/orphan/index.ts'
import { type Problem, problem } from '../core/problem/index.ts'
import type { Deps } from './deps.ts'
import type { PrunedObjects } from './pruned.ts'
import type { Reporting } from './reporting.ts'
import { Rounds } from './rounds.ts'
import type { AppState } from './state.ts'
import { type OtherDeliverers, otherDeliverers, survey, type SurveyTools } from './survey.ts'

const EVERY_MS = 180_000
/** While an application whose project asks is not rendered yet. */
const WAITING_MS = 5_000
const REQUESTS = 4

export interface OrphansTools {
  readonly deps: Pick<Deps, 'reader' | 'clock' | 'log' | 'metrics' | 'options'>
  readonly settings: () => Settings
  readonly apps: () => readonly AppState[]
  readonly pruned: PrunedObjects
  readonly reporting: Pick<Reporting, 'status' | 'returned'>
}

interface Held {
  readonly held: Map<string, readonly string[]>
  readonly left: Map<string, string>
  readonly present: Set<string>
  readonly complete: Set<string>
}

export class Orphans {
  readonly #tools: OrphansTools
  readonly #survey: SurveyTools
  readonly #rounds: Rounds
  readonly #returned = new Map<string, AppState>()
  readonly #met = new Set<string>()

  constructor(tools: OrphansTools) {
    this.#tools = tools
    const limit = pLimit(REQUESTS)
    this.#survey = { reader: tools.deps.reader, limit: (run) => limit(run) }
    const look = (): Promise<number> => this.#lookAround()
    this.#rounds = new Rounds(tools.deps, { what: 'orphaned resources', look, everyMs: EVERY_MS })
  }

  /** A project came or changed: it may ask now. */
  soon(): void {
    this.#rounds.soon()
  }

  /** News of an application; only the first is news of where to look. */
  met(app: string): void {
    if (this.#met.has(app)) return
    this.#met.add(app)
    this.soon()
  }

  /** An application is gone: one that comes under its name is met anew. */
  parted(key: string, app: string): void {
    this.#met.delete(app)
    for (const [object, by] of this.#returned) if (by.key === key) this.#returned.delete(object)
  }

  /** When to look again: soon, where an application is not rendered yet. */
  async #lookAround(): Promise<number> {
    const asking = this.#tools.apps().filter((app) => isAsked(app))
    for (const app of this.#tools.apps()) if (!asking.includes(app)) this.#tell(app, null, [])
    const ready = asking.filter(({ renderedAt }) => renderedAt > 0)
    const places = new Map<string, AppState[]>()
    for (const app of ready) {
      const namespace = app.definition?.destinationNamespace ?? ''
      places.set(namespace, [...(places.get(namespace) ?? []), app])
    }
    const next = ready.length < asking.length ? WAITING_MS : EVERY_MS
    if (places.size === 0) return next
    const others = await otherDeliverers(this.#survey)
    for (const [namespace, apps] of places) {
      if (this.#rounds.stopped) return next
      const { objects, surveyed, problems } = await survey(this.#survey, [namespace])
      const orphans = this.#orphansAmong(objects, others, surveyed)
      for (const app of apps) this.#tell(app, orphans, problems)
    }
    return next
  }

  #orphansAmong(objects: readonly KubeObject[], others: OtherDeliverers, surveyed: ReadonlySet<string>): Orphan[] {
    const own = this.#held()
    for (const [key, by] of others.held) own.held.set(key, [...(own.held.get(key) ?? []), ...by])
    const found = findOrphans(objects, this.#tools.settings(), {
      ...{ held: own.held, left: own.left, pruned: this.#tools.pruned.known, unseen: others.unseen, surveyed },
      present: new Set([...own.present, ...others.present]),
      complete: new Set([...own.complete, ...others.complete]),
    })
    // What left Git is in its application's own list.
    return found.filter(({ why }) => why !== 'left-git')
  }

  #held(): Held {
    const all: Held = { held: new Map(), left: new Map(), present: new Set(), complete: new Set() }
    for (const app of this.#tools.apps()) {
      if (app.definition === null) continue
      const name = applicationName(appTrackingName(app.definition, this.#tools.deps.options.namespace))
      all.present.add(name)
      // Before the first render nobody knows what of its inventory is still declared.
      if (app.renderedAt > 0) all.complete.add(name)
      for (const { key, desired } of app.objects.values()) {
        if (desired === null && app.renderedAt > 0) all.left.set(key, name)
        else all.held.set(key, [...(all.held.get(key) ?? []), name])
      }
    }
    return all
  }

  /** null = nobody asks. */
  #tell(app: AppState, orphans: readonly Orphan[] | null, problems: readonly Problem[]): void {
    // It went while its namespace was looked at: nobody would take its count back.
    if (app.removed) return
    const asked = app.project?.orphanedResources ?? null
    const before = JSON.stringify(app.orphanProblems)
    app.orphanProblems = problems
    if (orphans !== null && asked !== null) {
      const wanted = orphans.filter(({ ref }) => !isIgnoredOrphan(asked, ref))
      this.#count(app, wanted.length)
      if (asked.warn) app.orphanProblems = [...problems, ...warnings(app, wanted)]
    }
    if (JSON.stringify(app.orphanProblems) !== before) this.#tools.reporting.status.touch(app)
  }

  #count({ key, definition }: AppState, count: number): void {
    const [namespace = '', name = ''] = key.split('/')
    this.#tools.deps.metrics.orphaned({ namespace, name }, { project: definition?.project ?? '', count })
  }

  /** An object that no application knows came up in a watch: was it pruned once? */
  appeared(object: KubeObject): void {
    const pruned = this.#tools.pruned.known.get(objectKey(object))
    if (pruned === undefined || object.metadata.deletionTimestamp !== undefined) return
    const app = this.#tools.apps().find(({ key }) => key === pruned.app)
    // Seen before the prune, and told only now.
    if (app === undefined || (object.metadata.creationTimestamp ?? '') < pruned.time.slice(0, 19)) return
    const key = refKey(refOf(object))
    if (app.returned.has(key)) return
    this.#returned.set(key, app)
    const orphan = orphanOf(object, { why: 'returned', claimedBy: null, pruned })
    app.returned.set(
      key,
      problem('HF3011', `${formatRef(orphan.ref)} ${orphanWhy(orphan)}.`, { object: formatRef(orphan.ref) }),
    )
    this.#tools.reporting.returned(app, orphan)
  }

  /** It is gone, or Git declares it. */
  settled(key: string): void {
    const app = this.#returned.get(key)
    if (app === undefined) return
    this.#returned.delete(key)
    app.returned.delete(key)
    this.#tools.reporting.status.touch(app)
  }

  stop(): void {
    this.#rounds.stop()
  }
}

function isAsked({ definition, definitionUsable, project }: AppState): boolean {
  return (
    definitionUsable && (definition?.destinationNamespace ?? '') !== '' && (project?.orphanedResources ?? null) !== null
  )
}

function warnings(app: AppState, orphans: readonly Orphan[]): Problem[] {
  if (orphans.length === 0) return []
  return [problem('HF3010', `Application has ${orphansTold(orphans)}.`, { app: app.key })]
}
