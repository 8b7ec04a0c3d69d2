// Which stays away from Git are on record: opened when drift is found, closed when it is over, kept with what happened around.
import pLimit from 'p-limit'
import type { Cause } from '../core/classify/index.ts'
import type { ObjectEvaluation } from '../core/evaluate/index.ts'
import { formatRef, type ObjectRef } from '../core/kube/index.ts'
import {
  attributeRecord,
  closeRecord,
  type DriftRecord,
  extendRecord,
  openRecord,
  withEvidence,
} from '../core/record/index.ts'
import type { Deps } from './deps.ts'
import type { Told } from './happenings.ts'
import type { Tracked } from './state.ts'

/** What explains it is told by controllers a moment later; what comes much later is no explanation. */
const LOOKS_MS = [3_000, 30_000]
/** More at once is one event that hit many objects: the first ones tell of it. */
const MOST_LOOKS = 200
/** Whose author may still become known. */
const MOST_CLOSED = 2_000

type Subject = Pick<Tracked, 'ref'> & { readonly app: { readonly key: string } }

export class DriftRecords {
  readonly #deps: Pick<Deps, 'store' | 'clock' | 'log'>
  readonly #look: (ref: ObjectRef) => Promise<Told>
  readonly #records = new Map<string, DriftRecord>()
  readonly #timers = new Set<{ cancel(): void }>()
  readonly #one = pLimit(1)
  #looks = 0
  #stopped = false

  constructor(deps: Pick<Deps, 'store' | 'clock' | 'log'>, look: (ref: ObjectRef) => Promise<Told>) {
    this.#deps = deps
    this.#look = look
  }

  /** What was open when Holdfast ended goes on. */
  async recall(): Promise<void> {
    try {
      for (const record of await this.#deps.store.openDrifts()) {
        const key = `${record.app} ${record.object}`
        if (!this.#records.has(key)) this.#records.set(key, record)
      }
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, 'drift that is on record is not known')
    }
  }

  found(tracked: Subject, evaluation: ObjectEvaluation, actor: string): void {
    const known = this.#of(tracked)
    if (known?.closed === null) return this.#keep(extendRecord(known, evaluation, actor))
    const { app, ref } = tracked
    const about = { app: app.key, object: formatRef(ref), ref, actor, now: this.#now() }
    const record = openRecord(about, evaluation)
    this.#keep(record)
    this.#lookLater(tracked, record.id)
  }

  over(tracked: Subject): void {
    const known = this.#of(tracked)
    if (known?.closed === null) this.#keep(closeRecord(known, 'over', this.#now()))
  }

  healed(tracked: Subject): void {
    const known = this.#of(tracked)
    if (known !== undefined && known.outcome !== 'healed')
      this.#keep(closeRecord(known, 'healed', known.closed ?? this.#now()))
  }

  attributed(tracked: Subject, actor: string, confidence: Cause['confidence']): void {
    const known = this.#of(tracked)
    if (known !== undefined) this.#keep(attributeRecord(known, actor, confidence))
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) timer.cancel()
  }

  #now(): string {
    return new Date(this.#deps.clock.now()).toISOString()
  }

  #of({ app, ref }: Subject): DriftRecord | undefined {
    return this.#records.get(`${app.key} ${formatRef(ref)}`)
  }

  #keep(record: DriftRecord): void {
    const key = `${record.app} ${record.object}`
    this.#records.delete(key)
    this.#records.set(key, record)
    this.#bound()
    this.#deps.store.keepDrift(record).catch((error: unknown) => {
      this.#deps.log.error({ app: record.app, error: String(error) }, 'drift not recorded')
    })
  }

  #bound(): void {
    if (this.#records.size <= MOST_CLOSED) return
    for (const [key, { closed }] of this.#records) {
      if (closed === null) continue
      this.#records.delete(key)
      return
    }
  }

  #lookLater(tracked: Subject, id: string): void {
    for (const ms of LOOKS_MS) {
      const timer = this.#deps.clock.after(ms, () => {
        this.#timers.delete(timer)
        void this.#lookNow(tracked, id)
      })
      this.#timers.add(timer)
    }
  }

  async #lookNow(tracked: Subject, id: string): Promise<void> {
    if (this.#stopped) return
    if (this.#looks >= MOST_LOOKS) return this.#told(tracked, id, TOO_MANY)
    this.#looks += 1
    try {
      this.#told(tracked, id, await this.#one(() => this.#look(tracked.ref)))
    } finally {
      this.#looks -= 1
    }
  }

  #told(tracked: Subject, id: string, { evidence, gaps }: Told): void {
    const record = this.#of(tracked)
    if (record?.id === id && !this.#stopped) this.#keep(withEvidence(record, evidence, gaps))
  }
}

const TOO_MANY: Told = { evidence: [], gaps: ['events: not available (too many objects drifted at once)'] }
