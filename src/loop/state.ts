// What the loop remembers: applications, and per application each object that Git declares or the inventory names.
import type { Fact } from '../core/audit/index.ts'
import {
  type Cause,
  type GeneratorChange,
  NO_OWNERS,
  type OwnerSources,
  type RenderPrint,
} from '../core/classify/index.ts'
import type { FightState } from '../core/decide/index.ts'
import {
  type AppDefinition,
  type AppKey,
  NO_BOOK,
  NO_OWNERSHIP,
  NO_RULES,
  type OwnershipSettings,
  type ProjectDefinition,
  type RuleBook,
  type RuleDocument,
} from '../core/definition/index.ts'
import type { DesiredObject } from '../core/desired/index.ts'
import type { LookBefore, ObjectEvaluation } from '../core/evaluate/index.ts'
import { type KubeObject, type ObjectRef, refKey } from '../core/kube/index.ts'
import type { ConditionTimes, OperationState } from '../core/record/index.ts'
import type { Problem } from '../core/problem/index.ts'

/** A desired object without its body, which is in the body cache under `bodyKey`. */
export type DesiredEntry = Omit<DesiredObject, 'object'> & { readonly bodyKey: string }

/** One object of one application. */
export interface Tracked {
  readonly app: AppState
  readonly key: string
  ref: ObjectRef
  desired: DesiredEntry | null
  /** Last evaluation; null = never evaluated. */
  evaluation: ObjectEvaluation | null
  /** The desired digest that the evaluation was made for. */
  evaluatedFor: string
  /** The rules that it was made under. */
  evaluatedUnder: RuleBook
  /** Not yet brought to the revision in force. */
  pending: boolean
  /** A pass will visit it in its order: events only update its evaluation. */
  queued: boolean
  busy: Promise<void> | null
  /** The newest news that arrived while busy. */
  news: News | null
  uid: string
  /** Highest resourceVersion dealt with. */
  resourceVersion: string
  enforced: boolean
  preExisting: ReadonlySet<string>
  fights: Map<string, FightState>
  /** Who made what a claim of ours has taken over, until the write that the claim was for is done. */
  authors: Map<string, Cause>
  firstSeen: Map<string, string>
  /** As it was when it was last seen alive, and what Git declared then; null = not seen yet. */
  look: (LookBefore & { readonly digest: string }) | null
  /** What the audit log said when it was last found to differ. */
  facts: readonly Fact[]
  problem: Problem | null
  failures: number
  /** The write that the server refused last; '' = none. */
  refused: string
  /** Digest of what was written last; '' = nothing was. */
  applied: string
  timer: { cancel(): void } | null
}

/** `reread`: go and look. */
export type News =
  | { readonly kind: 'object'; readonly object: KubeObject }
  | { readonly kind: 'gone' }
  | { readonly kind: 'reread' }

export interface RenderState {
  readonly print: RenderPrint
  readonly generator: GeneratorChange | null
  /** Of its objects: those that are not as they are rendered now, as `formatRef` prints them. */
  readonly waiting: Set<string>
}

export type Compared = Pick<AppDefinition, 'sources' | 'multiSource'>

export interface AppState {
  readonly key: AppKey
  definition: AppDefinition | null
  project: ProjectDefinition | null
  /** Why the definition cannot be used, or what in it is only reported. */
  definitionProblems: readonly Problem[]
  definitionUsable: boolean
  /** Epoch ms of the last status write by another controller; null = none. */
  foreignStatusAt: number | null
  /** Of all sources, see revisionText; '' = none is in force. */
  revision: string
  /** The sources that `revision` is of, in its order; the definition may list others by now. null = not known. */
  compared: Compared | null
  /** What the last look resolved the sources to, whether or not it could be used; '' = it could not be resolved. */
  attempted: string
  sourceTypes: readonly string[]
  /** What it rendered to last, in this run or the one before; null = not known. */
  render: RenderState | null
  /** What of it the store was told. */
  renderKept: string
  /** Something beyond its sources' own files was read whose name stays when its content moves. */
  floats: boolean
  /** When the desired set in force was rendered; 0 = never. */
  renderedAt: number
  fetchedAt: number
  sourceProblems: readonly Problem[]
  desiredProblems: readonly Problem[]
  /** Of objects in its destination that nobody declares. */
  orphanProblems: readonly Problem[]
  /** Of running pods that do not follow the templates of its workloads. */
  podProblems: readonly Problem[]
  /** By key: objects that were pruned, and that somebody made again. */
  readonly returned: Map<string, Problem>
  /** Why some of its kinds are not watched. */
  unwatched: readonly Problem[]
  desiredComplete: boolean
  /** Git declares nothing at all. */
  desiredEmpty: boolean
  /** Digest of the definition that the desired set was built for. */
  builtFor: string
  /** Ignore rules that hold for its objects. */
  rules: RuleBook
  /** Whose fields and objects are whose. */
  ownership: OwnershipSettings
  /** Where owners of its objects may be named. */
  owners: OwnerSources
  /** What the rules were made of and owners are told by, to tell a change. */
  rulesFrom: readonly unknown[]
  /** Those among the objects of its source. */
  repositoryRules: RuleDocument
  readonly objects: Map<string, Tracked>
  requested: AppDefinition['operation']
  operation: OperationState | null
  history: readonly HistoryEntry[]
  /** Revision of the last sync that succeeded whole. */
  syncedRevision: string
  /** The Application as last seen, for its status columns. */
  written: string
  /** Since when its conditions hold. */
  conditionTimes: ConditionTimes
  ready: boolean
  /** A pass is bringing objects in; its end is told at once, its progress seldom. */
  passing: boolean
  removed: boolean
}

