// Carries out one apply step: claim, then the complete object, guarded by what was compared; the answer is handed back.
import type { KubeObject } from '../../core/kube/index.ts'
import type { ApplyStep } from '../../core/plan/index.ts'
import { HoldfastError, type Problem, toProblem } from '../../core/problem/index.ts'
import { formatRef } from '../../core/kube/index.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'

export type ApplyOutcome =
  | { readonly state: 'done'; readonly object: KubeObject; readonly requests: number }
  /** The object changed since it was compared: compare again. */
  | { readonly state: 'stale' }
  | { readonly state: 'failed'; readonly problem: Problem; readonly retry: boolean }

function guarded(step: ApplyStep, resourceVersion: string): KubeObject {
  if (step.guard === null) return step.body
  // uid: an apply with a resourceVersion alone would recreate an object that was deleted meanwhile.
  return { ...step.body, metadata: { ...step.body.metadata, uid: step.guard.uid, resourceVersion } }
}

async function run(writer: ClusterWriter, step: ApplyStep): Promise<ApplyOutcome> {
  let resourceVersion = step.guard?.resourceVersion ?? ''
  let requests = 1
  if (step.claim !== null) {
    const claimed = await writer.jsonPatch(step.ref, step.claim)
    resourceVersion = claimed.metadata.resourceVersion ?? ''
    requests += 1
  }
  return { state: 'done', object: await writer.apply(guarded(step, resourceVersion)), requests }
}

/** Never throws. */
export async function applyObject(writer: ClusterWriter, step: ApplyStep): Promise<ApplyOutcome> {
  try {
    return await run(writer, step)
  } catch (error) {
    const problem = toProblem(error, 'HF4008', { object: formatRef(step.ref) })
    if (problem.code === 'HF4007') return { state: 'stale' }
    const retry = !(error instanceof HoldfastError) || error.disposition === 'retry'
    return { state: 'failed', problem, retry }
  }
}
