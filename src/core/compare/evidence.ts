// Do the objects around this one prove that a value is somebody else's?
import { globMatches } from '../definition/index.ts'
import { deepEqual } from '../kube/index.ts'
import type { EvidenceTest } from './delegation.ts'
import { injector, mutator } from './evidence-webhooks.ts'
import { textsAt } from './labels-at.ts'
import type { Claimed, Subject } from './subject.ts'
import type { Autoscaler, NamingFact } from './neighbours.ts'
import { memberAt } from './value-test.ts'
import { VERTICAL, verticalProof } from './vertical.ts'

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

type NamedBy = Extract<EvidenceTest, { is: 'named-by' }>

function names(fact: NamingFact, { at, ownName }: NamedBy, name: string): boolean {
  const said = at.flatMap((path) => fact.names[path] ?? [])
  return said.length === 0 ? ownName === true && fact.name === name : said.includes(name)
}

function isWhere(fact: NamingFact, { where }: NamedBy): boolean {
  if (where === undefined) return true
  const said = fact.names[where.at] ?? []
  return where.values.some((value) => (value === null ? said.length === 0 : said.includes(value)))
}

const kindOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

function namedBy(test: NamedBy, { ref, neighbours }: Subject): string | null {
  const fact = neighbours.naming?.find(
    (one) => one.kind === test.kind && isWhere(one, test) && names(one, test, ref.name),
  )
  return fact === undefined ? null : `${kindOf(test.kind)} ${fact.name}`
}

type Present = Extract<EvidenceTest, { is: 'present' }>

function present(test: Present, { neighbours }: Subject): string | null {
  const fact = neighbours.naming?.find((one) => one.kind === test.kind && test.names.includes(one.name))
  return fact === undefined ? null : `${kindOf(test.kind)} ${fact.name}`
}

type Declared = Extract<EvidenceTest, { is: 'declared' }>

function markDeclared(
  { labels = [], annotations = [], template: inTemplate }: Declared,
  subject: Subject,
): string | null {
  const { desired, template } = subject
  const places = [[], ...(inTemplate === true && template !== null && template.length > 0 ? [template] : [])]
  for (const place of places) {
    for (const [map, globs] of [['labels', labels] as const, ['annotations', annotations] as const]) {
      const here = globs.length === 0 ? [] : Object.keys(textsAt(desired, [...place, 'metadata', map]))
      const found = here.find((name) => globs.some((glob) => globMatches(glob, name)))
      if (found !== undefined) return found
    }
  }
  return null
}

function declared(test: Declared, subject: Subject): string | null {
  const { desired, ref } = subject
  const { names: own = [], values = [] } = test
  if (own.some((glob) => globMatches(glob, ref.name))) return ref.name
  const value = values.find(({ at, oneOf }) => oneOf.some((one) => deepEqual(memberAt(desired, at) ?? null, one)))
  return value === undefined ? markDeclared(test, subject) : value.at.join('.')
}

function ofNamespace(wanted: readonly string[], { neighbours }: Subject): string | null {
  const { annotations = {} } = neighbours.namespace ?? {}
  return wanted.find((name) => Object.hasOwn(annotations, name)) ?? null
}

/** The kinds that have to be looked at before the test can be answered. */
export function kindsNeeded(test: EvidenceTest): readonly string[] {
  switch (test.is) {
    case 'autoscaler':
      return AUTOSCALERS
    case 'vertical-autoscaler':
      return [VERTICAL]
    case 'injector':
    case 'mutator':
      return [INJECTORS]
    case 'named-by':
    case 'present':
      return [test.kind]
    case 'namespace':
    case 'declared':
    case 'own-kind':
      return []
    default:
      return test satisfies never
  }
}

/** What proves it, in words; null when nothing does. */
export function proof(test: EvidenceTest, claimed: Claimed, subject: Subject): string | null {
  switch (test.is) {
    case 'autoscaler':
      return autoscaler(claimed, subject)
    case 'vertical-autoscaler':
      return verticalProof(claimed, subject.ref, subject.neighbours.vertical)
    case 'injector':
      return injector(test, subject)
    case 'mutator':
      return mutator(test, subject)
    case 'named-by':
      return namedBy(test, subject)
    case 'present':
      return present(test, subject)
    case 'namespace':
      return ofNamespace(test.annotations, subject)
    case 'declared':
      return declared(test, subject)
    case 'own-kind':
      return subject.ref.kind
    default:
      return test satisfies never
  }
}
