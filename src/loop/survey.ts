// Which objects are there in these namespaces, and who delivers what? Metadata alone, listed once, of every kind served.
import { applicationName, fluxDeliveries, helmReleases, isLookedAt, type Tool } from '../core/orphan/index.ts'
import { type KubeObject, refKey } from '../core/kube/index.ts'
import { type Problem, toProblem } from '../core/problem/index.ts'
import type { ClusterReader, KindInfo } from '../ports/cluster-reader.ts'
import { inventoryOf } from './definitions.ts'

export interface SurveyTools {
  readonly reader: Pick<ClusterReader, 'capabilities' | 'kind' | 'list'>
  /** Runs at most so many requests at once. */
  readonly limit: <T>(run: () => Promise<T>) => Promise<T>
}

export interface Survey {
  readonly objects: readonly KubeObject[]
  /** `group/Kind` of which every object in these namespaces was listed. */
  readonly surveyed: ReadonlySet<string>
  readonly problems: readonly Problem[]
}

type Gvk = Pick<KindInfo, 'group' | 'version' | 'kind'>

/** As Kubernetes ranks versions: `v2` before `v1` before `v1beta1` before `v1alpha1`; others last, by name. */
function rank(version: string): readonly [number, number, number] {
  const found = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (found === null) return [0, 0, 0]
  const stage = found[2] === undefined ? 3 : found[2] === 'beta' ? 2 : 1
  return [stage, Number(found[1]), Number(found[3] ?? 0)]
}

function isBetter(a: string, b: string): boolean {
  const [left, right] = [rank(a), rank(b)]
  const at = left.findIndex((part, index) => part !== right[index])
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0)
}

/** `v1/Pod`, `apps/v1/Deployment`; plain group-versions are left out. */
function gvkOf(text: string): Gvk | null {
  const parts = text.split('/')
  if (parts.length === 3) return { group: parts[0] ?? '', version: parts[1] ?? '', kind: parts[2] ?? '' }
  const [version = '', kind = ''] = parts
  return parts.length === 2 && /^v\d/.test(version) && /^[A-Z]/.test(kind) ? { group: '', version, kind } : null
}

/** One version of every kind that is worth a look. */
function kindsAmong(apiVersions: readonly string[]): Gvk[] {
  const best = new Map<string, Gvk>()
  for (const text of apiVersions) {
    const gvk = gvkOf(text)
    if (gvk === null || !isLookedAt(gvk.group, gvk.kind)) continue
    const key = `${gvk.group}/${gvk.kind}`
    const known = best.get(key)
    if (known === undefined || isBetter(gvk.version, known.version)) best.set(key, gvk)
  }
  return [...best.values()]
}

function apiVersionOf({ group, version }: Gvk): string {
  return group === '' ? version : `${group}/${version}`
}

/** Lists tell only metadata, without the kind. */
function withKind(item: KubeObject, of: Gvk): KubeObject {
  return { ...item, apiVersion: apiVersionOf(of), kind: of.kind }
}

/** Never throws: what cannot be listed is a problem, and not `surveyed`. */
export async function survey(tools: SurveyTools, namespaces: readonly string[]): Promise<Survey> {
  const { reader, limit } = tools
  const objects: KubeObject[] = []
  const surveyed = new Set<string>()
  const problems: Problem[] = []
  const look = async (gvk: Gvk): Promise<void> => {
    try {
      const info = await limit(() => reader.kind(gvk))
      if (info === undefined || !info.namespaced || !info.verbs.includes('list')) return
      const query = { group: gvk.group, version: gvk.version, kind: gvk.kind, metadataOnly: true }
      const lists = await Promise.all(namespaces.map((namespace) => limit(() => reader.list({ ...query, namespace }))))
      for (const { items } of lists) for (const item of items) objects.push(withKind(item, gvk))
      surveyed.add(`${gvk.group}/${gvk.kind}`)
    } catch (error) {
      problems.push(toProblem(error, 'HF5001', { object: gvk.kind }))
    }
  }
  try {
    const { apiVersions } = await reader.capabilities()
    await Promise.all(kindsAmong(apiVersions).map(look))
  } catch (error) {
    problems.push(toProblem(error, 'HF5001', {}))
  }
  // Requests end in any order.
  const sorted = objects.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  return { objects: sorted, surveyed, problems }
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return [apiVersion, kind, metadata.namespace ?? '', metadata.name ?? ''].join('\u0000')
}

