// What the cluster itself tells of an object that drifted, its makers, its autoscalers and its pods: read once it is over, never
// on the way of a heal.
import type { Evidence as Fact } from '../core/classify/index.ts'
import { formatRef, isMap, type KubeObject, type ObjectRef, parentOf, groupOf, versionOf } from '../core/kube/index.ts'
import { toProblem } from '../core/problem/index.ts'
import { autoscalerEvidence, cleanText, conditionEvidence, eventEvidence, oomEvidence } from '../core/record/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'

const MOST_EVENTS = 50
const MOST_PODS = 100
const LONGEST_CHAIN = 3
const EVENT = { group: '', version: 'v1', kind: 'Event' }
const POD = { group: '', version: 'v1', kind: 'Pod' }

export interface Told {
  readonly evidence: readonly Fact[]
  /** What could not be read, and why. */
  readonly gaps: readonly string[]
}

export interface HappeningsTools {
  readonly reader: Pick<ClusterReader, 'kind' | 'get' | 'list'>
  /** Autoscalers that are known to target the object. */
  readonly scalersOf: (ref: ObjectRef) => readonly ObjectRef[]
}

class Look {
  readonly evidence: Fact[] = []
  readonly gaps = new Set<string>()
  readonly #tools: HappeningsTools

  constructor(tools: HappeningsTools) {
    this.#tools = tools
  }

  /** undefined: it could not be read, and that is said. */
  async #try<T>(what: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read()
    } catch (error) {
      const { code, message } = toProblem(error, 'HF4001')
      this.gaps.add(`${what}: not available (${code === 'HF4010' ? 'forbidden' : cleanText(message)})`)
      return undefined
    }
  }

  async eventsOf({ kind, namespace, name }: ObjectRef): Promise<void> {
    const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`
    // Events of what belongs to no namespace lie in the default one.
    const query = { ...EVENT, namespace: namespace === '' ? 'default' : namespace, fieldSelector, atMost: MOST_EVENTS }
    const found = await this.#try('events', () => this.#tools.reader.list(query))
    this.evidence.push(...(found?.items ?? []).map(eventEvidence))
  }

  get(ref: ObjectRef): Promise<KubeObject | null | undefined> {
    return this.#try(formatRef(ref), () => this.#tools.reader.get(ref))
  }

  async podsOf(live: KubeObject): Promise<void> {
    const spec = isMap(live.spec) ? live.spec : {}
    const selector = isMap(spec.selector) ? spec.selector : {}
    const labels = isMap(selector.matchLabels) ? Object.entries(selector.matchLabels) : []
    if (labels.length === 0 || !isMap(spec.template)) return
    const labelSelector = labels.map(([name, value]) => `${name}=${String(value)}`).join(',')
    const query = { ...POD, namespace: live.metadata.namespace ?? '', labelSelector, atMost: MOST_PODS }
    const found = await this.#try('pods', () => this.#tools.reader.list(query))
    this.evidence.push(...(found?.items ?? []).flatMap(oomEvidence))
  }

  /** Nearest first. */
  async makersOf(live: KubeObject): Promise<readonly (readonly [ObjectRef, KubeObject])[]> {
    const chain: (readonly [ObjectRef, KubeObject])[] = []
    for (let at = live; chain.length < LONGEST_CHAIN; ) {
      const parent = parentOf(at)
      if (parent === null) break
      const { apiVersion, kind, name } = parent
      const gvk = { group: groupOf(apiVersion), version: versionOf(apiVersion), kind }
      const info = await this.#try(kind, () => this.#tools.reader.kind(gvk))
      if (info === undefined) break
      const ref = { ...gvk, namespace: info.namespaced ? (live.metadata.namespace ?? '') : '', name }
      const maker = await this.get(ref)
      if (maker === undefined || maker === null) break
      chain.push([ref, maker])
      at = maker
    }
    return chain
  }
}

/** Bounded: the object, at most three makers and its autoscalers, one page of each. Never rejects. */
export async function happeningsOf(tools: HappeningsTools, ref: ObjectRef): Promise<Told> {
  const look = new Look(tools)
  await look.eventsOf(ref)
  const live = await look.get(ref)
  for (const scaler of tools.scalersOf(ref)) {
    await look.eventsOf(scaler)
    const found = await look.get(scaler)
    if (found !== undefined && found !== null)
      look.evidence.push(autoscalerEvidence(found), ...conditionEvidence(found))
  }
  if (live !== undefined && live !== null) {
    for (const [maker, body] of await look.makersOf(live)) {
      await look.eventsOf(maker)
      look.evidence.push(...conditionEvidence(body))
    }
    await look.podsOf(live)
  }
  return { evidence: look.evidence, gaps: [...look.gaps] }
}
