// What does an Application's status say, and when is it written? At most once a second, and off the path of a heal.
import type { AppDefinition, RuleBook } from '../core/definition/index.ts'
import { type Evaluation, foldApp } from '../core/evaluate/index.ts'
import { ruleProblems } from '../core/ignores/index.ts'
import type { Problem } from '../core/problem/index.ts'
import { applicationStatus, conditionTimesIn, type ConditionTimes, refusedStatus } from '../core/record/index.ts'
import type { IgnoreSample } from '../ports/metrics.ts'
import { stuck } from './delivery.ts'
import { DeliveryNews } from './delivery-news.ts'
import type { Deps } from './deps.ts'
import type { Events } from './events.ts'
import { hasForeignWriter } from './permissions.ts'
import { generatorProblems } from './renders.ts'
import { revisionsOf } from './revisions.ts'
import type { AppState } from './state.ts'
import { applicationRef } from './steps/index.ts'
import { TroubleLog } from './trouble-log.ts'

const STATUS_EVERY_MS = 1_000
const FIRST_STATUS_MS = 20
const PROGRESS_EVERY_MS = 5_000

export class StatusWriter {
  readonly #deps: Deps
  readonly #events: Events
  readonly #speaks: () => boolean
  readonly #due = new Map<AppState, { cancel(): void }>()
  readonly #writing = new Map<AppState, Promise<void>>()
  readonly #deliveries = new DeliveryNews()
  readonly #troubles = new TroubleLog()
  readonly #rules = new WeakMap<AppState, { book: RuleBook; key: string; problems: readonly Problem[] }>()

  /** `speaks`: no other replica writes the same status. */
  constructor(deps: Deps, events: Events, speaks: () => boolean) {
    this.#deps = deps
    this.#events = events
    this.#speaks = speaks
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
    const around = [...app.podProblems, ...app.orphanProblems, ...app.returned.values(), ...this.#ruleProblems(app)]
    return [...this.#problemsNow(app), ...evaluation.problems, ...around]
  }

  /** What keeps the application from being as Git declares it, besides what comparing found. */
  #problemsNow(app: AppState): Problem[] {
    const own = [...app.objects.values()].flatMap(({ problem: own }) => (own === null ? [] : [stuck(app, own)]))
    const desired = [...app.desiredProblems, ...generatorProblems(app)]
    return [...app.definitionProblems, ...app.sourceProblems, ...desired, ...app.unwatched, ...own]
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
    if (!this.#speaks() || hasForeignWriter(app, clock.now()) || app.definition?.skip === true) return
    for (const { reason, type, message } of this.#deliveries.of(app, this.#problemsNow(app), clock.now()))
      this.#events.tell(app, reason, type, message)
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
