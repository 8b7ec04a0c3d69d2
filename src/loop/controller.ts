// The loop: watches say which, the turn looks at what is. Wires the parts of this folder together.
import pLimit from 'p-limit'
import { isExcluded, parseSettings, type Settings } from '../core/definition/index.ts'
import { appTrackingName, readTracking } from '../core/desired/index.ts'
import { controllerOf, type KubeObject, refOf } from '../core/kube/index.ts'
import { HoldfastError, type Problem, problem } from '../core/problem/index.ts'
import type { WatchEvent } from '../ports/cluster-reader.ts'
import { AppRunner } from './apps.ts'
import { TokenBucket } from './bucket.ts'
import type { Deps } from './deps.ts'
import { Audit } from './audit.ts'
import { Admission } from './admission.ts'
import { DriftRecords } from './drift-records.ts'
import { Evidence, type Touched } from './evidence.ts'
import { happeningsOf } from './happenings.ts'
import { Kinds, type KindRuntime } from './kinds.ts'
import { look, type LookTools, lookUntilAnswered } from './look.ts'
import { ObjectRunner } from './objects.ts'
import { OtherDeliverers } from './other-deliverers.ts'
import { Orphans } from './orphans.ts'
import { within } from './patience.ts'
import { Pods } from './pods.ts'
import { PrunedObjects } from './pruned.ts'
import { Questions } from './questions.ts'
import { contextOf, mayTell, type Standing } from './permissions.ts'
import { bodyOf } from './refresh.ts'
import { Reporting } from './reporting.ts'
import { SettingsWatch } from './rules.ts'
import { ObjectIndex, type Tracked } from './state.ts'
import { SourceSettingsWatch } from './source-settings.ts'
import { APPLICATION, type Lease } from './steps/index.ts'

/** Well within the 30 s that a pod is given. */
const FLUSH_MS = 10_000
const PROJECT = { group: 'argoproj.io', version: 'v1alpha1', kind: 'AppProject' }
const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' }
const CRD_KIND = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' }
const WRITE_BUDGET = { perSecond: 50, burst: 200 }
const OBJECT_TURNS = 24
const METRICS_EVERY_MS = 5_000
const CRD_SETTLE_MS = 1_500
/** How the owner of what was injected begins. */
const INJECTOR = 'MutatingWebhookConfiguration '

export interface Controller {
  /** Reasons why not ready; empty = ready. */
  notReady(): string[]
  readonly apps: AppRunner
  readonly reporting: Reporting
  stop(): Promise<void>
}

function defaultSettings(): Settings {
  const defaults = parseSettings(null).value
  if (defaults === null) throw new HoldfastError(problem('HF7004', 'no default settings'))
  return defaults
}

export class Loop implements Controller {
  readonly apps: AppRunner
  readonly reporting: Reporting
  readonly #deps: Deps
  readonly #kinds: Kinds
  readonly #index = new ObjectIndex()
  readonly #evidence: Evidence
  readonly #records: DriftRecords
  readonly #admission: Admission
  readonly #audit: Audit
  readonly #objects: ObjectRunner
  readonly #sourceSettings: SourceSettingsWatch
  readonly #pruned = new PrunedObjects()
  readonly #orphans: Orphans
  readonly #pods: Pods
  readonly #others: OtherDeliverers
  readonly #settings: SettingsWatch
  #lease: Lease | null = null
  #started = false
  #stopped = false
  #timers: { cancel(): void }[] = []

