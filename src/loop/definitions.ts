// What the cluster says of an Application → its state here.
import {
  DEFAULT_PROJECT,
  parseApplication,
  projectAllowsApp,
  type ProjectDefinition,
  type RefusedOperation,
  type RequestedOperation,
} from '../core/definition/index.ts'
import type { Marked } from '../core/classify/index.ts'
import { isMap, type Json, type JsonMap, type KubeObject, type ManagedFieldsEntry } from '../core/kube/index.ts'
import { type Problem, problem } from '../core/problem/index.ts'
import { conditionTimesIn } from '../core/record/index.ts'
import { ownersIn } from './owners.ts'
import { revisionsOf } from './revisions.ts'
import type { AppState, Compared, HistoryEntry } from './state.ts'

export interface Projects {
  /** A project was seen in this installation, now or ever: deleting the last one lifts no restriction. */
  readonly used: boolean
  readonly byName: ReadonlyMap<
    string,
    { readonly value: ProjectDefinition | null; readonly problems: readonly Problem[] }
  >
  /** What may name its owner. */
  readonly marks: ReadonlyMap<string, Marked>
}

/** What has to be done after a definition was taken in. */
export interface Taken {
  /** Source or behaviour changed. */
  readonly changed: boolean
  readonly refresh: 'normal' | 'hard' | null
  /** The operation that stands on the Application. */
  readonly operation: RequestedOperation | RefusedOperation | null
}

function ownsStatus(entry: ManagedFieldsEntry): boolean {
  return entry.manager !== 'holdfast' && isMap(entry.fieldsV1) && Object.hasOwn(entry.fieldsV1, 'f:status')
}

