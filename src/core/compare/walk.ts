// The triple walk: desired × live × normal form → every leaf that the two first do not share and the third does not explain.
import { type FieldPath, type Json, type JsonMap, isEmptyValue, isMap, type PathElement } from '../kube/index.ts'
import { type ListType, type TypeNode, typeFor } from '../merge/index.ts'
import { elementOf, itemType, memberType } from './element.ts'
import { sameMeaning } from './meaning.ts'
import type { ChangeKind } from './types.ts'

/** A leaf, list or map that differs; `path` is a snapshot. */
export interface Deviation {
  readonly path: FieldPath
  readonly change: ChangeKind
  readonly desired: Json | undefined
  readonly live: Json | undefined
}

interface Walk {
  readonly hasForm: boolean
  readonly stack: PathElement[]
  readonly found: Deviation[]
  readonly mutated: Deviation[]
}

/** `form` is the normal form's value at the same place; undefined = absent there (or the whole form is unknown). */
type Triple = { readonly desired: Json | undefined; readonly live: Json | undefined; readonly form: Json | undefined }

function absent(value: Json | undefined): boolean {
  return value === undefined || value === null
}

function emit(walk: Walk, change: ChangeKind, values: Triple): void {
  walk.found.push({ path: [...walk.stack], change, desired: values.desired, live: values.live })
}

function within(walk: Walk, element: PathElement, run: () => void): void {
  walk.stack.push(element)
  run()
  walk.stack.pop()
}

const own = (map: Json | undefined, key: string): Json | undefined =>
  isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined

const NO_ITEMS: readonly Json[] = []
const items = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : NO_ITEMS)

/** Both present, of any shape, equal by meaning all the way down (lists by position). */
export function equivalent(a: Json | undefined, b: Json | undefined, type: TypeNode): boolean {
  if (a === b) return true
  if (absent(a) || absent(b)) return absent(a) && absent(b)
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    const below = itemType(type)
    return a.every((item: Json, index) => equivalent(item, b[index], below))
  }
  if (isMap(a)) {
    if (!isMap(b)) return false
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) =>
      equivalent(own(a, key), own(b, key), memberType(type, key)),
    )
  }
  return sameMeaning(a as Json, b as Json, type.kind === 'scalar' ? type.format : 'any')
}

function walkMaps(walk: Walk, values: Triple, type: TypeNode): void {
  const desired = values.desired as JsonMap
  const live = values.live as JsonMap
  for (const name of Object.keys(desired)) {
    visitMember(walk, name, { desired: desired[name], live: own(live, name), form: own(values.form, name) }, type)
  }
  for (const name of Object.keys(live)) {
    if (Object.hasOwn(desired, name)) continue
    visitMember(walk, name, { desired: undefined, live: live[name], form: own(values.form, name) }, type)
  }
}

function visitMember(walk: Walk, name: string, values: Triple, type: TypeNode): void {
  if (values.desired === values.live) return
  within(walk, { kind: 'field', name }, () => visit(walk, values, memberType(type, name)))
}

const elementKey = (element: PathElement): string =>
  element.kind === 'key'
    ? JSON.stringify(element.fields)
    : element.kind === 'value'
      ? JSON.stringify(element.value)
      : String(element.kind === 'index' ? element.index : element.name)

interface Indexed {
  readonly keys: readonly string[]
  readonly byKey: ReadonlyMap<string, { readonly element: PathElement; readonly item: Json }>
  readonly unique: boolean
}

/** Items by key; `unique` is false when an item has no usable key or two share one. */
function indexItems(list: readonly Json[], type: ListType): Indexed {
  const byKey = new Map<string, { element: PathElement; item: Json }>()
  const keys: string[] = []
  let unique = true
  list.forEach((item, index) => {
    const element = elementOf(type, item, index)
    const key = elementKey(element)
    if (element.kind === 'index' || byKey.has(key)) unique = false
    else byKey.set(key, { element, item })
    keys.push(key)
  })
  return { keys, byKey, unique }
}

function sameOrder(a: Indexed, b: Indexed): boolean {
  const inA = a.keys.filter((key) => b.byKey.has(key))
  const inB = b.keys.filter((key) => a.byKey.has(key))
  return inA.every((key, index) => inB[index] === key)
}