/** Who delivers, besides the applications of this installation. */
export interface OtherDeliverers {
  readonly held: ReadonlyMap<string, readonly string[]>
  readonly present: ReadonlySet<string>
  readonly complete: ReadonlySet<string>
  readonly suspended: ReadonlySet<string>
  readonly unseen: ReadonlySet<Tool>
}

const FLUX = [
  { tool: 'kustomization', group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization' },
  { tool: 'helmrelease', group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease' },
] as const

/** null = it could not be looked at. */
async function objectsOf({ reader, limit }: SurveyTools, group: string, kind: string): Promise<KubeObject[] | null> {
  try {
    // The tool may have come since discovery was asked last.
    await limit(() => reader.kind({ group, version: 'v1', kind }, { refresh: true }))
    const { apiVersions } = await reader.capabilities()
    const gvk = kindsAmong(apiVersions).find((one) => one.group === group && one.kind === kind)
    return gvk === undefined ? [] : (await limit(() => reader.list(gvk))).items
  } catch {
    return null
  }
}

async function releases({ reader, limit }: SurveyTools): Promise<readonly string[] | null> {
  const query = { group: '', version: 'v1', kind: 'Secret', metadataOnly: true, labelSelector: 'owner=helm' }
  try {
    const { items } = await limit(() => reader.list(query))
    return helmReleases(items.map((item) => withKind(item, query)))
  } catch {
    return null
  }
}

/** Flux by its inventories, Helm by its records. What cannot be looked at is left to whom it is marked for. */
export async function otherDeliverers(tools: SurveyTools): Promise<OtherDeliverers> {
  const held = new Map<string, string[]>()
  const present = new Set<string>()
  const complete = new Set<string>()
  const suspended = new Set<string>()
  const unseen = new Set<Tool>()
  for (const { tool, group, kind } of FLUX) {
    const objects = await objectsOf(tools, group, kind)
    if (objects === null) unseen.add(tool)
    for (const delivery of fluxDeliveries(objects ?? [], kind)) {
      present.add(delivery.name)
      if (delivery.complete) complete.add(delivery.name)
      if (delivery.suspended) suspended.add(delivery.name)
      for (const key of delivery.held) held.set(key, [...(held.get(key) ?? []), delivery.name])
    }
  }
  const found = await releases(tools)
  if (found === null) unseen.add('helm')
  for (const name of found ?? []) present.add(name)
  return { held, present, complete, suspended, unseen }
}

export interface ApplicationsHeld {
  readonly held: Map<string, string[]>
  readonly left: Map<string, string>
  readonly present: Set<string>
  readonly complete: Set<string>
}

/** What Applications hold by their own status. `controlPlane`: where their names stand in marks without a namespace. */
export function applicationsHeld(applications: readonly KubeObject[], controlPlane: string): ApplicationsHeld {
  const all: ApplicationsHeld = { held: new Map(), left: new Map(), present: new Set(), complete: new Set() }
  for (const application of applications) {
    const { namespace = '', name = '' } = application.metadata
    const told = applicationName(namespace === controlPlane ? name : `${namespace}_${name}`)
    all.present.add(told)
    const inventory = inventoryOf(application)
    if (inventory.length > 0) all.complete.add(told)
    const leaving = new Set(inventoryOf(application, 'requires-pruning').map(refKey))
    for (const key of inventory.map(refKey)) {
      if (leaving.has(key)) all.left.set(key, told)
      else all.held.set(key, [...(all.held.get(key) ?? []), told])
    }
  }
  for (const key of all.held.keys()) all.left.delete(key)
  return all
}
