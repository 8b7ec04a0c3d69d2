// The drift report: the JSON contract that scripts rely on. Fields may be added, never renamed or removed.
import {
  type Cause,
  type CauseGroup,
  type Concern,
  type DriftClass,
  type FieldOwner,
  groupCauses,
  type IgnoredCause,
  type Owner,
  type Placed,
} from '../classify/index.ts'
import type { ChangeKind } from '../compare/index.ts'
import type { Verdict } from '../decide/index.ts'
import { formatRef, type Json, type ObjectRef } from '../kube/index.ts'
import type { Orphan } from '../orphan/index.ts'
import {
  CATALOGUE,
  type DeliveryFailure,
  deliveryFailureOf,
  type DeliveryReason,
  deliveryReasonOf,
  type Problem,
  type ProblemCode,
  type ProblemSubject,
} from '../problem/index.ts'

/** Stands in for the value of a Secret: `hmac:` and 12 hex digits. Who fills a report puts it in. */
export interface Masked {
  readonly masked: string
}

export interface ReportField {
  /** `formatPath`'s grammar. */
  readonly path: string
  /** RFC 6901 pointer into live, or into desired when live lacks the path. */
  readonly pointer: string
  readonly change: ChangeKind
  /** Absent when Git lacks the path. */
  readonly desired?: Json | Masked
  /** Absent when the cluster lacks the path. */
  readonly live?: Json | Masked
  /** What it is about: `capacity`, `traffic`, … */
  readonly concern: Concern
  readonly fingerprint: string
  /** ISO time. */
  readonly firstSeen: string
  readonly cause: Cause
  /** Whose the field is. */
  readonly ownedBy: FieldOwner
  readonly verdict: Verdict
}

export interface ReportIgnored extends IgnoredCause {
  readonly path: string
  /** As of a field. */
  readonly pointer: string
  /** `builtin/…` or the place of the user's rule. */
  readonly rule: string
  /** To whom the rule leaves the value, e.g. `HorizontalPodAutoscaler web`. */
  readonly owner?: string
  /** Of a value that is delegated: other objects prove whose it may be, not who wrote it. */
  readonly confidence?: 'likely'
  readonly desired: Json | Masked | null
  readonly live: Json | Masked | null
  readonly intended: true
}

export interface ReportOrigin {
  readonly file: string
  readonly line: number
  /** The last change of the file, or of what a tool made the object from; where history was asked for and there is some. */
  readonly change?: {
    readonly commit: string
    readonly author: string
    readonly date: string
    readonly subject: string
    /** Of an object that follows from several files: one of those that the commit changed. */
    readonly file?: string
  }
}

export interface ReportObject {
  readonly ref: ObjectRef
  readonly status: 'Synced' | 'OutOfSync' | 'Unknown'
  /** null unless OutOfSync. */
  readonly difference: 'missing' | 'extra' | 'changed' | null
  readonly fields: readonly ReportField[]
  readonly ignored: readonly ReportIgnored[]
  /** Where Git declares it: file relative to the repository, line 1-based (0 = unknown). */
  readonly origin?: ReportOrigin
  /** Whom to ask, where something differs. */
  readonly responsible?: Owner
  /** MutatingWebhookConfigurations that are called for the object, as far as they are known. */
  readonly webhooks?: readonly string[]
  /** Why it is Unknown. */
  readonly message?: string
  /** For an object that is missing or extra as a whole. */
  readonly cause?: Cause
  readonly verdict?: Verdict
  /** For an object that is extra. */
  readonly coexistsWith?: readonly ReportCoexistence[]
}

/** A declared workload that stands behind the same Service. */
export interface ReportCoexistence {
  readonly with: ObjectRef
  readonly through: ObjectRef
}

/** A live object that nobody declares. */
export interface ReportOrphan extends Orphan {
  /** Why it is told, in one sentence. */
  readonly message: string
  readonly coexistsWith?: readonly ReportCoexistence[]
}

export interface ReportProblem {
  readonly code: ProblemCode
  /** `error`: something could not be answered because of it. */
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly action: string
  readonly subject: ProblemSubject
  /** Of what keeps Git's state from being fetched, rendered or brought in. No object, and nobody, is accused of it. */
  readonly delivery?: ReportDeliveryFailure
}

export interface ReportDeliveryFailure {
  readonly class: Extract<DriftClass, 'delivery-failure'>
  readonly failure: DeliveryFailure
  readonly reason: DeliveryReason | null
  readonly ownedBy: FieldOwner
}

export interface ReportSummary {
  readonly objects: number
  readonly inSync: number
  readonly outOfSync: number
  readonly unknown: number
  /** Differing fields of all objects. */
  readonly fields: number
}

/** What was compared with what; every part is left out where it does not apply. */
export interface ReportContext {
  /** `namespace/name` of the Application. */
  readonly app?: string
  readonly revision?: string
  readonly desired?: string
  readonly live?: string
  /** Where the schemas came from, e.g. `builtin 1.35`, `crds.yaml`. */
  readonly schemas?: readonly string[]
}

export interface DriftReport {
  readonly apiVersion: 'holdfast.dev/v1alpha1'
  readonly kind: 'DriftReport'
  readonly context?: ReportContext
  readonly summary: ReportSummary
  /** The differences by cause, the widest first. */
  readonly causes: readonly CauseGroup[]
  readonly objects: readonly ReportObject[]
  /** Absent where they were not looked for. They are no drift: the exit code does not count them. */
  readonly orphans?: readonly ReportOrphan[]
  readonly problems: readonly ReportProblem[]
}

