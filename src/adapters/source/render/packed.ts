// Objects as text, for the way between threads and for keeping: small, quick to make, and read piece by piece.
import type { Origin, RenderedObject } from '../../../core/desired/index.ts'
import type { KubeObject } from '../../../core/kube/index.ts'

/** JSON cannot carry bigint; objects that hold one stay as they are. */
export interface PackedObject {
  readonly origin: Origin
  readonly json: string | null
  readonly value: KubeObject | null
}

function hasBigint(value: unknown): boolean {
  if (typeof value === 'bigint') return true
  if (typeof value !== 'object' || value === null) return false
  for (const key in value) if (hasBigint((value as Record<string, unknown>)[key])) return true
  return false
}

export function pack({ object, origin }: RenderedObject): PackedObject {
  return hasBigint(object)
    ? { origin, json: null, value: object }
    : { origin, json: JSON.stringify(object), value: null }
}

export function unpack({ origin, json, value }: PackedObject): RenderedObject {
  return { origin, object: value ?? (JSON.parse(json ?? '') as KubeObject) }
}

/** Rough size in bytes of what is kept. */
export function packedSize({ json }: PackedObject): number {
  return 200 + (json?.length ?? 4_000)
}
