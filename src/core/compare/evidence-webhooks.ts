// Do mutating webhooks prove that a value is theirs?
import { globMatches } from '../definition/index.ts'
import { type KubeObject, type Labels, type ObjectRef, selectorMatches } from '../kube/index.ts'
import type { EvidenceTest } from './delegation.ts'
import type { Subject } from './subject.ts'
import { textsAt } from './labels-at.ts'
import type { InjectorFact, Neighbours } from './neighbours.ts'

type Injector = Extract<EvidenceTest, { is: 'injector' }>
type Mutator = Extract<EvidenceTest, { is: 'mutator' }>

const isOne = (hooks: readonly string[], { hook }: InjectorFact): boolean =>
  hooks.some((glob) => globMatches(glob, hook))

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

function selects(fact: InjectorFact, labels: Labels, { namespace }: Neighbours): boolean {
  const inNamespace = selectorMatches(fact.namespaceSelector, namespace?.labels ?? {})
  return inNamespace && selectorMatches(fact.objectSelector, labels)
}

function coversObject(
  fact: InjectorFact,
  { ref, desired, neighbours }: Pick<Subject, 'ref' | 'desired' | 'neighbours'>,
): boolean {
  const called = isCalledFor(fact.resources, ref.group, pluralOf(ref.kind))
  return called && selects(fact, textsAt(desired, ['metadata', 'labels']), neighbours)
}

/** Mutating webhooks that are called when this object itself is written, by configuration. */
export function webhooksOf(ref: ObjectRef, object: KubeObject, neighbours: Neighbours): readonly string[] {
  const found = (neighbours.injectors ?? []).filter((fact) => coversObject(fact, { ref, desired: object, neighbours }))
  return [...new Set(found.map(({ configuration }) => `MutatingWebhookConfiguration ${configuration}`))]
}

/** Is it called for the pods of this object, or for the object while nobody knows what it makes of it? */
function coversPods(fact: InjectorFact, subject: Subject): boolean {
  const { desired, template, hasForm } = subject
  if (template === null) return false
  if (coversObject(fact, subject)) return !hasForm
  const podLabels = textsAt(desired, [...template, 'metadata', 'labels'])
  return isCalledFor(fact.resources, '', 'pods') && selects(fact, podLabels, subject.neighbours)
}

function isAsked({ asked }: Injector, { desired, template, neighbours }: Subject): boolean {
  if (asked === undefined) return true
  const annotations = textsAt(desired, [...(template ?? []), 'metadata', 'annotations'])
  const { annotation, values } = asked
  const ofNamespace = neighbours.namespace?.annotations ?? {}
  const told = Object.hasOwn(annotations, annotation) ? annotations[annotation] : ofNamespace[annotation]
  return told !== undefined && values.includes(told)
}

const told = (fact: InjectorFact | undefined): string | null =>
  fact === undefined ? null : `MutatingWebhookConfiguration ${fact.configuration}`

export function injector(test: Injector, subject: Subject): string | null {
  if (!isAsked(test, subject)) return null
  return told(subject.neighbours.injectors?.find((fact) => isOne(test.hooks, fact) && coversPods(fact, subject)))
}

export function mutator(test: Mutator, subject: Subject): string | null {
  return told(subject.neighbours.injectors?.find((fact) => isOne(test.hooks, fact) && coversObject(fact, subject)))
}
