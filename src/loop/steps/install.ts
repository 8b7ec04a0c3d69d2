// Applies a CustomResourceDefinition that Holdfast ships.
import type { KubeObject } from '../../core/kube/index.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'

/** `guard` is the live object that was looked at: it must still be that one (HF4007). null = there was none. */
export function applyDefinition(
  writer: ClusterWriter,
  definition: KubeObject,
  guard: KubeObject | null,
): Promise<KubeObject> {
  if (guard === null) return writer.apply(definition)
  const { uid, resourceVersion } = guard.metadata
  const identity = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
  return writer.apply({ ...definition, metadata: { ...definition.metadata, ...identity } })
}
