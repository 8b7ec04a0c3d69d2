// Who is told what happened: the journal, the log, Kubernetes Events, metrics; and whose status is to be written then.
import { fightsNow } from '../core/decide/index.ts'
import type { GeneratorChange } from '../core/classify/index.ts'
import type { ObjectEvaluation } from '../core/evaluate/index.ts'
import { formatRef, type KubeObject, type ObjectRef } from '../core/kube/index.ts'
import { type Orphan, orphanWhy, type Pruned } from '../core/orphan/index.ts'
import { deliveryReasonOf } from '../core/problem/index.ts'
import { fightProblem } from '../core/record/index.ts'
import type { JournalEntry } from '../ports/store.ts'
import type { LateAuthor } from './audit.ts'
import { actorOf, askedIn, authorLines, becauseOf, fieldsTold, isNewWhole, lateAuthors, withFields } from './authors.ts'
import type { Deps } from './deps.ts'
import type { DriftRecords } from './drift-records.ts'
import { Events } from './events.ts'
import type { Reporter } from './objects.ts'
import { changeText } from './renders.ts'
import type { AppState, Tracked } from './state.ts'
import { StatusWriter } from './status.ts'

type Acted = Parameters<Reporter['acted']>[1]

export class Reporting implements Reporter {
  readonly events: Events
  readonly status: StatusWriter
  readonly #deps: Deps
  readonly #records: DriftRecords
  #onGone: (tracked: Tracked) => void = () => {}
  #onRecovery: (app: AppState) => void = () => {}
  #onPruned: (ref: ObjectRef, pruned: Pruned) => void = () => {}

  constructor(deps: Deps, records: DriftRecords, speaks: () => boolean) {
    this.#deps = deps
    this.#records = records
    this.events = new Events(deps, speaks)
    this.status = new StatusWriter(deps, this.events, speaks)
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
    if (evaluation.status === 'Synced') this.#records.over(tracked)
    const late = lateAuthors(evaluation, previous)
    if (late.length > 0) this.attributed(tracked, late, 'open')
    this.status.touch(tracked.app)
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
    const { difference } = evaluation
    const shown = fieldsTold(evaluation)
    const what = shown.length > 0 ? shown.join('; ') : (difference ?? '')
    this.#records.found(tracked, evaluation, actorOf(evaluation))
    this.#found(app, evaluation, {
      journal: difference ?? '',
      event: `${formatRef(tracked.ref)}: ${what}${askedIn(evaluation)}`,
    })
  }

  #found(app: AppState, evaluation: ObjectEvaluation, message: { journal: string; event: string }): void {
    const { ref, fields, difference, owner } = evaluation
    const object = formatRef(ref)
    this.#record(app, object, {
      action: 'drift',
      paths: fields.map(({ field }) => field.at),
      actor: actorOf(evaluation),
      result: 'done',
      because: becauseOf(evaluation),
      durationMs: 0,
      message: message.journal,
    })
    this.#deps.log.info(
      {
        ...{ app: app.key, object, difference, fields: fieldsTold(evaluation) },
        ...(owner === null ? {} : { owner: owner.name }),
      },
      'drift',
    )
    this.events.tell(app, 'DriftDetected', 'Warning', message.event)
  }

  /** A running pod does not follow the template of a declared workload any more. */
  deviated(app: AppState, evaluation: ObjectEvaluation): void {
    const journal = evaluation.problems.map(({ message }) => message).join(' ')
    const event = withFields(evaluation)
      .map(({ message }) => message)
      .join(' ')
    this.#found(app, evaluation, { journal, event })
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
    if (result === 'failed' && !isTold) this.events.tell(app, 'HealFailed', 'Warning', `${object}: ${message}`)
    else if (result !== 'failed' && action === 'create' && app.syncedRevision === app.revision)
      this.events.tell(app, 'ResourceCreated', 'Normal', object)
    this.#recovered(app, result)
    this.status.touch(app)
  }

  /** A write succeeded after the last operation had failed: that may be over now. */
  #recovered(app: AppState, result: Acted['result']): void {
    if (result === 'done' && app.operation?.phase === 'Failed' && !app.passing) this.#onRecovery(app)
  }

  #healed(tracked: Tracked, { step, result, ms, evaluation }: Acted): void {
    const { app, ref } = tracked
    if (result === 'done') this.#records.healed(tracked)
    const [namespace = '', name = ''] = app.key.split('/')
    this.#deps.metrics.healed({ namespace, name, result, seconds: ms / 1_000 })
    if (result === 'failed') return
    const what = `${step.paths.join(', ')} by ${actorOf(evaluation)}, in ${Math.round(ms)} ms`
    this.events.tell(app, 'DriftHealed', 'Normal', `${formatRef(ref)}: ${what}`)
  }

  /** The audit log came later than what it tells of: the record gets its authors once, and nobody is alarmed again. */
  attributed(tracked: Tracked, authors: readonly LateAuthor[], state: 'open' | 'healed'): void {
    const object = formatRef(tracked.ref)
    for (const { actor, paths, how, confidence } of authorLines(authors)) {
      this.#records.attributed(tracked, actor, confidence)
      const entry = { action: 'author', paths, actor, result: 'done', because: 'audit', durationMs: 0 } as const
      this.#journal(tracked, { ...entry, message: `${state}: ${how}` })
      this.#deps.log.info({ app: tracked.app.key, object, paths, actor, state }, 'author')
      const what = paths.length === 0 ? object : `${object}: ${paths.join(', ')}`
      this.events.tell(tracked.app, 'AuthorFound', 'Normal', `${what} by ${actor} (${how})`)
    }
    this.status.touch(tracked.app)
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
    this.events.tell(app, 'Fight', 'Warning', `${told.message} ${told.action}`)
    this.status.touch(app)
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
    this.events.tell(
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
    this.events.tell(app, 'OrphanReturned', 'Warning', message)
    this.status.touch(app)
  }

  /** Git did not move, and other objects came of it. */
  renderedOtherwise(app: AppState, change: GeneratorChange): void {
    const message = changeText(change)
    const entry = { action: 'render', paths: [], actor: 'generator', result: 'done', because: 'generator' } as const
    this.#record(app, '', { ...entry, durationMs: 0, message })
    const { objects, moved } = change
    this.#deps.log.warn({ app: app.key, objects: objects.slice(0, 5), moved }, 'rendered otherwise')
    this.events.tell(app, 'RenderChanged', 'Warning', message)
    this.status.touch(app)
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
}
