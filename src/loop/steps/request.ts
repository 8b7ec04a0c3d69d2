// What the command line may write: a request on an Application, and the CRDs of an installation.
import type { KubeObject, ObjectRef } from '../../core/kube/index.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'

/** Sets `operation`, as `argocd app sync` does: the controller that owns the Application takes it from there. */
export async function requestOperation(writer: ClusterWriter, ref: ObjectRef, operation: object): Promise<void> {
  await writer.mergePatch(ref, { operation })
}

export async function installManifest(writer: ClusterWriter, manifest: KubeObject): Promise<void> {
  await writer.apply(manifest)
}
