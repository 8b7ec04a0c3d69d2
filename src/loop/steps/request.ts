// What people ask a controller for through an Application: a sync, a refresh, a decision.
import type { KubeObject, ObjectRef } from '../../core/kube/index.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'

export interface OperationRequest {
  readonly ref: ObjectRef
  /** The Application that was looked at: another one by now → HF4007. */
  readonly resourceVersion: string
  /** As Argo CD's clients write it; null withdraws. */
  readonly operation: object | null
}

export function requestOperation(writer: ClusterWriter, request: OperationRequest): Promise<KubeObject> {
  const { ref, resourceVersion, operation } = request
  return writer.mergePatch(ref, { metadata: { resourceVersion }, operation })
}

export function requestRefresh(writer: ClusterWriter, ref: ObjectRef, refresh: 'normal' | 'hard'): Promise<KubeObject> {
  return writer.mergePatch(ref, { metadata: { annotations: { 'argocd.argoproj.io/refresh': refresh } } })
}

export interface AnnotationRequest {
  readonly ref: ObjectRef
  /** As in `OperationRequest`. */
  readonly resourceVersion: string
  readonly name: string
  readonly value: string
}

export function requestAnnotation(writer: ClusterWriter, request: AnnotationRequest): Promise<KubeObject> {
  const { ref, resourceVersion, name, value } = request
  return writer.mergePatch(ref, { metadata: { resourceVersion, annotations: { [name]: value } } })
}