  constructor(deps: Deps) {
    this.#deps = deps
    this.#settings = new SettingsWatch(defaultSettings(), {
      deps,
      onKnown: () => this.apps.sourceSettingsChanged('access'),
      onChange: () => this.apps.settingsChanged(),
    })
    this.#kinds = new Kinds(deps, (event, runtime) => this.#onEvent(event, runtime))
    this.#evidence = new Evidence((touched) => this.#onTouched(touched))
    this.#admission = new Admission({
      look: (kind) => look(this.#lookTools(), kind),
      onTrouble: (error) => deps.log.warn({ error: String(error) }, 'parameters of admission policies not read'),
    })
    this.#records = new DriftRecords(deps, (ref) =>
      happeningsOf({ reader: deps.reader, scalersOf: (target) => this.#evidence.scalersOf(target) }, ref),
    )
    this.reporting = new Reporting(deps, this.#records, () => mayTell(this.#standing()))
    this.#sourceSettings = new SourceSettingsWatch({
      deps,
      onChange: (what) => this.apps.sourceSettingsChanged(what),
    })
    const settings = (): Settings => this.#settings.system.settings
    this.#others = new OtherDeliverers({
      deps,
      onChange: (tracked) => this.#objects.tell(tracked, { kind: 'reread' }),
    })
    this.#audit = this.#auditFor(deps)
    this.#objects = this.#objectRunner(settings)
    const limit = pLimit(OBJECT_TURNS)
    this.apps = new AppRunner({
      deps,
      kinds: this.#kinds,
      index: this.#index,
      objects: this.#objects,
      reporting: this.reporting,
      settings,
      system: () => this.#settings.system,
      settingsUnknown: () => this.#settingsUnknown(),
      sourceDigest: () => this.#sourceSettings.digest,
      limit: (run) => limit(run),
      standing: () => this.#standing(),
      onCompared: (app) => this.#pods.compared(app),
    })
    this.reporting.onGone((tracked) => this.#index.untrack(tracked))
    this.reporting.onRecovery((app) => this.apps.pass(app))
    this.reporting.onPruned((ref, pruned) => this.#pruned.note(ref, pruned))
    this.#orphans = new Orphans({
      deps,
      settings,
      apps: () => this.apps.all(),
      pruned: this.#pruned,
      reporting: this.reporting,
    })
    this.#pods = new Pods({
      ...{ deps, kinds: this.#kinds, settings, reporting: this.reporting },
      apps: () => this.apps.all(),
    })
  }

  #objectRunner(settings: () => Settings): ObjectRunner {
    const deps = this.#deps
    return new ObjectRunner({
      deps,
      kinds: this.#kinds,
      index: this.#index,
      evidence: this.#evidence,
      audit: this.#audit,
      questions: new Questions(deps, this.#admission),
      look: (kind) => lookUntilAnswered(this.#lookTools(), kind),
      bucket: new TokenBucket(deps.clock, WRITE_BUDGET),
      settings,
      contextOf: (tracked) => contextOf(tracked, this.#standing()),
      bodyOf: (tracked) => this.#bodyOf(tracked),
      othersOf: (tracked, live, declared) => this.#others.of(tracked, live, declared),
      isKnownApp: (name) => this.#isKnownApp(name),
      reporter: this.reporting,
    })
  }

  #lookTools(): LookTools {
    const { clock, log } = this.#deps
    return { kinds: this.#kinds, clock, log, isStopped: () => this.#stopped }
  }

  #isKnownApp(name: string): boolean {
    const { namespace } = this.#deps.options
    return this.apps
      .all()
      .some(({ definition }) => definition !== null && appTrackingName(definition, namespace) === name)
  }

  #settingsUnknown(): Problem | null {
    return this.#settings.unknown ?? this.#sourceSettings.unknown
  }

  #auditFor(deps: Deps): Audit {
    return new Audit({
      clock: deps.clock,
      kinds: this.#kinds,
      index: this.#index,
      digestKey: deps.options.digestKey,
      onNews: (tracked) => this.#objects.tell(tracked, { kind: 'reread' }),
      onLate: (tracked, authors) => this.reporting.attributed(tracked, authors, 'healed'),
      onGarbage: () =>
        deps.log.warn({}, 'the audit log holds lines that are no events: they are counted, not told again'),
    })
  }

  #standing(): Standing {
    return { options: this.#deps.options, leads: this.#lease?.leads() ?? false, now: this.#deps.clock.now() }
  }

  #bodyOf(tracked: Tracked): KubeObject | undefined {
    if (tracked.desired === null) return undefined
    const body = bodyOf(this.#deps, tracked.desired)
    if (body === undefined) this.apps.bodiesLost(tracked)
    return body
  }

  /** Resolves when every Application was listed; objects follow. Rejects only when Holdfast cannot work at all. */
  async start(): Promise<void> {
    const { deps } = { deps: this.#deps }
    await this.#settings.start()
    await this.apps.recallStore()
    await this.#records.recall()
    await this.#pruned.recall(deps.store, deps.log)
    await this.#sourceSettings.start()
    const application = await this.#kinds.load(APPLICATION, { refresh: true })
    if (application === undefined) {
      throw new HoldfastError(
        problem(
          'HF3002',
          'The cluster does not serve argoproj.io/v1alpha1 Application.',
          {},
          'Run: holdfast install --crds',
        ),
      )
    }
    this.#holdLease()
    // Only forms hang on admission, and they are only asked for where that may be.
    if (deps.options.mode === 'enforce' || deps.options.learn === 'dry-run') await this.#admission.start()
    for (const query of [PROJECT, CRD_KIND, NAMESPACE]) {
      const runtime = await this.#kinds.load(query)
      if (runtime !== undefined) await this.#begin(runtime)
    }
    await this.#begin(application)
    this.#started = true
    void this.apps.looked().then(() => this.#audit.deliveriesKnown())
    this.#measure()
  }

  /** Without Applications there is nothing to do, and without their projects nobody knows what they may. */
  async #begin(runtime: KindRuntime): Promise<void> {
    await this.#kinds.watch(runtime)
    const { info, refused } = runtime
    if (refused === null) return
    if (info.group === APPLICATION.group) throw new HoldfastError(refused)
    this.#deps.log.warn({ kind: info.kind, error: refused.message }, 'not watched')
  }

  #holdLease(): void {
    const { options, steps, log, metrics } = this.#deps
    metrics.mode(options.mode)
    if (options.mode !== 'enforce') return
    this.#lease = steps.lease({
      namespace: options.namespace,
      name: 'holdfast',
      identity: options.identity,
      isDead: options.isDeadIdentity,
      onChange: (leads) => {
        log.info(
          { leads, identity: options.identity },
          leads ? 'enforcing: this replica holds the Lease' : 'not enforcing: the Lease is lost',
        )
        this.apps.standingChanged()
      },
      onTrouble: (error) => log.warn({ error: String(error) }, 'Lease not renewed'),
    })
  }

  #measure(): void {
    const { metrics, clock } = this.#deps
    const { fresh, all } = this.#kinds.freshness()
    metrics.watches({ fresh, listing: 0, stale: all - fresh })
    metrics.queueDepth(this.apps.depth)
    metrics.audit(this.#audit.counts)
    this.#timers = [clock.after(METRICS_EVERY_MS, () => this.#measure())]
  }

  #onEvent(event: WatchEvent, { info }: KindRuntime): void {
    if (event.type === 'trouble' || event.type === 'relisted') {
      if (event.type === 'trouble')
        this.#deps.log.debug({ kind: info.kind, error: String(event.error) }, 'watch trouble')
      return this.apps.watchesChanged()
    }
    this.#evidence.note(event, info)
    this.#admission.note(event, info)
    if (info.group === APPLICATION.group) this.#onArgo(event, info.kind)
    if (event.type === 'upsert' && info.kind === CRD_KIND.kind && info.group === CRD_KIND.group)
      this.#onCrd(event.object)
    if (event.type === 'upsert' && info.kind === NAMESPACE.kind && info.group === '')
      this.apps.namespaceAppeared(event.object.metadata.name ?? '')
    this.#onObject(event, info.version)
  }

  #onArgo(event: Extract<WatchEvent, { type: 'upsert' | 'delete' }>, kind: string): void {
    const [, , namespace, name = ''] = event.key.split('/')
    if (namespace !== this.#deps.options.namespace) return
    if (kind === PROJECT.kind) this.#orphans.soon()
    else if (event.type === 'upsert') this.#orphans.met(name)
    else this.#orphans.parted(`${namespace}/${name}`, name)
    if (kind === APPLICATION.kind) {
      if (event.type === 'upsert') this.apps.upsert(event.object, event.initial ? 'listed' : 'event')
      else this.apps.remove(`${namespace}/${name}`)
    }
    if (kind === PROJECT.kind) this.apps.project(name, event.type === 'upsert' ? event.object : null)
  }

  #onCrd(crd: KubeObject): void {
    const spec = crd.spec as { group?: unknown; names?: { kind?: unknown } } | undefined
    const group = String(spec?.group ?? '')
    const kind = String(spec?.names?.kind ?? '')
    const again = (): void => {
      this.#evidence.forget({ group, kind })
      this.#kinds
        .refresh(group, kind)
        .then(() => this.apps.kindAppeared())
        .catch((error: unknown) => this.#deps.log.warn({ group, kind, error: String(error) }, 'schema not read again'))
    }
    // The server publishes a changed schema a moment after the CRD changed.
    this.#deps.clock.after(CRD_SETTLE_MS, again)
  }

  #onObject(event: Extract<WatchEvent, { type: 'upsert' | 'delete' }>, version: string): void {
    const interested = this.#index.get(event.key)
    for (const tracked of interested) {
      if (tracked.ref.version !== version) continue
      if (event.type === 'upsert') this.#objects.tell(tracked, { kind: 'object', object: event.object })
      else this.#objects.tell(tracked, { kind: 'gone' })
    }
    if (event.type === 'delete' || interested.some(({ desired }) => desired !== null)) this.#orphans.settled(event.key)
    if (event.type !== 'upsert' || interested.length > 0) return
    this.#orphans.appeared(event.object)
    this.#claimMarked(event.object)
  }

  /** An object that carries an application's mark belongs to its inventory, whatever the status says. */
  #claimMarked(object: KubeObject): void {
    const name = this.#claimedBy(object)
    if (name === null || isExcluded(this.#settings.system.settings.resources, refOf(object))) return
    for (const app of this.apps.all()) {
      if (!app.ready || app.definition === null || app.renderedAt === 0) continue
      if (appTrackingName(app.definition, this.#deps.options.namespace) !== name) continue
      const tracked = this.#index.track(app, refOf(object))
      this.#objects.tell(tracked, { kind: 'object', object })
      if (app.definition.automated.prune) this.apps.pass(app)
    }
  }

  /** The application whose own mark this is. A label is inherited by what an object creates, and proves nothing. */
  #claimedBy(object: KubeObject): string | null {
    if (object.metadata.annotations === undefined || this.#settings.system.settings.trackingMethod === 'label')
      return null
    // A controller's child belongs to its owner.
    if (controllerOf(object) !== null) return null
    const mark = readTracking(object, this.#settings.system.settings)
    return mark?.selfReferencing === true ? mark.app : null
  }

  #onTouched(touched: Touched): void {
    const concerned = touched.what === 'object' ? this.#index.get(touched.key) : this.#injected(touched.namespace)
    for (const tracked of concerned) {
      if (tracked.evaluation !== null) this.#objects.tell(tracked, { kind: 'reread' })
    }
  }

  /** What injectors explain, or might. */
  #injected(namespace: string | null): Tracked[] {
    const all = this.apps.all().flatMap(({ objects }) => [...objects.values()])
    return all.filter(
      ({ ref, evaluation }) =>
        (namespace === null || ref.namespace === namespace) &&
        evaluation !== null &&
        (evaluation.fields.length > 0 || evaluation.ignored.some(({ owner }) => owner?.startsWith(INJECTOR) === true)),
    )
  }

  /** For messages of Git hosts. */
  get webhooks(): {
    secrets(): Readonly<Record<string, string>>
    pushed(urls: readonly string[], from: string): number
  } {
    return {
      secrets: () => this.#sourceSettings.webhookSecrets,
      pushed: (urls, from) => {
        const looking = this.apps.pushed(urls)
        this.#deps.log.info({ from, applications: looking }, 'told of a push')
        return looking
      },
    }
  }

  /** For the readers of audit logs, and for who sends requests. */
  get audit(): Pick<Audit, 'take' | 'noteGarbage' | 'listen' | 'own'> {
    return this.#audit
  }

  notReady(): string[] {
    const reasons: string[] = []
    if (!this.#started) reasons.push('applications are not listed yet')
    if (this.#settingsUnknown() !== null) reasons.push('the settings are not known')
    const { fresh, all } = this.#kinds.freshness()
    if (fresh < all) reasons.push(`${all - fresh} of ${all} watches are not live`)
    return reasons
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#sourceSettings.stop()
    this.#orphans.stop()
    this.#records.stop()
    this.#pods.stop()
    this.#others.stop()
    this.#settings.stop()
    this.#objects.stop()
    this.#audit.stop()
    this.apps.stop()
    await this.apps.idle()
    await within(this.#deps.clock, this.reporting.status.flush(), FLUSH_MS)
    await this.#lease?.stop()
    this.#kinds.stop()
  }
}
