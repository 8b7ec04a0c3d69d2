// Desired × live → the differences that nobody can explain, and those that somebody can.
import {
  deepEqual,
  type FieldPath,
  formatPointer,
  isEmptyValue,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  pathKey,
} from '../kube/index.ts'
import { type ObjectSchema, type TypeNode, typeFor } from '../merge/index.ts'
import { autoscalerFor } from './delegate.ts'
import { elementOf, itemType, memberType, typeAt, UNTYPED } from './element.ts'
import { type ExplainContext, indexRules, kindName, type RuleIndex, ruleFor } from './explain.ts'
import { applyIgnoreRules, managerRule, type Sides } from './ignore.ts'
import type { CompareInput, Comparison, FieldChange, IgnoredChange } from './types.ts'
import { type Deviation, walkValue } from './walk.ts'

/** Set by the server on every object: never compared, used as evidence. */
const NEVER_COMPARED = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]

function comparable(object: KubeObject): JsonMap {
  const metadata: Record<string, Json | undefined> = { ...(object.metadata as JsonMap) }
  for (const name of NEVER_COMPARED) delete metadata[name]
  const rest: Record<string, unknown> = { ...object, metadata }
  delete rest.status
  delete rest.apiVersion
  delete rest.kind
  return rest as JsonMap
}

interface Explained {
  readonly rest: readonly Deviation[]
  readonly ignored: readonly IgnoredChange[]
}

interface Roots {
  readonly desired: KubeObject
  readonly live: KubeObject
}

function pointerTo(path: FieldPath, { desired, live }: Roots): string {
  return formatPointer(live as unknown as JsonMap, path) ?? formatPointer(desired as unknown as JsonMap, path) ?? ''
}

const changeOf = (deviation: Deviation, roots: Roots): FieldChange => ({
  path: deviation.path,
  at: pathKey(deviation.path),
  pointer: pointerTo(deviation.path, roots),
  change: deviation.change,
  ...(deviation.desired === undefined ? {} : { desired: deviation.desired }),
  ...(deviation.live === undefined ? {} : { live: deviation.live }),
})

type Found = { readonly path: FieldPath; readonly value: Json; readonly rule: string; readonly owner: string | null }
/** `left` are the highest unexplained nodes; when it is only the node itself, nothing below was worth splitting off. */
interface Coverage {
  readonly found: readonly Found[]
  readonly left: readonly { readonly path: FieldPath; readonly value: Json }[]
}

function children(value: Json, declared: TypeNode): { element: FieldPath[number]; value: Json; type: TypeNode }[] {
  const type = typeFor(declared, value)
  if (Array.isArray(value)) {
    const list = type.kind === 'list' ? type : null
    return (value as readonly Json[]).map((item, index) => ({
      element: list === null ? { kind: 'index', index } : elementOf(list, item, index),
      value: item,
      type: list?.item ?? UNTYPED,
    }))
  }
  if (!isMap(value)) return []
  return Object.keys(value).map((name) => ({
    element: { kind: 'field', name },
    value: value[name] as Json,
    type: memberType(type, name),
  }))
}

/** May a partly explained container be reported child by child? Free-form maps and associative lists may. */
function splits(type: TypeNode): boolean {
  if (type.kind === 'list') return type.listType !== 'atomic'
  return type.kind === 'untyped' || (type.kind === 'map' && !type.atomic && type.names.length === 0)
}

/** Custom resources get the defaults of their own schema. */
function schemaDefault(
  path: FieldPath,
  value: Json,
  context: ExplainContext & { schema: ObjectSchema },
): { id: string; owner: string } | undefined {
  const last = path.at(-1)
  if (last?.kind !== 'field') return undefined
  const parent = typeAt(context.schema, path.slice(0, -1))
  if (parent.kind !== 'map' || !deepEqual(parent.defaultOf(last.name), value)) return undefined
  return { id: 'builtin/schema-default', owner: 'kube-apiserver' }
}

/** How far the shipped rules explain a value that only live has. */
function cover(
  path: FieldPath,
  node: { value: Json; parent: JsonMap | null; type: TypeNode },
  context: ExplainContext & { schema: ObjectSchema },
): Coverage {
  const rule =
    ruleFor(path, node.value, node.parent, context) ??
    (context.hasForm ? undefined : schemaDefault(path, node.value, context))
  if (rule !== undefined) return { found: [{ path, value: node.value, rule: rule.id, owner: rule.owner }], left: [] }
  const whole: Coverage = { found: [], left: [{ path, value: node.value }] }
  const below = children(node.value, node.type)
  if (below.length === 0) return whole
  const parent = isMap(node.value) ? node.value : null
  const parts = below.map((child) =>
    cover([...path, child.element], { value: child.value, parent, type: child.type }, context),
  )
  const found = parts.flatMap((part) => part.found)
  const left = parts.flatMap((part) => part.left)
  if (left.length === 0) return { found, left }
  return found.length > 0 && splits(node.type) ? { found, left } : whole
}

function parentAt(live: JsonMap, path: FieldPath): JsonMap | null {
  let value: Json | undefined = live
  for (const element of path.slice(0, -1)) {
    if (element.kind === 'field') value = isMap(value) ? value[element.name] : undefined
    else if (element.kind === 'key') {
      const fields = Object.entries(element.fields)
      value = (Array.isArray(value) ? (value as readonly Json[]) : []).find(
        (item) => isMap(item) && fields.every(([name, wanted]) => item[name] === wanted || item[name] === undefined),
      )
    } else
      value = Array.isArray(value) && element.kind === 'index' ? (value as readonly Json[])[element.index] : undefined
  }
  return isMap(value) ? value : null
}

