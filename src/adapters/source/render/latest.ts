// Of several requests of one asker the newest counts: an older one that asks for something else is given up.
import { HoldfastError, problem } from '../../../core/problem/index.ts'

interface Asked {
  readonly what: string
  readonly controller: AbortController
}

export class LatestRequests {
  readonly #asked = new Map<string, Asked>()

  /** Runs `work` with a signal that aborts with `signal`, or when the same asker asks for something else. */
  async run<T>(
    request: { readonly asker: string; readonly what: string; readonly signal: AbortSignal | undefined },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { asker, what, signal } = request
    const earlier = this.#asked.get(asker)
    if (earlier !== undefined && earlier.what !== what) earlier.controller.abort(superseded(asker))
    const mine: Asked = { what, controller: new AbortController() }
    this.#asked.set(asker, mine)
    const own = mine.controller.signal
    try {
      return await work(signal === undefined ? own : AbortSignal.any([own, signal]))
    } finally {
      if (this.#asked.get(asker) === mine) this.#asked.delete(asker)
    }
  }
}

function superseded(app: string): HoldfastError {
  return new HoldfastError(problem('HF1009', 'given up: another revision was asked for meanwhile', { app }))
}
