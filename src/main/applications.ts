import type { KubeObject } from '../core/kube/index.ts'
import { HoldfastError, problem } from '../core/problem/index.ts'
import { APPLICATION, applicationRef } from '../loop/steps/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'

/** What is asked about Applications of a cluster that has no such kind is answered by how it gets one. */
export async function ofApplications<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.problem.code !== 'HF3002') throw error
    throw new HoldfastError({ ...error.problem, action: 'Run: holdfast install --crds' }, { cause: error })
  }
}

/** Throws HF7003 when there is none. */
export async function readApplication(
  reader: Pick<ClusterReader, 'get'>,
  { namespace, name }: { namespace: string; name: string },
): Promise<KubeObject> {
  const found = await ofApplications(() => reader.get(applicationRef(namespace, name)))
  if (found !== null) return found
  throw new HoldfastError(
    problem('HF7003', `there is no Application ${name} in namespace ${namespace}`, { app: `${namespace}/${name}` }),
  )
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`

/** By namespace and name. */
export async function listApplications(
  reader: Pick<ClusterReader, 'list'>,
  namespace: string,
): Promise<readonly KubeObject[]> {
  const { items } = await ofApplications(() => reader.list({ ...APPLICATION, namespace }))
  return items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}
