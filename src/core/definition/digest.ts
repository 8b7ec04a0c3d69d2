import { createHash } from 'node:crypto'
import { canonicalJson } from '../kube/index.ts'

/** SHA-256 of the canonical JSON, in hex. */
export function digestOf(value: object): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