export interface HistoryEntry {
  readonly id: number
  readonly revisions: readonly string[]
  readonly deployStartedAt: string
  readonly deployedAt: string
  readonly automated: boolean
}

export function newApp(key: AppKey): AppState {
  return {
    key,
    definition: null,
    project: null,
    definitionProblems: [],
    definitionUsable: false,
    foreignStatusAt: null,
    revision: '',
    compared: null,
    attempted: '',
    sourceTypes: [],
    render: null,
    renderKept: '',
    floats: false,
    renderedAt: 0,
    fetchedAt: 0,
    sourceProblems: [],
    desiredProblems: [],
    orphanProblems: [],
    podProblems: [],
    returned: new Map(),
    unwatched: [],
    desiredComplete: false,
    desiredEmpty: true,
    builtFor: '',
    rules: NO_BOOK,
    ownership: NO_OWNERSHIP,
    owners: NO_OWNERS,
    rulesFrom: [],
    repositoryRules: NO_RULES,
    objects: new Map(),
    requested: null,
    operation: null,
    history: [],
    syncedRevision: '',
    written: '',
    conditionTimes: new Map(),
    ready: false,
    passing: false,
    removed: false,
  }
}

/** Which applications have an interest in an object. Mostly one. */
export class ObjectIndex {
  readonly #byKey = new Map<string, Tracked[]>()

  get(key: string): readonly Tracked[] {
    return this.#byKey.get(key) ?? NONE
  }

  /** The entry of this app for this object, made if needed. */
  track(app: AppState, ref: ObjectRef): Tracked {
    const key = refKey(ref)
    const known = app.objects.get(key)
    if (known !== undefined) return known
    const tracked: Tracked = {
      app,
      key,
      ref,
      desired: null,
      evaluation: null,
      evaluatedFor: '',
      evaluatedUnder: app.rules,
      pending: false,
      queued: false,
      busy: null,
      news: null,
      uid: '',
      resourceVersion: '',
      enforced: false,
      preExisting: new Set(),
      fights: new Map(),
      authors: new Map(),
      firstSeen: new Map(),
      look: null,
      facts: [],
      problem: null,
      failures: 0,
      refused: '',
      applied: '',
      timer: null,
    }
    app.objects.set(key, tracked)
    this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), tracked])
    return tracked
  }

  untrack(tracked: Tracked): void {
    tracked.timer?.cancel()
    tracked.app.objects.delete(tracked.key)
    const rest = (this.#byKey.get(tracked.key) ?? []).filter((other) => other !== tracked)
    if (rest.length === 0) this.#byKey.delete(tracked.key)
    else this.#byKey.set(tracked.key, rest)
  }

  ofKind(group: string, kind: string): readonly Tracked[] {
    const prefix = `${group}/${kind}/`
    return [...this.#byKey].flatMap(([key, all]) => (key.startsWith(prefix) ? all : []))
  }

  /** Kinds in use, as `group/version/kind` → ref. */
  kinds(): Map<string, ObjectRef> {
    const kinds = new Map<string, ObjectRef>()
    for (const list of this.#byKey.values()) {
      for (const { ref } of list) kinds.set(`${ref.group}/${ref.version}/${ref.kind}`, ref)
    }
    return kinds
  }

  get size(): number {
    return this.#byKey.size
  }
}

const NONE: readonly Tracked[] = []
