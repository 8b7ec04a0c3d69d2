// What stands around a writer's name: the autoscaler that it works for, the release that it delivers, who made the object.
import { isMap, type KubeObject, parentOf } from '../kube/index.ts'
import type { Evidence } from './cause.ts'
import type { CauseContext, HelmRecord, OwnerLink } from './context.ts'
import type { OwnedEntry } from './ownership.ts'
import type { Writer } from './writers.ts'

const SCALERS: readonly string[] = ['kube-controller-manager']

/** The autoscaler in whose name the count was written; null when it is no autoscaler's. */
export function scaledBy({ entry }: OwnedEntry, { ref, neighbours }: CauseContext): string | null {
  if (entry.subresource !== 'scale' || !SCALERS.includes(entry.manager ?? '')) return null
  const found = neighbours.autoscalers.find(
    ({ targetGroup, targetKind, targetName }) =>
      targetGroup === ref.group && targetKind === ref.kind && targetName === ref.name,
  )
  return found === undefined ? null : `${found.kind ?? 'HorizontalPodAutoscaler'} ${found.name}`
}

export interface Delivered {
  /** In words, with the name of the release or the like. */
  readonly tool: string
  readonly evidence: readonly Evidence[]
}

interface Mark {
  readonly in: 'annotations' | 'labels'
  readonly name: string
  readonly namespace?: string
  readonly tool: string
}

/** What tools write on the objects that they deliver. Each from the tool's own documentation. */
const MARKS: Readonly<Partial<Record<Writer['means'], readonly Mark[]>>> = {
  helm: [
    {
      in: 'annotations',
      name: 'meta.helm.sh/release-name',
      namespace: 'meta.helm.sh/release-namespace',
      tool: 'Helm outside Git: release',
    },
  ],
  gitops: [
    {
      in: 'labels',
      name: 'kustomize.toolkit.fluxcd.io/name',
      namespace: 'kustomize.toolkit.fluxcd.io/namespace',
      tool: 'Flux Kustomization',
    },
    {
      in: 'labels',
      name: 'helm.toolkit.fluxcd.io/name',
      namespace: 'helm.toolkit.fluxcd.io/namespace',
      tool: 'Flux HelmRelease',
    },
  ],
  restore: [{ in: 'labels', name: 'velero.io/restore-name', tool: 'Velero restore' }],
}

function textOf(live: KubeObject, { in: where }: Mark, name: string | undefined): string | undefined {
  const map: unknown = isMap(live.metadata) ? live.metadata[where] : undefined
  const value: unknown = name !== undefined && isMap(map) && Object.hasOwn(map, name) ? map[name] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

function revised(tool: string, evidence: Evidence, { secret, namespace, revision, status }: HelmRecord): Delivered {
  const detail = `Secret ${namespace}/${secret}: revision ${revision}, ${status}`
  return { tool: `${tool}, revision ${revision}`, evidence: [evidence, { source: 'object', detail, time: null }] }
}

/** What the object says of the delivery that the writer stands for. */
export function deliveredBy(
  { means, tool }: Pick<Writer, 'means' | 'tool'>,
  { live, release }: Pick<CauseContext, 'live' | 'release'>,
): Delivered | null {
  if (live === null) return null
  for (const mark of MARKS[means] ?? []) {
    const name = textOf(live, mark, mark.name)
    if (name === undefined || (means === 'gitops' && tool?.startsWith('Flux') !== true)) continue
    const namespace = textOf(live, mark, mark.namespace)
    const told = `${mark.tool} ${namespace === undefined ? '' : `${namespace}/`}${name}`
    const evidence: Evidence = { source: 'object', detail: `${mark.in.slice(0, -1)} ${mark.name}`, time: null }
    return means === 'helm' && release !== undefined
      ? revised(told, evidence, release)
      : { tool: told, evidence: [evidence] }
  }
  return null
}

/** As far as the object itself tells. */
function ownLink(live: KubeObject | null): readonly OwnerLink[] {
  const parent = live === null ? null : parentOf(live)
  return parent === null ? [] : [{ kind: parent.kind, name: parent.name }]
}

/** Who made the object, nearest first, with the evidence for each step. */
export function operatorChain({
  live,
  owners,
}: Pick<CauseContext, 'live' | 'owners'>): readonly { readonly owner: string; readonly evidence: Evidence }[] {
  return (owners ?? ownLink(live)).map(({ kind, name, app }, step) => {
    const owner = `${kind} ${name}`
    const made = step === 0 ? `made by ${owner}` : `which is made by ${owner}`
    const detail = app === undefined ? made : `${made}, which Application ${app} declares`
    return { owner, evidence: { source: 'ownerReference', detail, time: null } }
  })
}
