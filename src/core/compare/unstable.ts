// Does the server make something else of the same object each time?
import { deepEqual, type FieldPath, type Json, type JsonMap, type KubeObject } from '../kube/index.ts'
import type { Locator } from './locate.ts'

export const UNSTABLE = 'builtin/unstable-admission'

function memberOf(object: KubeObject, path: FieldPath, locate: Locator): Json | undefined {
  const last = path.at(-1)
  if (last?.kind !== 'field') return undefined
  const parent = locate.parentAt(object as unknown as JsonMap, path)
  return parent !== null && Object.hasOwn(parent, last.name) ? parent[last.name] : undefined
}

/** Both answers have a value at the path, and not the same. */
export function isUnstable(
  path: FieldPath,
  { form, before }: { readonly form: KubeObject; readonly before: KubeObject },
  locate: Locator,
): boolean {
  const [now, then] = [memberOf(form, path, locate), memberOf(before, path, locate)]
  return now !== undefined && then !== undefined && !deepEqual(now, then)
}
