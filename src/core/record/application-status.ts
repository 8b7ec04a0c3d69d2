// Evaluation + operation → the status of an Application, in Argo CD's shape, so that existing tools read it.
import type { AppDefinition } from '../definition/index.ts'
import type { Evaluation, ObjectEvaluation } from '../evaluate/index.ts'
import { isMap, type JsonMap } from '../kube/index.ts'
import { deliveryFailureOf, deliveryReasonOf, type Problem } from '../problem/index.ts'
import { describeAs, wordOf } from './describe.ts'

export interface OperationState {
  readonly phase: 'Running' | 'Succeeded' | 'Failed' | 'Error'
  readonly message: string
  /** ISO. */
  readonly startedAt: string
  readonly finishedAt: string | null
  /** By source; '' where none was resolved. */
  readonly revisions: readonly string[]
  readonly automated: boolean
  readonly initiatedBy: string
  readonly prune: boolean
  readonly resources: readonly OperationResult[]
}

export interface OperationResult {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly status: 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped'
  readonly message: string
}

/** One completed sync of everything. */
export interface HistoryEntry {
  readonly id: number
  /** By source. */
  readonly revisions: readonly string[]
  /** The sources as they were written then; absent = as they are written now. */
  readonly sources?: readonly JsonMap[]
  /** ISO. */
  readonly deployStartedAt: string
  readonly deployedAt: string
  readonly automated: boolean
}

type Compared = Pick<AppDefinition, 'sources' | 'multiSource'>

export interface StatusInput {
  readonly definition: AppDefinition
  readonly evaluation: Evaluation
  /** The sources that `revisions` are of: the definition may list others by now. null = the definition's own. */
  readonly compared: Compared | null
  /** By compared source: what each was resolved to; [] = nothing yet. */
  readonly revisions: readonly string[]
  /** By source, in Argo CD's words (`Helm`, `Kustomize`, `Directory`, `Plugin`); [] = nothing rendered yet. */
  readonly sourceTypes: readonly string[]
  readonly operation: OperationState | null
  readonly history: readonly HistoryEntry[]
  readonly problems: readonly Problem[]
  readonly since: ConditionTimes
  /** ISO. */
  readonly now: string
  readonly namespace: string
}

/** RFC 3339 with seconds, as metav1.Time is stored. */
const seconds = (iso: string): string => iso.replace(/\.\d+Z$/, 'Z')

/** `source` or `sources`, whichever the Application uses. */
function sourcesOf(
  definition: Compared,
  written: readonly JsonMap[] = definition.sources.map((source) => source.written),
): object {
  return definition.multiSource ? { sources: written } : { source: written[0] ?? {} }
}

/** `revision` or `revisions`, to go with `sourcesOf`. */
function revisionsOf(definition: Pick<AppDefinition, 'multiSource'>, revisions: readonly string[]): object {
  return definition.multiSource ? { revisions } : { revision: revisions[0] ?? '' }
}

function comparedTo(definition: AppDefinition, compared: Compared): object {
  const { destination, ignoreDifferences } = definition.written
  return {
    ...sourcesOf(compared),
    destination,
    ...(ignoreDifferences.length === 0 ? {} : { ignoreDifferences }),
  }
}

function resourceOf(object: ObjectEvaluation): object {
  const { ref, health } = object
  return {
    ...(ref.group === '' ? {} : { group: ref.group }),
    version: ref.version,
    kind: ref.kind,
    ...(ref.namespace === '' ? {} : { namespace: ref.namespace }),
    name: ref.name,
    status: object.status,
    ...(health === null
      ? {}
      : { health: { status: health.status, ...(health.message === '' ? {} : { message: health.message }) } }),
    ...(object.difference === 'extra' ? { requiresPruning: true } : {}),
  }
}

const CONDITION: Readonly<Record<string, string>> = {
  HF1: 'ComparisonError',
  HF2: 'InvalidSpecError',
  HF3: 'ComparisonError',
  HF4: 'SyncError',
  HF5: 'ComparisonError',
  HF6: 'SyncError',
  HF7: 'UnknownError',
}
/** Of single problems. */
const TYPES: Readonly<Record<string, string>> = {
  HF1014: 'UnrepeatableRenderWarning',
  HF1016: 'RenderChangedWarning',
  HF3001: 'RepeatedResourceWarning',
  HF3005: 'SharedResourceWarning',
  HF3006: 'ExcludedResourceWarning',
  HF3010: 'OrphanedResourceWarning',
  HF3011: 'OrphanedResourceWarning',
  HF3012: 'DeviatingPodWarning',
  HF3013: 'SharedResourceWarning',
  HF3014: 'DeviatingPodWarning',
  HF3020: 'ExcludedResourceWarning',
  HF2009: 'IgnoreRuleWarning',
  HF2010: 'IgnoreRuleWarning',
  HF2011: 'IgnoreRuleWarning',
  HF6001: 'FieldFight',
}
const MAX_CONDITIONS = 25

/** Of the Application's status: what is wrong, one per problem. */
export interface Condition {
  readonly type: string
  /** The reason of a delivery that failed; '' for other problems. */
  readonly reason: string
  readonly message: string
}

const NOTE =
  / (?:Revision [^;]{1,800} is not delivered; )?[Rr]evision .{1,800}? (?:stays in force|was delivered last, at \S+)\./g

