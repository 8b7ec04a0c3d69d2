// An Application object → what is shown of it. Tolerant: whatever stands there is shown as far as it can be read.
import type { HealthStatus } from '../../core/health/index.ts'
import { isMap, type Json, type JsonMap, type KubeObject } from '../../core/kube/index.ts'
import type { AppDetail, AppResource, AppRow, AppSource } from './present/index.ts'

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const map = (value: unknown): JsonMap => (isMap(value) ? value : {})
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])

function syncOf(value: string): AppRow['sync'] {
  return value === 'Synced' || value === 'OutOfSync' ? value : 'Unknown'
}

const HEALTH: readonly HealthStatus[] = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown']

function healthOf(value: string): HealthStatus {
  return HEALTH.find((status) => status === value) ?? 'Unknown'
}

function policyOf(spec: JsonMap): AppRow['syncPolicy'] {
  const { automated } = map(spec.syncPolicy)
  if (!isMap(automated) || automated.enabled === false) return 'Manual'
  return automated.prune === true ? 'Auto-Prune' : 'Auto'
}

function modeOf(object: KubeObject): AppRow['mode'] {
  const said = object.metadata.annotations?.['holdfast.dev/mode']
  return said === 'enforce' || said === 'observe' ? said : null
}

export function rowOf(object: KubeObject): AppRow {
  const spec = map(object.spec)
  const status = map(object.status)
  const source = map(list(spec.sources)[0] ?? spec.source)
  const destination = map(spec.destination)
  const sync = map(status.sync)
  return {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
    project: text(spec.project),
    destination: { server: text(destination.server) || text(destination.name), namespace: text(destination.namespace) },
    sync: syncOf(text(sync.status)),
    health: healthOf(text(map(status.health).status)),
    revision: text(sync.revision) || list(sync.revisions).map(text).join(' '),
    mode: modeOf(object),
    syncPolicy: policyOf(spec),
    repoURL: text(source.repoURL),
    path: text(source.path),
    targetRevision: text(source.targetRevision) || 'HEAD',
    comparedAt: text(status.reconciledAt) || null,
  }
}

function sourceOf(entry: Json | undefined): AppSource {
  const { repoURL, path, chart, targetRevision, ref } = map(entry)
  return {
    repoURL: text(repoURL),
    path: text(chart) || text(path),
    targetRevision: text(targetRevision) || 'HEAD',
    ref: text(ref),
  }
}

/** Where there are several the single one does not count, as with Argo CD. */
function sourcesOf({ source, sources }: JsonMap): readonly AppSource[] {
  const several = list(sources)
  return several.length > 0 ? several.map(sourceOf) : [sourceOf(source)]
}

function resourceOf(entry: Json): AppResource {
  const resource = map(entry)
  const health = map(resource.health)
  return {
    ref: {
      group: text(resource.group),
      version: text(resource.version),
      kind: text(resource.kind),
      namespace: text(resource.namespace),
      name: text(resource.name),
    },
    sync: syncOf(text(resource.status)),
    health: text(health.status) === '' ? null : healthOf(text(health.status)),
    message: [resource.requiresPruning === true ? 'requires pruning' : '', text(health.message)]
      .filter((part) => part !== '')
      .join('; '),
  }
}

export function detailOf(object: KubeObject): AppDetail {
  const status = map(object.status)
  const operation = map(status.operationState)
  const conditions = list(status.conditions).map(map)
  return {
    ...rowOf(object),
    sources: sourcesOf(map(object.spec)),
    conditions: conditions.map(({ type, reason, message, lastTransitionTime }) => ({
      type: text(type),
      reason: text(reason),
      message: text(message),
      lastTransitionTime: text(lastTransitionTime) || null,
    })),
    resources: list(status.resources).map(resourceOf),
    operation:
      text(operation.phase) === ''
        ? null
        : {
            phase: text(operation.phase),
            message: text(operation.message),
            finishedAt: text(operation.finishedAt) || null,
          },
  }
}

export interface HistoryRow {
  readonly id: number
  readonly deployedAt: string
  readonly revision: string
  readonly by: string
}

/** Revisions synced, oldest first. */
export function historyOf(object: KubeObject): readonly HistoryRow[] {
  return list(map(object.status).history).map((value) => {
    const entry = map(value)
    const by = map(entry.initiatedBy)
    return {
      id: typeof entry.id === 'number' ? entry.id : 0,
      deployedAt: text(entry.deployedAt),
      revision: text(entry.revision) || list(entry.revisions).map(text).join(' '),
      by: by.automated === true ? 'automated' : text(by.username),
    }
  })
}
