// Which other tools deliver what applications declare? Asked only where an object carries their marks, and then now and again.
import pLimit from 'p-limit'
import { type Claim, foreignClaims, otherDeliverersOf } from '../core/orphan/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import { toProblem } from '../core/problem/index.ts'
import type { Deps } from './deps.ts'
import type { Tracked } from './state.ts'
import { type OtherDeliverers as Others, otherDeliverers, type SurveyTools } from './survey.ts'

const SOON_MS = 500
const EVERY_MS = 180_000
const REQUESTS = 2

export interface OtherDeliverersTools {
  readonly deps: Pick<Deps, 'reader' | 'clock' | 'log'>
  /** What is known of other deliverers of this object changed. */
  readonly onChange: (tracked: Tracked) => void
}

interface Marked {
  /** The last ones seen: our own heal takes them off, maybe before anybody looked. */
  readonly claims: readonly Claim[]
  readonly marked: boolean
  /** What was answered last. */
  readonly answer: string
}

export class OtherDeliverers {
  readonly #tools: OtherDeliverersTools
  readonly #survey: SurveyTools
  readonly #marked = new Map<Tracked, Marked>()
  #known: Others | null = null
  #timer: { cancel(): void } | null = null
  /** A look at what is news is under way, or soon will be. */
  #due = false
  #stopped = false

  constructor(tools: OtherDeliverersTools) {
    this.#tools = tools
    const limit = pLimit(REQUESTS)
    this.#survey = { reader: tools.deps.reader, limit: (run) => limit(run) }
  }

  /** By name. What carries marks for the first time is answered as soon as somebody looked. */
  of(tracked: Tracked, live: KubeObject, declared: KubeObject): readonly string[] {
    const claims = foreignClaims(live, declared)
    const before = this.#marked.get(tracked)
    const marked = claims.length > 0
    const names = this.#known === null ? [] : otherDeliverersOf(tracked.key, claims, this.#known)
    if (marked && before?.marked !== true) this.#soon()
    if (marked || names.length > 0 || (before !== undefined && this.#due))
      this.#marked.set(tracked, { claims: marked ? claims : (before?.claims ?? []), marked, answer: names.join() })
    else this.#marked.delete(tracked)
    return names
  }

  #soon(): void {
    if (this.#due || this.#stopped) return
    this.#due = true
    this.#timer?.cancel()
    this.#timer = this.#tools.deps.clock.after(SOON_MS, () => void this.#look())
  }

  async #look(): Promise<void> {
    this.#due = true
    try {
      const known = await otherDeliverers(this.#survey)
      this.#known = known
      this.#due = false
      this.#tell(known)
    } catch (error) {
      this.#tools.deps.log.warn({ error: toProblem(error, 'HF5001').message }, 'other deliverers not looked for')
    } finally {
      this.#due = false
      if (!this.#stopped && this.#marked.size > 0)
        this.#timer = this.#tools.deps.clock.after(EVERY_MS, () => void this.#look())
    }
  }

  #tell(known: Others): void {
    for (const [tracked, { claims, marked, answer }] of this.#marked) {
      const names = otherDeliverersOf(tracked.key, claims, known)
      const isOver = tracked.app.removed || tracked.desired === null || (!marked && names.length === 0)
      if (isOver) this.#marked.delete(tracked)
      if (!tracked.app.removed && names.join() !== answer) this.#tools.onChange(tracked)
    }
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }
}
