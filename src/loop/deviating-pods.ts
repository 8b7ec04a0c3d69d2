// Which running pods of declared workloads do not follow their template? They are in no Git, and nothing else would tell.
import type { RuleIndex } from '../core/compare/index.ts'
import { evaluatePod, mayDeviate, type ObjectEvaluation } from '../core/evaluate/index.ts'
import { controllerOf, isMap, type KubeObject, type ObjectRef, type Owning, refKey } from '../core/kube/index.ts'
import type { ObjectSchema } from '../core/merge/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'

const POD = { group: '', version: 'v1', kind: 'Pod' }
const APPS = { group: 'apps', version: 'v1' }
/** Whose pods all follow one template; of the others, revisions in the making would have to be told apart. */
const MAKERS = new Set(['apps/Deployment', 'apps/ReplicaSet', 'apps/StatefulSet', 'apps/DaemonSet'])

export function makesPods({ group, kind }: Pick<ObjectRef, 'group' | 'kind'>): boolean {
  return MAKERS.has(`${group}/${kind}`)
}

export interface PodTools {
  readonly reader: Pick<ClusterReader, 'list' | 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly digestKey: string
  /** Runs at most so many requests at once. */
  readonly limit: <T>(run: () => Promise<T>) => Promise<T>
  readonly kind: (query: typeof POD) => Promise<{ schema: ObjectSchema; rules: RuleIndex } | undefined>
}

export interface PodPlace {
  readonly namespace: string
  /** Declared workloads here, by key, with the application that a difference is counted under. */
  readonly workloads: ReadonlyMap<string, { readonly ref: ObjectRef; readonly app: string }>
  /** Pods that were found to follow: resourceVersion by uid. As long as they stay as they are, they are not read again. */
  readonly following?: ReadonlyMap<string, string>
}

export interface Deviation {
  /** Key of the declared workload. */
  readonly workload: string
  readonly evaluation: ObjectEvaluation
}

export interface PodsFound {
  readonly deviations: readonly Deviation[]
  readonly following: ReadonlyMap<string, string>
}

/** A StatefulSet's pod of an older revision follows that one, and a DaemonSet's its generation. */
function isCurrent(pod: KubeObject, maker: KubeObject): boolean {
  const labels = pod.metadata.labels ?? {}
  const status = isMap(maker.status) ? maker.status : {}
  if (maker.kind === 'StatefulSet') return labels['controller-revision-hash'] === status.updateRevision
  if (maker.kind !== 'DaemonSet') return true
  return labels['pod-template-generation'] === maker.metadata.annotations?.['deprecated.daemonset.template.generation']
}

/** What one look at one namespace learns: pods are read one by one, what made them once. */
class Look {
  readonly #tools: PodTools
  readonly #place: PodPlace
  readonly #makers = new Map<string, Promise<KubeObject | null>>()
  readonly following = new Map<string, string>()

  constructor(tools: PodTools, place: PodPlace) {
    this.#tools = tools
    this.#place = place
  }

  /** Of their metadata, page by page: nothing is kept of pods whose bookkeeping says that nobody touched them. */
  async suspects(): Promise<readonly KubeObject[]> {
    const { limit, reader } = this.#tools
    const { namespace, following } = this.#place
    const keep = (pod: KubeObject): boolean => controllerOf(pod) !== null && mayDeviate(pod)
    const { items } = await limit(() => reader.list({ ...POD, namespace, metadataOnly: true, keep }))
    return items.filter(({ metadata: { uid = '', resourceVersion = '' } }) => {
      if (following?.get(uid) !== resourceVersion) return true
      this.following.set(uid, resourceVersion)
      return false
    })
  }

  async evaluate({ metadata }: KubeObject): Promise<Deviation | null> {
    const { limit, reader, clock, digestKey } = this.#tools
    const { namespace } = this.#place
    const pod = await limit(() => reader.get({ ...POD, namespace, name: metadata.name ?? '' }))
    const made = pod === null ? null : await this.#madeBy(pod)
    const kind = await this.#tools.kind(POD)
    if (pod === null || made === null || kind === undefined || !isCurrent(pod, made.maker)) return null
    const { maker, workload, app } = made
    const snapshot = { pod, maker, workload, schema: kind.schema, rules: kind.rules, now: clock.now() }
    const evaluation = evaluatePod({ app, digestKey }, snapshot)
    if (evaluation !== null) return { workload: refKey(workload), evaluation }
    this.following.set(pod.metadata.uid ?? '', pod.metadata.resourceVersion ?? '')
    return null
  }

  /** Its maker, and the declared workload behind it; null where Git declares none. */
  async #madeBy(pod: KubeObject): Promise<{ maker: KubeObject; workload: ObjectRef; app: string } | null> {
    const { namespace, workloads } = this.#place
    const owner = controllerOf(pod)
    if (owner === null || !makesPods({ ...APPS, kind: owner.kind })) return null
    const maker = await this.#maker(owner)
    if (maker === null || maker.metadata.uid !== owner.uid) return null
    const above = controllerOf(maker) ?? owner
    const declared = workloads.get(refKey({ ...APPS, kind: above.kind, namespace, name: above.name }))
    return declared === undefined ? null : { maker, workload: declared.ref, app: declared.app }
  }

  #maker({ kind, name }: Owning): Promise<KubeObject | null> {
    const { limit, reader } = this.#tools
    const { namespace } = this.#place
    const key = `${kind}/${name}`
    const reading = this.#makers.get(key) ?? limit(() => reader.get({ ...APPS, kind, namespace, name }))
    this.#makers.set(key, reading)
    return reading
  }
}

/** Throws HoldfastError when the pods here, or one of those that were touched, cannot be read. */
export async function deviatingPods(tools: PodTools, place: PodPlace): Promise<PodsFound> {
  const look = new Look(tools, place)
  const found = await Promise.all((await look.suspects()).map((pod) => look.evaluate(pod)))
  return { deviations: found.filter((one) => one !== null), following: look.following }
}
