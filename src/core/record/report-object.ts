// One object's evaluation → its part of the drift report, Secret values masked.
import { createHmac } from 'node:crypto'
import type { FieldChange } from '../compare/index.ts'
import type { EvaluatedField, ObjectEvaluation } from '../evaluate/index.ts'
import { canonicalJson, type Json, type ObjectRef } from '../kube/index.ts'
import type { Masked, ReportField, ReportObject } from './report.ts'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** Where a Secret keeps what nobody may read. */
function isSecretPlace(ref: ObjectRef, field: Pick<FieldChange, 'path'>): boolean {
  if (ref.group !== '' || ref.kind !== 'Secret') return false
  const [first, second, third] = field.path
  if (first?.kind !== 'field') return true
  if (first.name === 'data' || first.name === 'stringData') return true
  if (first.name !== 'metadata' || second?.kind !== 'field' || second.name !== 'annotations') return false
  return third?.kind !== 'field' || third.name === LAST_APPLIED
}

export function maskedDigest(value: Json, digestKey: string): Masked {
  return { masked: `hmac:${createHmac('sha256', digestKey).update(canonicalJson(value)).digest('hex').slice(0, 12)}` }
}

type Shown = Json | Masked

function shown(value: Json | undefined, secret: boolean, digestKey: string): Shown | undefined {
  return value !== undefined && secret ? maskedDigest(value, digestKey) : value
}

function fieldOf(ref: ObjectRef, evaluated: EvaluatedField, digestKey: string): ReportField {
  const { field } = evaluated
  const secret = isSecretPlace(ref, field)
  const desired = shown(field.desired, secret, digestKey)
  const live = shown(field.live, secret, digestKey)
  return {
    path: field.at,
    pointer: field.pointer,
    change: field.change,
    ...(desired === undefined ? {} : { desired }),
    ...(live === undefined ? {} : { live }),
    fingerprint: evaluated.fingerprint,
    firstSeen: evaluated.firstSeen,
    cause: evaluated.cause,
    verdict: evaluated.verdict,
  }
}

export interface ReportObjectOptions {
  readonly digestKey: string
  readonly origin?: { readonly file: string; readonly line: number }
}

export function reportObject(evaluation: ObjectEvaluation, options: ReportObjectOptions): ReportObject {
  const { ref } = evaluation
  return {
    ref,
    status: evaluation.status,
    difference: evaluation.difference,
    fields: evaluation.fields.map((field) => fieldOf(ref, field, options.digestKey)),
    ignored: evaluation.ignored.map((change) => {
      const secret = isSecretPlace(ref, change)
      return {
        path: change.at,
        rule: change.rule,
        desired: shown(change.desired, secret, options.digestKey) ?? null,
        live: shown(change.live, secret, options.digestKey) ?? null,
      }
    }),
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    ...(evaluation.problems[0] === undefined ? {} : { message: evaluation.problems[0].message }),
    ...(evaluation.whole === null ? {} : evaluation.whole),
  }
}
