// Which running pods of the declared workloads were changed by hand? They are in no Git, and nothing else would tell.
import { type AppContext, evaluatePod, mayDeviate, type ObjectEvaluation } from '../core/evaluate/index.ts'
import { controllerOf, isMap, type KubeObject, type ObjectRef, refKey } from '../core/kube/index.ts'
import { type Problem, toProblem } from '../core/problem/index.ts'
import type { Inspector } from './inspector.ts'

const POD = { group: '', version: 'v1', kind: 'Pod' }
const REPLICA_SET = { group: 'apps', version: 'v1', kind: 'ReplicaSet' }
/** Whose pods all follow one template; of the others, revisions in the making would have to be told apart. */
const MAKERS = new Set(['apps/Deployment', 'apps/ReplicaSet', 'apps/StatefulSet', 'apps/DaemonSet'])

interface Found {
  readonly evaluations: readonly ObjectEvaluation[]
  readonly problems: readonly Problem[]
}

interface Made {
  readonly maker: KubeObject
  readonly workload: ObjectRef
}

/** A StatefulSet's pod of an older revision follows that one, and a DaemonSet's its generation. */
function isCurrent(pod: KubeObject, maker: KubeObject): boolean {
  const labels = pod.metadata.labels ?? {}
  const status = isMap(maker.status) ? maker.status : {}
  if (maker.kind === 'StatefulSet') return labels['controller-revision-hash'] === status.updateRevision
  if (maker.kind !== 'DaemonSet') return true
  return labels['pod-template-generation'] === maker.metadata.annotations?.['deprecated.daemonset.template.generation']
}

export class PodInspection {
  readonly #inspector: Inspector
  readonly #workloads: ReadonlyMap<string, ObjectRef>

  constructor(inspector: Inspector, declared: readonly ObjectRef[]) {
    this.#inspector = inspector
    const workloads = declared.filter(({ group, kind }) => MAKERS.has(`${group}/${kind}`))
    this.#workloads = new Map(workloads.map((ref) => [refKey(ref), ref]))
  }

  /** Never throws. */
  async find(): Promise<Found> {
    const namespaces = [...new Set([...this.#workloads.values()].map(({ namespace }) => namespace))]
    const found = await Promise.all(namespaces.map((namespace) => this.#in(namespace)))
    return {
      evaluations: found.flatMap(({ evaluations }) => evaluations),
      problems: found.flatMap(({ problems }) => problems),
    }
  }

  async #in(namespace: string): Promise<Found> {
    const { limit, tools } = this.#inspector
    try {
      const { items } = await limit(() => tools.reader.list({ ...POD, namespace, metadataOnly: true }))
      const suspects = items.filter((pod) => controllerOf(pod) !== null && mayDeviate(pod))
      const found = await Promise.all(suspects.map(({ metadata }) => this.#evaluate(namespace, metadata.name ?? '')))
      return { evaluations: found.filter((one) => one !== null), problems: [] }
    } catch (error) {
      return { evaluations: [], problems: [toProblem(error, 'HF5001', { object: `Pod in ${namespace}` })] }
    }
  }

  async #evaluate(namespace: string, name: string): Promise<ObjectEvaluation | null> {
    const { limit, tools, input } = this.#inspector
    const pod = await limit(() => tools.reader.get({ ...POD, namespace, name }))
    const made = pod === null ? null : await this.#madeBy(pod)
    const kind = await this.#inspector.kind(POD)
    if (pod === null || made === null || kind === undefined || !isCurrent(pod, made.maker)) return null
    const app: Pick<AppContext, 'app' | 'digestKey'> = { app: input.definition.key, digestKey: tools.digestKey }
    return evaluatePod(app, { pod, ...made, schema: kind.schema, rules: kind.rules, now: tools.clock.now() })
  }

  /** Its maker, and the declared workload behind it; null where Git declares none. */
  async #madeBy(pod: KubeObject): Promise<Made | null> {
    const { limit, tools } = this.#inspector
    const owner = controllerOf(pod)
    if (owner === null || !MAKERS.has(`apps/${owner.kind}`)) return null
    const namespace = pod.metadata.namespace ?? ''
    const maker = await limit(() => tools.reader.get({ ...REPLICA_SET, kind: owner.kind, namespace, name: owner.name }))
    if (maker === null || maker.metadata.uid !== owner.uid) return null
    const above = controllerOf(maker) ?? owner
    const workload = this.#workloads.get(refKey({ group: 'apps', kind: above.kind, namespace, name: above.name }))
    return workload === undefined ? null : { maker, workload }
  }
}
