import { holdsIgnoreRules, NO_RULES, parseIgnoreRules, type RuleDocument } from '../definition/index.ts'
import { formatRef, isMap, refKey } from '../kube/index.ts'
import { CATALOGUE, type Problem, problem } from '../problem/index.ts'
import { destinationNamespace, liftNamespaces } from './namespace.ts'
import { applyOrder, compareApplyOrder } from './order.ts'
import { type DesiredContext, takeIn } from './take-in.ts'
import { canTrack } from './tracking.ts'
import type { DesiredObject, DesiredSet, Origin, Rendered, RenderedObject } from './types.ts'

export interface DesiredInput extends DesiredContext {
  readonly rendered: Rendered
}

/** Replaces `kind: List` and its like by what is in them. */
function withoutLists(item: RenderedObject): readonly RenderedObject[] {
  const { object, origin } = item
  if (!isMap(object) || typeof object.kind !== 'string' || !object.kind.endsWith('List')) return [item]
  const { items } = object as { readonly items?: unknown }
  if (!Array.isArray(items)) return [item]
  return items.map((inner) => ({ object: inner as RenderedObject['object'], origin }))
}

function formatOrigin({ file, line }: Origin): string {
  if (file === '') return 'the render'
  return line > 0 ? `${file}:${line}` : file
}

interface Gathered {
  readonly objects: Map<string, DesiredObject>
  readonly unknown: RenderedObject[]
  readonly problems: Problem[]
  complete: boolean
}

/** Keeps the later of two declarations of one object, and says so. */
function keep(gathered: Gathered, desired: DesiredObject, app: string): void {
  const key = refKey(desired.ref)
  const earlier = gathered.objects.get(key)
  if (earlier !== undefined) {
    const object = formatRef(desired.ref)
    const places = `${formatOrigin(earlier.origin)} and ${formatOrigin(desired.origin)}`
    const { file } = desired.origin
    const subject = { app, object, ...(file === '' ? {} : { file }) }
    gathered.problems.push(problem('HF3001', `${object} is declared in ${places}; the latter is used`, subject))
  }
  gathered.objects.set(key, desired)
}

function gather(input: DesiredInput): Gathered {
  const { rendered } = input
  const gathered: Gathered = {
    objects: new Map(),
    unknown: [],
    problems: [...rendered.problems],
    // What is only reported keeps no object out.
    complete: rendered.problems.every(({ code }) => CATALOGUE[code].disposition === 'report'),
  }
  for (const item of rendered.objects.flatMap(withoutLists)) {
    const taken = takeIn(item, input)
    gathered.problems.push(...taken.problems)
    if (taken.object !== undefined) keep(gathered, taken.object, input.definition.key)
    if (taken.result === 'unknown') gathered.unknown.push(item)
    if (taken.result === 'unknown' || taken.result === 'left') gathered.complete = false
  }
  return gathered
}

function inOrder(objects: readonly DesiredObject[]): readonly DesiredObject[] {
  return objects
    .map((desired) => ({ desired, order: applyOrder(desired.ref, desired.wave) }))
    .sort((a, b) => compareApplyOrder(a.order, b.order))
    .map(({ desired }) => desired)
}

/** Ignore rules that stand among the objects they are about. */
function declaredRules(declared: readonly DesiredObject[], app: string): RuleDocument {
  const documents = declared
    .filter(({ object }) => holdsIgnoreRules(object))
    .map(({ object, origin: { file, line } }) =>
      parseIgnoreRules(object, {
        origin: 'repository',
        subject: { app, ...(file === '' ? {} : { file }), ...(line > 0 ? { line } : {}) },
      }),
    )
  return {
    rules: documents.flatMap(({ rules }) => rules),
    switchedOff: documents.flatMap(({ switchedOff }) => switchedOff),
    problems: documents.flatMap(({ problems }) => problems),
  }
}

/**
 * Rendered objects → the desired set of one application, in the order of applying. Never throws, changes nothing of its
 * input. One unusable object keeps itself out and the set from being complete; it stops no other.
 */
export function buildDesired(input: DesiredInput): DesiredSet {
  const { rendered, definition, settings, appTrackingName } = input
  if (!canTrack(appTrackingName, settings)) {
    const message = `${appTrackingName} is longer than a label may be, and objects are tracked by label only`
    const long = problem('HF3007', message, { app: definition.key }, 'Track by annotation, or choose a shorter name.')
    const problems = [...rendered.problems, long]
    return { revision: rendered.revision, objects: [], rules: NO_RULES, unknown: [], problems, complete: false }
  }
  const { objects, unknown, problems, complete } = gather(input)
  const declared = [...objects.values()]
  const namespace = destinationNamespace(input, declared)
  const all = liftNamespaces(namespace === undefined ? declared : [namespace, ...declared])
  const rules = declaredRules(declared, definition.key)
  return {
    revision: rendered.revision,
    objects: inOrder(all),
    rules,
    unknown,
    problems: [...problems, ...rules.problems],
    complete,
  }
}
