// Which running pods of the declared workloads do not follow their template now?
import { isExcluded } from '../core/definition/index.ts'
import type { ObjectEvaluation } from '../core/evaluate/index.ts'
import { type ObjectRef, refKey } from '../core/kube/index.ts'
import { type Problem, toProblem } from '../core/problem/index.ts'
import { deviatingPods, makesPods, type PodTools } from './deviating-pods.ts'
import type { Inspector } from './inspector.ts'

interface Found {
  readonly evaluations: readonly ObjectEvaluation[]
  readonly problems: readonly Problem[]
}

/** Never throws. */
export async function inspectPods(inspector: Inspector, declared: readonly ObjectRef[]): Promise<Found> {
  const { tools, input, limit } = inspector
  const pods: PodTools = { ...tools, limit: (run) => limit(run), kind: (query) => inspector.kind(query) }
  const app = input.definition.key
  const makers = isExcluded(input.settings.resources, { group: '', kind: 'Pod' }) ? [] : declared.filter(makesPods)
  const workloads = new Map(makers.map((ref) => [refKey(ref), { ref, app }]))
  const look = async (namespace: string): Promise<Found> => {
    try {
      const { deviations } = await deviatingPods(pods, { namespace, workloads })
      return { evaluations: deviations.map(({ evaluation }) => evaluation), problems: [] }
    } catch (error) {
      return { evaluations: [], problems: [toProblem(error, 'HF5001', { object: `Pod in ${namespace}` })] }
    }
  }
  const found = await Promise.all([...new Set(makers.map(({ namespace }) => namespace))].map(look))
  return {
    evaluations: found.flatMap(({ evaluations }) => evaluations),
    problems: found.flatMap(({ problems }) => problems),
  }
}
