// Desired × live → the differences that nobody can explain, and those that somebody can.
import { type FieldPath, type Json, type JsonMap, type KubeObject, pathKey, SERVER_METADATA } from '../kube/index.ts'
import type { IgnoreRule } from '../definition/index.ts'
import type { ObjectSchema } from '../merge/index.ts'
import { explain, type Explained } from './account.ts'
import { withoutChosen } from './chosen.ts'
import type { CoverContext } from './cover.ts'
import { delegated, type DelegationContext, named } from './delegate.ts'
import { typeAt } from './element.ts'
import { indexRules, kindName, type RuleIndex } from './explain.ts'
import { applyIgnoreRules, managerRule, ownerOf, type Sides } from './ignore.ts'
import { respelled } from './known-types.ts'
import { Locator } from './locate.ts'
import type { CompareInput, Comparison, Explanation, FieldChange, IgnoredChange } from './types.ts'
import { isUnstable, UNSTABLE } from './unstable.ts'
import { type Deviation, walkValue, type WalkResult } from './walk.ts'

function comparable(object: KubeObject): JsonMap {
  const metadata: Record<string, Json | undefined> = { ...(object.metadata as JsonMap) }
  for (const name of SERVER_METADATA) delete metadata[name]
  const rest: Record<string, unknown> = { ...object, metadata }
  delete rest.status
  delete rest.apiVersion
  delete rest.kind
  return rest as JsonMap
}

interface Roots extends Pick<Sides, 'desired' | 'live'> {
  readonly locate: Locator
}

function pointerTo(path: FieldPath, { desired, live, locate }: Roots): string {
  const [inLive, inDesired] = [live, desired] as unknown as [JsonMap, JsonMap]
  return locate.pointer(inLive, path) ?? locate.pointer(inDesired, path) ?? ''
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

function changeOf(deviation: Deviation, roots: Roots): Mutable<FieldChange> {
  const { path, change, desired, live } = deviation
  const told: Mutable<FieldChange> = { path, at: pathKey(path), pointer: pointerTo(path, roots), change }
  if (desired !== undefined) told.desired = desired
  if (live !== undefined) told.live = live
  if (deviation.within !== undefined && deviation.within.length > 0)
    told.within = deviation.within.map((inner) => inner.path)
  return told
}

function ignoredOf(field: Mutable<FieldChange>, { rule, owner, carry, confidence }: Explanation): IgnoredChange {
  const ignored: Mutable<IgnoredChange> = Object.assign(field, { rule, owner, carry })
  if (confidence !== undefined) ignored.confidence = confidence
  return ignored
}

function withStatus({ desired, declaredStatus }: CompareInput): KubeObject {
  return declaredStatus === undefined ? desired : { ...desired, status: declaredStatus }
}

const STATUS: FieldPath = [{ kind: 'field', name: 'status' }]

/** Where a declared status is to be compared: what it says and live does not. What else a status says is no difference. */
function statusDeviations({ desired, live }: Sides, schema: ObjectSchema): Deviation[] {
  if (desired.status === undefined) return []
  const type = typeAt(schema, STATUS)
  const values = { desired: desired.status as Json, live: live.status as Json | undefined, form: undefined }
  const { deviations } = walkValue(values, type, { hasForm: false, at: STATUS })
  return deviations.filter(({ change }) => change !== 'added')
}

function walkSides(
  sides: Sides,
  schema: ObjectSchema,
  search: { chosen: RuleIndex['chosen']; owned: (path: FieldPath) => boolean },
): WalkResult {
  const form = sides.normalForm
  return walkValue(
    {
      desired: comparable(sides.desired),
      live: comparable(sides.live),
      form: form === null ? undefined : withoutChosen(comparable(form), schema.root, search),
    },
    schema.root,
    { hasForm: form !== null },
  )
}

const SERVER_FORM: Explanation = { rule: 'builtin/server-form', owner: 'admission', carry: false }

const MADE_ANEW: Explanation = { rule: UNSTABLE, owner: 'admission', carry: false }

const byPath = (a: FieldChange, b: FieldChange): number => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)

