// Do the objects around this one prove that a value is somebody else's?
import { isMap, type Json, type KubeObject, type Labels, type ObjectRef, selectorMatches } from '../kube/index.ts'
import type { EvidenceTest } from './delegation.ts'
import type { Autoscaler, InjectorFact, NamingFact, Neighbours } from './neighbours.ts'
import { memberAt } from './value-test.ts'

export interface Subject {
  readonly ref: ObjectRef
  readonly desired: KubeObject
  readonly neighbours: Neighbours
  /** Where the pod template of this kind stands; null when it has none. [] = the object is a pod itself. */
  readonly template: readonly string[] | null
  /** The server's own form is known: what admission does to this very kind is in it. */
  readonly hasForm: boolean
}

export interface Claimed {
  readonly desired: Json | undefined
  readonly live: Json | undefined
}

export const AUTOSCALERS = ['autoscaling/HorizontalPodAutoscaler', 'keda.sh/ScaledObject'] as const
export const INJECTORS = 'admissionregistration.k8s.io/MutatingWebhookConfiguration'

/** What a workload without declared replicas is reset to. */
const DEFAULT_REPLICAS = 1

function owns(scaler: Autoscaler, live: number, target: number): boolean {
  const inBounds = (replicas: number): boolean =>
    (replicas >= scaler.min && replicas <= scaler.max) || scaler.also?.includes(replicas) === true
  // Outside its bounds an autoscaler brings the workload back by itself, except from 0, where it is off; a heal to a
  // value outside them would only take capacity away until it does.
  return inBounds(live) || (live > 0 && !inBounds(target))
}

function autoscaler({ desired, live }: Claimed, { ref, neighbours }: Subject): string | null {
  if (typeof live !== 'number') return null
  const target = typeof desired === 'number' ? desired : DEFAULT_REPLICAS
  const found = neighbours.autoscalers.find(
    (scaler) =>
      scaler.targetKind === ref.kind &&
      scaler.targetGroup === ref.group &&
      scaler.targetName === ref.name &&
      owns(scaler, live, target),
  )
  return found === undefined ? null : `${found.kind ?? 'HorizontalPodAutoscaler'} ${found.name}`
}

function textsAt(object: unknown, path: readonly string[]): Labels {
  const value = memberAt(object, path)
  if (!isMap(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}

const isHook = (hook: string, wanted: string): boolean => hook === wanted || hook.endsWith(`.${wanted}`)

function isCalledFor(resources: readonly string[], group: string, resource: string): boolean {
  return resources.some((pair) => {
    const slash = pair.indexOf('/')
    const [ofGroup, ofResource] = [pair.slice(0, slash), pair.slice(slash + 1)]
    return (ofGroup === group || ofGroup === '*') && (ofResource === resource || ofResource === '*')
  })
}

/** As Kubernetes forms the plural of a kind where nobody says otherwise (apimachinery, UnsafeGuessKindToResource). */
function pluralOf(kind: string): string {
  const name = kind.toLowerCase()
  if (name.endsWith('endpoints')) return name
  if (name.endsWith('s')) return `${name}es`
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`
}

/** Mutating webhooks that are called when this object itself is written, by configuration. */
export function webhooksOf(ref: ObjectRef, object: KubeObject, neighbours: Neighbours): readonly string[] {
  const found = (neighbours.injectors ?? []).filter(
    (fact) =>
      isCalledFor(fact.resources, ref.group, pluralOf(ref.kind)) &&
      selectorMatches(fact.namespaceSelector, neighbours.namespace?.labels ?? {}) &&
      selectorMatches(fact.objectSelector, textsAt(object, ['metadata', 'labels'])),
  )
  return [...new Set(found.map(({ configuration }) => `MutatingWebhookConfiguration ${configuration}`))]
}

function selects(fact: InjectorFact, labels: Labels, { neighbours }: Subject): boolean {
  const { namespace } = neighbours
  const inNamespace = selectorMatches(fact.namespaceSelector, namespace?.labels ?? {})
  return inNamespace && selectorMatches(fact.objectSelector, labels)
}

/** Is it called for the pods of this object, or for the object while nobody knows what it makes of it? */
function coversPods(fact: InjectorFact, subject: Subject): boolean {
  const { ref, desired, template, hasForm } = subject
  if (template === null) return false
  const podLabels = textsAt(desired, [...template, 'metadata', 'labels'])
  const direct = isCalledFor(fact.resources, ref.group, pluralOf(ref.kind))
  if (direct && selects(fact, textsAt(desired, ['metadata', 'labels']), subject)) return !hasForm
  return isCalledFor(fact.resources, '', 'pods') && selects(fact, podLabels, subject)
}

type Injector = Extract<EvidenceTest, { is: 'injector' }>

function isAsked({ asked }: Injector, { desired, template, neighbours }: Subject): boolean {
  if (asked === undefined) return true
  const annotations = textsAt(desired, [...(template ?? []), 'metadata', 'annotations'])
  const { annotation, values } = asked
  const ofNamespace = neighbours.namespace?.annotations ?? {}
  const told = Object.hasOwn(annotations, annotation) ? annotations[annotation] : ofNamespace[annotation]
  return told !== undefined && values.includes(told)
}

function injector(test: Injector, subject: Subject): string | null {
  if (!isAsked(test, subject)) return null
  const found = subject.neighbours.injectors?.find((fact) => isHook(fact.hook, test.hook) && coversPods(fact, subject))
  return found === undefined ? null : `MutatingWebhookConfiguration ${found.configuration}`
}

type NamedBy = Extract<EvidenceTest, { is: 'named-by' }>

function names(fact: NamingFact, { at, ownName }: NamedBy, name: string): boolean {
  const said = at.flatMap((path) => fact.names[path] ?? [])
  return said.length === 0 ? ownName === true && fact.name === name : said.includes(name)
}

function namedBy(test: NamedBy, { ref, neighbours }: Subject): string | null {
  const fact = neighbours.naming?.find((one) => one.kind === test.kind && names(one, test, ref.name))
  return fact === undefined ? null : `${test.kind.slice(test.kind.lastIndexOf('/') + 1)} ${fact.name}`
}

type Declared = Extract<EvidenceTest, { is: 'declared' }>

function declared({ labels = [], annotations = [] }: Declared, { desired }: Subject): string | null {
  const has = (map: 'labels' | 'annotations', name: string): boolean =>
    Object.hasOwn(textsAt(desired, ['metadata', map]), name)
  const label = labels.find((name) => has('labels', name))
  const annotation = annotations.find((name) => has('annotations', name))
  return label ?? annotation ?? null
}

/** The kinds that have to be looked at before the test can be answered. */
export function kindsNeeded(test: EvidenceTest): readonly string[] {
  if (test.is === 'autoscaler') return AUTOSCALERS
  if (test.is === 'injector') return [INJECTORS]
  return test.is === 'named-by' ? [test.kind] : []
}

/** What proves it, in words; null when nothing does. */
export function proof(test: EvidenceTest, claimed: Claimed, subject: Subject): string | null {
  switch (test.is) {
    case 'autoscaler':
      return autoscaler(claimed, subject)
    case 'injector':
      return injector(test, subject)
    case 'named-by':
      return namedBy(test, subject)
    case 'declared':
      return declared(test, subject)
    default:
      return test satisfies never
  }
}