export interface ReportInput {
  /** Every object that was looked at, in sync or not. */
  readonly objects: readonly ReportObject[]
  /** null = they were not looked for. */
  readonly orphans?: readonly ReportOrphan[] | null
  readonly problems: readonly Problem[]
  /** `all` lists objects in sync too; they are counted either way. */
  readonly include: 'different' | 'all'
  readonly context?: ReportContext
  /** What was asked for is an Application's; where absent, it is if the context names one. */
  readonly delivered?: boolean
}

/**
 * Codes of reading, defining, desiring, comparing and asking leave a question open when they are to be tried again;
 * those of acting and recording do not.
 */
export function problemSeverity(code: ProblemCode): 'error' | 'warning' {
  const { disposition } = CATALOGUE[code]
  const asksAgain = disposition === 'retry' || disposition === 'wait'
  const isAboutAnswer = /^HF[1-5]/.test(code) && asksAgain
  return isAboutAnswer || code === 'HF7002' || code === 'HF7003' || code === 'HF7004' ? 'error' : 'warning'
}

const ownedBy = (kind: FieldOwner['kind'], name: string): FieldOwner => ({
  kind,
  name,
  source: 'builtin/delivery-failure',
  runbook: null,
})

/** What a commit mends; all else is mended where the controller runs, and by what it needs. */
const OF_GIT: ReadonlySet<DeliveryReason | null> = new Set<DeliveryReason>([
  'RevisionNotFound',
  'PathNotFound',
  'PathNotAllowed',
  'RenderFailed',
  'RenderUnrepeatable',
  'SourceNotSupported',
  'SignatureRequired',
  'ObjectInvalid',
  'ImmutableField',
  'ObjectTooLarge',
])

function deliveryOf(told: Pick<Problem, 'code' | 'subject'>): ReportDeliveryFailure | null {
  const failure = deliveryFailureOf(told.code)
  if (failure === null) return null
  const reason = deliveryReasonOf(told)
  const owner = OF_GIT.has(reason)
    ? ownedBy('git', 'Git review process')
    : ownedBy('controller', 'controller and infrastructure')
  return { class: 'delivery-failure', failure, reason, ownedBy: owner }
}

/** Files that belong to no application are delivered by nobody. */
function toldProblem({ code, message, action, subject }: Problem, of: { readonly delivered: boolean }): ReportProblem {
  const delivery = of.delivered ? deliveryOf({ code, subject }) : null
  const told = { code, severity: problemSeverity(code), message, action, subject }
  return delivery === null ? told : { ...told, delivery }
}

/** By code unit: the same on every machine, whatever its language. */
function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function problemKey({ code, subject, message }: ReportProblem): string {
  const line = String(subject.line ?? 0).padStart(9, '0')
  return [code, subject.object ?? '', subject.file ?? '', line, message].join('\u0000')
}

function objectSortKey({ ref }: Pick<ReportObject, 'ref'>): string {
  return [ref.group, ref.kind, ref.namespace, ref.name, ref.version].join('\u0000')
}

function sortedObject(object: ReportObject): ReportObject {
  return {
    ...object,
    fields: object.fields.toSorted((a, b) => byText(a.path, b.path)),
    ignored: object.ignored.toSorted((a, b) => byText(a.path, b.path) || byText(a.rule, b.rule)),
  }
}

function summarize(objects: readonly ReportObject[]): ReportSummary {
  const count = (status: ReportObject['status']): number => objects.filter((object) => object.status === status).length
  return {
    objects: objects.length,
    inSync: count('Synced'),
    outOfSync: count('OutOfSync'),
    unknown: count('Unknown'),
    fields: objects.reduce((sum, { fields }) => sum + fields.length, 0),
  }
}

function placedOf({ ref, fields, cause }: ReportObject): Placed[] {
  const object = formatRef(ref)
  const whole = cause === undefined ? [] : [{ object, path: '', cause }]
  return [...whole, ...fields.map((field) => ({ object, path: field.path, cause: field.cause }))]
}

/** Counts, sorts and leaves out: the same input in any order gives the same report. */
export function driftReport(input: ReportInput): DriftReport {
  const { objects, orphans = null, problems, include, context } = input
  const { delivered = context?.app !== undefined } = input
  const listed = include === 'all' ? objects : objects.filter(({ status }) => status !== 'Synced')
  const told = problems.map((one) => toldProblem(one, { delivered }))
  return {
    apiVersion: 'holdfast.dev/v1alpha1',
    kind: 'DriftReport',
    ...(context === undefined ? {} : { context }),
    summary: summarize(objects),
    causes: groupCauses(objects.flatMap(placedOf)),
    objects: listed.map(sortedObject).sort((a, b) => byText(objectSortKey(a), objectSortKey(b))),
    ...(orphans === null ? {} : { orphans: orphans.toSorted((a, b) => byText(objectSortKey(a), objectSortKey(b))) }),
    problems: told.sort((a, b) => byText(problemKey(a), problemKey(b))),
  }
}

/** As `kubectl diff`: 0 no drift, 1 drift found, 2 the question could not be answered (some object or all). */
export function driftExitCode({ summary, problems }: Pick<DriftReport, 'summary' | 'problems'>): 0 | 1 | 2 {
  if (summary.unknown > 0 || problems.some(({ severity }) => severity === 'error')) return 2
  return summary.outOfSync > 0 ? 1 : 0
}

export function isMasked(value: unknown): value is Masked {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false
  const { masked } = value as { masked?: unknown }
  return typeof masked === 'string' && /^hmac:[0-9a-f]{12}$/.test(masked)
}
