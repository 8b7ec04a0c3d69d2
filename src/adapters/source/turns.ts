// Whose turn is next: in turns by lane, so that one with five hundred jobs does not hold up another's only one.

interface Job {
  readonly begin: () => void
}

export interface TurnsOptions {
  /** Jobs at the same time. */
  readonly slots: number
  /** On top of them, for lanes of which nothing runs: slow jobs of others hold up nobody's first one. */
  readonly spare: number
}

export class Turns {
  readonly #options: TurnsOptions
  /** The lane whose turn is next comes first. */
  readonly #lanes = new Map<string, Job[]>()
  /** How many of each lane run. */
  readonly #running = new Map<string, number>()
  #all = 0

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** Runs `work` when it is its lane's turn; one that is aborted while it waits never runs. */
  run<T>(lane: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        this.#remove(lane, job)
        reject(signal?.reason)
      }
      const job: Job = {
        begin: () => {
          signal?.removeEventListener('abort', leave)
          this.#count(lane, 1)
          work()
            .then(resolve, reject)
            .finally(() => {
              this.#count(lane, -1)
              this.#next()
            })
        },
      }
      if (signal?.aborted === true) return reject(signal.reason)
      signal?.addEventListener('abort', leave, { once: true })
      const waiting = this.#lanes.get(lane)
      if (waiting === undefined) this.#lanes.set(lane, [job])
      else waiting.push(job)
      this.#next()
    })
  }

  #count(lane: string, change: number): void {
    const now = (this.#running.get(lane) ?? 0) + change
    this.#all += change
    if (now === 0) this.#running.delete(lane)
    else this.#running.set(lane, now)
  }

  #remove(lane: string, job: Job): void {
    const left = (this.#lanes.get(lane) ?? []).filter((one) => one !== job)
    if (left.length === 0) this.#lanes.delete(lane)
    else this.#lanes.set(lane, left)
  }

  #hasRoom(lane: string): boolean {
    const { slots, spare } = this.#options
    return this.#all < slots || (this.#all < slots + spare && !this.#running.has(lane))
  }

  #next(): void {
    const { slots, spare } = this.#options
    for (const [lane, [job, ...rest]] of this.#lanes) {
      if (this.#all >= slots + spare) return
      if (!this.#hasRoom(lane)) continue
      this.#lanes.delete(lane)
      if (rest.length > 0) this.#lanes.set(lane, rest)
      job?.begin()
    }
  }
}