/** See `timesFought`. */
const COUNT = / \(rewritten \d+ times\)/g

/** What is said for as long as it holds, whatever times and revisions are told beside it. */
function conditionKey(type: string, message: string): string {
  return `${type} ${message.replace(NOTE, '').replace(COUNT, '')}`
}

function conditionOf(problem: Problem): Condition {
  const { code } = problem
  const reason = deliveryReasonOf(problem) ?? ''
  const failure = deliveryFailureOf(code)
  return {
    type: TYPES[code] ?? CONDITION[code.slice(0, 3)] ?? 'UnknownError',
    reason,
    message: describeAs(wordOf(problem), problem) + (failure === null ? '' : ` [delivery failure: ${failure}]`),
  }
}

/** One condition per problem, bounded; the rest is counted in a last one. */
export function conditionsOf(problems: readonly Problem[]): Condition[] {
  const all = [...new Map(problems.map(conditionOf).map((one) => [one.message, one])).values()]
  if (all.length <= MAX_CONDITIONS) return all
  const message = `… and ${all.length - MAX_CONDITIONS} more problems`
  return [...all.slice(0, MAX_CONDITIONS), { type: 'UnknownError', reason: '', message }]
}

function operationOf(definition: AppDefinition, operation: OperationState): object {
  const initiatedBy = operation.automated ? { automated: true } : { username: operation.initiatedBy }
  const revisions = revisionsOf(definition, operation.revisions)
  return {
    phase: operation.phase,
    message: operation.message,
    startedAt: seconds(operation.startedAt),
    finishedAt: operation.finishedAt === null ? null : seconds(operation.finishedAt),
    operation: { initiatedBy, sync: { ...revisions, prune: operation.prune } },
    // `revision` is required there, even beside `revisions`.
    syncResult: { revision: '', ...revisions, ...sourcesOf(definition), resources: operation.resources },
  }
}

/** When each condition began, by what is true while it holds. */
export type ConditionTimes = ReadonlyMap<string, string>

/** Of a status, whoever wrote it. */
export function conditionTimesIn(status: unknown): ConditionTimes {
  const conditions = isMap(status) && Array.isArray(status.conditions) ? (status.conditions as readonly unknown[]) : []
  const times = conditions.filter(isMap).flatMap(({ type, message, lastTransitionTime }): [string, string][] => {
    if (typeof type !== 'string' || typeof message !== 'string' || typeof lastTransitionTime !== 'string') return []
    return [[conditionKey(type, message), lastTransitionTime]]
  })
  return new Map(times)
}

function withTimes(conditions: readonly Condition[], now: string, since: ConditionTimes): object[] {
  return conditions.map(({ type, reason, message }) => ({
    type,
    ...(reason === '' ? {} : { reason }),
    message,
    lastTransitionTime: seconds(since.get(conditionKey(type, message)) ?? now),
  }))
}

/** The members of `status` that Holdfast writes. Without its times it changes exactly when there is news. */
export function applicationStatus(input: StatusInput): Record<string, unknown> {
  const { definition, evaluation } = input
  const { multiSource } = definition
  const compared = input.compared ?? definition
  return {
    sync: {
      status: evaluation.status,
      ...revisionsOf(compared, input.revisions),
      comparedTo: comparedTo(definition, compared),
    },
    health: {
      status: evaluation.health.status,
      ...(evaluation.health.message === '' ? {} : { message: evaluation.health.message }),
    },
    resources: evaluation.objects
      .filter((object) => object.difference !== 'missing' || object.whole !== null)
      .map(resourceOf),
    conditions: withTimes(conditionsOf(input.problems), input.now, input.since),
    ...(multiSource ? { sourceTypes: input.sourceTypes } : { sourceType: input.sourceTypes[0] ?? '' }),
    controllerNamespace: input.namespace,
    reconciledAt: seconds(input.now),
    history: input.history.map((entry) => ({
      id: entry.id,
      ...revisionsOf(definition, entry.revisions),
      deployStartedAt: seconds(entry.deployStartedAt),
      deployedAt: seconds(entry.deployedAt),
      ...sourcesOf(definition, entry.sources),
      initiatedBy: entry.automated ? { automated: true } : {},
    })),
    ...(input.operation === null ? {} : { operationState: operationOf(definition, input.operation) }),
  }
}

/** The status of an Application that cannot be worked on as it is written. */
export function refusedStatus(
  problems: readonly Problem[],
  { now, since, operation }: Pick<StatusInput, 'now' | 'since' | 'operation'>,
): Record<string, unknown> {
  return {
    sync: { status: 'Unknown' },
    health: { status: 'Unknown' },
    conditions: withTimes(conditionsOf(problems), now, since),
    reconciledAt: seconds(now),
    ...(operation === null ? {} : { operationState: endedOperation(operation) }),
  }
}

/** Of an operation that never began. */
function endedOperation({ phase, message, startedAt, finishedAt, initiatedBy }: OperationState): object {
  return {
    ...{
      phase,
      message,
      startedAt: seconds(startedAt),
      operation: { initiatedBy: { username: initiatedBy }, sync: {} },
    },
    finishedAt: finishedAt === null ? null : seconds(finishedAt),
  }
}
