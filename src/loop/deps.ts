import type { BodyCache } from '../ports/body-cache.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Source } from '../ports/source.ts'
import type { Store } from '../ports/store.ts'
import type { Steps } from './steps/index.ts'

export interface LoopOptions {
  readonly mode: 'observe' | 'enforce'
  /** Globs over `name` and `namespace/name` of Applications to enforce without their annotation. */
  readonly enforceApps: readonly string[]
  /** Where Applications, projects, argocd-cm and the Lease live. */
  readonly namespace: string
  /** May the server be asked by dry run in observe mode? (Enforcing, it always may.) */
  readonly learn: 'dry-run' | 'never'
  readonly identity: string
  readonly isDeadIdentity: (identity: string) => boolean
  /** One per installation; keys the digests that stand in for values. */
  readonly digestKey: string
}

/** What the loop needs from the outside, in core's words. */
export interface Deps {
  readonly reader: ClusterReader
  readonly steps: Steps
  readonly source: Source
  readonly store: Store
  readonly cache: BodyCache
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly options: LoopOptions
}
