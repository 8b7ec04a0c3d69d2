import { createHash } from 'node:crypto'
import { isMap, type KubeObject } from '../../core/kube/index.ts'

// JSON cannot say a bigint. A body that holds one is written with every bigint as `NUL n digits`, and with a NUL put
// before strings that begin with one; the mark before the text says which of the two it is.
const PLAIN = 'j'
const TAGGED = 'b'
const NUL = '\u0000'

function tag(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${NUL}n${value}`
  return typeof value === 'string' && value.startsWith(NUL) ? NUL + value : value
}

function untag(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith(NUL)) return value
  return value[1] === 'n' ? BigInt(value.slice(2)) : value.slice(1)
}

/** The body as text that `decode` gives back exactly, bigint included. */
export function encode(body: KubeObject): string {
  try {
    return PLAIN + JSON.stringify(body)
  } catch {
    return TAGGED + JSON.stringify(body, tag)
  }
}

/** undefined for text that `encode` did not make, which only a hand-made file can hold. */
export function decode(text: string): KubeObject | undefined {
  try {
    const body: unknown = JSON.parse(text.slice(1), text.startsWith(TAGGED) ? untag : undefined)
    return isMap(body) ? (body as unknown as KubeObject) : undefined
  } catch {
    return undefined
  }
}

function checksum(payload: Buffer): string {
  return createHash('sha256').update(payload).digest('hex')
}

/** Length of the header line: `hf1 `, the checksum, a line end. */
const HEADER = 4 + 64 + 1

export function toFile(text: string): Buffer {
  const payload = Buffer.from(text, 'utf8')
  return Buffer.concat([Buffer.from(`hf1 ${checksum(payload)}\n`, 'latin1'), payload])
}

/** The text in a file's bytes; undefined when they are cut short, changed, or not ours. */
export function fromFile(bytes: Buffer): string | undefined {
  const payload = bytes.subarray(HEADER)
  const isWhole = payload.length > 0 && bytes.toString('latin1', 0, HEADER) === `hf1 ${checksum(payload)}\n`
  return isWhole ? payload.toString('utf8') : undefined
}
