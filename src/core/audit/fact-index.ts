// Facts by object, in bounded memory: of some objects (those that are delivered) more and longer than of all others.
import type { AuditTarget, Fact } from './types.ts'

export interface FactLimits {
  readonly perObject: number
  /** Of objects that are wanted, and of all others. */
  readonly wanted: number
  readonly others: number
  readonly bytes: number
  readonly ttlMs: number
}

export const FACT_LIMITS: FactLimits = {
  perObject: 64,
  wanted: 50_000,
  others: 20_000,
  bytes: 48 << 20,
  ttlMs: 6 * 60 * 60_000,
}

type ObjectName = Pick<AuditTarget, 'group' | 'resource' | 'namespace' | 'name'>

interface Kept {
  readonly fact: Fact
  readonly key: string
  /** When it came in, ms of a clock that never goes back. */
  readonly at: number
  readonly bytes: number
  readonly wanted: boolean
  gone: boolean
}

const keyOf = ({ group, resource, namespace, name }: ObjectName): string => `${group}/${resource}/${namespace}/${name}`

const FACT_BYTES = 700

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 16 * texts.length)
}

function bytesOf({ sent, after, items, user, userAgent, groups, sourceIPs, mutations, selector }: Fact): number {
  return (
    FACT_BYTES +
    (sent?.length ?? 0) +
    (after?.length ?? 0) +
    (items?.length ?? 0) * 150 +
    user.length +
    userAgent.length +
    lengthOf([...groups, ...sourceIPs]) +
    lengthOf(mutations.flatMap(({ pointers }) => pointers ?? [])) +
    (selector === null ? 0 : selector.labels.length + selector.fields.length)
  )
}

/** So many that were taken out may stand between the others. */
const SLACK = 1_024

/** First in, first out; what was taken out otherwise is skipped, and let go of before it is more than what is left. */
class Queue {
  #items: Kept[] = []
  #head = 0
  live = 0

  push(kept: Kept): void {
    if (this.#items.length > 2 * this.live + SLACK) {
      this.#items = this.#items.filter(({ gone }) => !gone)
      this.#head = 0
    }
    this.#items.push(kept)
    this.live += 1
  }

  peek(): Kept | undefined {
    while (this.#items[this.#head]?.gone === true) this.#head += 1
    return this.#items[this.#head]
  }
}

export class FactIndex {
  readonly #limits: FactLimits
  readonly #byObject = new Map<string, Kept[]>()
  readonly #wanted = new Queue()
  readonly #others = new Queue()
  #bytes = 0

  constructor(limits: Partial<FactLimits> = {}) {
    this.#limits = { ...FACT_LIMITS, ...limits }
  }

  get size(): number {
    return this.#wanted.live + this.#others.live
  }

  get bytes(): number {
    return this.#bytes
  }

  /** false = it was there already. */
  add(fact: Fact, options: { wanted: boolean; now: number }): boolean {
    const key = keyOf(fact.target)
    const here = this.#byObject.get(key) ?? []
    if (here.some((kept) => kept.fact.auditID === fact.auditID)) return false
    const kept: Kept = { fact, key, at: options.now, bytes: bytesOf(fact), wanted: options.wanted, gone: false }
    here.push(kept)
    this.#byObject.set(key, here)
    this.#queueOf(kept).push(kept)
    this.#bytes += kept.bytes
    // A deletion stays: whatever is written to the object until it is gone must not hide who deleted it.
    if (here.length > this.#limits.perObject) this.#drop(here.find(({ fact: old }) => old.verb !== 'delete') ?? kept)
    this.#trim(options.now)
    return true
  }

  /** Of one object, in the order in which they came in. */
  of(object: ObjectName): readonly Fact[] {
    return (this.#byObject.get(keyOf(object)) ?? []).map(({ fact }) => fact)
  }

  /** What deleted many objects at once, where this one is. */
  collectionsOf({ group, resource, namespace }: Omit<ObjectName, 'name'>): readonly Fact[] {
    return namespace === ''
      ? this.of({ group, resource, namespace, name: '' })
      : [...this.of({ group, resource, namespace, name: '' }), ...this.of({ group, resource, namespace: '', name: '' })]
  }

  #trim(now: number): void {
    const { wanted, others, bytes, ttlMs } = this.#limits
    this.#trimQueue(this.#others, now - ttlMs, others)
    this.#trimQueue(this.#wanted, now - ttlMs, wanted)
    while (this.#bytes > bytes) {
      const oldest = this.#others.peek() ?? this.#wanted.peek()
      if (oldest === undefined) return
      this.#drop(oldest)
    }
  }

  #trimQueue(queue: Queue, before: number, most: number): void {
    for (let oldest = queue.peek(); oldest !== undefined; oldest = queue.peek()) {
      if (oldest.at >= before && queue.live <= most) return
      this.#drop(oldest)
    }
  }

  #drop(kept: Kept): void {
    kept.gone = true
    this.#queueOf(kept).live -= 1
    this.#bytes -= kept.bytes
    const left = (this.#byObject.get(kept.key) ?? []).filter((other) => other !== kept)
    if (left.length === 0) this.#byObject.delete(kept.key)
    else this.#byObject.set(kept.key, left)
  }

  #queueOf(kept: Kept): Queue {
    return kept.wanted ? this.#wanted : this.#others
  }
}
