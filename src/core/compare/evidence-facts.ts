// What other objects prove, boiled down from their bodies: small facts, so that bodies need not be kept.
import { groupOf, isMap, type Json, type JsonMap, type KubeObject } from '../kube/index.ts'
import { AUTOSCALERS, INJECTORS } from './evidence.ts'
import { count, mapOf, text, texts } from './json-parts.ts'
import type { DelegationRule } from './delegation.ts'
import type { Autoscaler, InjectorFact, NamingFact } from './neighbours.ts'
import { DELEGATIONS } from './delegations.ts'
import { VERTICAL } from './vertical.ts'

/** A kind whose objects are evidence. */
export interface EvidenceKind {
  readonly group: string
  /** In the order in which they are tried. */
  readonly versions: readonly string[]
  readonly kind: string
  /** Dotted paths whose texts are kept of each object. */
  readonly at: readonly string[]
  /** `group/Kind` of what such an object may speak of; `@pod` = everything with a pod template. */
  readonly about: readonly string[]
}

const split = (kind: string): { group: string; kind: string } => {
  const slash = kind.lastIndexOf('/')
  return { group: kind.slice(0, Math.max(slash, 0)), kind: kind.slice(slash + 1) }
}

/** Paths whose texts a rule looks at in its evidence. */
function pathsOf(evidence: DelegationRule['evidence']): readonly string[] {
  if (evidence.is !== 'named-by') return []
  return evidence.where === undefined ? evidence.at : [...evidence.at, evidence.where.at]
}

function collect(kinds: Map<string, EvidenceKind>, { evidence, kinds: about }: DelegationRule): void {
  if (evidence.is !== 'named-by' && evidence.is !== 'present') return
  const before = kinds.get(evidence.kind)
  const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])]
  kinds.set(evidence.kind, {
    ...split(evidence.kind),
    versions: evidence.versions,
    at: union(before?.at ?? [], pathsOf(evidence)),
    about: union(before?.about ?? [], about),
  })
}

/** Every kind that the rules want as evidence, by `group/Kind`. */
export function evidenceKinds(rules: readonly DelegationRule[] = DELEGATIONS): ReadonlyMap<string, EvidenceKind> {
  const [hpa, scaled] = AUTOSCALERS
  const found = new Map<string, EvidenceKind>([
    [hpa, { ...split(hpa), versions: ['v2', 'v1'], at: [], about: [] }],
    [scaled, { ...split(scaled), versions: ['v1alpha1'], at: [], about: [] }],
    [VERTICAL, { ...split(VERTICAL), versions: ['v1', 'v1beta2'], at: [], about: [] }],
    [INJECTORS, { ...split(INJECTORS), versions: ['v1'], at: [], about: ['@pod'] }],
  ])
  for (const rule of rules) collect(found, rule)
  return found
}

function horizontal({ metadata, spec, status }: KubeObject): Autoscaler | null {
  const { scaleTargetRef, minReplicas, maxReplicas } = mapOf(spec as Json | undefined)
  if (!isMap(scaleTargetRef)) return null
  return {
    name: metadata.name ?? '',
    targetGroup: groupOf(text(scaleTargetRef.apiVersion)),
    targetKind: text(scaleTargetRef.kind),
    targetName: text(scaleTargetRef.name),
    min: count(minReplicas) ?? 1,
    max: count(maxReplicas) ?? 0,
    desiredReplicas: count(mapOf(status as Json | undefined).desiredReplicas),
  }
}

const PAUSED = 'autoscaling.keda.sh/paused-replicas'

/** Defaults of KEDA: apps/v1 Deployment, at least 0, at most 100; idle and paused counts stand outside the bounds. */
function eventDriven({ metadata, spec }: KubeObject): Autoscaler | null {
  const { scaleTargetRef, minReplicaCount, maxReplicaCount, idleReplicaCount } = mapOf(spec as Json | undefined)
  if (!isMap(scaleTargetRef)) return null
  const paused = metadata.annotations?.[PAUSED]
  const also = [count(idleReplicaCount), paused === undefined ? null : Number(paused)]
  return {
    kind: 'ScaledObject',
    name: metadata.name ?? '',
    targetGroup: groupOf(text(scaleTargetRef.apiVersion) || 'apps/v1'),
    targetKind: text(scaleTargetRef.kind) || 'Deployment',
    targetName: text(scaleTargetRef.name),
    min: count(minReplicaCount) ?? 0,
    max: count(maxReplicaCount) ?? 100,
    also: also.filter((one) => one !== null),
    desiredReplicas: null,
  }
}

/** Of an object of one of the autoscaler kinds; null when it names no target. */
export function autoscalerFact(object: KubeObject): Autoscaler | null {
  return object.kind === 'ScaledObject' ? eventDriven(object) : horizontal(object)
}

/** `group/resource` of the rules that are about creations or updates. */
function resourcesOf(rules: Json | undefined): string[] {
  const all = Array.isArray(rules) ? (rules as readonly Json[]) : []
  const found = all.map(mapOf).flatMap(({ operations, apiGroups, resources }) => {
    if (!texts(operations).some((operation) => ['CREATE', 'UPDATE', '*'].includes(operation))) return []
    return texts(apiGroups).flatMap((group) => texts(resources).map((resource) => `${group}/${resource}`))
  })
  return [...new Set(found)]
}

/** The webhooks of one MutatingWebhookConfiguration. */
export function injectorFacts(object: KubeObject): readonly InjectorFact[] {
  const hooks = Array.isArray(object.webhooks) ? (object.webhooks as readonly Json[]) : []
  return hooks.filter(isMap).map(({ name, rules, namespaceSelector, objectSelector }) => ({
    configuration: object.metadata.name ?? '',
    hook: text(name),
    resources: resourcesOf(rules),
    ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
    ...(objectSelector === undefined ? {} : { objectSelector }),
  }))
}

function textsAt(value: Json | undefined, path: readonly string[]): readonly string[] {
  const [name, ...rest] = path
  if (name === undefined) return typeof value === 'string' && value !== '' ? [value] : []
  if (name === '*') return Array.isArray(value) ? (value as readonly Json[]).flatMap((item) => textsAt(item, rest)) : []
  return isMap(value) && Object.hasOwn(value, name) ? textsAt(value[name], rest) : []
}

/** Annotations of namespaces that rules look at. */
export function namespaceAnnotations(rules: readonly DelegationRule[] = DELEGATIONS): readonly string[] {
  const wanted = rules.flatMap(({ evidence }) => {
    if (evidence.is === 'namespace') return evidence.annotations
    return evidence.is === 'injector' && evidence.asked !== undefined ? [evidence.asked.annotation] : []
  })
  return [...new Set(wanted)]
}

/** Of an object of a kind that names others. */
export function namingFact(kind: EvidenceKind, object: KubeObject): NamingFact {
  const found = kind.at.map((path) => [path, textsAt(object as unknown as JsonMap, path.split('.'))] as const)
  return {
    kind: `${kind.group}/${kind.kind}`,
    name: object.metadata.name ?? '',
    names: Object.fromEntries(found.filter(([, names]) => names.length > 0)),
  }
}
