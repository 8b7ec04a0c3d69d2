// Tells what happened: status columns, Kubernetes Events, journal, metrics. Off the path of a heal, and bounded.
import { fightsNow } from '../core/decide/index.ts'
import { formatRef, type KubeObject, type ObjectRef } from '../core/kube/index.ts'
import { type Orphan, orphanWhy, type Pruned } from '../core/orphan/index.ts'
import { foldApp, type Evaluation, type ObjectEvaluation } from '../core/evaluate/index.ts'
import type { AppDefinition, RuleBook } from '../core/definition/index.ts'
import { ruleProblems } from '../core/ignores/index.ts'
import type { IgnoreSample } from '../ports/metrics.ts'
import {
  applicationStatus,
  conditionTimesIn,
  type ConditionTimes,
  fightProblem,
  refusedStatus,
} from '../core/record/index.ts'
import { deliveryReasonOf, type Problem } from '../core/problem/index.ts'
import type { LateAuthor } from './audit.ts'
import { actorOf, askedIn, authorLines, becauseOf, isNewWhole, lateAuthors, nameOf, urgencyOf } from './authors.ts'
import type { JournalEntry } from '../ports/store.ts'
import { stuck } from './delivery.ts'
import { DeliveryNews } from './delivery-news.ts'
import type { Deps } from './deps.ts'
import type { Reporter } from './objects.ts'
import { hasForeignWriter } from './permissions.ts'
import { revisionsOf } from './revisions.ts'
import type { AppState, Tracked } from './state.ts'
import { applicationRef, type EventReason } from './steps/index.ts'
import { TokenBucket } from './bucket.ts'
import { TroubleLog } from './trouble-log.ts'

const STATUS_EVERY_MS = 1_000
const FIRST_STATUS_MS = 20
const PROGRESS_EVERY_MS = 5_000
const EVENTS = { perSecond: 2, burst: 60 }

type Acted = Parameters<Reporter['acted']>[1]

export class Reporting implements Reporter {
  readonly #deps: Deps
  readonly #events: TokenBucket
  readonly #due = new Map<AppState, { cancel(): void }>()
  readonly #writing = new Map<AppState, Promise<void>>()
  readonly #deliveries = new DeliveryNews()
  readonly #troubles = new TroubleLog()
  readonly #rules = new WeakMap<AppState, { book: RuleBook; key: string; problems: readonly Problem[] }>()
  #waitingEvents = 0
  #onGone: (tracked: Tracked) => void = () => {}
  #onRecovery: (app: AppState) => void = () => {}
  #onPruned: (ref: ObjectRef, pruned: Pruned) => void = () => {}

  constructor(deps: Deps) {
    this.#deps = deps
    this.#events = new TokenBucket(deps.clock, EVENTS)
  }

  /** Called when an object that Git does not declare is gone from the cluster. */
  onGone(run: (tracked: Tracked) => void): void {
    this.#onGone = run
  }

  onPruned(run: (ref: ObjectRef, pruned: Pruned) => void): void {
    this.#onPruned = run
  }

  /** Called when a write succeeded after the last operation had failed: it may be concluded now. */
  onRecovery(run: (app: AppState) => void): void {
    this.#onRecovery = run
  }

  evaluated(tracked: Tracked, evaluation: ObjectEvaluation, previous: ObjectEvaluation | null): void {
    if (tracked.desired === null && evaluation.difference === null && evaluation.status === 'Synced')
      this.#onGone(tracked)
    const drifted = evaluation.fields.filter(
      ({ fingerprint }) => !(previous?.fields ?? []).some((known) => known.fingerprint === fingerprint),
    )
    if (drifted.length > 0 || (previous?.fields.length ?? 0) > 0) this.#remember(tracked, evaluation, previous)
    if (drifted.length > 0 || isNewWhole(evaluation, previous)) this.#drift(tracked, evaluation)
    const late = lateAuthors(evaluation, previous)
    if (late.length > 0) this.attributed(tracked, late, 'open')
    this.touch(tracked.app)
  }

