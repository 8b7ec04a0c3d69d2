// One object's turn: what is seen → evaluate → ask → write → verify. One turn at a time per object.
import { CALM, fights, isForgotten, noteHeal, noteRewrite } from '../core/decide/index.ts'
import { appTrackingName, readTracking, type Tracking } from '../core/desired/index.ts'
import { type AppContext, evaluateObject, type ObjectEvaluation, type ObjectSnapshot } from '../core/evaluate/index.ts'
import { formatRef, isNewerVersion, type KubeObject } from '../core/kube/index.ts'
import type { ApplyStep } from '../core/plan/index.ts'
import { HoldfastError, problem, type Problem, toProblem } from '../core/problem/index.ts'
import type { Settings } from '../core/definition/index.ts'
import type { Audit } from './audit.ts'
import type { TokenBucket } from './bucket.ts'
import type { Deps } from './deps.ts'
import type { Evidence, Look } from './evidence.ts'
import type { Kinds } from './kinds.ts'
import { factsWorthKeeping, isRefused, lookBefore, noteLook, noteVersion, rememberAuthors, writeKey } from './memory.ts'
import { within } from './patience.ts'
import { isPruneProtected } from './prune-protection.ts'
import type { Questions, Subject } from './questions.ts'
import { type News, type ObjectIndex, type Tracked } from './state.ts'

const ROUNDS = 5
const RETRY_FIRST_MS = 1_000
const RETRY_LONGEST_MS = 5 * 60_000
const EVIDENCE_PATIENCE_MS = 5_000
const ANSWER_PATIENCE_MS = 250

export interface Reporter {
  /** An evaluation ended; `changed` when verdict or health differ from the one before. */
  evaluated(tracked: Tracked, evaluation: ObjectEvaluation, previous: ObjectEvaluation | null): void
  /** A write ended. `ms` from the news that showed the difference to the server's answer. */
  acted(
    tracked: Tracked,
    result: {
      step: ApplyStep
      evaluation: ObjectEvaluation
      result: 'done' | 'failed' | 'unverified'
      ms: number
      message: string
    },
  ): void
  /** A fight began or goes on at these paths. */
  fought(tracked: Tracked, paths: readonly string[], live: KubeObject | null): void
}

export interface ObjectRunnerTools {
  readonly deps: Deps
  readonly kinds: Kinds
  readonly index: ObjectIndex
  readonly evidence: Evidence
  readonly questions: Questions
  readonly audit: Audit
  /** Makes the objects of a kind known to the evidence. */
  readonly look: Look
  readonly bucket: TokenBucket
  readonly settings: () => Settings
  readonly contextOf: (tracked: Tracked) => AppContext
  /** The body that Git declares; undefined when the cache lost it (the app is then rendered again). */
  readonly bodyOf: (tracked: Tracked) => KubeObject | undefined
  /** Other tools that deliver a declared object too, by name. */
  readonly othersOf: (tracked: Tracked, live: KubeObject, declared: KubeObject) => readonly string[]
  /** Does an Application of this installation mark its objects with this name? */
  readonly isKnownApp: (trackingName: string) => boolean
  readonly reporter: Reporter
}

export class ObjectRunner {
  readonly #tools: ObjectRunnerTools
  #stopped = false

  constructor(tools: ObjectRunnerTools) {
    this.#tools = tools
  }

  stop(): void {
    this.#stopped = true
  }

  /** News of an object. The turn begins in this very call, so that a write leaves in the same tick. */
  tell(tracked: Tracked, news: News): void {
    // Nothing can be said of an object before it is known what Git declares.
    if (this.#stopped || tracked.app.removed || tracked.app.renderedAt === 0) return
    if (tracked.busy !== null) {
      tracked.news = news
      return
    }
    if (news.kind === 'object' && !isNewerVersion(news.object.metadata.resourceVersion ?? '', tracked.resourceVersion))
      return
    void this.#start(tracked, news)
  }

  /** Brings one object to Git's state as part of a pass; resolves when its turn is over. */
  async bring(tracked: Tracked): Promise<void> {
    while (tracked.busy !== null) await tracked.busy
    if (this.#stopped || tracked.app.removed) return
    tracked.queued = false
    await this.#start(tracked, { kind: 'reread' })
  }

  #start(tracked: Tracked, news: News): Promise<void> {
    const turn = this.#turns(tracked, news)
      .catch((error: unknown) => {
        tracked.problem = toProblem(error, 'HF7004', { object: formatRef(tracked.ref), app: tracked.app.key })
        this.#tools.deps.log.error(
          { app: tracked.app.key, object: formatRef(tracked.ref), error: String(error) },
          'turn failed',
        )
        this.#retryLater(tracked)
      })
      .finally(() => {
        tracked.busy = null
        const next = tracked.news
        tracked.news = null
        if (next !== null) this.tell(tracked, next)
      })
    // A turn that ended synchronously has already cleared itself only if nothing awaited; `finally` always runs later.
    tracked.busy = turn
    return turn
  }

