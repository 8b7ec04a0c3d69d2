// What is on the desk for one application: its state, what is wished for, and when it is looked at again.
import type { AppKey, RefusedOperation, RequestedOperation, Settings } from '../core/definition/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import { type AppState, newApp } from './state.ts'
import type { Wish } from './wish.ts'

export interface Desk {
  readonly app: AppState
  wish: Wish | null
  working: Promise<void> | null
  poll: { cancel(): void } | null
  retry: { cancel(): void } | null
  quiet: { cancel(): void } | null
  unknownKinds: number
  /** The refresh that the Application asked for when it was last seen; '' = none. */
  refreshSeen: '' | 'normal' | 'hard'
  /** The operation that stood on it then, and the digest of the one that was taken up; '' = none. */
  asked: RequestedOperation | RefusedOperation | null
  operationSeen: string
  /** The Application as it was last seen. */
  object: KubeObject | null
  /** Resolves when its source was looked at, with whatever result, or when it is gone. */
  readonly firstLook: Promise<void>
  readonly lookedAt: () => void
}

export function newDesk(key: AppKey): Desk {
  let lookedAt: () => void = () => {}
  const firstLook = new Promise<void>((resolve) => {
    lookedAt = resolve
  })
  return {
    ...{ firstLook, lookedAt },
    ...{ app: newApp(key), wish: null, working: null, object: null },
    ...{ poll: null, retry: null, quiet: null, unknownKinds: 0, refreshSeen: '', asked: null, operationSeen: '' },
  }
}

export function clearDesk(desk: Desk): void {
  desk.poll?.cancel()
  desk.retry?.cancel()
  desk.quiet?.cancel()
  desk.lookedAt()
}

/** What is under way for the application and its objects. */
export const workOn = ({ working, app }: Desk): readonly (Promise<void> | null)[] => [
  working,
  ...[...app.objects.values()].map(({ busy }) => busy),
]

const FAILING_POLL_MS = 30_000

/** How old a repository's copy may be where nothing says that something is new. */
export function settledAge({ reconciliationMs }: Settings): number {
  return reconciliationMs === 0 ? Number.POSITIVE_INFINITY : reconciliationMs
}

/** When the repository is to be looked at again; null = never by itself. A failing one sooner. */
export function nextPoll(app: AppState, settings: Settings): { waitMs: number; maxAgeMs: number } | null {
  const { reconciliationMs, reconciliationJitterMs } = settings
  if (reconciliationMs === 0 || app.removed) return null
  const waitMs =
    app.sourceProblems.length > 0
      ? Math.min(reconciliationMs, FAILING_POLL_MS)
      : reconciliationMs + Math.random() * reconciliationJitterMs
  return { waitMs, maxAgeMs: reconciliationMs * 0.9 }
}
