// One Lease, so that two replicas never both enforce.
import type { KubeObject, ObjectRef } from '../../core/kube/index.ts'
import { HoldfastError } from '../../core/problem/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ClusterReader } from '../../ports/cluster-reader.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'

/** As Kubernetes' own controllers: one slow answer of a busy API server is no reason to stop. */
const DURATION_S = 15
const RENEW_MS = 2_000
const RETRY_MS = 1_000
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

export interface LeaseTools {
  readonly reader: ClusterReader
  readonly writer: ClusterWriter
  readonly clock: Clock
}

const specOf = (lease: KubeObject | null): LeaseSpec => (lease?.spec ?? {}) as LeaseSpec

class HeldLease implements Lease {
  readonly #tools: LeaseTools
  readonly #options: LeaseOptions
  readonly #ref: ObjectRef
  /** Monotonic ms of the beginning of the last renewal that succeeded. */
  #renewedAt: number | null = null
  #seen: { readonly holder: string; readonly renewTime: string; readonly at: number } | null = null
  #announced = false
  #stopped = false
  #timer: { cancel(): void } | null = null
  #watchdog: { cancel(): void } | null = null
  #turn: Promise<void> = Promise.resolve()

  constructor(tools: LeaseTools, options: LeaseOptions) {
    this.#tools = tools
    this.#options = options
    this.#ref = {
      group: 'coordination.k8s.io',
      version: 'v1',
      kind: 'Lease',
      namespace: options.namespace,
      name: options.name,
    }
    this.#turn = this.#cycle()
  }

  leads(): boolean {
    return this.#renewedAt !== null && this.#tools.clock.monotonic() - this.#renewedAt < STOP_AFTER_MS
  }

  #announce(): void {
    const leads = this.leads()
    if (leads === this.#announced) return
    this.#announced = leads
    this.#options.onChange(leads)
  }

  #body(spec: LeaseSpec): LeaseSpec {
    const { identity } = this.#options
    const transitions = (spec.leaseTransitions ?? 0) + (spec.holderIdentity === identity ? 0 : 1)
    // MicroTime: six digits.
    const renewTime = new Date(this.#tools.clock.now()).toISOString().replace('Z', '000Z')
    return { holderIdentity: identity, leaseDurationSeconds: DURATION_S, renewTime, leaseTransitions: transitions }
  }

  /** Free, ours, not renewed for its full duration by our own clock, or held by a process that is provably gone. */
  #mayTake(spec: LeaseSpec): boolean {
    const { identity, isDead } = this.#options
    const now = this.#tools.clock.monotonic()
    const holder = spec.holderIdentity ?? ''
    if (holder === '' || holder === identity || isDead(holder)) return true
    const renewTime = spec.renewTime ?? ''
    if (this.#seen?.holder !== holder || this.#seen.renewTime !== renewTime) {
      this.#seen = { holder, renewTime, at: now }
      return false
    }
    return now - this.#seen.at > (spec.leaseDurationSeconds ?? DURATION_S) * 1_000
  }

  async #attempt(): Promise<void> {
    const { reader, writer, clock } = this.#tools
    const started = clock.monotonic()
    const live = await reader.get(this.#ref)
    if (live !== null && !this.#mayTake(specOf(live))) {
      this.#renewedAt = null
      return
    }
    const spec = this.#body(specOf(live))
    const { namespace, name } = this.#ref
    if (live === null)
      await writer.create({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec })
    else await writer.update({ ...live, spec })
    this.#renewedAt = started
  }

  async #cycle(): Promise<void> {
    try {
      await this.#attempt()
    } catch (error) {
      const lost = error instanceof HoldfastError && ['HF4007', 'HF4013'].includes(error.problem.code)
      if (lost) this.#renewedAt = null
      else this.#options.onTrouble(error)
    }
    this.#announce()
    if (this.#stopped) return
    this.#watchdog?.cancel()
    // The end of the right to write is told even when a renewal hangs.
    this.#watchdog = this.#tools.clock.after(STOP_AFTER_MS, () => this.#announce())
    this.#timer = this.#tools.clock.after(this.leads() ? RENEW_MS : RETRY_MS, () => {
      this.#turn = this.#cycle()
    })
  }

  /** Gives the Lease back, so that a successor need not wait. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    this.#watchdog?.cancel()
    await this.#turn
    this.#watchdog?.cancel()
    const held = this.leads()
    this.#renewedAt = null
    this.#announce()
    if (!held) return
    const live = await this.#tools.reader.get(this.#ref).catch(() => null)
    const spec = specOf(live)
    if (live === null || spec.holderIdentity !== this.#options.identity) return
    await this.#tools.writer.update({ ...live, spec: { ...spec, holderIdentity: '' } }).catch(this.#options.onTrouble)
  }
}

/** Starts trying to hold the Lease; goes on until stopped. */
export function holdLease(tools: LeaseTools, options: LeaseOptions): Lease {
  return new HeldLease(tools, options)
}
