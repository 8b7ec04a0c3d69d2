// Which objects of a kind has the reflector seen, and in which state?
import { type KubeObject, type ObjectRef, refKey } from '../../core/kube/index.ts'
import type { KindInfo } from '../../ports/cluster-reader.ts'
import type { SafeEmit } from './emit.ts'

interface Seen {
  uid: string
  resourceVersion: string
  /** Number of the list in which it was last seen. */
  epoch: number
}

export function nameKey(namespace: string, name: string): string {
  return `${namespace}/${name}`
}

/** Key → uid and resourceVersion, nothing more: bodies pass through to the callback. Turns what is seen into events. */
export class Known {
  readonly #kind: KindInfo
  readonly #emit: SafeEmit
  readonly #seen: Map<string, Seen>
  #epoch = 0

  constructor(kind: KindInfo, emit: SafeEmit, seen: Map<string, Seen> = new Map()) {
    this.#kind = kind
    this.#seen = seen
    this.#emit = emit
  }

  get size(): number {
    return this.#seen.size
  }

  get(key: string): { readonly uid: string; readonly resourceVersion: string } | undefined {
    return this.#seen.get(key)
  }

  /** The entries of one namespace, for a stream that goes on with that namespace alone. */
  split(namespace: string): Known {
    const entries = [...this.#seen].filter(([key]) => key.startsWith(`${namespace}/`))
    return new Known(this.#kind, this.#emit, new Map(entries))
  }

  beginList(): void {
    this.#epoch += 1
  }

  /** An object of a list. Told on when it is new or another version than the one known, or always with `repeat`. */
  listed(object: KubeObject, mode: 'changes' | 'repeat'): void {
    const key = nameKey(object.metadata.namespace ?? '', object.metadata.name ?? '')
    const seen = this.#seen.get(key)
    const { uid = '', resourceVersion = '' } = object.metadata
    if (seen !== undefined && seen.uid === uid && seen.resourceVersion === resourceVersion) {
      seen.epoch = this.#epoch
      if (mode === 'changes') return
    }
    this.#upsert(key, object, { initial: true })
  }

  /** What the complete list did not contain is gone. */
  endList(): void {
    for (const [key, seen] of this.#seen) {
      if (seen.epoch !== this.#epoch) this.#delete(key, seen.uid)
    }
  }

  upserted(object: KubeObject): void {
    this.#upsert(nameKey(object.metadata.namespace ?? '', object.metadata.name ?? ''), object, { initial: false })
  }

  /** A DELETED of something already known to be gone, or of an earlier object of this name, is no news. */
  deleted(object: KubeObject): void {
    const key = nameKey(object.metadata.namespace ?? '', object.metadata.name ?? '')
    const seen = this.#seen.get(key)
    if (seen !== undefined && seen.uid === (object.metadata.uid ?? '')) this.#delete(key, seen.uid)
  }

  /** The kind itself is gone. */
  deleteAll(): void {
    for (const [key, seen] of this.#seen) this.#delete(key, seen.uid)
  }

  #upsert(key: string, object: KubeObject, { initial }: { initial: boolean }): void {
    const { uid = '', resourceVersion = '' } = object.metadata
    const before = this.#seen.get(key)
    if (before !== undefined && before.uid !== uid) this.#delete(key, before.uid)
    const seen = this.#seen.get(key)
    if (seen === undefined) {
      this.#seen.set(key, { uid, resourceVersion, epoch: this.#epoch })
    } else {
      seen.resourceVersion = resourceVersion
      seen.epoch = this.#epoch
    }
    const event = { type: 'upsert', key: refKey(this.#ref(key)), object, initial } as const
    if (!this.#emit(event)) this.#spoil(key)
  }

  #delete(key: string, uid: string): void {
    this.#seen.delete(key)
    const ref = this.#ref(key)
    this.#emit({ type: 'delete', key: refKey(ref), ref, uid })
  }

  /** A callback that threw may have missed the event: the next list tells it again. */
  #spoil(key: string): void {
    const seen = this.#seen.get(key)
    if (seen !== undefined) seen.resourceVersion = ''
  }

  #ref(key: string): ObjectRef {
    const slash = key.indexOf('/')
    const { group, version, kind } = this.#kind
    return { group, version, kind, namespace: key.slice(0, slash), name: key.slice(slash + 1) }
  }
}
