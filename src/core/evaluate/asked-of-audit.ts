// What the audit log is asked about an object, and between which looks at it.
import type { AuditQuestion, DeletionInput, Window } from '../classify/index.ts'
import type { KubeObject } from '../kube/index.ts'
import type { ObjectSnapshot } from './types.ts'

/** Between which looks at the object this difference came about. */
export function windowOf(
  { history, now }: ObjectSnapshot,
  live: KubeObject,
  { at, print }: { readonly at: string; readonly print: string },
): Window | null {
  const { before } = history
  const { uid = '', resourceVersion = '' } = live.metadata
  if (before === undefined || before.uid !== uid) return null
  const known = before.windows.get(print)
  if (known !== undefined) return known
  // It was there already, and explained; or nothing was written since: then it is what it is compared with that changed.
  if (before.explained.has(at) || before.resourceVersion === resourceVersion) return null
  return {
    afterVersion: before.resourceVersion,
    afterTime: before.time,
    untilVersion: resourceVersion,
    untilTime: now,
  }
}

export function auditOf({ facts }: ObjectSnapshot, window: Window | null): { audit?: AuditQuestion } {
  return facts === undefined ? {} : { audit: { facts, window } }
}

export function deletionOf({ ref, desired, history, facts }: ObjectSnapshot): { deletion?: DeletionInput } {
  if (facts === undefined) return {}
  const { before } = history
  const { namespace, name } = ref
  const object = { namespace, name, uid: before?.uid ?? '', labels: desired?.object.metadata.labels ?? {} }
  return { deletion: { object, aliveAt: before?.time ?? null, facts } }
}
