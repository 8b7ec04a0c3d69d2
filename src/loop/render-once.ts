// Rendered objects as they are printed: where they would go, and without what nobody may read.
import { isMap, type Json, type JsonMap, type KubeObject, refOf } from '../core/kube/index.ts'
import { maskedDigest } from '../core/record/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'

/** Objects of namespaced kinds that name no namespace, in this one. */
export function placed(
  reader: Pick<ClusterReader, 'kind'>,
  objects: readonly KubeObject[],
  namespace: string,
): Promise<KubeObject[]> {
  return Promise.all(
    objects.map(async (object) => {
      if ((object.metadata.namespace ?? '') !== '') return object
      const kind = await reader.kind(refOf(object))
      // A kind that nothing declares is most likely namespaced.
      if (kind?.namespaced === false) return object
      return { ...object, metadata: { ...object.metadata, namespace } }
    }),
  )
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

function masked(values: JsonMap, digestKey: string): JsonMap {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, maskedDigest(value as Json, digestKey) as unknown as Json]),
  )
}

/** A Secret with digests for its values; any other object as it is. */
export function withoutSecrets(object: KubeObject, digestKey: string): KubeObject {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return object
  const { annotations } = object.metadata
  const copy: Record<string, unknown> = { ...object }
  for (const field of ['data', 'stringData']) if (isMap(copy[field])) copy[field] = masked(copy[field], digestKey)
  if (annotations !== undefined && Object.hasOwn(annotations, LAST_APPLIED)) {
    const { [LAST_APPLIED]: _, ...others } = annotations
    copy['metadata'] = { ...object.metadata, annotations: others }
  }
  return copy as unknown as KubeObject
}
