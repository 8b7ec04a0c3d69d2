// What would the server make of a declared object? Asked seldom, remembered while the answer is good.
import { deepEqual, formatRef, type Json, type KubeObject } from '../core/kube/index.ts'
import type { Admission } from './admission.ts'
import { TokenBucket } from './bucket.ts'
import type { Deps } from './deps.ts'
import type { KindRuntime } from './kinds.ts'
import type { Tracked } from './state.ts'

const BUDGET = { perSecond: 100, burst: 200 }
/** A refusal may have been a webhook that was down. */
const ASK_AGAIN_MS = 5 * 60_000

export interface Subject {
  readonly tracked: Tracked
  readonly live: KubeObject
  readonly body: KubeObject
  readonly runtime: KindRuntime
}

interface Refusal {
  readonly key: string
  readonly message: string
  /** Epoch ms. */
  readonly at: number
}

/** What is known of the server's own form of one object. */
export interface KnownForm {
  readonly form: KubeObject | null
  /** An earlier answer that the later one contradicts. */
  readonly before: KubeObject | null
  /** Why the server did not answer; null = it was not asked, or answered. */
  readonly refusal: string | null
}

const NOTHING: KnownForm = { form: null, before: null, refusal: null }

function withoutBookkeeping(form: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = form.metadata
  const { status: __, ...rest } = form
  return { ...rest, metadata } as KubeObject
}

/** Changes with every write, and is no part of the form. */
function content({ metadata, ...rest }: KubeObject): Json {
  const { resourceVersion: _, generation: __, ...told } = metadata
  return { ...rest, metadata: told } as unknown as Json
}

export class Questions {
  readonly #deps: Deps
  readonly #admission: Admission
  readonly #bucket: TokenBucket
  readonly #refusals = new WeakMap<Tracked, Refusal>()
  readonly #repeated = new WeakMap<Tracked, string>()

  constructor(deps: Deps, admission: Admission) {
    this.#deps = deps
    this.#admission = admission
    this.#bucket = new TokenBucket(deps.clock, BUDGET)
  }

  /** The answer holds for one declaration, one live object, one schema, and what admission does to its kind. */
  #key({ tracked, live, runtime }: Omit<Subject, 'body'>): string {
    const admission = this.#admission.digestFor(runtime.info)
    return `form/${tracked.desired?.digest ?? ''}/${live.metadata.uid ?? ''}/${runtime.schema.digest}/${admission}`
  }

  known(subject: Omit<Subject, 'body' | 'live'> & { readonly live: KubeObject | null }): KnownForm {
    const { live, tracked } = subject
    if (live === null) return NOTHING
    const key = this.#key({ ...subject, live })
    const refusal = this.#refusals.get(tracked)
    const stands = refusal?.key === key && this.#deps.clock.now() - refusal.at < ASK_AGAIN_MS
    return {
      form: this.#deps.cache.get(key) ?? null,
      before: this.#deps.cache.get(`${key}/before`) ?? null,
      refusal: stands ? refusal.message : null,
    }
  }

  /** Asks within the budget. Rejects with HoldfastError when nobody answers at all. */
  async ask(subject: Subject): Promise<void> {
    const { tracked, live, body } = subject
    const key = this.#key(subject)
    await this.#bucket.take()
    const answer = await this.#deps.reader.dryRun(body, live)
    if (answer.state === 'answered') return this.learn(subject, answer.object)
    this.#refusals.set(tracked, { key, message: answer.message, at: this.#deps.clock.now() })
    this.#deps.log.debug({ object: formatRef(tracked.ref), reason: answer.message }, 'no normal form')
  }

  learn(subject: Omit<Subject, 'body'>, form: KubeObject): void {
    const place = subject.tracked.desired?.secret === true ? 'memory' : 'disk'
    this.#deps.cache.put(this.#key(subject), withoutBookkeeping(form), place)
  }

  /**
   * A write did not hold. What creation taught may lack what admission does to updates, or admission answers differently each
   * time: the server is asked once more, and an answer that contradicts the first is kept beside it.
   */
  async askAgain(subject: Subject): Promise<void> {
    const key = this.#key(subject)
    if (this.#repeated.get(subject.tracked) === key) return
    this.#repeated.set(subject.tracked, key)
    const before = this.#deps.cache.get(key)
    await this.ask(subject)
    const after = this.#deps.cache.get(key)
    if (before === undefined || after === undefined || deepEqual(content(before), content(after))) return
    this.#deps.cache.put(`${key}/before`, before, subject.tracked.desired?.secret === true ? 'memory' : 'disk')
  }
}
