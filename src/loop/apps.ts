// Applications: definition in, source looked at in time, desired set into force, passes run one at a time per application.
import type { ReasonCode } from '../core/decide/index.ts'
import type { RequestedOperation, Settings } from '../core/definition/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import { type Problem, problem, toProblem } from '../core/problem/index.ts'
import { follow, inventoryOf, recall, type Taken, takeDefinition } from './definitions.ts'
import type { Deps } from './deps.ts'
import { clearDesk, type Desk, newDesk, nextPoll, settledAge, workOn } from './desk.ts'
import type { Kinds } from './kinds.ts'
import type { ObjectRunner } from './objects.ts'
import { failOperation, refusalOf, takeOperation } from './operations.ts'
import { blockedBecause, FOREIGN_QUIET_MS, hasForeignWriter, mayTell, type Standing } from './permissions.ts'
import { Precedence } from './precedence.ts'
import { ProjectRegistry } from './projects.ts'
import { PushHints } from './push-hints.ts'
import { refresh, type RefreshOptions, type RefreshResult } from './refresh.ts'
import { generatorOf, keepRender } from './renders.ts'
import type { Reporting } from './reporting.ts'
import { repositoriesOf, repositoryPlace } from './revisions.ts'
import { keepRules, type SystemRules } from './rules.ts'
import type { AppState, ObjectIndex, Tracked } from './state.ts'
import { applicationRef } from './steps/index.ts'
import { runPass } from './sync.ts'
import { merged, type Wish, wishFor } from './wish.ts'

const UNKNOWN_KIND_FIRST_MS = 1_000
const UNKNOWN_KIND_LONGEST_MS = 60_000

export interface AppRunnerTools {
  readonly deps: Deps
  readonly kinds: Kinds
  readonly index: ObjectIndex
  readonly objects: ObjectRunner
  readonly reporting: Reporting
  readonly settings: () => Settings
  readonly system: () => SystemRules
  readonly settingsUnknown: () => Problem | null
  readonly sourceDigest: () => string
  readonly limit: <T>(run: () => Promise<T>) => Promise<T>
  readonly standing: () => Standing
  /** An application was compared for the first time, or because somebody asked. */
  readonly onCompared: (app: AppState) => void
}

export class AppRunner {
  readonly #tools: AppRunnerTools
  readonly #desks = new Map<string, Desk>()
  readonly #projects: ProjectRegistry
  #enforcedBefore = new Map<string, ReadonlyMap<string, readonly string[]>>()
  readonly #hints: PushHints
  readonly #precedence: Precedence
  #stopped = false

