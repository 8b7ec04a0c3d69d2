import type { KubeObject } from '../core/kube/index.ts'
import { HoldfastError, problem } from '../core/problem/index.ts'
import { applicationRef } from '../loop/steps/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'

/** Throws HF7003 when there is none. */
export async function readApplication(
  reader: Pick<ClusterReader, 'get'>,
  { namespace, name }: { namespace: string; name: string },
): Promise<KubeObject> {
  const found = await reader.get(applicationRef(namespace, name))
  if (found !== null) return found
  throw new HoldfastError(
    problem('HF7003', `there is no Application ${name} in namespace ${namespace}`, { app: `${namespace}/${name}` }),
  )
}
