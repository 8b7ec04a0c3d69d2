// The audit log, as the loop uses it: takes events in, tells of each object what is known, and names late authors late.
import { type Fact, FactIndex, Imprinter, readAuditEvent } from '../core/audit/index.ts'
import type { Cause, ObjectFacts } from '../core/classify/index.ts'
import { type AppContext, evaluateObject, type ObjectEvaluation, type ObjectSnapshot } from '../core/evaluate/index.ts'
import { type ObjectRef, refKey } from '../core/kube/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { AuditCounts } from '../ports/metrics.ts'
import { HeldEvents } from './held-events.ts'
import type { Kinds } from './kinds.ts'
import type { ObjectIndex, Tracked } from './state.ts'

/** Events of one object come in swarms: they are looked at together. */
const TOGETHER_MS = 50
/** By default the API server's webhook sends what happened up to 30 s ago. */
const PATIENCE_MS = 60_000
const MOST_WAITING = 500
const MOST_OWN = 20_000

/** Who made what, learned after it was told, or healed. */
export interface LateAuthor {
  readonly at: string
  readonly cause: Cause
}

/** A write whose difference had no certain author when it was healed. */
interface Waiting {
  readonly tracked: Tracked
  readonly context: AppContext
  readonly snapshot: ObjectSnapshot
  /** Causes by path (`''` = the whole object). */
  readonly told: ReadonlyMap<string, Cause>
  readonly until: number
}

export interface AuditOptions {
  readonly clock: Clock
  readonly kinds: Kinds
  readonly index: ObjectIndex
  readonly digestKey: string
  /** Something is known now of an object that differs. */
  readonly onNews: (tracked: Tracked) => void
  readonly onLate: (tracked: Tracked, authors: readonly LateAuthor[]) => void
  readonly onGarbage: () => void
}

function causesOf({ fields, whole }: ObjectEvaluation): Map<string, Cause> {
  const causes = new Map(fields.map(({ field, cause }) => [field.at, cause]))
  if (whole !== null) causes.set('', whole.cause)
  return causes
}

const isOpen = (causes: ReadonlyMap<string, Cause>): boolean =>
  [...causes.values()].some(({ confidence, actor }) => confidence !== 'certain' || actor.user === null)

/** Paths whose author is known now and was not before. */
export function newAuthors(before: ReadonlyMap<string, Cause>, after: ReadonlyMap<string, Cause>): LateAuthor[] {
  return [...after]
    .filter(([at, { actor }]) => actor.user !== null && before.has(at) && before.get(at)?.actor.user === null)
    .map(([at, cause]) => ({ at, cause }))
}

export class Audit {
  readonly #options: AuditOptions
  readonly #facts = new FactIndex()
  readonly #imprinter: Imprinter
  readonly #held: HeldEvents
  readonly #own = new Set<string>()
  readonly #waiting = new Map<string, Waiting[]>()
  readonly #touched = new Map<string, Pick<ObjectRef, 'group' | 'kind' | 'namespace'>>()
  readonly #counts = { facts: 0, dropped: 0, garbage: 0 }
  /** The user that Holdfast writes as, as the log names it. */
  #ownUser: string | null = null
  #timer: { cancel(): void } | null = null
  #listening = false

