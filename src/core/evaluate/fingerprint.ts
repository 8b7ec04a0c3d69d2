// The same difference has the same fingerprint in every run: approvals, acknowledgements and deduplication hang on it.
import { createHmac } from 'node:crypto'
import type { FieldChange } from '../compare/index.ts'
import { canonicalJson, type Json, type ObjectRef, refKey } from '../kube/index.ts'
import type { AppContext } from './types.ts'

function digest(key: string, value: Json | undefined): string {
  return createHmac('sha256', key).update(canonicalJson(value)).digest('hex').slice(0, 24)
}

export function fingerprintOf(
  { app, digestKey }: Pick<AppContext, 'app' | 'digestKey'>,
  ref: ObjectRef,
  field: FieldChange,
): string {
  const parts = [
    app,
    refKey(ref),
    field.at,
    field.change,
    digest(digestKey, field.desired),
    digest(digestKey, field.live),
  ]
  return createHmac('sha256', digestKey).update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