/** Keyed lists by key, sets by value. Order counts for keyed lists only. */
function walkAssociative(walk: Walk, values: Triple, type: ListType): void {
  const desired = indexItems(items(values.desired), type)
  const live = indexItems(items(values.live), type)
  const form = indexItems(items(values.form), type)
  if (!desired.unique || !live.unique) {
    if (!equivalent(values.desired, values.live, type) && !explained(walk, values, type)) emit(walk, 'changed', values)
    return
  }
  if (type.listType === 'map' && !sameOrder(desired, live) && !(walk.hasForm && sameOrder(form, live))) {
    emit(walk, 'changed', values)
    return
  }
  for (const [key, { element, item }] of desired.byKey) {
    const triple = { desired: item, live: live.byKey.get(key)?.item, form: form.byKey.get(key)?.item }
    if (triple.desired !== triple.live) within(walk, element, () => visit(walk, triple, type.item))
  }
  for (const [key, { element, item }] of live.byKey) {
    if (desired.byKey.has(key)) continue
    const triple = { desired: undefined, live: item, form: form.byKey.get(key)?.item }
    within(walk, element, () => visit(walk, triple, type.item))
  }
}

/** Live equals the normal form here. Remembered as a mutation when Git declares another value. */
function explained(walk: Walk, values: Triple, type: TypeNode): boolean {
  if (!walk.hasForm || !equivalent(values.live, values.form, type)) return false
  if (!absent(values.desired) && !equivalent(values.desired, values.live, type)) {
    walk.mutated.push({
      path: [...walk.stack],
      change: absent(values.live) ? 'removed' : 'changed',
      desired: values.desired,
      live: values.live,
    })
  }
  return true
}

/** Only in live. Descends while the normal form has the same container, so that the highest node nobody explains is named. */
function visitAdded(walk: Walk, values: Triple, declared: TypeNode): void {
  if (explained(walk, values, declared)) return
  const { live, form } = values
  const type = typeFor(declared, live)
  if (isMap(live) && isMap(form) && !(type.kind === 'map' && type.atomic)) {
    for (const name of Object.keys(live)) {
      visitMember(walk, name, { desired: undefined, live: live[name], form: own(form, name) }, type)
    }
    return
  }
  if (type.kind === 'list' && type.listType !== 'atomic' && Array.isArray(live) && Array.isArray(form)) {
    walkAssociative(walk, { desired: [], live, form }, type)
    return
  }
  emit(walk, 'added', values)
}

function visitRemoved(walk: Walk, values: Triple, type: TypeNode): void {
  if (walk.hasForm && absent(values.form)) {
    if (!isEmptyValue(values.desired)) explained(walk, values, type)
    return
  }
  emit(walk, 'removed', values)
}

function visitBoth(walk: Walk, values: Triple, declared: TypeNode): void {
  const { desired, live } = values
  const type = typeFor(declared, desired)
  if (isMap(desired) && isMap(live) && !(type.kind === 'map' && type.atomic)) return walkMaps(walk, values, type)
  if (type.kind === 'list' && type.listType !== 'atomic' && Array.isArray(desired) && Array.isArray(live)) {
    return walkAssociative(walk, values, type)
  }
  if (equivalent(desired, live, type) || explained(walk, values, type)) return
  emit(walk, 'changed', values)
}

function visit(walk: Walk, values: Triple, type: TypeNode): void {
  const inDesired = !absent(values.desired)
  const inLive = !absent(values.live)
  if (inDesired && inLive) visitBoth(walk, values, type)
  else if (inDesired) visitRemoved(walk, values, type)
  else if (inLive) visitAdded(walk, values, type)
}

export interface WalkResult {
  readonly deviations: readonly Deviation[]
  /** Git declares one value, the server makes another of it: in sync, said once. */
  readonly mutated: readonly Deviation[]
}

/** Walks one value of the given type. `form` undefined together with `hasForm: false` means the form is unknown. */
export function walkValue(values: Triple, type: TypeNode, options: { hasForm: boolean; at?: FieldPath }): WalkResult {
  const walk: Walk = { hasForm: options.hasForm, stack: [...(options.at ?? [])], found: [], mutated: [] }
  visit(walk, values, type)
  return { deviations: walk.found, mutated: walk.mutated }
}
