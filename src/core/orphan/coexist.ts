// Do an old and a new version of the same thing stand beside each other, behind one Service?
import { isMap, type Json, type KubeObject, type Labels, refKey, refOf, type ObjectRef } from '../kube/index.ts'

export interface Coexistence {
  /** The declared workload. */
  readonly with: ObjectRef
  /** The Service that sends traffic to both. */
  readonly through: ObjectRef
}

function at(value: unknown, ...names: readonly string[]): Json | undefined {
  return names.reduce<unknown>((inner, name) => (isMap(inner) ? inner[name] : undefined), value) as Json | undefined
}

function labels(value: Json | undefined): Labels | null {
  if (!isMap(value)) return null
  const pairs = Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  return Object.fromEntries(pairs)
}

/** Those of the pods that a workload makes, or a pod's own; null = it makes none. */
export function podLabels(object: KubeObject): Labels | null {
  if (object.kind === 'Pod') return labels(object.metadata.labels)
  if (object.kind === 'CronJob')
    return labels(at(object, 'spec', 'jobTemplate', 'spec', 'template', 'metadata', 'labels'))
  return labels(at(object, 'spec', 'template', 'metadata', 'labels'))
}

function selects(service: KubeObject, pods: Labels): boolean {
  const selector = labels(at(service, 'spec', 'selector'))
  if (selector === null || Object.keys(selector).length === 0) return false
  return Object.entries(selector).every(([name, value]) => Object.hasOwn(pods, name) && pods[name] === value)
}

/** With which declared workloads one that nobody declares shares a Service. All are of one namespace. */
export function coexistences(
  orphan: KubeObject,
  { services, declared }: { services: readonly KubeObject[]; declared: readonly KubeObject[] },
): readonly Coexistence[] {
  const own = podLabels(orphan)
  if (own === null) return []
  const through = services.filter((service) => selects(service, own))
  const key = refKey(refOf(orphan))
  return declared.flatMap((workload) => {
    const pods = podLabels(workload)
    if (pods === null || refKey(refOf(workload)) === key) return []
    const service = through.find((one) => selects(one, pods))
    return service === undefined ? [] : [{ with: refOf(workload), through: refOf(service) }]
  })
}
