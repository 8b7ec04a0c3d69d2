// What a controller that ran on this machine rendered of an application last.
import { createLog } from '../adapters/pino-log/index.ts'
import type { KeptRender } from '../ports/store.ts'
import { type StatePlace, withStateStore } from './state-store.ts'

/** null where no controller is known to have rendered it. */
export function lastRenderOf(place: StatePlace, app: string): Promise<KeptRender | null> {
  return withStateStore(place, (store) => store.lastRender(app)).catch((error: unknown) => {
    createLog({ level: 'warn' }).warn({ app, error: String(error) }, 'what was rendered last is not known')
    return null
  })
}