/** When another controller wrote this Application's status last, as far as its bookkeeping tells; null = never. */
export function foreignStatusTime(object: KubeObject): number | null {
  const status = object.status
  if (!isMap(status) || Object.keys(status).length === 0) return null
  const times = (object.metadata.managedFields ?? []).filter(ownsStatus).map(({ time }) => Date.parse(time ?? ''))
  const known = times.filter((time) => !Number.isNaN(time))
  return known.length === 0 ? null : Math.max(...known)
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** `revision`, or `revisions` of several sources, as one text; '' where it is something else. */
export function revisionIn(status: JsonMap): string {
  const several = Array.isArray(status.revisions)
    ? (status.revisions as readonly Json[]).map((one) => text(one as Json))
    : []
  const all = several.length > 0 ? several : [text(status.revision)]
  return all.every((one) => /^\S{1,250}$/.test(one)) ? all.join(' ') : ''
}

export function historyOf(status: Readonly<Record<string, Json | undefined>>): HistoryEntry[] {
  if (!Array.isArray(status.history)) return []
  return (status.history as readonly Json[]).flatMap((entry) => {
    if (!isMap(entry) || typeof entry.id !== 'number') return []
    const by = isMap(entry.initiatedBy) && entry.initiatedBy.automated === true
    return [
      {
        id: entry.id,
        revisions: revisionsOf(revisionIn(entry)),
        deployStartedAt: text(entry.deployStartedAt),
        deployedAt: text(entry.deployedAt),
        automated: by,
      },
    ]
  })
}

/** The sources that the revisions in the status are of. */
function comparedIn(sync: JsonMap, object: KubeObject): Compared | null {
  const compared = isMap(sync.comparedTo) ? sync.comparedTo : {}
  const several = Array.isArray(compared.sources) && compared.sources.length > 0
  const { source: _, sources: __, ...spec } = isMap(object.spec) ? object.spec : {}
  const own = several ? { sources: compared.sources } : { source: compared.source }
  const { status: ___, ...rest } = object
  const parsed = parseApplication({ ...rest, spec: { ...spec, ...own } } as KubeObject, {
    defaultNamespace: object.metadata.namespace ?? '',
  })
  return parsed.value
}

/** What an earlier run (or another controller) left in the status: last revision, last sync, history. */
export function recall(app: AppState, object: KubeObject): void {
  const status = object.status
  if (!isMap(status)) return
  const sync = isMap(status.sync) ? status.sync : {}
  const operation = isMap(status.operationState) ? status.operationState : {}
  const result = isMap(operation.syncResult) ? operation.syncResult : {}
  app.revision = revisionIn(sync)
  app.compared = comparedIn(sync, object)
  if (operation.phase === 'Succeeded') app.syncedRevision = revisionIn(result)
  app.history = historyOf(status)
  app.conditionTimes = conditionTimesIn(status)
}

/** Another replica leads: what it did and told is what was done and told. */
export function follow(app: AppState, object: KubeObject): void {
  const { status } = object
  if (!isMap(status)) return
  const { startedAt, phase, syncResult } = isMap(status.operationState) ? status.operationState : ({} as JsonMap)
  if (phase === 'Succeeded' && isMap(syncResult)) app.syncedRevision = revisionIn(syncResult)
  if (text(startedAt) >= (app.operation?.startedAt ?? '')) app.operation = null
  app.history = historyOf(status)
  app.conditionTimes = conditionTimesIn(status)
  app.written = ''
}

/** Objects that the status names: the inventory, or what of it Git no longer declares. */
export function inventoryOf(
  object: KubeObject,
  which: 'all' | 'requires-pruning' = 'all',
): { group: string; version: string; kind: string; namespace: string; name: string }[] {
  const status = object.status
  if (!isMap(status) || !Array.isArray(status.resources)) return []
  return (status.resources as readonly Json[]).flatMap((entry) => {
    if (!isMap(entry) || text(entry.kind) === '' || text(entry.name) === '') return []
    if (which === 'requires-pruning' && entry.requiresPruning !== true) return []
    return [
      {
        group: text(entry.group),
        version: text(entry.version) || 'v1',
        kind: text(entry.kind),
        namespace: text(entry.namespace),
        name: text(entry.name),
      },
    ]
  })
}

function projectOf(
  name: string,
  projects: Projects,
): { project: ProjectDefinition | null; problems: readonly Problem[]; usable: boolean } {
  const known = projects.byName.get(name)
  if (known !== undefined) return { project: known.value, problems: known.problems, usable: known.value !== null }
  // Where nobody uses projects, their names mean nothing; where somebody does, a missing one permits nothing.
  if (!projects.used || name === DEFAULT_PROJECT.name) return { project: null, problems: [], usable: true }
  return { project: null, usable: false, problems: [problem('HF2006', `AppProject ${name} does not exist.`)] }
}

/** What is asked for on an Application that cannot be read as a whole: it is answered with what is wrong. */
function requestsOn(object: KubeObject, problems: readonly Problem[]): Pick<Taken, 'refresh' | 'operation'> {
  const refresh = object.metadata.annotations?.['argocd.argoproj.io/refresh']
  const { operation } = object as { readonly operation?: unknown }
  const refused = { digest: JSON.stringify(operation), initiatedBy: '', problems }
  return {
    refresh: refresh === undefined ? null : refresh === 'hard' ? 'hard' : 'normal',
    operation: isMap(operation) ? refused : null,
  }
}

/** What is told about a definition: a mistake that decides nothing leaves its digest as it was. */
const toldOf = (problems: readonly Problem[]): string =>
  problems.map(({ code, message }) => `${code} ${message}`).join('\n')

/** Takes an Application as the watch gave it. */
export function takeDefinition(app: AppState, object: KubeObject, projects: Projects): Taken {
  const parsed = parseApplication(object, { defaultNamespace: object.metadata.namespace ?? '' })
  const previous = app.definition
  const { value } = parsed
  const wasUsable = app.definitionUsable
  const toldBefore = toldOf(app.definitionProblems)
  app.foreignStatusAt = foreignStatusTime(object)
  if (value === null) {
    app.definitionUsable = false
    app.definitionProblems = parsed.problems
    return { changed: wasUsable, ...requestsOn(object, parsed.problems) }
  }
  const { project, problems, usable } = projectOf(value.project, projects)
  const denied = project === null ? [] : projectAllowsApp(project, value)
  app.definition = value
  app.owners = ownersIn(app.owners, {
    definition: value,
    object,
    appProject: projects.marks.get(value.project) ?? null,
  })
  app.project = project
  app.definitionProblems = [...parsed.problems, ...problems, ...denied]
  app.definitionUsable = usable && denied.length === 0
  return {
    changed:
      previous?.digest !== value.digest ||
      previous.mode !== value.mode ||
      wasUsable !== app.definitionUsable ||
      toldBefore !== toldOf(app.definitionProblems),
    refresh: value.refresh,
    operation: value.operation ?? value.refusedOperation,
  }
}
