// Which Kubernetes Events are written, and how many at once?
import { TokenBucket } from './bucket.ts'
import type { Deps } from './deps.ts'
import type { AppState } from './state.ts'
import type { EventReason } from './steps/index.ts'

const RATE = { perSecond: 2, burst: 60 }
const MAX_WAITING = 500

export class Events {
  readonly #deps: Pick<Deps, 'clock' | 'log' | 'steps' | 'options'>
  readonly #rate: TokenBucket
  readonly #speaks: () => boolean
  #waiting = 0

  /** `speaks`: no other replica tells the same. */
  constructor(deps: Pick<Deps, 'clock' | 'log' | 'steps' | 'options'>, speaks: () => boolean) {
    this.#deps = deps
    this.#speaks = speaks
    this.#rate = new TokenBucket(deps.clock, RATE)
  }

  /** A Kubernetes Event on the Application; over the rate it waits its turn, and beyond a bound it is left out. */
  tell(app: AppState, reason: EventReason, type: 'Normal' | 'Warning', message: string): void {
    const { definition } = app
    const mayTell = this.#deps.options.mode !== 'observe' && this.#speaks()
    if (definition === null || !mayTell || this.#waiting > MAX_WAITING) return
    this.#waiting += 1
    const time = new Date(this.#deps.clock.now()).toISOString()
    const send = async (): Promise<void> => {
      await this.#rate.take()
      await this.#deps.steps.event({
        namespace: definition.namespace,
        application: definition.name,
        uid: definition.uid,
        reason,
        type,
        message,
        time,
      })
    }
    send()
      .catch((error: unknown) => this.#deps.log.debug({ app: app.key, error: String(error) }, 'event not written'))
      .finally(() => {
        this.#waiting -= 1
      })
  }
}
