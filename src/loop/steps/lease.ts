// One Lease, so that two replicas never both enforce.
import type { KubeObject, ObjectRef } from '../../core/kube/index.ts'
import { HoldfastError } from '../../core/problem/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ClusterReader } from '../../ports/cluster-reader.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'

const DURATION_S = 10
const RENEW_MS = 3_000
/** Without a renewal for this long the holder stops writing, well before a successor may start. */
const STOP_AFTER_MS = (DURATION_S * 1_000 * 2) / 3

interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly renewTime?: string
  readonly leaseTransitions?: number
}

export interface LeaseOptions {
  readonly namespace: string
  readonly name: string
  /** `host/pid-namespace/pid/random`. */
  readonly identity: string
  /** True when the process behind another identity is provably dead (same pid namespace, no such pid). */
  readonly isDead: (identity: string) => boolean
  readonly onChange: (leads: boolean) => void
  readonly onTrouble: (error: unknown) => void
}

export interface Lease {
  leads(): boolean
  stop(): Promise<void>
}

interface Observed {
  readonly holder: string
  readonly renewTime: string
  readonly at: number
}

/** Starts trying to hold the Lease; goes on until stopped. */
export function holdLease(
  tools: { reader: ClusterReader; writer: ClusterWriter; clock: Clock },
  options: LeaseOptions,
): Lease {
  const { reader, writer, clock } = tools
  const ref: ObjectRef = {
    group: 'coordination.k8s.io',
    version: 'v1',
    kind: 'Lease',
    namespace: options.namespace,
    name: options.name,
  }
  let renewedAt: number | null = null
  let seen: Observed | null = null
  let announced = false
  let stopped = false
  let timer: { cancel(): void } | null = null
  let turn: Promise<void> = Promise.resolve()

  const leads = (): boolean => renewedAt !== null && clock.monotonic() - renewedAt < STOP_AFTER_MS
  const announce = (): void => {
    if (leads() === announced) return
    announced = leads()
    options.onChange(announced)
  }
  const body = (spec: LeaseSpec, holder: string): object => {
    const now = new Date(clock.now()).toISOString().replace('Z', '000Z')
    const changed = spec.holderIdentity !== holder
    return {
      holderIdentity: holder,
      leaseDurationSeconds: DURATION_S,
      renewTime: now,
      leaseTransitions: (spec.leaseTransitions ?? 0) + (changed ? 1 : 0),
    }
  }
  /** Free, ours, expired for its full duration by our own clock, or held by a process that is provably gone. */
  const mayTake = (spec: LeaseSpec): boolean => {
    const holder = spec.holderIdentity ?? ''
    if (holder === '' || holder === options.identity || options.isDead(holder)) return true
    if (seen === null || seen.holder !== holder || seen.renewTime !== (spec.renewTime ?? '')) {
      seen = { holder, renewTime: spec.renewTime ?? '', at: clock.monotonic() }
      return false
    }
    return clock.monotonic() - seen.at > (spec.leaseDurationSeconds ?? DURATION_S) * 1_000
  }
  const attempt = async (): Promise<void> => {
    const started = clock.monotonic()
    const live = await reader.get(ref)
    if (live === null) {
      await writer.create({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: ref.name, namespace: ref.namespace },
        spec: body({}, options.identity),
      })
      renewedAt = started
      return
    }
    const spec = (live.spec ?? {}) as LeaseSpec
    if (!mayTake(spec)) {
      renewedAt = null
      return
    }
    await writer.update({ ...live, spec: body(spec, options.identity) } as KubeObject)
    renewedAt = started
  }
  const cycle = async (): Promise<void> => {
    try {
      await attempt()
    } catch (error) {
      const lost = error instanceof HoldfastError && error.problem.code === 'HF4007'
      if (lost) renewedAt = null
      else options.onTrouble(error)
    }
    announce()
    if (!stopped) timer = clock.after(leads() ? RENEW_MS : 1_000, start)
  }
  function start(): void {
    turn = cycle()
  }
  start()
  return {
    leads,
    stop: async () => {
      stopped = true
      timer?.cancel()
      await turn
      const held = leads()
      renewedAt = null
      announce()
      if (!held) return
      const live = await reader.get(ref).catch(() => null)
      const spec = (live?.spec ?? {}) as LeaseSpec
      if (live === null || spec.holderIdentity !== options.identity) return
      await writer.update({ ...live, spec: { ...spec, holderIdentity: '' } } as KubeObject).catch(options.onTrouble)
    },
  }
}