  /** First-seen times outlive restarts; what is no longer different is forgotten. */
  #remember(tracked: Tracked, evaluation: ObjectEvaluation, previous: ObjectEvaluation | null): void {
    const { store, clock, log } = this.#deps
    const now = evaluation.fields.map(({ fingerprint }) => fingerprint)
    const gone = (previous?.fields ?? []).map(({ fingerprint }) => fingerprint).filter((print) => !now.includes(print))
    const keep = async (): Promise<void> => {
      if (gone.length > 0) await store.forget(gone)
      if (now.length === 0) return
      for (const [print, time] of await store.firstSeen(now, new Date(clock.now()).toISOString()))
        tracked.firstSeen.set(print, time)
    }
    keep().catch((error: unknown) =>
      log.debug({ app: tracked.app.key, error: String(error) }, 'first-seen times not kept'),
    )
  }

  #drift(tracked: Tracked, evaluation: ObjectEvaluation): void {
    const { app } = tracked
    if (tracked.pending && evaluation.fields.every(({ verdict }) => verdict.because === 'sync')) return
    const shown = evaluation.fields
      .slice(0, 5)
      .map(({ field, cause, verdict }) => `${field.at} ${field.change} by ${nameOf(cause)}${urgencyOf(verdict)}`)
    const what = shown.length > 0 ? shown.join('; ') : (evaluation.difference ?? '')
    this.#journal(tracked, {
      action: 'drift',
      paths: evaluation.fields.map(({ field }) => field.at),
      actor: actorOf(evaluation),
      result: 'done',
      because: becauseOf(evaluation),
      durationMs: 0,
      message: evaluation.difference ?? '',
    })
    this.#deps.log.info(
      {
        ...{ app: app.key, object: formatRef(tracked.ref), difference: evaluation.difference, fields: shown },
        ...(evaluation.owner === null ? {} : { owner: evaluation.owner.name }),
      },
      'drift',
    )
    this.event(app, 'DriftDetected', 'Warning', `${formatRef(tracked.ref)}: ${what}${askedIn(evaluation)}`)
  }

  acted(tracked: Tracked, outcome: Acted): void {
    const { app } = tracked
    const { step, result, ms } = outcome
    const object = formatRef(tracked.ref)
    const action = step.reason === 'create' ? 'create' : step.reason === 'heal' ? 'heal' : 'sync'
    const message = outcome.message
    this.#journal(tracked, {
      action,
      paths: step.paths,
      actor: actorOf(outcome.evaluation),
      result: result === 'failed' ? 'failed' : 'done',
      because: becauseOf(outcome.evaluation),
      durationMs: Math.round(ms * 100) / 100,
      message,
    })
    const fields = { app: app.key, object, paths: step.paths, ms: Math.round(ms * 10) / 10, result }
    if (result === 'failed') this.#deps.log.warn({ ...fields, error: message }, `${action} failed`)
    else this.#deps.log.info(fields, action)
    if (action === 'heal') this.#healed(tracked, outcome)
    // What keeps Git's state from being brought in is told by its own reason, and not at every attempt.
    const isTold = tracked.problem !== null && deliveryReasonOf(tracked.problem) !== null
    if (result === 'failed' && !isTold) this.event(app, 'HealFailed', 'Warning', `${object}: ${message}`)
    else if (result !== 'failed' && action === 'create' && app.syncedRevision === app.revision)
      this.event(app, 'ResourceCreated', 'Normal', object)
    this.#recovered(app, result)
    this.touch(app)
  }

  /** A write succeeded after the last operation had failed: that may be over now. */
  #recovered(app: AppState, result: Acted['result']): void {
    if (result === 'done' && app.operation?.phase === 'Failed' && !app.passing) this.#onRecovery(app)
  }

  #healed({ app, ref }: Tracked, { step, result, ms, evaluation }: Acted): void {
    const [namespace = '', name = ''] = app.key.split('/')
    this.#deps.metrics.healed({ namespace, name, result, seconds: ms / 1_000 })
    if (result === 'failed') return
    const what = `${step.paths.join(', ')} by ${actorOf(evaluation)}, in ${Math.round(ms)} ms`
    this.event(app, 'DriftHealed', 'Normal', `${formatRef(ref)}: ${what}`)
  }

  /** The audit log came later than what it tells of: the record gets its authors once, and nobody is alarmed again. */
  attributed(tracked: Tracked, authors: readonly LateAuthor[], state: 'open' | 'healed'): void {
    const object = formatRef(tracked.ref)
    for (const { actor, paths, how } of authorLines(authors)) {
      const entry = { action: 'author', paths, actor, result: 'done', because: 'audit', durationMs: 0 } as const
      this.#journal(tracked, { ...entry, message: `${state}: ${how}` })
      this.#deps.log.info({ app: tracked.app.key, object, paths, actor, state }, 'author')
      const what = paths.length === 0 ? object : `${object}: ${paths.join(', ')}`
      this.event(tracked.app, 'AuthorFound', 'Normal', `${what} by ${actor} (${how})`)
    }
    this.touch(tracked.app)
  }

  fought(tracked: Tracked, paths: readonly string[], live: KubeObject | null): void {
    const { app, ref } = tracked
    const fights = fightsNow(tracked.fights, this.#deps.clock.now())
    const told = fightProblem({ app: app.key, ref, fights, live })
    tracked.problem = told
    for (const at of paths) {
      const { opponent = 'unknown', rewrites = 0 } = fights.get(at) ?? {}
      const entry = { action: 'fight', paths: [at], actor: opponent, result: 'done', because: 'fight' } as const
      this.#journal(tracked, { ...entry, durationMs: 0, message: told.message })
      this.#deps.log.warn({ app: app.key, object: formatRef(ref), path: at, opponent, rewrites }, 'fight')
    }
    this.event(app, 'Fight', 'Warning', `${told.message} ${told.action}`)
    this.touch(app)
  }

  pruned(tracked: Tracked, result: 'done' | 'failed', message: string): void {
    const { app } = tracked
    const time = new Date(this.#deps.clock.now()).toISOString()
    if (result === 'done') this.#onPruned(tracked.ref, { app: app.key, time, revision: app.revision })
    this.#journal(tracked, {
      action: 'prune',
      paths: [],
      actor: 'holdfast',
      result,
      because: 'sync',
      durationMs: 0,
      message,
    })
    this.#deps.log.info({ app: tracked.app.key, object: formatRef(tracked.ref), result, message }, 'prune')
    this.event(
      tracked.app,
      result === 'done' ? 'ResourcePruned' : 'SyncFailed',
      result === 'done' ? 'Normal' : 'Warning',
      `${formatRef(tracked.ref)} ${message}`.trim(),
    )
  }

  /** What was pruned is there again, and no application knows it. */
  returned(app: AppState, orphan: Orphan): void {
    const object = formatRef(orphan.ref)
    const message = `${object} ${orphanWhy(orphan)}`
    this.#record(app, object, {
      action: 'orphan',
      paths: [],
      actor: orphan.writer?.manager ?? 'unknown',
      result: 'done',
      because: orphan.why,
      durationMs: 0,
      message,
    })
    this.#deps.log.warn({ app: app.key, object }, orphanWhy(orphan))
    this.event(app, 'OrphanReturned', 'Warning', message)
    this.touch(app)
  }

  #journal(tracked: Tracked, entry: Omit<JournalEntry, 'time' | 'app' | 'object' | 'revision'>): void {
    this.#record(tracked.app, formatRef(tracked.ref), entry)
  }

  #record(app: AppState, object: string, entry: Omit<JournalEntry, 'time' | 'app' | 'object' | 'revision'>): void {
    const time = new Date(this.#deps.clock.now()).toISOString()
    this.#deps.store
      .append([{ ...entry, time, app: app.key, object, revision: app.revision }])
      .catch((error: unknown) => {
        this.#deps.log.error({ app: app.key, error: String(error) }, 'unrecorded')
      })
  }

  /** A Kubernetes Event on the Application; over the rate it waits its turn, and beyond a bound it is left out. */
  event(app: AppState, reason: EventReason, type: 'Normal' | 'Warning', message: string): void {
    const { definition } = app
    if (definition === null || this.#deps.options.mode === 'observe' || this.#waitingEvents > 500) return
    this.#waitingEvents += 1
    const time = new Date(this.#deps.clock.now()).toISOString()
    const send = async (): Promise<void> => {
      await this.#events.take()
      await this.#deps.steps.event({
        namespace: definition.namespace,
        application: definition.name,
        uid: definition.uid,
        reason,
        type,
        message,
        time,
      })
    }
    send()
      .catch((error: unknown) => this.#deps.log.debug({ app: app.key, error: String(error) }, 'event not written'))
      .finally(() => {
        this.#waitingEvents -= 1
      })
  }

  /** Something about the application changed: its status is written soon, at most once a second. */
  touch(app: AppState): void {
    if (this.#due.has(app)) return
    const fresh = app.written === '' && !app.passing
    this.#writeAfter(app, fresh ? FIRST_STATUS_MS : app.passing ? PROGRESS_EVERY_MS : STATUS_EVERY_MS)
  }

  /** Something that people wait for is over: its status is written as soon as what happens in this moment has happened. */
  touchNow(app: AppState): void {
    this.#due.get(app)?.cancel()
    this.#writeAfter(app, FIRST_STATUS_MS)
  }

  /** Writes the status as it is at this moment; resolves when it is written, or could not be. */
  async writeNow(app: AppState): Promise<void> {
    await this.#writing.get(app)
    this.#due.get(app)?.cancel()
    this.#due.delete(app)
    await this.#write(app)
  }

  #writeAfter(app: AppState, ms: number): void {
    if (app.removed || !app.ready) return
    const timer = this.#deps.clock.after(ms, () => {
      this.#due.delete(app)
      void this.#write(app)
    })
    this.#due.set(app, timer)
  }

  /** The application as a whole, as it stands now. */
  evaluationOf(app: AppState): Evaluation {
    const objects = [...app.objects.values()].flatMap(({ evaluation }) => (evaluation === null ? [] : [evaluation]))
    const blocking = [
      ...(app.definitionUsable ? [] : app.definitionProblems),
      ...(app.renderedAt === 0 ? app.sourceProblems : []),
      ...(app.renderedAt > 0 && !app.desiredComplete ? app.desiredProblems : []),
    ]
    const unseen = [...app.objects.values()].filter(
      ({ desired, evaluation }) => desired !== null && evaluation === null,
    )
    const evaluation = foldApp({ app: app.key }, objects, blocking, unseen.length)
    // Nothing was ever compared: nobody knows how it is.
    return app.renderedAt > 0 ? evaluation : { ...evaluation, health: { status: 'Unknown', message: '' } }
  }

  /** What is to be said of the rules themselves; made anew when they, the objects or the day are others. */
  #ruleProblems(app: AppState): readonly Problem[] {
    const today = new Date(this.#deps.clock.now()).toISOString().slice(0, 10)
    const key = `${today} ${app.builtFor} ${app.objects.size}`
    const known = this.#rules.get(app)
    if (known?.book === app.rules && known.key === key) return known.problems
    const refs = [...app.objects.values()].flatMap(({ ref, desired }) => (desired === null ? [] : [ref]))
    const problems = app.renderedAt === 0 ? [] : ruleProblems(app.rules, { app: app.key, refs, today })
    this.#rules.set(app, { book: app.rules, key, problems })
    return problems
  }

  problemsOf(app: AppState, evaluation: Evaluation): Problem[] {
    const around = [...app.orphanProblems, ...app.returned.values(), ...this.#ruleProblems(app)]
    return [...this.#problemsNow(app), ...evaluation.problems, ...around]
  }

  /** What keeps the application from being as Git declares it, besides what comparing found. */
  #problemsNow(app: AppState): Problem[] {
    const own = [...app.objects.values()].flatMap(({ problem: own }) => (own === null ? [] : [stuck(app, own)]))
    return [...app.definitionProblems, ...app.sourceProblems, ...app.desiredProblems, ...app.unwatched, ...own]
  }

  #measure(app: AppState, definition: AppDefinition, evaluation: Evaluation): void {
    const { clock, metrics } = this.#deps
    const labels = { namespace: definition.namespace, name: definition.name }
    metrics.compared(labels, { fields: evaluation.counts.fields, at: clock.now() })
    metrics.ignores(labels, this.#ignoreSample(app, evaluation))
    metrics.app({
      ...labels,
      project: definition.project,
      autosync: definition.automated.enabled ? 'enabled' : 'disabled',
      repo: definition.sources[0]?.repoURL ?? '',
      destServer: 'https://kubernetes.default.svc',
      destNamespace: definition.destinationNamespace,
      syncStatus: evaluation.status,
      healthStatus: evaluation.health.status,
      operation: app.operation?.phase === 'Running' ? 'sync' : '',
    })
  }

  #ignoreSample(app: AppState, evaluation: Evaluation): IgnoreSample {
    const { rules } = app
    const people = new Set(rules.all.map(({ id }) => id))
    const ignored = evaluation.objects.flatMap((object) => object.ignored)
    const problems = this.problemsOf(app, evaluation)
    const count = (code: Problem['code']): number =>
      new Set(problems.filter((each) => each.code === code).map(({ subject }) => subject.path)).size
    return {
      rules: rules.all.length,
      hidden: people.size === 0 ? 0 : ignored.filter(({ rule }) => people.has(rule)).length,
      problems: {
        unusable: count('HF2005'),
        unmatched: count('HF2009'),
        overreaching: count('HF2010'),
        overdue: count('HF2011'),
      },
    }
  }

  /** The status as a function of its times: these alone are no news. */
  #statusOf(app: AppState): (now: string, since: ConditionTimes) => Record<string, unknown> {
    const { definition } = app
    if (definition === null)
      return (now, since) => refusedStatus(app.definitionProblems, { now, since, operation: app.operation })
    const evaluation = this.evaluationOf(app)
    this.#measure(app, definition, evaluation)
    const { compared, sourceTypes, operation, history } = app
    const revisions = revisionsOf(app.revision)
    const problems = this.problemsOf(app, evaluation)
    const { namespace } = this.#deps.options
    return (now, since) =>
      applicationStatus({
        definition,
        evaluation,
        compared,
        revisions,
        sourceTypes,
        operation,
        history,
        problems,
        since,
        namespace,
        now,
      })
  }

  async #write(app: AppState): Promise<void> {
    const { clock, log } = this.#deps
    if (app.removed) return
    if (this.#writing.has(app)) return this.touch(app)
    const status = this.#statusOf(app)
    this.#troubles.note(app, this.#problemsNow(app), log)
    if (hasForeignWriter(app, clock.now()) || app.definition?.skip === true) return
    for (const { reason, type, message } of this.#deliveries.of(app, this.#problemsNow(app), clock.now()))
      this.event(app, reason, type, message)
    const print = JSON.stringify(status('', new Map()))
    if (print === app.written) return
    const [namespace = '', name = ''] = app.key.split('/')
    const written = status(new Date(clock.now()).toISOString(), app.conditionTimes)
    app.conditionTimes = conditionTimesIn(written)
    const writing = this.#deps.steps
      .status(applicationRef(namespace, name), written)
      .then(
        () => {
          app.written = print
        },
        (error: unknown) => {
          log.warn({ app: app.key, error: String(error) }, 'status not written')
          this.touch(app)
        },
      )
      .finally(() => this.#writing.delete(app))
    this.#writing.set(app, writing)
    await writing
  }

  forget(app: AppState): void {
    this.#due.get(app)?.cancel()
    this.#due.delete(app)
    this.#deliveries.forget(app.key)
    const [namespace = '', name = ''] = app.key.split('/')
    this.#deps.metrics.forget({ namespace, name })
  }

  /** Writes what is due, at once, and what becomes due meanwhile; for a graceful end. */
  async flush(): Promise<void> {
    // A server that does not answer is not asked for ever.
    for (let round = 0; round < 3 && this.#writing.size + this.#due.size > 0; round += 1) {
      const apps = [...this.#due.keys()]
      for (const due of this.#due.values()) due.cancel()
      this.#due.clear()
      await Promise.all([...this.#writing.values(), ...apps.map((app) => this.writeNow(app))])
    }
  }
}
