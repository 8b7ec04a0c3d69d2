// Reads one object and evaluates it, writing nothing.
import pLimit from 'p-limit'
import { type Delivery, NOTHING_PENDING, type ObjectFacts } from '../core/classify/index.ts'
import {
  AUTOSCALERS,
  type IgnoredChange,
  indexRules,
  INJECTORS,
  kindName,
  type Neighbours,
  type RuleIndex,
  serverWritten,
} from '../core/compare/index.ts'
import {
  type AppDefinition,
  type IgnoreRule,
  NO_BOOK,
  NO_RULES,
  type ProjectDefinition,
  RuleBook,
  type RuleDocument,
  type Settings,
} from '../core/definition/index.ts'
import type { ReasonCode } from '../core/decide/index.ts'
import {
  type DesiredObject,
  INSTALLATION_ANNOTATION,
  type Rendered,
  TRACKING_ANNOTATION,
} from '../core/desired/index.ts'
import {
  type AppContext,
  evaluateObject,
  type ObjectEvaluation,
  type ObjectSnapshot,
  type Observed,
} from '../core/evaluate/index.ts'
import { formatRef, gvkKey, type KubeObject, type ObjectRef, parentOf, refKey } from '../core/kube/index.ts'
import type { ObjectSchema } from '../core/merge/index.ts'
import { foreignClaims, otherDeliverersOf } from '../core/orphan/index.ts'
import { type Problem, toProblem } from '../core/problem/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClusterReader, KindInfo } from '../ports/cluster-reader.ts'
import type { KeptRender } from '../ports/store.ts'
import { Evidence } from './evidence.ts'
import { helmRecord } from './helm-release.ts'
import { ownerChain } from './owner-chain.ts'
import type { RenderedOtherwise } from './renders.ts'
import { bookOf } from './rules.ts'
import { isPruneProtected } from './prune-protection.ts'
import { type OtherDeliverers, otherDeliverers } from './survey.ts'

/** A cluster, or files that stand for one. */
export type InspectReader = Pick<ClusterReader, 'capabilities' | 'kind' | 'schema' | 'get' | 'list' | 'dryRun'>

/** What an audit log says of an object, by its kind's plural. */
export type FactsOf = (ref: ObjectRef, resource: string) => ObjectFacts

export interface InspectTools {
  readonly reader: InspectReader
  readonly clock: Pick<Clock, 'now'>
  readonly digestKey: string
  /** Told of every object that was looked at, with all that was learned of it. */
  readonly onSnapshot?: (snapshot: ObjectSnapshot, ignore: RuleBook) => void
  /** May the server be asked by dry run what it makes of a declared object? */
  readonly learn: 'dry-run' | 'never'
  /** `all`: what may explain an object is looked at, whether or not something has to be explained. */
  readonly evidence?: 'wanted' | 'all'
  readonly factsOf?: FactsOf
}

export interface InspectInput {
  /** Of the application; for `files`, one that stands for nobody (key ''). */
  readonly definition: AppDefinition
  readonly project: ProjectDefinition | null
  readonly settings: Settings
  /** Rules of the platform, beside those of the settings. */
  readonly platform: RuleDocument
  /** Where Applications live; decides how marks name the application. */
  readonly controlPlaneNamespace: string
  readonly rendered: Rendered
  /**
   * `application`: its marks count, and what left Git is reported. `application-files`: files compared as the
   * application's. `files`: files that belong to nobody. With files a mark on one side only is no difference, and nothing
   * else of live is looked at.
   */
  readonly as: 'application' | 'application-files' | 'files'
  /** Objects that the application's status names. */
  readonly inventory: readonly ObjectRef[]
  /** What the application's status says of bringing this revision in. */
  readonly delivery?: Delivery
  /** What the controller rendered of it last, where that is known. */
  readonly lastRender?: KeptRender | null
  /** What is known of owners and of writers. */
  readonly known?: Pick<AppContext, 'ownership' | 'owners'>
}

export interface InspectSubject {
  readonly ref: ObjectRef
  readonly desired: DesiredObject | null
  /** Whether the desired set that it belongs to is complete. */
  readonly complete: boolean
}

type KindQuery = Pick<KindInfo, 'group' | 'version' | 'kind'>

export interface InspectKind {
  readonly info: KindInfo
  readonly schema: ObjectSchema
  readonly rules: RuleIndex
}

const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' }
const NOTHING: ReadonlySet<string> = new Set()
const MARK_RULE = 'builtin/tracking-mark'
const REQUESTS = 12
/** Then nothing further can be answered either. */
const FATAL = ['HF4001', 'HF4011']

