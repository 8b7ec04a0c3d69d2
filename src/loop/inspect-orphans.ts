// What stands around an application that nobody declares, and beside what?
import { appTrackingName } from '../core/desired/index.ts'
import type { AppDefinition, OrphanedResources, Settings } from '../core/definition/index.ts'
import { type KubeObject, type ObjectRef, refKey, refOf } from '../core/kube/index.ts'
import {
  applicationName,
  type Coexistence,
  coexistences,
  findOrphans,
  isIgnoredOrphan,
  type Orphan,
  orphanWhy,
  type Pruned,
} from '../core/orphan/index.ts'
import { type Problem, toProblem } from '../core/problem/index.ts'
import type { ReportOrphan } from '../core/record/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import { inventoryOf } from './definitions.ts'
import { applicationsHeld, otherDeliverers, survey, type SurveyTools } from './survey.ts'

const APPLICATION = { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application' }
const SERVICE = { group: '', version: 'v1', kind: 'Service' }
/** What makes pods, and pods themselves. */
const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Pod', 'Job', 'CronJob', 'Rollout'])

export interface OrphanTools extends SurveyTools {
  readonly reader: Pick<ClusterReader, 'capabilities' | 'kind' | 'list' | 'get'>
}

export interface OrphanInput {
  readonly application: KubeObject
  readonly definition: AppDefinition
  readonly controlPlaneNamespace: string
  readonly settings: Settings
  /** null = the project says nothing of them. */
  readonly orphanedResources: OrphanedResources | null
  /** What Git declares now; null = what the status says. */
  readonly declared: readonly KubeObject[] | null
  /** Objects that left Git are told elsewhere. */
  readonly left: 'include' | 'leave-out'
  readonly pruned: ReadonlyMap<string, Pruned>
}

interface Found {
  readonly orphans: readonly ReportOrphan[]
  readonly problems: readonly Problem[]
}

async function orphansOf(tools: OrphanTools, input: OrphanInput): Promise<{ orphans: Orphan[]; problems: Problem[] }> {
  const { definition, settings, controlPlaneNamespace, pruned } = input
  const own = applicationName(appTrackingName(definition, controlPlaneNamespace))
  const [{ items }, others, seen] = await Promise.all([
    tools.limit(() => tools.reader.list({ ...APPLICATION, namespace: definition.namespace })),
    otherDeliverers(tools),
    survey(tools, [definition.destinationNamespace]),
  ])
  const apps = applicationsHeld(items, controlPlaneNamespace)
  for (const object of input.declared ?? []) apps.held.set(refKey(refOf(object)), [own])
  for (const [key, by] of others.held) apps.held.set(key, [...(apps.held.get(key) ?? []), ...by])
  const orphans = findOrphans(seen.objects, settings, {
    ...{ held: apps.held, left: apps.left, pruned, unseen: others.unseen, surveyed: seen.surveyed },
    present: new Set([...apps.present, ...others.present]),
    complete: new Set([...apps.complete, ...others.complete]),
  })
  const isOurs = ({ why, claimedBy }: Orphan): boolean => why !== 'left-git' || claimedBy === own
  const listed = new Set(orphans.map(({ ref }) => refKey(ref)))
  // Those in other namespaces, and of the cluster as a whole.
  const elsewhere = inventoryOf(input.application, 'requires-pruning').filter((ref) => !listed.has(refKey(ref)))
  const left = elsewhere.map((ref): Orphan => ({ ref, why: 'left-git', claimedBy: own, ...NOTHING_KNOWN }))
  return { orphans: [...orphans.filter(isOurs), ...left], problems: [...seen.problems] }
}

const NOTHING_KNOWN = { createdAt: null, writer: null, pruned: null }

/** Nobody's objects in the application's destination, those that its project ignores left out. */
export async function inspectOrphans(tools: OrphanTools, input: OrphanInput): Promise<Found> {
  const { orphans, problems } = await orphansOf(tools, input).catch((error: unknown) => ({
    orphans: [],
    problems: [toProblem(error, 'HF5001', { app: input.definition.key })],
  }))
  const { orphanedResources: asked } = input
  const wanted = orphans.filter(
    ({ ref, why }) =>
      (why === 'left-git' ? input.left === 'include' : true) && (asked === null || !isIgnoredOrphan(asked, ref)),
  )
  const beside = await coexistencesOf(
    tools,
    wanted.map(({ ref }) => ref),
    input.declared ?? [],
  )
  return {
    orphans: wanted.map((orphan) => {
      const found = beside.found.get(refKey(orphan.ref)) ?? []
      return { ...orphan, message: orphanWhy(orphan), ...(found.length === 0 ? {} : { coexistsWith: found }) }
    }),
    problems: [...problems, ...beside.problems],
  }
}

type Around = Pick<OrphanTools, 'limit'> & { readonly reader: Pick<ClusterReader, 'list' | 'get'> }

/** Those of one namespace. */
async function besideIn(
  { reader, limit }: Around,
  refs: readonly ObjectRef[],
  declared: readonly KubeObject[],
): Promise<[string, readonly Coexistence[]][]> {
  const namespace = refs[0]?.namespace ?? ''
  const { items } = await limit(() => reader.list({ ...SERVICE, namespace }))
  const services = items.map((service) => ({ ...service, apiVersion: 'v1', kind: SERVICE.kind }))
  const found = refs.map(async (ref): Promise<[string, readonly Coexistence[]]> => {
    const object = await limit(() => reader.get(ref))
    return [refKey(ref), object === null ? [] : coexistences(object, { services, declared })]
  })
  return Promise.all(found)
}

/** By `refKey`: declared workloads that stand behind the same Service as an undeclared one. */
export async function coexistencesOf(
  tools: Around,
  refs: readonly ObjectRef[],
  declared: readonly KubeObject[],
): Promise<{ found: ReadonlyMap<string, readonly Coexistence[]>; problems: readonly Problem[] }> {
  const found = new Map<string, readonly Coexistence[]>()
  const problems: Problem[] = []
  const workloads = refs.filter(({ kind }) => WORKLOADS.has(kind))
  const beside = declared.filter(({ kind }) => WORKLOADS.has(kind))
  for (const namespace of new Set(workloads.map((ref) => ref.namespace))) {
    const near = beside.filter((object) => refOf(object).namespace === namespace)
    const here = workloads.filter((ref) => ref.namespace === namespace)
    try {
      const pairs = near.length === 0 ? [] : await besideIn(tools, here, near)
      for (const [key, coexistence] of pairs) found.set(key, coexistence)
    } catch (error) {
      problems.push(toProblem(error, 'HF5001', { object: `Service in ${namespace}` }))
    }
  }
  return { found, problems }
}