  constructor(options: AuditOptions) {
    this.#options = options
    this.#imprinter = new Imprinter(options.digestKey)
    this.#held = new HeldEvents({
      clock: options.clock,
      read: (line) => this.#read(line),
      drop: () => {
        this.#counts.dropped += 1
      },
    })
  }

  /** Some log is read: from here on snapshots have facts. */
  listen(): void {
    this.#listening = true
    this.#held.begin()
  }

  /** Which objects are delivered is known, as far as it can be. */
  deliveriesKnown(): void {
    this.#held.release()
  }

  get listens(): boolean {
    return this.#listening
  }

  get counts(): AuditCounts {
    return { ...this.#counts, kept: this.#facts.size }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#held.stop()
  }

  /** One event, as text. Never throws. */
  take(line: string): void {
    this.#held.take(line)
  }

  /** Something that is no event came in. */
  noteGarbage(): void {
    this.#counts.garbage += 1
    if (this.#counts.garbage === 1) this.#options.onGarbage()
  }

  #read(line: string): void {
    const wants = (asked: { group: string; resource: string; namespace: string; name: string }): boolean =>
      this.#refKey(asked) !== null
    const reading = readAuditEvent(line, { imprinter: this.#imprinter, wants })
    if (reading.kind === 'garbage') {
      this.noteGarbage()
      return
    }
    if (reading.kind === 'dropped') {
      this.#counts.dropped += 1
      return
    }
    this.#keep(reading.fact)
  }

  #keep(fact: Fact): void {
    const key = this.#refKey(fact.target)
    const isNew = this.#facts.add(fact, { wanted: key !== null, now: this.#options.clock.monotonic() })
    if (!isNew) return
    this.#counts.facts += 1
    if (this.#own.has(fact.auditID)) this.#ownUser = fact.user
    if (fact.verb === 'deletecollection') this.#touchMany(fact)
    else if (key !== null) this.#touch(key)
  }

  /** null = nobody delivers it. */
  #refKey({ group, resource, namespace, name }: { group: string; resource: string; namespace: string; name: string }) {
    const kind = this.#options.kinds.kindOf(group, resource)
    if (kind === undefined) return null
    const key = refKey({ group, kind, namespace, name })
    return this.#options.index.get(key).length > 0 ? key : null
  }

  #touchMany({ target }: Fact): void {
    const kind = this.#options.kinds.kindOf(target.group, target.resource)
    if (kind === undefined) return
    for (const tracked of this.#options.index.ofKind(target.group, kind))
      if (target.namespace === '' || tracked.ref.namespace === target.namespace) this.#touch(tracked.key)
  }

  #touch(key: string): void {
    const [tracked] = this.#options.index.get(key)
    if (tracked === undefined) return
    this.#touched.set(key, tracked.ref)
    this.#timer ??= this.#options.clock.after(TOGETHER_MS, () => this.#tell())
  }

  #tell(): void {
    this.#timer = null
    const touched = [...this.#touched.keys()]
    this.#touched.clear()
    for (const key of touched) {
      for (const tracked of this.#options.index.get(key))
        if (tracked.evaluation !== null && isOpen(causesOf(tracked.evaluation))) this.#options.onNews(tracked)
      this.#settle(key)
    }
  }

  /** A request that Holdfast sent itself. */
  own(auditID: string): void {
    this.#own.add(auditID)
    if (this.#own.size <= MOST_OWN) return
    const [oldest] = this.#own
    if (oldest !== undefined) this.#own.delete(oldest)
  }

  /** undefined = no log is read. */
  factsFor(tracked: Tracked): ObjectFacts | undefined {
    if (!this.#listening) return undefined
    const { ref } = tracked
    const resource = this.#options.kinds.get(ref)?.info.resource
    if (resource === undefined) return undefined
    const at = { group: ref.group, resource, namespace: ref.namespace, name: ref.name }
    const known = this.#facts.of(at)
    const ids = new Set(known.map(({ auditID }) => auditID))
    return {
      facts: [...tracked.facts.filter(({ auditID }) => !ids.has(auditID)), ...known],
      collections: this.#facts.collectionsOf(at),
      isOurs: (fact) => this.#isOurs(fact),
      imprinter: this.#imprinter,
    }
  }

  /** After a restart the ids of earlier requests are gone: then the user and the name that only Holdfast uses. */
  #isOurs({ auditID, user, manager, userAgent }: Fact): boolean {
    if (this.#own.has(auditID)) return true
    return user === this.#ownUser && manager === 'holdfast' && userAgent.startsWith('holdfast/')
  }

  /** It is healed now: its author may still become known. */
  await(tracked: Tracked, seen: { context: AppContext; snapshot: ObjectSnapshot; evaluation: ObjectEvaluation }): void {
    const told = causesOf(seen.evaluation)
    if (!this.#listening || !isOpen(told)) return
    const now = this.#options.clock.monotonic()
    this.#forget(now)
    const { context, snapshot } = seen
    const here = this.#waiting.get(tracked.key) ?? []
    this.#waiting.set(tracked.key, [...here, { tracked, context, snapshot, told, until: now + PATIENCE_MS }])
    // What came in while the heal was under way has been told already.
    this.#touch(tracked.key)
  }

  #forget(now: number): void {
    for (const [key, waiting] of this.#waiting) {
      const left = waiting.filter(({ until }) => until > now)
      if (left.length > 0 && this.#waiting.size <= MOST_WAITING) this.#waiting.set(key, left)
      else this.#waiting.delete(key)
    }
  }

  #settle(key: string): void {
    const left: Waiting[] = []
    for (const waiting of this.#waiting.get(key) ?? []) {
      const { tracked, context, snapshot, told, until } = waiting
      const facts = this.factsFor(tracked)
      const causes = facts === undefined ? told : causesOf(evaluateObject(context, { ...snapshot, facts }))
      const found = newAuthors(told, causes)
      if (found.length > 0) this.#options.onLate(tracked, found)
      const open = [...causes.values()].some(({ actor }) => actor.user === null)
      if (open && until > this.#options.clock.monotonic()) left.push({ ...waiting, told: causes })
    }
    if (left.length === 0) this.#waiting.delete(key)
    else this.#waiting.set(key, left)
  }
}
