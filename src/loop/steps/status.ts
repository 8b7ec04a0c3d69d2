// Writes an Application's status and takes its requests off it. Status is a plain field there, not a subresource.
import type { ObjectRef } from '../../core/kube/index.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'

export const APPLICATION = { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application' } as const

export function applicationRef(namespace: string, name: string): ObjectRef {
  return { ...APPLICATION, namespace, name }
}

/** `status` replaces the members it names (RFC 7386: null removes). */
export async function writeStatus(writer: ClusterWriter, ref: ObjectRef, status: object): Promise<void> {
  await writer.mergePatch(ref, { status })
}

/** A refresh request is answered by taking its annotation away; an operation by moving it into the status. */
export async function takeRequest(
  writer: ClusterWriter,
  ref: ObjectRef,
  request: 'refresh' | 'operation',
): Promise<void> {
  const patch =
    request === 'refresh' ? { metadata: { annotations: { 'argocd.argoproj.io/refresh': null } } } : { operation: null }
  await writer.mergePatch(ref, patch)
}
