// The same work asked for by several is done once, and goes on for as long as one of them waits.

interface Shared<T> {
  readonly controller: AbortController
  readonly result: Promise<T>
  waiters: number
}

export class SharedWork<T> {
  /** Those that may be joined. */
  readonly #running = new Map<string, Shared<T>>()
  /** Those that have not ended yet, given up or not. */
  readonly #all = new Set<Shared<T>>()

  /** Joins what runs under this key, or starts it. Rejects with the signal's reason as soon as it aborts. */
  async join(key: string, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    const shared = this.#running.get(key) ?? this.#start(key, start)
    shared.waiters += 1
    try {
      return await unlessAborted(shared.result, signal)
    } finally {
      shared.waiters -= 1
      if (shared.waiters === 0) this.#end(key, shared, signal?.reason)
    }
  }

  /** Ends everything. */
  abort(reason: unknown): void {
    for (const { controller } of this.#all) controller.abort(reason)
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#all].map(({ result }) => result))
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const controller = new AbortController()
    const shared: Shared<T> = { controller, result: start(controller.signal), waiters: 0 }
    this.#running.set(key, shared)
    this.#all.add(shared)
    const done = (): void => {
      this.#all.delete(shared)
      this.#forget(key, shared)
    }
    shared.result.then(done, done)
    return shared
  }

  /** Nobody waits any more: whoever asks from now on starts anew. */
  #end(key: string, shared: Shared<T>, reason: unknown): void {
    if (!this.#all.has(shared)) return
    this.#forget(key, shared)
    shared.controller.abort(reason)
  }

  #forget(key: string, shared: Shared<T>): void {
    if (this.#running.get(key) === shared) this.#running.delete(key)
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  let leave = (): void => undefined
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
  })
  try {
    return await Promise.race([work, left])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
