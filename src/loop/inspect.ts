// Evaluates one desired set once, reading only: what `diff` shows is what the loop would find.
import type { IgnoredChange } from '../core/compare/index.ts'
import type { RuleBook } from '../core/definition/index.ts'
import { NOTHING_PENDING, printOf } from '../core/classify/index.ts'
import { appTrackingName, buildDesired, type DesiredSet, type Rendered } from '../core/desired/index.ts'
import type { ObjectEvaluation } from '../core/evaluate/index.ts'
import { groupOf, gvkKey, isMap, versionOf } from '../core/kube/index.ts'
import type { Orphan } from '../core/orphan/index.ts'
import type { Problem } from '../core/problem/index.ts'
import { findExtras } from './inspect-extras.ts'
import { inspectPods } from './inspect-pods.ts'
import { type InspectInput, Inspector, type InspectTools } from './inspector.ts'
import { otherwiseThan, type RenderedOtherwise } from './renders.ts'

export interface Inspection {
  readonly evaluations: readonly ObjectEvaluation[]
  readonly desired: DesiredSet
  /** By `refKey`: what the server alone writes, where Git says nothing of it or something else. */
  readonly serverWritten: ReadonlyMap<string, readonly IgnoredChange[]>
  /** What looks like the application's own, and is in neither Git nor its inventory. */
  readonly candidates: readonly Orphan[]
  /** The ignore rules that held. */
  readonly rules: RuleBook
  readonly problems: readonly Problem[]
}

/** Every kind among the rendered objects, lists looked into. */
function kindsOf(rendered: Rendered): { group: string; version: string; kind: string }[] {
  const found = new Map<string, { group: string; version: string; kind: string }>()
  const add = (object: unknown): void => {
    if (!isMap(object) || typeof object.apiVersion !== 'string' || typeof object.kind !== 'string') return
    if (Array.isArray(object.items) && object.kind.endsWith('List')) object.items.forEach(add)
    const query = { group: groupOf(object.apiVersion), version: versionOf(object.apiVersion), kind: object.kind }
    found.set(gvkKey(query), query)
  }
  for (const { object } of rendered.objects) add(object)
  return [...found.values()]
}

async function declare(inspector: Inspector): Promise<DesiredSet> {
  const { input } = inspector
  const { definition } = input
  const queries = [{ group: '', version: 'v1', kind: 'Namespace' }, ...kindsOf(input.rendered)]
  const loaded = await Promise.all(queries.map((query) => inspector.limit(() => inspector.kind(query))))
  const scopes = new Map(queries.map((query, index) => [gvkKey(query), loaded[index]?.info.namespaced]))
  const set = buildDesired({
    definition,
    rendered: input.rendered,
    settings: input.settings,
    appTrackingName: appTrackingName(definition, input.controlPlaneNamespace),
    scopeOf: (group, version, kind) => {
      const namespaced = scopes.get(gvkKey({ group, version, kind }))
      return namespaced === undefined ? undefined : namespaced ? 'Namespaced' : 'Cluster'
    },
    ...(input.project === null ? {} : { project: input.project }),
    ...(input.as === 'files' ? { marks: 'none' as const } : {}),
  })
  // The destination namespace of CreateNamespace stands in no file.
  if (input.as === 'application') return set
  return { ...set, objects: set.objects.filter(({ options }) => !options.declaredOnly) }
}

function otherwise({ tools, input }: Inspector, { objects }: DesiredSet): RenderedOtherwise | null {
  const { lastRender = null, rendered, definition, delivery = NOTHING_PENDING } = input
  if (lastRender === null) return null
  return otherwiseThan(
    lastRender,
    printOf({ definition: definition.digest, rendered, objects }, tools.digestKey),
    delivery,
  )
}

/** Throws HoldfastError when no cluster answers; what cannot be told of one object is that object's problem. */
export async function inspect(tools: InspectTools, input: InspectInput): Promise<Inspection> {
  const inspector = new Inspector(tools, input)
  const desired = await declare(inspector)
  inspector.repositoryRules = desired.rules
  inspector.otherwise = otherwise(inspector, desired)
  const declared = await Promise.all(
    desired.objects.map((object) =>
      inspector.evaluate({ ref: object.ref, desired: object, complete: desired.complete }),
    ),
  )
  const extras = await findExtras(inspector, desired)
  const refs = desired.objects.map(({ ref }) => ref)
  const pods = input.as === 'application' ? await inspectPods(inspector, refs) : NO_PODS
  const evaluations = [...declared, ...extras.evaluations, ...pods.evaluations].filter(
    (evaluation) => evaluation !== null,
  )
  const problems = [
    ...desired.problems,
    ...extras.problems,
    ...pods.problems,
    ...inspector.unread,
    ...evaluations.flatMap(({ problems: own }) => own),
  ]
  return {
    evaluations,
    desired,
    serverWritten: inspector.serverWritten,
    candidates: extras.candidates,
    rules: inspector.rules,
    problems: toldOnce(problems),
  }
}

const NO_PODS = { evaluations: [], problems: [] }

/** Said once each, and of no application where there is none. */
export function toldOnce(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map<string, Problem>()
  for (const { subject, ...rest } of problems) {
    const { app, ...others } = subject
    const told = { ...rest, subject: app === undefined || app === '' ? others : subject }
    unique.set(JSON.stringify(told), told)
  }
  return [...unique.values()]
}