  async #turns(tracked: Tracked, news: News): Promise<void> {
    const startedAt = this.#tools.deps.clock.monotonic()
    let seen: News = news
    for (let round = 0; round < ROUNDS; round += 1) {
      const live = seen.kind === 'object' ? seen.object : seen.kind === 'gone' ? null : await this.#read(tracked)
      if (live === undefined) return
      const again = await this.#turn(tracked, live, startedAt)
      if (!again) return
      seen = { kind: 'reread' }
    }
    this.#retryLater(tracked)
  }

  /** The object as it is now; undefined when it could not be read (said in `tracked.problem`). */
  async #read(tracked: Tracked): Promise<KubeObject | null | undefined> {
    const { kinds, deps } = this.#tools
    const watch = kinds.get(tracked.ref)?.watch
    const known = watch?.known(`${tracked.ref.namespace}/${tracked.ref.name}`)
    if (watch?.isFresh() === true && known === undefined) return null
    try {
      return await deps.reader.get(tracked.ref)
    } catch (error) {
      this.#unreadable(tracked, toProblem(error, 'HF4001', { object: formatRef(tracked.ref), app: tracked.app.key }))
      return undefined
    }
  }

  #unreadable(tracked: Tracked, cause: Problem): void {
    tracked.problem = cause
    const evaluation = evaluateObject(this.#tools.contextOf(tracked), {
      ...this.#bare(tracked),
      desired: null,
      live: { state: 'unknown', problems: [cause] },
    })
    this.#conclude(tracked, evaluation)
    this.#retryLater(tracked)
  }

  #bare(tracked: Tracked): Omit<ObjectSnapshot, 'desired' | 'live'> {
    const runtime = this.#tools.kinds.get(tracked.ref)
    const facts = this.#tools.audit.factsFor(tracked)
    return {
      ref: tracked.ref,
      schema: runtime?.schema ?? { root: { kind: 'untyped' }, digest: '' },
      normalForm: null,
      question: 'never',
      neighbours: this.#tools.evidence.neighboursOf(tracked.ref),
      history: {
        enforced: tracked.enforced,
        preExisting: tracked.preExisting,
        fights: tracked.fights,
        authors: tracked.authors,
        firstSeen: tracked.firstSeen,
        ...lookBefore(tracked),
      },
      contender: null,
      pruneProtected: false,
      now: this.#tools.deps.clock.now(),
      ...(facts === undefined ? {} : { facts }),
      ...(runtime === undefined ? {} : { rules: runtime.rules }),
    }
  }

  /** Who else declares this object and has the better claim: whom live's mark names, else the first by name. */
  #contender(tracked: Tracked, live: KubeObject | null): string | null {
    if (tracked.desired?.options.declaredOnly === true) return null
    const declarers = this.#tools.index
      .get(tracked.key)
      .filter(({ desired }) => desired !== null && !desired.options.declaredOnly)
    const mark = live === null ? null : readTracking(live, this.#tools.settings())
    if (declarers.length < 2) return mark === null ? null : this.#elsewhere(tracked, mark)
    const namespace = this.#tools.deps.options.namespace
    const marked = declarers.find(
      ({ app }) => app.definition !== null && mark?.app === appTrackingName(app.definition, namespace),
    )
    const owner = marked ?? [...declarers].sort((a, b) => (a.app.key < b.app.key ? -1 : 1))[0]
    return owner === undefined || owner === tracked ? null : owner.app.key
  }

  /** Marked for an application that this installation does not know: another one's, until someone asks for a sync. */
  #elsewhere(tracked: Tracked, mark: Tracking): string | null {
    if (!mark.selfReferencing || tracked.app.requested !== null) return null
    if (this.#tools.settings().trackingMethod === 'label') return null
    return this.#tools.isKnownApp(mark.app) ? null : mark.app
  }

  #snapshot(tracked: Tracked, live: KubeObject | null): ObjectSnapshot | undefined {
    const { deps, kinds } = this.#tools
    const bare = this.#bare(tracked)
    const common = {
      ...bare,
      live: { state: 'complete', value: live } as const,
      pruneProtected: live !== null && isPruneProtected(live, { ...tracked, settings: this.#tools.settings() }),
    }
    if (tracked.desired === null) return { ...common, desired: null }
    const body = this.#tools.bodyOf(tracked)
    const runtime = kinds.get(tracked.ref)
    if (body === undefined || runtime === undefined) return undefined
    const { form, before, refusal } = this.#tools.questions.known({ tracked, live, runtime })
    const context = this.#tools.contextOf(tracked)
    const mayAsk = context.permissions.blocked === null || deps.options.learn === 'dry-run'
    return {
      ...common,
      desired: { ...tracked.desired, object: body },
      normalForm: form,
      formBefore: before,
      question: !mayAsk ? 'never' : refusal !== null ? 'refused' : 'open',
      ...(refusal === null ? {} : { refusal }),
      contender: this.#contender(tracked, live),
      otherDeliverers: live === null ? [] : this.#tools.othersOf(tracked, live, body),
    }
  }

  /** Returns true when the object should be looked at again at once. */
  async #turn(tracked: Tracked, live: KubeObject | null, startedAt: number): Promise<boolean> {
    if (live !== null) noteVersion(tracked, live)
    const first = this.#evaluate(tracked, live)
    // Nothing is awaited where nothing is open: the write then leaves in the same tick.
    const evaluation = isOpen(first) ? await this.#cleared(tracked, live, first) : first
    if (evaluation === undefined) return false
    this.#conclude(tracked, evaluation)
    const { step } = evaluation
    if (step === null) this.#settled(tracked)
    if (step === null || tracked.queued || isRefused(tracked, step)) return false
    const budget = step.reason === 'heal' ? this.#tools.bucket.take() : undefined
    if (budget !== undefined) {
      await budget
      if (this.#tools.contextOf(tracked).permissions.blocked !== null) return false
    }
    return this.#act(tracked, { step, evaluation, startedAt, live })
  }

  /** What other objects and the server have to say is heard first. */
  async #cleared(
    tracked: Tracked,
    live: KubeObject | null,
    open: ObjectEvaluation,
  ): Promise<ObjectEvaluation | undefined> {
    const informed = open.wanted.length > 0 ? await this.#informed(tracked, live, open.wanted) : open
    return informed?.question === true ? this.#answered(tracked, live, informed) : informed
  }

  /** Other objects may explain what is left: they are looked at first, but not waited for without end. */
  async #informed(
    tracked: Tracked,
    live: KubeObject | null,
    wanted: readonly string[],
  ): Promise<ObjectEvaluation | undefined> {
    const learning = this.#tools.evidence.learn(wanted, this.#tools.look)
    if (learning === null || (await within(this.#tools.deps.clock, learning, EVIDENCE_PATIENCE_MS)))
      return this.#evaluate(tracked, live)
    void learning.then(() => this.#lookAgain(tracked))
    return this.#evaluate(tracked, live, 'as-known')
  }

  /** The report does not wait for the server's answer, the write does. */
  async #answered(
    tracked: Tracked,
    live: KubeObject | null,
    evaluation: ObjectEvaluation,
  ): Promise<ObjectEvaluation | undefined> {
    const subject = live === null ? undefined : this.#subject(tracked, live)
    if (subject === undefined) return this.#evaluate(tracked, live)
    const answer = this.#tools.questions.ask(subject)
    const inTime = await within(this.#tools.deps.clock, answer, ANSWER_PATIENCE_MS).catch(() => false)
    if (!inTime) this.#conclude(tracked, evaluation)
    await answer
    return this.#evaluate(tracked, live)
  }

  #subject(tracked: Tracked, live: KubeObject): Subject | undefined {
    const body = this.#tools.bodyOf(tracked)
    const runtime = this.#tools.kinds.get(tracked.ref)
    if (body === undefined || runtime === undefined || tracked.desired === null) return undefined
    return { tracked, live, body, runtime }
  }

  /** `as-known`: no further objects are waited for. */
  #evaluate(tracked: Tracked, live: KubeObject | null, evidence?: 'as-known'): ObjectEvaluation | undefined {
    const seen = this.#snapshot(tracked, live)
    if (seen === undefined) return undefined
    const { known: _, ...asKnown } = seen.neighbours
    const snapshot = evidence === undefined ? seen : { ...seen, neighbours: asKnown }
    const context = this.#tools.contextOf(tracked)
    const evaluation = evaluateObject(context, snapshot)
    if (evaluation.question || !this.#noteRewrites(tracked, evaluation, live)) return evaluation
    return evaluateObject(context, { ...snapshot, history: { ...snapshot.history, fights: tracked.fights } })
  }

  /** True when a fight began, so that the verdicts must be made anew. */
  #noteRewrites(tracked: Tracked, evaluation: ObjectEvaluation, live: KubeObject | null): boolean {
    const now = this.#tools.deps.clock.now()
    const began: string[] = []
    for (const { field, cause, fingerprint } of evaluation.fields) {
      const state = tracked.fights.get(field.at)
      if (state === undefined || state.healedAt === null) continue
      const opponent = cause.actor.manager ?? (cause.means === 'admission' ? 'admission' : 'unknown')
      // Admission that rewrites our own write reacts whatever value it writes.
      const next = noteRewrite(state, { opponent, wrote: opponent === 'admission' ? opponent : fingerprint }, now)
      tracked.fights.set(field.at, next)
      if (fights(next, now)) began.push(field.at)
    }
    if (began.length > 0) this.#tools.reporter.fought(tracked, began, live)
    return began.length > 0
  }

  #wake(tracked: Tracked, afterMs: number): void {
    tracked.timer?.cancel()
    tracked.timer = this.#tools.deps.clock.after(afterMs, () => {
      tracked.timer = null
      this.#lookAgain(tracked)
    })
  }

  #lookAgain(tracked: Tracked): void {
    if (!this.#stopped && !tracked.app.removed) this.tell(tracked, { kind: 'reread' })
  }

  async #act(
    tracked: Tracked,
    action: { step: ApplyStep; evaluation: ObjectEvaluation; startedAt: number; live: KubeObject | null },
  ): Promise<boolean> {
    const { deps } = this.#tools
    const mayLearn = this.#tools.audit.listens && action.step.reason !== 'sync'
    const differed = mayLearn ? this.#snapshot(tracked, action.live) : undefined
    const context = this.#tools.contextOf(tracked)
    const { step } = action
    if (action.evaluation.takeover !== null) {
      const begun = this.#beginEnforcing(tracked, action.evaluation.takeover)
      if (begun !== null && !(await begun)) return false
    }
    if (step.claim !== null) rememberAuthors(tracked, action.evaluation)
    // Another revision may come into force while this one is written.
    const written = tracked.evaluatedFor
    const outcome = await deps.steps.apply(step)
    if (outcome.state === 'stale') return true
    const ms = deps.clock.monotonic() - action.startedAt
    if (outcome.state === 'failed') {
      tracked.problem = outcome.problem
      this.#tools.reporter.acted(tracked, { ...action, result: 'failed', ms, message: outcome.problem.message })
      tracked.refused = writeKey(tracked, step)
      if (outcome.retry) this.#retryLater(tracked)
      return false
    }
    tracked.refused = ''
    tracked.applied = written
    if (differed !== undefined)
      this.#tools.audit.await(tracked, { context, snapshot: differed, evaluation: action.evaluation })
    return this.#verify(tracked, { ...action, answer: outcome.object, ms })
  }

  /** The server's answer must show what the step was for. */
  async #verify(
    tracked: Tracked,
    action: { step: ApplyStep; evaluation: ObjectEvaluation; answer: KubeObject; ms: number },
  ): Promise<boolean> {
    const { answer, step } = action
    noteVersion(tracked, answer)
    const runtime = this.#tools.kinds.get(tracked.ref)
    if (step.reason === 'create' && runtime !== undefined)
      this.#tools.questions.learn({ tracked, live: answer, runtime }, answer)
    this.#noteHeals(tracked, step)
    const after = this.#evaluate(tracked, answer)
    const left = after === undefined || after.question ? null : after.step
    if (after?.question === false) this.#conclude(tracked, after)
    this.#tools.reporter.acted(tracked, { ...action, result: left === null ? 'done' : 'unverified', message: '' })
    if (left !== null) return this.#unheld(tracked, left, answer)
    this.#settled(tracked)
    return after?.question === true
  }

  #noteHeals(tracked: Tracked, step: ApplyStep): void {
    const now = this.#tools.deps.clock.now()
    for (const [at, state] of tracked.fights) if (isForgotten(state, now)) tracked.fights.delete(at)
    for (const at of step.paths) tracked.fights.set(at, noteHeal(tracked.fights.get(at) ?? CALM, now))
  }

  async #unheld(tracked: Tracked, left: ApplyStep, answer: KubeObject): Promise<boolean> {
    const object = formatRef(tracked.ref)
    const message = `${object} still differs after the write at ${left.paths.join(', ')}.`
    tracked.problem = problem('HF6002', message, { object, app: tracked.app.key })
    const subject = this.#subject(tracked, answer)
    if (subject !== undefined) await this.#tools.questions.askAgain(subject)
    return true
  }

  /**
   * null = nothing was there before: go on. Else what was there has to be on record first, or after a crash it would look
   * like later edits; the promise tells whether it is.
   */
  #beginEnforcing(tracked: Tracked, preExisting: readonly string[]): Promise<boolean> | null {
    tracked.enforced = true
    tracked.preExisting = new Set(preExisting)
    const recorded = this.#tools.deps.store.setPreExisting(tracked.app.key, tracked.key, preExisting).then(
      () => true,
      (error: unknown) => {
        tracked.problem = toProblem(error, 'HF7001', { object: formatRef(tracked.ref), app: tracked.app.key })
        if (preExisting.length > 0) this.#notBegun(tracked)
        return false
      },
    )
    return preExisting.length === 0 ? null : recorded
  }

  #notBegun(tracked: Tracked): void {
    tracked.enforced = false
    tracked.preExisting = new Set()
    this.#retryLater(tracked)
  }

  /** Nothing is left to do now. A path that is fought over is looked at again when its back-off ends. */
  #settled(tracked: Tracked): void {
    tracked.failures = 0
    tracked.authors.clear()
    tracked.timer?.cancel()
    tracked.timer = null
    const now = this.#tools.deps.clock.now()
    const ends = [...tracked.fights.values()].map(({ until }) => until).filter((until) => until > now)
    if (ends.length === 0) tracked.problem = null
    else this.#wake(tracked, Math.min(...ends) - now + 1)
  }

  #conclude(tracked: Tracked, evaluation: ObjectEvaluation): void {
    const previous = tracked.evaluation
    tracked.evaluation = evaluation
    tracked.evaluatedFor = tracked.desired?.digest ?? ''
    tracked.evaluatedUnder = tracked.app.rules
    tracked.firstSeen = new Map(evaluation.fields.map(({ fingerprint, firstSeen }) => [fingerprint, firstSeen]))
    this.#tools.reporter.evaluated(tracked, evaluation, previous)
    noteLook(tracked, evaluation, this.#tools.deps.clock.now())
    // A late event may outlive the difference that it explains no longer than the difference itself.
    const facts = evaluation.status === 'OutOfSync' ? (this.#tools.audit.factsFor(tracked)?.facts ?? []) : []
    tracked.facts = factsWorthKeeping(evaluation, facts)
  }

  #retryLater(tracked: Tracked): void {
    const code = tracked.problem?.code
    if (code !== undefined && new HoldfastError(tracked.problem as Problem).disposition !== 'retry') return
    const base = Math.min(RETRY_FIRST_MS * 2 ** tracked.failures, RETRY_LONGEST_MS)
    tracked.failures += 1
    this.#wake(tracked, base)
  }
}

/** Something may still explain it. */
function isOpen(evaluation: ObjectEvaluation | undefined): evaluation is ObjectEvaluation {
  return evaluation !== undefined && (evaluation.question || evaluation.wanted.length > 0)
}