  constructor(tools: AppRunnerTools) {
    this.#tools = tools
    this.#projects = new ProjectRegistry(tools.deps)
    this.#precedence = new Precedence(tools.deps)
    this.#hints = new PushHints(tools.deps.clock, (place) => {
      for (const desk of this.#desksOf(place)) this.#ask(desk, { refresh: { maxAgeMs: 0 }, pass: true })
    })
  }

  all(): AppState[] {
    return [...this.#desks.values()].map(({ app }) => app)
  }

  /** Resolves when of each application that is known now the source was looked at: what it declares is known, or cannot be. */
  looked = async (): Promise<unknown> => Promise.all([...this.#desks.values()].map(({ firstLook }) => firstLook))

  get depth(): number {
    return [...this.#desks.values()].filter(({ working }) => working !== null).length
  }

  /** Deletes that were begun and not finished: they are looked at again by the first pass; said here. */
  async recallStore(): Promise<void> {
    const { store, log } = this.#tools.deps
    const open = await store.openIntents().catch((error: unknown) => {
      log.warn({ error: String(error) }, 'store not readable')
      return []
    })
    await this.#projects.recall()
    for (const intent of open) {
      log.info({ app: intent.app, object: intent.object }, 'a delete was interrupted; it is decided anew')
      await store.settle(intent.id).catch(() => {})
    }
  }

  /** `listed`: it was there when Holdfast began to look, so its repository may be as young as usual. */
  upsert(object: KubeObject, from: 'listed' | 'event'): void {
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`
    const known = this.#desks.get(key)
    const desk: Desk = known ?? newDesk(key)
    const fresh = known === undefined
    if (fresh) {
      this.#desks.set(key, desk)
      recall(desk.app, object)
    }
    desk.object = object
    this.#take(desk, object, fresh ? from : 'known')
  }

  #take(desk: Desk, object: KubeObject, news: 'listed' | 'event' | 'known'): void {
    const { app } = desk
    const before = blockedBecause(app, this.#tools.standing())
    const { rules } = app
    if (!mayTell(this.#tools.standing())) follow(app, object)
    const taken = takeDefinition(app, object, this.#projects)
    keepRules(app, this.#tools.system())
    app.ready = true
    this.#deleting(desk)
    if (news !== 'known' && app.definition !== null) this.#inventory(app, object)
    this.#awaitQuiet(desk)
    desk.asked = taken.operation
    this.#operation(desk)
    const asked = this.#refreshAsked(desk, taken)
    if (taken.changed || news !== 'known' || asked) {
      this.#look(desk, { ...taken, asked }, news === 'listed' && !asked ? settledAge(this.#tools.settings()) : 0)
    } else if (rules !== app.rules || before !== blockedBecause(app, this.#tools.standing()))
      this.#ask(desk, { refresh: null, pass: true })
    if (!app.definitionUsable) this.#tools.reporting.status.touch(app)
  }

  /** Whether a refresh is asked for that was not asked for before: the annotation stays until it is answered. */
  #refreshAsked(desk: Desk, { refresh }: Taken): boolean {
    const before = desk.refreshSeen
    desk.refreshSeen = refresh ?? ''
    return refresh !== null && refresh !== before
  }

  #look(desk: Desk, { refresh, changed, asked }: Taken & { readonly asked: boolean }, maxAgeMs: number): void {
    const fresh = asked && refresh === 'hard'
    const answers = asked && refresh !== null ? { answers: refresh } : {}
    this.#ask(desk, { refresh: { maxAgeMs, fresh, rebuild: fresh || changed }, pass: true, ...answers })
  }

  /** While another controller writes the status, the application is looked at again when that may have ended. */
  #awaitQuiet(desk: Desk): void {
    const { clock } = this.#tools.deps
    if (!hasForeignWriter(desk.app, clock.now())) return
    desk.quiet?.cancel()
    desk.quiet = clock.after(FOREIGN_QUIET_MS + 1_000, () => this.#standingOf(desk))
  }

  /** What was found stands in the status before the annotation goes: whoever waits for that reads it. */
  async #answerRefresh(desk: Desk, answers: 'normal' | 'hard'): Promise<void> {
    const { app } = desk
    const { deps, reporting } = this.#tools
    // Whoever leads answers; should this replica come to lead, it looks for what was not answered.
    if (!mayTell(this.#tools.standing())) desk.refreshSeen = ''
    if (desk.refreshSeen === '' || hasForeignWriter(app, deps.clock.now())) return
    await reporting.status.writeNow(app)
    if (app.removed || desk.refreshSeen !== answers) return
    const [namespace = '', name = ''] = app.key.split('/')
    await deps.steps.take(applicationRef(namespace, name), 'refresh').catch((error: unknown) => {
      desk.refreshSeen = ''
      deps.log.warn({ app: app.key, error: String(error) }, 'refresh annotation not taken off')
    })
  }

  #inventory(app: AppState, object: KubeObject): void {
    for (const ref of inventoryOf(object)) this.#tools.index.track(app, ref)
  }

  /** Someone set `operation`: it is served once, after a look of its own at the source. */
  #operation(desk: Desk): void {
    const { app, asked } = desk
    const before = desk.operationSeen
    desk.operationSeen = asked?.digest ?? ''
    if (asked === null || asked.digest === before) return
    const blocked = blockedBecause(app, this.#tools.standing())
    if (isOthers(app, blocked)) {
      desk.operationSeen = ''
      return
    }
    takeOperation(this.#tools, app)
    const refusal = refusalOf(app, blocked)
    if (refusal !== null) failOperation(this.#tools, app, asked, refusal)
    else if ('revisions' in asked) this.#ask(desk, wishFor(asked))
  }

  #deleting(desk: Desk): void {
    const { app } = desk
    if (app.definition?.deleting !== true || app.definition.cascadeDelete === 'none') return
    app.definitionUsable = false
    app.definitionProblems = [
      problem(
        'HF2002',
        'Deleting an Application together with its resources is not supported yet.',
        { app: app.key },
        'Remove the resources-finalizer to delete the Application alone.',
      ),
    ]
  }

  remove(key: string): void {
    const desk = this.#desks.get(key)
    if (desk === undefined) return
    this.#desks.delete(key)
    this.#enforcedBefore.delete(key)
    desk.app.removed = true
    clearDesk(desk)
    for (const tracked of [...desk.app.objects.values()]) this.#tools.index.untrack(tracked)
    this.#tools.reporting.status.forget(desk.app)
  }

  /** A project appeared, changed or (null) went: its applications are read again. */
  project(name: string, object: KubeObject | null): void {
    this.#projects.set(name, object)
    for (const desk of this.#desks.values()) {
      const usesIt = desk.app.definition?.project === name || desk.app.project === null
      if (usesIt && desk.object !== null) this.#take(desk, desk.object, 'known')
    }
  }

  /** Leadership came or went: permissions changed. */
  standingChanged(): void {
    for (const desk of this.#desks.values()) this.#standingOf(desk)
  }

  #standingOf(desk: Desk): void {
    if (desk.object !== null) this.#take(desk, desk.object, 'known')
    if (!this.#stopped && !desk.app.removed) this.#ask(desk, { refresh: null, pass: true })
  }

  /** Something of this application is to be brought in or pruned. */
  pass(app: AppState): void {
    const desk = this.#desks.get(app.key)
    if (desk !== undefined) this.#ask(desk, { refresh: null, pass: true })
  }

  /** Objects that waited for this namespace are tried at once. */
  namespaceAppeared(namespace: string): void {
    for (const { app } of this.#desks.values()) {
      for (const tracked of app.objects.values()) {
        const waits = tracked.ref.namespace === namespace && ['HF4004', 'HF4012'].includes(tracked.problem?.code ?? '')
        if (waits) this.#tools.objects.tell(tracked, { kind: 'reread' })
      }
    }
  }

  /** Somebody pushed there: applications of these repositories look now. Answers how many. */
  pushed(urls: readonly string[]): number {
    const places = [...new Set(urls.map(repositoryPlace))].filter((place) => this.#desksOf(place).length > 0)
    for (const place of places) this.#hints.tell(place)
    return new Set(places.flatMap((place) => this.#desksOf(place))).size
  }

  #desksOf(place: string): Desk[] {
    return [...this.#desks.values()].filter(({ app }) =>
      repositoriesOf(app).some((url) => repositoryPlace(url) === place),
    )
  }

  /** Credentials or settings of render tools changed, or settings are known at last. */
  sourceSettingsChanged(what: 'access' | 'renders'): void {
    for (const desk of this.#desks.values()) {
      if (desk.app.sourceProblems.length > 0) this.#ask(desk, { refresh: { maxAgeMs: 0 }, pass: true })
      else if (what === 'renders') this.#ask(desk, { refresh: { maxAgeMs: Number.POSITIVE_INFINITY }, pass: true })
    }
  }

  /** Settings or rules of the installation changed: what Git declares may be another set, and what hides is another. */
  settingsChanged(): void {
    for (const desk of this.#desks.values()) {
      keepRules(desk.app, this.#tools.system())
      this.#ask(desk, { refresh: { maxAgeMs: Number.POSITIVE_INFINITY }, pass: true })
    }
  }

  /** A CRD came or changed: applications that lack a kind are built again. */
  kindAppeared(): void {
    for (const desk of this.#desks.values()) if (desk.unknownKinds > 0) this.#buildAgain(desk)
  }

  #buildAgain(desk: Desk): void {
    this.#ask(desk, { refresh: { maxAgeMs: Number.POSITIVE_INFINITY, rebuild: true }, pass: true })
  }

  /** The cache lost a body: everything is rendered again, then looked at again. */
  bodiesLost(tracked: Tracked): void {
    const desk = this.#desks.get(tracked.app.key)
    if (desk === undefined) return
    tracked.pending = true
    this.#ask(desk, { refresh: { maxAgeMs: Number.POSITIVE_INFINITY, rebuild: true }, pass: true })
  }

  #ask(desk: Desk, wish: Wish): void {
    if (this.#stopped) return
    desk.wish = merged(desk.wish, wish)
    desk.working ??= this.#work(desk).finally(() => {
      desk.working = null
    })
  }

  async #work(desk: Desk): Promise<void> {
    // The wish is taken in the next turn of the event loop, so that wishes of one tick are one.
    await Promise.resolve()
    while (desk.wish !== null && !desk.app.removed && !this.#stopped) {
      const { wish } = desk
      desk.wish = null
      try {
        await this.#serve(desk, wish)
      } catch (error) {
        const why = toProblem(error, 'HF7004', { app: desk.app.key })
        desk.app.sourceProblems = [why]
        if (wish.operation !== undefined) failOperation(this.#tools, desk.app, wish.operation, why)
        this.#tools.deps.log.error({ app: desk.app.key, error: String(error) }, 'application not worked on')
      }
      this.#precedence.over(desk.app)
      this.#tools.reporting.status.touch(desk.app)
      if (wish.answers !== undefined) void this.#answerRefresh(desk, wish.answers)
    }
  }

  async #serve(desk: Desk, wish: Wish): Promise<void> {
    const { app } = desk
    const started = this.#tools.deps.clock.monotonic()
    const isFirst = app.renderedAt === 0
    const looked = wish.refresh === null ? null : await this.#refresh(desk, wish.refresh)
    const operation = this.#begun(desk, wish, looked)
    if (app.renderedAt === 0 || app.definition === null || !app.definitionUsable) return
    if (wish.pass) await this.#pass(desk, operation)
    if (isFirst || wish.answers !== undefined) this.#tools.onCompared(app)
    keepRender(this.#tools.deps, app)
    const seconds = (this.#tools.deps.clock.monotonic() - started) / 1_000
    this.#tools.deps.metrics.reconciled({
      namespace: app.definition.namespace,
      destServer: 'https://kubernetes.default.svc',
      seconds,
    })
  }

  /** The operation that may begin now that its revision is known; one that may not is answered. */
  #begun(desk: Desk, { operation }: Wish, looked: RefreshResult | null): RequestedOperation | null {
    if (operation === undefined) return null
    const { app } = desk
    if (looked?.superseded === true) {
      this.#ask(desk, merged(wishFor(operation), desk.wish ?? { refresh: null, pass: true }))
      return null
    }
    const why = looked?.failure ?? refusalOf(app, blockedBecause(app, this.#tools.standing()))
    if (why === null) return operation
    failOperation(this.#tools, app, operation, why)
    return null
  }

  async #refresh(desk: Desk, options: RefreshOptions): Promise<RefreshResult> {
    const { app } = desk
    const before = app.attempted
    const result = await refresh({ ...this.#tools, precedence: this.#precedence }, app, options)
    this.#schedulePoll(desk)
    if (result.generator !== null) this.#tools.reporting.renderedOtherwise(app, result.generator)
    if (result.changed) {
      const known =
        this.#enforcedBefore.get(app.key) ??
        (await this.#tools.deps.store.preExisting(app.key).catch(() => new Map<string, readonly string[]>()))
      this.#enforcedBefore.set(app.key, known)
      for (const tracked of app.objects.values()) this.#prepare(tracked, known)
      await this.#watchKinds(app)
    }
    if (!result.superseded) desk.lookedAt()
    if (app.attempted !== '' && app.attempted !== before) this.#tellNeighbours(app)
    if (result.unknownKinds) this.#retryUnknown(desk)
    else if (result.failure === null && !result.superseded) desk.unknownKinds = 0
    return result
  }

  /** What is new under this desired set is pending unless the revision was synced before and nothing says otherwise. */
  #prepare(tracked: Tracked, known: ReadonlyMap<string, readonly string[]>): void {
    const { app } = tracked
    const begun = known.get(tracked.key)
    if (begun !== undefined && !tracked.enforced) {
      tracked.enforced = true
      tracked.preExisting = new Set(begun)
    }
    if (tracked.desired === null) return
    if (tracked.evaluation !== null && tracked.evaluatedFor === tracked.desired.digest) return
    const isNew = app.revision !== app.syncedRevision || generatorOf(tracked) !== null
    tracked.pending = isNew || tracked.evaluation !== null
    tracked.queued = true
  }

  async #watchKinds(app: AppState): Promise<void> {
    const { kinds } = this.#tools
    const refs = new Map([...app.objects.values()].map(({ ref }) => [`${ref.group}/${ref.version}/${ref.kind}`, ref]))
    await Promise.all(
      [...refs.values()].map(async (ref) => {
        const runtime = await kinds.load(ref)
        if (runtime !== undefined) await kinds.watch(runtime)
      }),
    )
    this.#noteUnwatched(app)
  }

  /** Which kinds of the application nobody hears of. */
  #noteUnwatched(app: AppState): void {
    const refused = [...app.objects.values()].map(({ ref }) => this.#tools.kinds.get(ref)?.refused ?? null)
    app.unwatched = [...new Set(refused.filter((one) => one !== null))]
  }

  /** A watch was refused, or works again. */
  watchesChanged(): void {
    for (const { app } of this.#desks.values()) {
      const before = app.unwatched
      this.#noteUnwatched(app)
      if (before.length > 0 || app.unwatched.length > 0) this.#tools.reporting.status.touch(app)
    }
  }

  /** Something new was read for one application: the others of the same repository look too, without fetching. */
  #tellNeighbours(app: AppState): void {
    const read = new Set(repositoriesOf(app))
    for (const desk of this.#desks.values()) {
      const other = desk.app
      if (other === app || other.renderedAt === 0 || desk.working !== null) continue
      if (other.attempted === app.attempted) continue
      if (!repositoriesOf(other).some((url) => read.has(url))) continue
      this.#ask(desk, { refresh: { maxAgeMs: Number.POSITIVE_INFINITY }, pass: true })
    }
  }

  #retryUnknown(desk: Desk): void {
    const wait = Math.min(UNKNOWN_KIND_FIRST_MS * 2 ** desk.unknownKinds, UNKNOWN_KIND_LONGEST_MS)
    desk.unknownKinds += 1
    desk.retry?.cancel()
    desk.retry = this.#tools.deps.clock.after(wait, () => this.#buildAgain(desk))
  }

  #schedulePoll(desk: Desk): void {
    desk.poll?.cancel()
    const poll = nextPoll(desk.app, this.#tools.settings())
    if (poll === null) return
    desk.poll = this.#tools.deps.clock.after(poll.waitMs, () =>
      this.#ask(desk, { refresh: { maxAgeMs: poll.maxAgeMs }, pass: true }),
    )
  }

  async #pass(desk: Desk, operation: RequestedOperation | null): Promise<void> {
    const { app } = desk
    app.requested = operation
    try {
      await runPass(this.#tools, app, async () => this.#retryUnknown(desk))
    } finally {
      app.requested = null
    }
  }

  stop(): void {
    this.#stopped = true
    this.#hints.stop()
    for (const desk of this.#desks.values()) {
      clearDesk(desk)
      for (const tracked of desk.app.objects.values()) tracked.timer?.cancel()
    }
  }

  async idle(): Promise<void> {
    await Promise.all([...this.#desks.values()].flatMap(workOn))
  }
}

/** Beside another controller operations are its own, and beside another replica the leader's. */
function isOthers(app: AppState, blocked: ReasonCode | null): boolean {
  if (app.definition?.skip === true || blocked === 'not-leader') return true
  return blocked !== null && app.foreignStatusAt !== null
}
