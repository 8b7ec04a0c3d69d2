import type { ProblemCode } from './catalogue.ts'
import type { Problem } from './problem.ts'

/**
 * Whose matter it is that a revision cannot be delivered: the repository or its host (`source`), the credentials (`auth`),
 * the place named in it (`path`), what is made of it (`render`), how much it takes (`limits`), or the cluster that does
 * not take it (`cluster`).
 */
export type DeliveryFailure = 'source' | 'auth' | 'path' | 'render' | 'limits' | 'cluster'

/** One word for alerts, the reason of Events. Stable: rules and dashboards may rely on it. */
export type DeliveryReason =
  | 'GitUnreachable'
  | 'GitAuthFailed'
  | 'ChartRepositoryUnreachable'
  | 'ChartRepositoryAuthFailed'
  | 'RevisionNotFound'
  | 'PathNotFound'
  | 'PathNotAllowed'
  | 'RenderFailed'
  | 'RenderUnrepeatable'
  | 'LimitExceeded'
  | 'ToolMissing'
  | 'SourceNotSupported'
  | 'SignatureRequired'
  | 'CRDMissing'
  | 'AdmissionDenied'
  | 'Forbidden'
  | 'NamespaceMissing'
  | 'NamespaceTerminating'
  | 'ObjectInvalid'
  | 'ImmutableField'
  | 'ObjectTooLarge'
  | 'ServerRefused'
  | 'ClusterUnreachable'

const CLASSES: Partial<Record<ProblemCode, readonly [DeliveryFailure, DeliveryReason]>> = {
  HF1001: ['source', 'GitUnreachable'],
  HF1002: ['source', 'RevisionNotFound'],
  HF1003: ['render', 'RenderFailed'],
  HF1004: ['path', 'PathNotFound'],
  HF1005: ['auth', 'GitAuthFailed'],
  HF1006: ['path', 'PathNotAllowed'],
  HF1007: ['render', 'RenderFailed'],
  HF1008: ['limits', 'LimitExceeded'],
  HF1009: ['render', 'RenderFailed'],
  HF1010: ['limits', 'LimitExceeded'],
  HF1011: ['render', 'ToolMissing'],
  HF1012: ['render', 'RenderFailed'],
  HF1013: ['source', 'SourceNotSupported'],
  HF1014: ['render', 'RenderUnrepeatable'],
  HF1015: ['auth', 'SignatureRequired'],
  HF3002: ['cluster', 'CRDMissing'],
  HF4001: ['cluster', 'ClusterUnreachable'],
  HF4002: ['cluster', 'Forbidden'],
  HF4003: ['cluster', 'AdmissionDenied'],
  HF4004: ['cluster', 'NamespaceMissing'],
  HF4005: ['cluster', 'ObjectInvalid'],
  HF4006: ['cluster', 'ImmutableField'],
  HF4008: ['cluster', 'ServerRefused'],
  HF4009: ['cluster', 'ObjectTooLarge'],
  HF4010: ['cluster', 'Forbidden'],
  HF4012: ['cluster', 'NamespaceTerminating'],
}

/** Of problems with what does not come from Git. */
const OF_CHARTS: Partial<Record<ProblemCode, DeliveryReason>> = {
  HF1001: 'ChartRepositoryUnreachable',
  HF1005: 'ChartRepositoryAuthFailed',
}

/** null for problems that are no failure to deliver. */
export function deliveryFailureOf(code: ProblemCode): DeliveryFailure | null {
  return CLASSES[code]?.[0] ?? null
}

/** null for problems that are no failure to deliver. */
export function deliveryReasonOf({ code, subject }: Pick<Problem, 'code' | 'subject'>): DeliveryReason | null {
  if (subject.host === 'charts') return OF_CHARTS[code] ?? CLASSES[code]?.[1] ?? null
  return CLASSES[code]?.[1] ?? null
}
