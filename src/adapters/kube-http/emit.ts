// Tells the watcher, whatever its callback does.
import type { WatchEvent } from '../../ports/cluster-reader.ts'

export type Emit = (event: WatchEvent) => void
/** False when the callback threw: it may have missed the event. */
export type SafeEmit = (event: WatchEvent) => boolean

/** A callback that throws is told so as `trouble`; one that cannot take that either is left alone. */
export function safely(emit: Emit): SafeEmit {
  return (event) => {
    try {
      emit(event)
      return true
    } catch (error) {
      const about = 'key' in event ? event.key : event.type
      const trouble = new Error(`The watcher's callback failed on ${about}: ${String(error)}`, { cause: error })
      try {
        emit({ type: 'trouble', error: trouble })
      } catch {
        // Nothing is left to tell it.
      }
      return false
    }
  }
}