function explainAdded(deviation: Deviation, schema: ObjectSchema, context: ExplainContext): Explained {
  const live = deviation.live as Json
  const parent = parentAt(context.live as unknown as JsonMap, deviation.path)
  const { found, left } = cover(
    deviation.path,
    { value: live, parent, type: typeAt(schema, deviation.path) },
    { ...context, schema },
  )
  return {
    rest: left.map(({ path, value }) => ({ ...deviation, path, live: value })),
    ignored: found.map(({ path, value, rule, owner }) => ({
      path,
      at: pathKey(path),
      pointer: pointerTo(path, context),
      change: 'added',
      live: value,
      rule,
      owner,
      carry: false,
    })),
  }
}

/** Member pairs of two atomic values of the same shape; null when the shapes differ. */
function pairs(
  desired: Json | undefined,
  live: Json | undefined,
  type: TypeNode,
): { element: FieldPath[number]; desired: Json | undefined; live: Json | undefined; type: TypeNode }[] | null {
  if (Array.isArray(desired) && Array.isArray(live)) {
    if (desired.length !== live.length) return null
    const item = itemType(type)
    return (desired as readonly Json[]).map((value, index) => ({
      element: { kind: 'index', index },
      desired: value,
      live: live[index] as Json,
      type: item,
    }))
  }
  if (!isMap(desired) || !isMap(live)) return null
  const names = [...new Set([...Object.keys(desired), ...Object.keys(live)])]
  return names.map((name) => ({
    element: { kind: 'field', name },
    desired: desired[name],
    live: live[name],
    type: memberType(type, name),
  }))
}

/** An atomic list or map may differ only by defaults inside it; then it does not differ. */
function explainAtomic(deviation: Deviation, schema: ObjectSchema, context: ExplainContext): Explained {
  const none = { rest: [deviation], ignored: [] }
  const inside = context.hasForm ? null : pairs(deviation.desired, deviation.live, typeAt(schema, deviation.path))
  if (inside === null) return none
  const ignored: IgnoredChange[] = []
  for (const { element, desired, live, type } of inside) {
    const at = [...deviation.path, element]
    for (const inner of walkValue({ desired, live, form: undefined }, type, { hasForm: false, at }).deviations) {
      const part = explain(inner, schema, context)
      if (part.rest.length > 0) return none
      ignored.push(...part.ignored)
    }
  }
  return { rest: [], ignored }
}

function deepEmpty(value: Json | undefined): boolean {
  if (isEmptyValue(value)) return true
  return isMap(value) && Object.values(value).every((member) => deepEmpty(member))
}

function explain(deviation: Deviation, schema: ObjectSchema, context: ExplainContext): Explained {
  if (deviation.change === 'added') {
    if (!context.hasForm && deepEmpty(deviation.live)) return { rest: [], ignored: [] }
    return explainAdded(deviation, schema, context)
  }
  if (deviation.change === 'changed') return explainAtomic(deviation, schema, context)
  return !context.hasForm && deepEmpty(deviation.desired)
    ? { rest: [], ignored: [] }
    : { rest: [deviation], ignored: [] }
}

function walkSides(
  sides: Sides,
  schema: ObjectSchema,
): { deviations: readonly Deviation[]; mutated: readonly Deviation[] } {
  const form = sides.normalForm
  return walkValue(
    {
      desired: comparable(sides.desired),
      live: comparable(sides.live),
      form: form === null ? undefined : comparable(form),
    },
    schema.root,
    { hasForm: form !== null },
  )
}

const byPath = (a: FieldChange, b: FieldChange): number => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)

/** Which rule, if any, takes this difference out of the drift. */
function dismissal(field: FieldChange, input: CompareInput): Pick<IgnoredChange, 'rule' | 'owner'> | null {
  const byManager = managerRule(field, input.ignore, { ref: input.ref, managersOf: input.managersOf })
  if (byManager !== undefined) return { rule: byManager.id, owner: null }
  const scaler = autoscalerFor(field, input.ref, input.neighbours)
  return scaler === null
    ? null
    : { rule: 'builtin/autoscaled-replicas', owner: `HorizontalPodAutoscaler ${scaler.name}` }
}

/** Compares one object. Pure; inputs stay as they are. `rules` may be passed in when many objects of a kind are compared. */
export function compare(input: CompareInput, rules: RuleIndex = indexRules(kindName(input.ref))): Comparison {
  const { sides, ignored } = applyIgnoreRules(
    { desired: input.desired, live: input.live, normalForm: input.normalForm },
    input.ignore,
    { ref: input.ref, schema: input.schema },
  )
  const { deviations, mutated } = walkSides(sides, input.schema)
  for (const deviation of mutated) {
    ignored.push({ ...changeOf(deviation, input), rule: 'builtin/server-form', owner: 'admission', carry: false })
  }
  const context: ExplainContext = {
    index: rules,
    desired: sides.desired,
    live: sides.live,
    hasForm: sides.normalForm !== null,
  }
  const fields: FieldChange[] = []
  for (const deviation of deviations) {
    const explained = explain(deviation, input.schema, context)
    ignored.push(...explained.ignored)
    for (const rest of explained.rest) {
      const field = changeOf(rest, input)
      const dismissed = dismissal(field, input)
      if (dismissed === null) fields.push(field)
      else ignored.push({ ...field, ...dismissed, carry: field.desired !== undefined })
    }
  }
  return { fields: fields.sort(byPath), ignored: ignored.sort(byPath), doubtful: !context.hasForm && fields.length > 0 }
}