/** Which rule of the user's, if any, takes a difference with these owners out of the drift. */
function managedBy(input: CompareInput, rules: readonly IgnoreRule[]): (path: FieldPath) => Explanation | undefined {
  return (path) => {
    const rule = managerRule(path, rules, input.managersOf)
    return rule === undefined ? undefined : { rule: rule.id, owner: ownerOf(rule), carry: true }
  }
}

function dismissal(field: FieldChange, context: CoverContext): Explanation | undefined {
  // An addition's owners were asked leaf by leaf.
  const managed = field.change === 'added' ? undefined : context.managed(field.path)
  if (managed !== undefined || field.change === 'added') return managed
  const { path, change, desired, live } = field
  return context.delegate({ path, change, desired, live })
}

/** What nobody owns and the server answers differently each time is nobody's doing. */
function madeAnew(field: FieldChange, { input, roots }: Judge): boolean {
  const [form, before] = [input.normalForm, input.formBefore ?? null]
  if (form === null || before === null || named(field.path, input).length > 0) return false
  return isUnstable(field.path, { form, before }, roots.locate)
}

function delegationOf(input: CompareInput, rules: RuleIndex): DelegationContext {
  const { ref, desired, neighbours, normalForm } = input
  return {
    index: rules.delegations,
    subject: { ref, desired, neighbours, template: rules.template, hasForm: normalForm !== null },
    managersOf: input.managersOf,
    emptied: input.emptied === true,
    wanted: new Set(),
    off: input.ignore.switchedOff,
  }
}

interface Told {
  readonly fields: FieldChange[]
  readonly ignored: IgnoredChange[]
}

function tell({ rest, found }: Explained, { fields, ignored }: Told, judge: Judge): void {
  const { context, roots } = judge
  for (const part of found) ignored.push(ignoredOf(changeOf(part.deviation, roots), part))
  for (const deviation of rest) {
    const field = changeOf(deviation, roots)
    const dismissed = dismissal(field, context) ?? (madeAnew(field, judge) ? MADE_ANEW : undefined)
    if (dismissed === undefined) fields.push(field)
    else ignored.push(ignoredOf(field, dismissed))
  }
}

interface Judge {
  readonly input: CompareInput
  readonly context: CoverContext
  readonly roots: Roots
}

/** Compares one object. Pure; inputs stay as they are. `rules` may be passed in when many objects of a kind are compared. */
export function compare(input: CompareInput, rules: RuleIndex = indexRules(kindName(input.ref))): Comparison {
  const own = input.ignore.of(input.ref)
  const known = input.ignore.knownTypesOf(input.ref)
  const live = known.length === 0 ? input.live : respelled(input.desired, input.live, known)
  const { sides, ignored, broken } = applyIgnoreRules(
    { desired: withStatus(input), live, normalForm: input.normalForm },
    own,
    { ref: input.ref, schema: input.schema },
  )
  const locate = new Locator()
  const roots: Roots = { desired: input.desired, live: input.live, locate }
  const owned = (path: FieldPath): boolean => named(path, input).length > 0
  const { deviations, mutated } = walkSides(sides, input.schema, { chosen: rules.chosen, owned })
  for (const deviation of mutated) ignored.push(ignoredOf(changeOf(deviation, roots), SERVER_FORM))
  const hasForm = sides.normalForm !== null
  const delegation = delegationOf(input, rules)
  const context: CoverContext = {
    index: rules,
    group: input.ref.group,
    schema: input.schema,
    desired: sides.desired,
    live: sides.live,
    locate,
    hasForm,
    owned,
    managed: managedBy(input, own),
    off: input.ignore.switchedOff,
    delegate: (suspect) => delegated(suspect, delegation),
  }
  const fields: FieldChange[] = []
  const all =
    input.declaredStatus === undefined ? deviations : [...deviations, ...statusDeviations(sides, input.schema)]
  for (const deviation of all) tell(explain(deviation, context), { fields, ignored }, { input, context, roots })
  return {
    fields: fields.sort(byPath),
    ignored: ignored.sort(byPath),
    doubtful: !hasForm && fields.length > 0,
    brokenRule: broken,
    wanted: [...delegation.wanted].sort(),
  }
}
