// What was pruned, and by which application: kept in the journal, so that what comes back is known again.
import { formatRef, type ObjectRef, refKey } from '../core/kube/index.ts'
import type { Pruned } from '../core/orphan/index.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'

/** The newest ones; further back nobody remembers either. */
const REMEMBERED = 5_000

/** The key of what `formatRef` printed; null when it printed something else. */
function keyOf(text: string): string | null {
  const match = /^(?:([^/ ]+)\/)?([^/ ]+) (?:([^/ ]+)\/)?([^/ ]+)$/.exec(text)
  if (match === null) return null
  const [, group = '', kind = '', namespace = '', name = ''] = match
  return refKey({ group, kind, namespace, name })
}

export class PrunedObjects {
  readonly #known = new Map<string, Pruned>()

  /** By `refKey`. */
  get known(): ReadonlyMap<string, Pruned> {
    return this.#known
  }

  async recall(store: Pick<Store, 'journal'>, log: Pick<Log, 'warn'>): Promise<void> {
    try {
      const entries = await store.journal({ action: 'prune', limit: REMEMBERED })
      for (const { object, app, time, revision, result } of entries.toReversed()) {
        const key = keyOf(object)
        if (key !== null && result === 'done') this.#remember(key, { app, time, revision })
      }
    } catch (error) {
      log.warn({ error: String(error) }, 'what was pruned before is not known')
    }
  }

  note(ref: ObjectRef, pruned: Pruned): void {
    const key = keyOf(formatRef(ref))
    if (key !== null) this.#remember(key, pruned)
  }

  #remember(key: string, pruned: Pruned): void {
    this.#known.delete(key)
    this.#known.set(key, pruned)
    const [oldest] = this.#known.keys()
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
  }
}
