// Does a running pod still follow the template that it was made from? It is in no Git; the workload that it belongs to is.
import { NO_BOOK } from '../definition/index.ts'
import {
  bareContext,
  classifyField,
  concernOf,
  type FieldOwner,
  type OwnedEntry,
  type Ownership,
  ownershipOf,
} from '../classify/index.ts'
import { compare, type FieldChange, type RuleIndex } from '../compare/index.ts'
import type { Verdict } from '../decide/index.ts'
import { healthOf } from '../health/index.ts'
import { formatRef, isMap, type Json, type KubeObject, type ObjectRef, refOf } from '../kube/index.ts'
import type { ObjectSchema } from '../merge/index.ts'
import { problem } from '../problem/index.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { AppContext, EvaluatedField, ObjectEvaluation } from './types.ts'

export interface PodSnapshot {
  readonly pod: KubeObject
  /** What made it, with the template in `spec.template`. */
  readonly maker: KubeObject
  /** What Git declares. */
  readonly workload: ObjectRef
  readonly schema: ObjectSchema
  readonly rules?: RuleIndex
  /** Epoch ms. */
  readonly now: number
}

/** The manager that pods are made under. Admission of their creation writes in its name. */
const MAKER = 'kube-controller-manager'
/** Where people change a running pod through. */
const DOORS = new Set(['ephemeralcontainers', 'resize'])
/** Says that an autoscaler changed what containers may use. */
const RESIZED = 'vpaInPlaceUpdated'

const REPORTED: Verdict = {
  response: 'alert',
  permitted: false,
  because: 'reported-only',
  rule: 'builtin/pod-follows-template',
  severity: 'warning',
}

/** A pod's fields are its template's. */
const TEMPLATE: FieldOwner = { kind: 'git', name: null, source: 'builtin/pod-follows-template', runbook: null }

function isOfMaking(entry: { manager?: unknown; subresource?: unknown; time?: unknown }, pod: KubeObject): boolean {
  const made = pod.metadata.creationTimestamp ?? ''
  const isMaker = entry.manager === MAKER && (entry.subresource ?? '') === ''
  return isMaker && typeof entry.time === 'string' && entry.time <= made
}

/**
 * By its bookkeeping alone: somebody wrote to it since it was made, or the bookkeeping is gone. Cheap; misses only what is
 * written in the maker's name within the second of the making, for the server's times have no finer grain.
 */
export function mayDeviate(pod: KubeObject): boolean {
  const entries: unknown = pod.metadata.managedFields
  if (!Array.isArray(entries) || entries.length === 0) return true
  return entries.some((entry: unknown) => {
    if (!isMap(entry)) return true
    if (typeof entry.subresource === 'string' && entry.subresource !== '') return DOORS.has(entry.subresource)
    const { fieldsV1 } = entry
    const labels = isMap(fieldsV1) && isMap(fieldsV1['f:metadata']) && fieldsV1['f:metadata']['f:labels'] !== undefined
    const touches = !isMap(fieldsV1) || fieldsV1['f:spec'] !== undefined || labels
    return touches && !isOfMaking(entry, pod)
  })
}

function templateOf({ spec }: KubeObject): { readonly labels: Json; readonly spec: Json } | null {
  const template = isMap(spec) ? spec.template : undefined
  if (!isMap(template) || !isMap(template.spec)) return null
  const { metadata } = template
  return { labels: (isMap(metadata) ? metadata.labels : undefined) ?? {}, spec: template.spec }
}

/** What the server lets anybody change in a running pod's spec; the rest stays as it was made. */
const MUTABLE =
  /^(?:(?:initC|c)ontainers\.(?:image|resources)|ephemeralContainers|activeDeadlineSeconds|terminationGracePeriodSeconds|tolerations)(?:\.|$)/

function counts({ path, change }: FieldChange, pod: KubeObject): boolean {
  const [first, ...rest] = path.flatMap((element) => (element.kind === 'field' ? [element.name] : []))
  if (first === 'metadata') return rest[0] === 'labels' && change !== 'added'
  const at = rest.join('.')
  const resized = at.includes('.resources') && Object.hasOwn(pod.metadata.annotations ?? {}, RESIZED)
  return first === 'spec' && MUTABLE.test(at) && !resized
}

/** It came with the making: what admission then wrote stands in the maker's name. */
function isMade(owners: readonly OwnedEntry[], ownership: Ownership, pod: KubeObject): boolean {
  return !ownership.empty && owners.length > 0 && owners.every(({ entry }) => isOfMaking(entry, pod))
}

function told(
  app: Pick<AppContext, 'app' | 'digestKey'>,
  { pod, now }: PodSnapshot,
  field: FieldChange,
  ownership: Ownership,
): EvaluatedField {
  const ref = refOf(pod)
  return {
    field,
    concern: concernOf(ref, field.path),
    ownedBy: TEMPLATE,
    cause: classifyField(field, ownership, bareContext(ref, pod)),
    verdict: REPORTED,
    fingerprint: fingerprintOf(app, ref, field),
    firstSeen: new Date(now).toISOString(),
    window: null,
  }
}

/** null = it follows, or there is no template to hold it to. */
export function evaluatePod(
  app: Pick<AppContext, 'app' | 'digestKey'>,
  snapshot: PodSnapshot,
): ObjectEvaluation | null {
  const { pod, maker, workload, schema } = snapshot
  const template = templateOf(maker)
  if (template === null) return null
  const ref = refOf(pod)
  const ownership = ownershipOf(pod)
  const metadata = { name: ref.name, namespace: ref.namespace, labels: template.labels as Record<string, string> }
  const { fields } = compare(
    {
      ref,
      desired: { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec },
      live: pod,
      schema,
      normalForm: null,
      ignore: NO_BOOK,
      neighbours: { autoscalers: [] },
      managersOf: (path) => ownership.owners(path).map(({ entry }) => entry.manager ?? ''),
    },
    snapshot.rules,
  )
  const deviating = fields.filter(
    (field) => counts(field, pod) && !isMade(ownership.owners(field.path), ownership, pod),
  )
  if (deviating.length === 0) return null
  const object = formatRef(ref)
  const made = refOf(maker)
  const by = made.kind === workload.kind ? '' : ` (${made.kind} ${made.name})`
  const message = `${object} does not follow the template of ${formatRef(workload)}${by} any more.`
  return {
    ref,
    status: 'OutOfSync',
    difference: 'changed',
    fields: deviating.map((field) => told(app, snapshot, field, ownership)),
    ignored: [],
    whole: null,
    question: false,
    wanted: [],
    step: null,
    prune: false,
    takeover: null,
    health: healthOf(pod),
    webhooks: [],
    owner: null,
    problems: [problem('HF3012', message, { object })],
  }
}
