import type { Json, KubeObject, ObjectRef } from '../core/kube/index.ts'

export type JsonPatch = readonly {
  readonly op: 'add' | 'replace' | 'remove' | 'test'
  readonly path: string
  readonly value?: Json | object
}[]

/** Every call names the field manager `holdfast`; failures are thrown as HoldfastError with an HF4xxx problem. */
export interface ClusterWriter {
  /** Server-side apply with force. `resourceVersion`/`uid` inside `object.metadata` guard it (409 → HF4007). */
  apply(object: KubeObject): Promise<KubeObject>
  jsonPatch(ref: ObjectRef, patch: JsonPatch): Promise<KubeObject>
  /** RFC 7386 merge patch, e.g. of an Application's status. */
  mergePatch(ref: ObjectRef, patch: object, options?: { subresource?: string }): Promise<KubeObject>
  create(object: KubeObject): Promise<KubeObject>
  /** Replaces with the resourceVersion inside `object` as guard. */
  update(object: KubeObject): Promise<KubeObject>
  /** false when it was already gone. */
  remove(
    ref: ObjectRef,
    options: { uid: string; resourceVersion?: string; propagation: 'Foreground' | 'Background' | 'Orphan' },
  ): Promise<boolean>
}
