// What an application left behind: named by its status or marked as its own, and no longer declared.
import { appTrackingName, type DesiredSet, readTracking } from '../core/desired/index.ts'
import type { ObjectEvaluation } from '../core/evaluate/index.ts'
import { gvkKey, type KubeObject, type ObjectRef, refKey } from '../core/kube/index.ts'
import { type Problem, toProblem } from '../core/problem/index.ts'
import type { Inspector } from './inspector.ts'

interface Found {
  readonly refs: Map<string, ObjectRef>
  readonly problems: Problem[]
}

/** Lists tell only metadata, without the kind. */
function withKind(item: KubeObject, of: ObjectRef): KubeObject {
  return { ...item, apiVersion: of.group === '' ? of.version : `${of.group}/${of.version}`, kind: of.kind }
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
      if (object.metadata.ownerReferences?.some(({ controller }) => controller === true)) continue
      const ref = { group, version, kind, namespace: item.metadata.namespace ?? '', name: item.metadata.name ?? '' }
      found.refs.set(refKey(ref), ref)
    }
  } catch (error) {
    found.problems.push(toProblem(error, 'HF5001', { object: kind }))
  }
}

/** Objects of the application that Git no longer declares, evaluated. */
export async function findExtras(
  inspector: Inspector,
  desired: DesiredSet,
): Promise<{ evaluations: readonly (ObjectEvaluation | null)[]; problems: readonly Problem[] }> {
  const { definition, inventory, controlPlaneNamespace } = inspector.input
  const found: Found = { refs: new Map(inventory.map((ref) => [refKey(ref), ref])), problems: [] }
  const kinds = new Map([...desired.objects.map(({ ref }) => ref), ...inventory].map((ref) => [gvkKey(ref), ref]))
  const name = appTrackingName(definition, controlPlaneNamespace)
  await Promise.all([...kinds.values()].map((of) => findMarked(inspector, name, of, found)))
  for (const { ref } of desired.objects) found.refs.delete(refKey(ref))
  const evaluations = await Promise.all(
    [...found.refs.values()].map((ref) => inspector.evaluate({ ref, desired: null, complete: desired.complete })),
  )
  return { evaluations, problems: found.problems }
}
