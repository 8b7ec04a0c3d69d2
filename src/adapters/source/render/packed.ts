// Objects as text, for the way between threads and for keeping: small, quick to make, and read piece by piece.
import type { Origin, RenderedObject } from '../../../core/desired/index.ts'
import type { KubeObject } from '../../../core/kube/index.ts'
import { mentionsSecret } from './secret-marks.ts'

/**
 * JSON cannot say a bigint. An object that holds one is written with every bigint as `NUL n digits`, and with a NUL put
 * before strings that begin with one; `tagged` says that it is.
 */
export interface PackedObject {
  readonly origin: Origin
  readonly json: string
  readonly tagged: boolean
}

const NUL = '\u0000'

function tag(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${NUL}n${value}`
  return typeof value === 'string' && value.startsWith(NUL) ? NUL + value : value
}

function untag(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith(NUL)) return value
  return value[1] === 'n' ? BigInt(value.slice(2)) : value.slice(1)
}

export function pack({ object, origin }: RenderedObject): PackedObject {
  try {
    return { origin, json: JSON.stringify(object), tagged: false }
  } catch {
    return { origin, json: JSON.stringify(object, tag), tagged: true }
  }
}

export function unpack({ origin, json, tagged }: PackedObject): RenderedObject {
  return { origin, object: JSON.parse(json, tagged ? untag : undefined) as KubeObject }
}

/** Rough size in bytes of what is kept. */
export function packedSize({ json }: PackedObject): number {
  return 200 + json.length
}

/** Whether there is a Secret in it: the object itself, an item of a list, or one quoted in a text or an annotation. */
export function holdsSecret({ json }: PackedObject): boolean {
  return mentionsSecret(json)
}
