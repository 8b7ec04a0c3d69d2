// What an application left behind: named by its status or marked as its own, and no longer declared.
import { isExcluded } from '../core/definition/index.ts'
import { appTrackingName, type DesiredSet, readTracking } from '../core/desired/index.ts'
import type { ObjectEvaluation } from '../core/evaluate/index.ts'
import { controllerOf, gvkKey, type KubeObject, type ObjectRef, refKey } from '../core/kube/index.ts'
import { applicationName, type Orphan, orphanOf } from '../core/orphan/index.ts'
import { type Problem, toProblem } from '../core/problem/index.ts'
import type { Inspector } from './inspector.ts'

interface Found {
  readonly refs: Map<string, ObjectRef>
  /** Marked by a label alone, which anything that the application makes inherits, and never in its inventory. */
  readonly candidates: Map<string, Orphan>
  readonly problems: Problem[]
}

/** Lists tell only metadata, without the kind. */
function withKind(item: KubeObject, of: ObjectRef): KubeObject {
  return { ...item, apiVersion: of.group === '' ? of.version : `${of.group}/${of.version}`, kind: of.kind }
}

function candidate(object: KubeObject, app: string): Orphan {
  return orphanOf(object, { why: 'marked', claimedBy: applicationName(app), pruned: null })
}

async function findMarked(inspector: Inspector, app: string, of: ObjectRef, found: Found): Promise<void> {
  const { group, version, kind } = of
  try {
    const query = { group, version, kind, metadataOnly: true }
    const { items } = await inspector.limit(() => inspector.tools.reader.list(query))
    for (const item of items) {
      const object = withKind(item, of)
      const mark = readTracking(object, inspector.input.settings)
      if (mark === null || mark.app !== app || !mark.selfReferencing) continue
      // A controller's children inherit labels; they are no objects of the application.
      if (controllerOf(object) !== null) continue
      const ref = { group, version, kind, namespace: item.metadata.namespace ?? '', name: item.metadata.name ?? '' }
      if (inspector.input.settings.trackingMethod !== 'label') found.refs.set(refKey(ref), ref)
      else if (!found.refs.has(refKey(ref))) found.candidates.set(refKey(ref), candidate(object, app))
    }
  } catch (error) {
    found.problems.push(toProblem(error, 'HF5001', { object: kind }))
  }
}

export interface Extras {
  readonly evaluations: readonly (ObjectEvaluation | null)[]
  readonly candidates: readonly Orphan[]
  readonly problems: readonly Problem[]
}

/** Objects of the application that Git no longer declares, evaluated, and those that only look like its own. */
export async function findExtras(inspector: Inspector, desired: DesiredSet): Promise<Extras> {
  const { definition, inventory, controlPlaneNamespace } = inspector.input
  const refs = new Map<string, ObjectRef>(inventory.map((ref) => [refKey(ref), ref]))
  const found: Found = { refs, candidates: new Map(), problems: [] }
  // Beside files nothing is looked for: they may be a part of what the application declares.
  const looked = inspector.input.as === 'application' ? [...desired.objects.map(({ ref }) => ref), ...inventory] : []
  const kinds = new Map(looked.map((ref) => [gvkKey(ref), ref]))
  const name = appTrackingName(definition, controlPlaneNamespace)
  await Promise.all([...kinds.values()].map((of) => findMarked(inspector, name, of, found)))
  const { resources } = inspector.input.settings
  for (const [key, ref] of found.refs) if (isExcluded(resources, ref)) found.refs.delete(key)
  for (const { ref } of desired.objects) {
    found.refs.delete(refKey(ref))
    found.candidates.delete(refKey(ref))
  }
  const evaluations = await Promise.all(
    [...found.refs.values()].map((ref) => inspector.evaluate({ ref, desired: null, complete: desired.complete })),
  )
  return { evaluations, candidates: [...found.candidates.values()], problems: found.problems }
}
