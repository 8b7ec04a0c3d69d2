// Whose render is next: in turns by repository, so that one with five hundred does not hold up another's only one.

interface Job {
  readonly begin: () => void
}

export class RenderQueue {
  readonly #slots: number
  /** The lane whose turn is next comes first. */
  readonly #lanes = new Map<string, Job[]>()
  #running = 0

  constructor(slots: number) {
    this.#slots = slots
  }

  /** Runs `work` when it is its lane's turn; one that is aborted while it waits never runs. */
  run<T>(lane: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        this.#remove(lane, job)
        reject(signal.reason)
      }
      const job: Job = {
        begin: () => {
          signal.removeEventListener('abort', leave)
          this.#running += 1
          work()
            .then(resolve, reject)
            .finally(() => {
              this.#running -= 1
              this.#next()
            })
        },
      }
      if (signal.aborted) return reject(signal.reason)
      signal.addEventListener('abort', leave, { once: true })
      const waiting = this.#lanes.get(lane)
      if (waiting === undefined) this.#lanes.set(lane, [job])
      else waiting.push(job)
      this.#next()
    })
  }

  #remove(lane: string, job: Job): void {
    const left = (this.#lanes.get(lane) ?? []).filter((one) => one !== job)
    if (left.length === 0) this.#lanes.delete(lane)
    else this.#lanes.set(lane, left)
  }

  #next(): void {
    for (const [lane, [job, ...rest]] of this.#lanes) {
      if (this.#running >= this.#slots) return
      this.#lanes.delete(lane)
      if (rest.length > 0) this.#lanes.set(lane, rest)
      job?.begin()
    }
  }
}
