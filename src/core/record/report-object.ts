// One object's evaluation → its part of the drift report, Secret values masked.
import { createHmac } from 'node:crypto'
import { classifyIgnored } from '../classify/index.ts'
import type { FieldChange, IgnoredChange } from '../compare/index.ts'
import type { EvaluatedField, ObjectEvaluation } from '../evaluate/index.ts'
import { canonicalJson, type Json, type ObjectRef } from '../kube/index.ts'
import type { Masked, ReportCoexistence, ReportField, ReportObject } from './report.ts'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

const PLAIN_SECRET_FIELDS = new Set(['type', 'immutable'])

/** Values of a Secret are shown only where no secret can stand: `type`, `immutable`, and metadata but last-applied. */
function isSecretPlace(ref: ObjectRef, { path }: Pick<FieldChange, 'path'>): boolean {
  if (ref.group !== '' || ref.kind !== 'Secret') return false
  const [first, second, third] = path.map((element) => (element.kind === 'field' ? element.name : null))
  if (first !== 'metadata') return !PLAIN_SECRET_FIELDS.has(first ?? '')
  if (second === undefined) return true
  return second === 'annotations' && ((third ?? null) === null || third === LAST_APPLIED)
}

export function maskedDigest(value: Json, digestKey: string): Masked {
  return { masked: `hmac:${createHmac('sha256', digestKey).update(canonicalJson(value)).digest('hex').slice(0, 12)}` }
}

type Shown = Json | Masked

/** How the values of one difference are shown. */
function shower(ref: ObjectRef, change: Pick<FieldChange, 'path'>, digestKey: string) {
  const secret = isSecretPlace(ref, change)
  return (value: Json | undefined): Shown | undefined =>
    value !== undefined && secret ? maskedDigest(value, digestKey) : value
}

function fieldOf(ref: ObjectRef, evaluated: EvaluatedField, digestKey: string): ReportField {
  const { field } = evaluated
  const show = shower(ref, field, digestKey)
  const desired = show(field.desired)
  const live = show(field.live)
  return {
    path: field.at,
    pointer: field.pointer,
    change: field.change,
    ...(desired === undefined ? {} : { desired }),
    ...(live === undefined ? {} : { live }),
    concern: evaluated.concern,
    fingerprint: evaluated.fingerprint,
    firstSeen: evaluated.firstSeen,
    cause: evaluated.cause,
    ownedBy: evaluated.ownedBy,
    verdict: evaluated.verdict,
  }
}

export interface ReportObjectOptions {
  readonly digestKey: string
  /** What the server alone writes, where it is to be told. */
  readonly serverWritten?: readonly IgnoredChange[]
  readonly origin?: { readonly file: string; readonly line: number }
  readonly coexistsWith?: readonly ReportCoexistence[]
}

export function reportObject(evaluation: ObjectEvaluation, options: ReportObjectOptions): ReportObject {
  const { ref } = evaluation
  return {
    ref,
    status: evaluation.status,
    difference: evaluation.difference,
    fields: evaluation.fields.map((field) => fieldOf(ref, field, options.digestKey)),
    ignored: [...evaluation.ignored, ...(options.serverWritten ?? [])].map((change) => {
      const show = shower(ref, change, options.digestKey)
      return {
        path: change.at,
        pointer: change.pointer,
        rule: change.rule,
        ...(change.owner === null ? {} : { owner: change.owner }),
        ...(change.confidence === undefined ? {} : { confidence: change.confidence }),
        desired: show(change.desired) ?? null,
        live: show(change.live) ?? null,
        intended: true as const,
        ...classifyIgnored(change, evaluation.webhooks),
      }
    }),
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    ...(evaluation.owner === null ? {} : { responsible: evaluation.owner }),
    ...(evaluation.webhooks.length === 0 ? {} : { webhooks: evaluation.webhooks }),
    ...(evaluation.problems[0] === undefined ? {} : { message: evaluation.problems[0].message }),
    ...(evaluation.whole === null ? {} : evaluation.whole),
    ...(options.coexistsWith === undefined ? {} : { coexistsWith: options.coexistsWith }),
  }
}