export class Inspector {
  readonly tools: InspectTools
  readonly input: InspectInput
  readonly limit = pLimit(REQUESTS)
  readonly #kinds = new Map<string, Promise<InspectKind | undefined>>()
  readonly #evidence = new Map<string, Evidence>()
  readonly #namespaces = new Map<string, Promise<boolean>>()
  readonly #unread: Problem[] = []
  /** Of the declared objects; to be set before any is evaluated. */
  repositoryRules: RuleDocument = NO_RULES
  /** Of the declared objects: what the same revision renders otherwise by now. */
  otherwise: RenderedOtherwise | null = null
  #book: RuleBook | null = null
  #others: Promise<OtherDeliverers> | null = null
  /** By `refKey`, of declared objects: what the server alone writes and Git says nothing of, or something else. */
  readonly serverWritten = new Map<string, readonly IgnoredChange[]>()

  constructor(tools: InspectTools, input: InspectInput) {
    this.tools = tools
    this.input = input
  }

  kind(query: Pick<KindInfo, 'group' | 'version' | 'kind'>): Promise<InspectKind | undefined> {
    const key = gvkKey(query)
    const known = this.#kinds.get(key)
    if (known !== undefined) return known
    const loading = this.#load(query)
    this.#kinds.set(key, loading)
    return loading
  }

