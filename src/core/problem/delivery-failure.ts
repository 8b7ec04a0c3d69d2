import type { ProblemCode } from './catalogue.ts'

/**
 * Whose matter it is that a revision cannot be delivered: the repository or its host (`source`), the credentials (`auth`),
 * the place named in it (`path`), what is made of it (`render`), or how much it takes (`limits`).
 */
export type DeliveryFailure = 'source' | 'auth' | 'path' | 'render' | 'limits'

const CLASSES: Partial<Record<ProblemCode, DeliveryFailure>> = {
  HF1001: 'source',
  HF1002: 'source',
  HF1003: 'render',
  HF1004: 'path',
  HF1005: 'auth',
  HF1006: 'path',
  HF1007: 'render',
  HF1008: 'limits',
  HF1009: 'render',
  HF1010: 'limits',
  HF1011: 'render',
  HF1012: 'render',
  HF1013: 'source',
  HF1014: 'render',
  HF1015: 'auth',
}

/** null for problems that are no failure to deliver. */
export function deliveryFailureOf(code: ProblemCode): DeliveryFailure | null {
  return CLASSES[code] ?? null
}