  async #load(query: Pick<KindInfo, 'group' | 'version' | 'kind'>): Promise<InspectKind | undefined> {
    const { reader } = this.tools
    const info = await reader.kind(query)
    if (info === undefined) return undefined
    return { info, schema: await reader.schema(query), rules: indexRules(kindName(info)) }
  }

  /** The live object, or why it could not be read. Throws when no cluster answers at all. */
  async read(ref: ObjectRef): Promise<Observed<KubeObject | null>> {
    try {
      return { state: 'complete', value: await this.limit(() => this.tools.reader.get(ref)) }
    } catch (error) {
      const why = toProblem(error, 'HF5001', { object: formatRef(ref) })
      if (FATAL.includes(why.code)) throw error
      return { state: 'unknown', problems: [why] }
    }
  }

  /** What is known of the objects around one, with those looked at that are wanted besides. */
  async #neighbours({ namespace }: ObjectRef, wanted: readonly string[]): Promise<Neighbours> {
    const evidence = this.#evidenceOf(namespace)
    await evidence.learn(wanted, (kind) => this.#look(kind, namespace, evidence))
    return evidence.neighboursOf({ namespace })
  }

  /** Reads it once; false = there is none, or it may not be read: then it names nobody, and no answer hangs on that. */
  #namespace({ namespace }: ObjectRef): Promise<boolean> {
    const known = this.#namespaces.get(namespace)
    if (known !== undefined) return known
    const found = namespace === '' ? Promise.resolve(false) : this.#readNamespace(namespace)
    this.#namespaces.set(namespace, found)
    return found
  }

  async #readNamespace(name: string): Promise<boolean> {
    try {
      return await this.#note(NAMESPACE, { name }, this.#evidenceOf(name))
    } catch (error) {
      if (FATAL.includes(toProblem(error, 'HF5001').code)) throw error
      return false
    }
  }

  #evidenceOf(namespace: string): Evidence {
    const known = this.#evidence.get(namespace) ?? new Evidence(() => {})
    this.#evidence.set(namespace, known)
    return known
  }

  async #look(kind: KindQuery, namespace: string, evidence: Evidence): Promise<boolean> {
    try {
      // Its labels say which injectors cover it.
      if (`${kind.group}/${kind.kind}` === INJECTORS) await this.#note(NAMESPACE, { name: namespace }, evidence)
      return await this.#note(kind, { namespace }, evidence)
    } catch (error) {
      const why = toProblem(error, 'HF5001', { object: kind.kind })
      if (FATAL.includes(why.code)) throw error
      this.#unread.push(why)
      return true
    }
  }

  /** Whether there are any of this kind here. */
  async #note(kind: KindQuery, place: { namespace?: string; name?: string }, evidence: Evidence): Promise<boolean> {
    const info = await this.tools.reader.kind(kind)
    if (info === undefined) return false
    const namespace = info.namespaced ? (place.namespace ?? '') : ''
    const { name } = place
    const one = name === undefined ? null : await this.limit(() => this.tools.reader.get({ ...kind, namespace, name }))
    const items = name === undefined ? await this.#list(kind, namespace) : one === null ? [] : [one]
    for (const object of items) {
      const key = refKey({ group: kind.group, kind: kind.kind, namespace, name: object.metadata.name ?? '' })
      evidence.note({ type: 'upsert', key, object, initial: true }, kind)
    }
    return items.length > 0
  }

  async #list(kind: KindQuery, namespace: string): Promise<readonly KubeObject[]> {
    const query = namespace === '' ? kind : { ...kind, namespace }
    return (await this.limit(() => this.tools.reader.list(query))).items
  }

  /** Looked at whether or not something has to be explained. */
  #always(): readonly string[] {
    return this.tools.evidence === 'all' ? [INJECTORS, ...AUTOSCALERS] : []
  }

  /** null: neither declared nor there. */
  async evaluate(subject: InspectSubject): Promise<ObjectEvaluation | null> {
    const { ref, desired } = subject
    const live = await this.read(ref)
    if (desired === null && live.state === 'complete' && live.value === null) return null
    if (desired !== null && live.state === 'complete' && live.value !== null)
      this.serverWritten.set(refKey(ref), serverWritten(desired, live.value))
    const evaluation = await this.#evaluated(subject, live)
    // What is neither declared nor the application's any more is nothing of its.
    return desired === null && evaluation.status === 'Synced' ? null : evaluation
  }

  async #evaluated(subject: InspectSubject, live: Observed<KubeObject | null>): Promise<ObjectEvaluation> {
    const { ref, desired } = subject
    const context = this.#context(subject, live)
    const snapshot = await this.#snapshot(ref, desired, live)
    const first = evaluateObject(context, snapshot)
    const wanted = [...this.#wanted(first, context, snapshot), ...this.#always()]
    // Who is asked about a difference may stand on its namespace.
    const asksOwner = first.status === 'OutOfSync' && (await this.#namespace(ref))
    const wants = wanted.length > 0 || asksOwner
    const informed = wants ? { ...snapshot, neighbours: await this.#neighbours(ref, wanted) } : snapshot
    this.tools.onSnapshot?.(informed, context.ignore)
    const second = wants ? evaluateObject(context, informed) : first
    if (!second.question || desired === null || live.state !== 'complete' || live.value === null) return second
    const { object } = desired
    const answer = await this.limit(() => this.tools.reader.dryRun(object, live.value as KubeObject))
    const learned = answer.state === 'answered' ? { normalForm: answer.object } : { refusal: answer.message }
    return evaluateObject(context, { ...informed, question: 'refused', ...learned })
  }

  /** Who tries other rules has to know what explains a difference without the present ones. */
  #wanted(first: ObjectEvaluation, context: AppContext, snapshot: ObjectSnapshot): readonly string[] {
    if (this.tools.onSnapshot === undefined) return first.wanted
    return evaluateObject({ ...context, ignore: NO_BOOK }, snapshot).wanted
  }

  /** Kinds of evidence that could not be read. */
  get unread(): readonly Problem[] {
    return this.#unread
  }

  async #snapshot(
    ref: ObjectRef,
    desired: DesiredObject | null,
    live: Observed<KubeObject | null>,
  ): Promise<ObjectSnapshot> {
    const kind = await this.kind(ref)
    const object = live.state === 'complete' ? live.value : null
    return {
      ref,
      desired,
      live,
      schema: kind?.schema ?? { root: { kind: 'untyped' }, digest: '' },
      normalForm: null,
      question: this.tools.learn === 'dry-run' ? 'open' : 'never',
      neighbours: { autoscalers: [], known: NOTHING },
      history: { enforced: false, preExisting: new Set(), fights: new Map(), authors: new Map(), firstSeen: new Map() },
      contender: null,
      otherDeliverers: await this.#othersOf(ref, desired, object),
      pruneProtected:
        object !== null &&
        isPruneProtected(object, { ref, app: { desiredProblems: [] }, settings: this.input.settings }),
      now: this.tools.clock.now(),
      ...(object === null ? {} : await this.#madeBy(object)),
      ...(kind === undefined ? {} : { rules: kind.rules, ...this.#facts(ref, kind) }),
    }
  }

  async #madeBy(object: KubeObject): Promise<Pick<ObjectSnapshot, 'owners' | 'release'>> {
    const { reader } = this.tools
    const { settings } = this.input
    const release = await this.limit(() => helmRecord(reader, object))
    const owners = parentOf(object) === null ? null : await this.limit(() => ownerChain({ reader, settings }, object))
    return { ...(owners === null ? {} : { owners }), ...(release === null ? {} : { release }) }
  }

  #facts(ref: ObjectRef, { info }: InspectKind): { facts?: ObjectFacts } {
    const { factsOf } = this.tools
    return factsOf === undefined ? {} : { facts: factsOf(ref, info.resource) }
  }

  /** Looked for once, and only where an object carries marks of another tool. */
  async #othersOf(ref: ObjectRef, desired: DesiredObject | null, live: KubeObject | null): Promise<readonly string[]> {
    if (this.input.as !== 'application' || desired === null || live === null) return []
    const claims = foreignClaims(live, desired.object)
    if (claims.length === 0) return []
    this.#others ??= otherDeliverers({ reader: this.tools.reader, limit: (run) => this.limit(run) })
    return otherDeliverersOf(refKey(ref), claims, await this.#others)
  }

  #deliveryOf({ ref, desired }: InspectSubject): Delivery | undefined {
    const { delivery, rendered } = this.input
    if (this.otherwise?.waiting.has(formatRef(ref)) !== true) return delivery
    const { generator } = this.otherwise
    const common = delivery ?? NOTHING_PENDING
    return desired === null
      ? { ...common, generator }
      : { ...common, pending: true, revision: rendered.revision, generator }
  }

  #context(subject: InspectSubject, live: Observed<KubeObject | null>): AppContext {
    const { definition, rendered, as } = this.input
    const { desired, complete } = subject
    const delivery = this.#deliveryOf(subject)
    return {
      ...(delivery === undefined ? {} : { delivery }),
      app: definition.key,
      revision: rendered.revision,
      permissions: {
        blocked: as === 'application' ? blockedByDefinition(definition) : 'mode-observe',
        readOnly: true,
        automated: definition.automated,
        syncPending: delivery?.pending ?? false,
        requested: null,
        desiredComplete: complete,
        desiredEmpty: rendered.objects.length === 0,
      },
      ignore: this.#bookFor(desired, live),
      takeover: definition.takeover,
      digestKey: this.tools.digestKey,
      ...this.input.known,
    }
  }

  /** The rules that hold. Those of the source are known when its objects are. */
  get rules(): RuleBook {
    const { definition, settings, platform } = this.input
    return bookOf(definition, this.repositoryRules, { settings, platform })
  }

  /** Mostly the same for all objects. */
  #bookFor(desired: DesiredObject | null, live: Observed<KubeObject | null>): RuleBook {
    this.#book ??= this.rules
    const marks = this.#book.switchedOff.has(MARK_RULE) ? [] : this.#markRule(desired, live)
    if (marks.length === 0) return this.#book
    return this.#book.withRules([...this.#book.of((desired as DesiredObject).ref), ...marks])
  }

  /** Compared with files, a mark on one side only is none: either side may never have been delivered. */
  #markRule(desired: DesiredObject | null, live: Observed<KubeObject | null>): IgnoreRule[] {
    if (this.input.as === 'application' || desired === null || live.state !== 'complete' || live.value === null)
      return []
    const pointers = oneSidedMarks(desired.object, live.value, this.input)
    if (pointers.length === 0) return []
    const { group, kind } = desired.ref
    const nothing = { name: '', namespace: '', jqPaths: [], managers: [], problem: null, owner: '', review: '' }
    const reason = 'either side may never have been delivered'
    return [{ id: MARK_RULE, origin: 'builtin', group, kind, jsonPointers: pointers, reason, ...nothing }]
  }
}

/** What stands against the controller's writes is told where there is one; files alone are nobody's. */
function blockedByDefinition({ mode, skip }: AppDefinition): ReasonCode | null {
  if (skip) return 'skipped'
  return mode === 'observe' ? 'mode-observe' : null
}

function oneSidedMarks(desired: KubeObject, live: KubeObject, { settings, as }: InspectInput): string[][] {
  const has = (object: KubeObject, [field, name]: readonly ['annotations' | 'labels', string]): boolean =>
    Object.hasOwn(object.metadata[field] ?? {}, name)
  const annotations = [TRACKING_ANNOTATION, INSTALLATION_ANNOTATION].map((name) => ['annotations', name] as const)
  const label = ['labels', settings.instanceLabelKey] as const
  const found = annotations
    .filter((mark) => has(desired, mark) !== has(live, mark))
    .map((mark) => ['metadata', ...mark])
  // A label of this name may also be the files' own: then its absence counts, unless the application's mark put it there.
  const marked = as === 'application-files' && settings.trackingMethod !== 'annotation'
  const onlyLive = has(live, label) && !has(desired, label)
  const onlyDesired = marked && has(desired, label) && !has(live, label)
  return onlyLive || onlyDesired ? [...found, ['metadata', ...label]] : found
}
