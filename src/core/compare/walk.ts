// The triple walk: desired × live × normal form → every leaf that the two first do not share and the third does not explain.
import { type FieldPath, type Json, type JsonMap, isEmptyValue, isMap, type PathElement } from '../kube/index.ts'
import { type ListType, type TypeNode, typeFor } from '../merge/index.ts'
import { atomicType, elementOf, memberType } from './element.ts'
import { absent, equivalent, own } from './equivalent.ts'
import { aligned, indexItems, type KeyedItems, keyOf, sameOrder } from './keyed-items.ts'
import type { ChangeKind } from './types.ts'

/** A leaf, list or map that differs; `path` is a snapshot. */
export interface Deviation {
  readonly path: FieldPath
  readonly change: ChangeKind
  readonly desired: Json | undefined
  readonly live: Json | undefined
  /** What only live has inside a list that is told as one. */
  readonly within?: readonly Deviation[]
}

/** `form` is the normal form's value at the same place; undefined = absent there (or the whole form is unknown). */
type Triple = { readonly desired: Json | undefined; readonly live: Json | undefined; readonly form: Json | undefined }

/** Where the walk stands: a member's name, or an item of a list, named only when it is told. */
type Step =
  | string
  | PathElement
  | { readonly kind: 'item'; readonly list: ListType; readonly item: Json; index: number }

export interface WalkResult {
  readonly deviations: readonly Deviation[]
  /** Git declares one value, the server makes another of it: in sync, said once. */
  readonly mutated: readonly Deviation[]
}

function nameOf(step: Step): PathElement {
  if (typeof step === 'string') return { kind: 'field', name: step }
  return step.kind === 'item' ? elementOf(step.list, step.item, step.index) : step
}

const NO_ITEMS: readonly Json[] = []
const items = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : NO_ITEMS)

const isAssociative = (type: TypeNode): type is ListType => type.kind === 'list' && type.listType !== 'atomic'

interface Lists {
  readonly desired: KeyedItems
  readonly live: KeyedItems
  readonly form: KeyedItems
}

class Walk implements WalkResult {
  readonly deviations: Deviation[] = []
  readonly mutated: Deviation[] = []
  private readonly hasForm: boolean
  private readonly stack: Step[]

  constructor(options: { hasForm: boolean; at?: FieldPath }) {
    this.hasForm = options.hasForm
    this.stack = [...(options.at ?? [])]
  }

  visit(values: Triple, type: TypeNode): void {
    const inDesired = !absent(values.desired)
    const inLive = !absent(values.live)
    if (inDesired && inLive) this.both(values, type)
    else if (inDesired) this.removed(values, type)
    else if (inLive) this.added(values, type)
  }

  private both(values: Triple, declared: TypeNode): void {
    const { desired, live } = values
    const type = typeFor(declared, desired)
    if (type.kind === 'map' && !type.atomic && isMap(desired) && isMap(live)) this.maps(values, type)
    else if (isAssociative(type) && Array.isArray(desired) && Array.isArray(live)) this.associative(values, type)
    else if (!equivalent(desired, live, type) && !this.explained(values, type)) this.emit('changed', values)
  }

  private removed(values: Triple, type: TypeNode): void {
    if (!this.hasForm || !absent(values.form)) this.emit('removed', values)
    else if (!isEmptyValue(values.desired)) this.explained(values, type)
  }

  /** Only in live. Descends while the normal form has the same container, so that the highest node nobody explains is named. */
  private added(values: Triple, declared: TypeNode): void {
    if (this.explained(values, declared)) return
    const { live, form } = values
    const type = typeFor(declared, live)
    if (isMap(live) && isMap(form) && !atomicType(declared, live)) {
      for (const name of Object.keys(live))
        this.member(name, { desired: undefined, live: live[name], form: own(form, name) }, type)
    } else if (Array.isArray(form) && Array.isArray(live) && isAssociative(type))
      this.associative({ desired: NO_ITEMS, live, form }, type)
    else this.emit('added', values)
  }

  private maps(values: Triple, type: TypeNode): void {
    const desired = values.desired as JsonMap
    const live = values.live as JsonMap
    for (const name of Object.keys(desired)) {
      const wanted = desired[name]
      const found = own(live, name)
      if (wanted !== found) this.member(name, { desired: wanted, live: found, form: own(values.form, name) }, type)
    }
    for (const name of Object.keys(live)) {
      if (Object.hasOwn(desired, name)) continue
      this.member(name, { desired: undefined, live: live[name], form: own(values.form, name) }, type)
    }
  }

  private member(name: string, values: Triple, type: TypeNode): void {
    this.stack.push(name)
    this.visit(values, memberType(type, name))
    this.stack.pop()
  }

  /** Keyed lists by key, sets by value. Order counts for keyed lists only. */
  private associative(values: Triple, type: ListType): void {
    if (aligned(items(values.desired), items(values.live), type)) return this.byPosition(values, type)
    this.byKey(values, type)
  }

  /** Both lists have the same keys in the same order. Only if something differs it matters whether the keys are unique. */
  private byPosition(values: Triple, type: ListType): void {
    const [deviations, mutated] = [this.deviations.length, this.mutated.length]
    const live = items(values.live)
    const form = items(values.form)
    const formAligned = aligned(live, form, type)
    const formByKey = formAligned || form.length === 0 ? undefined : indexItems(form, type)
    items(values.desired).forEach((item, index) => {
      const found = live[index] as Json
      if (item === found) return
      const made = formAligned ? form[index] : formByKey?.find(keyOf(item, type) ?? '', index)
      this.item({ list: type, item, index }, { desired: item, live: found, form: made })
    })
    if (this.deviations.length === deviations && this.mutated.length === mutated) return
    if (indexItems(live, type).unique) return
    this.deviations.length = deviations
    this.mutated.length = mutated
    this.asOne(values, type)
  }

  private asOne(values: Triple, type: ListType): void {
    if (!equivalent(values.desired, values.live, type) && !this.explained(values, type)) this.emit('changed', values)
  }

  private byKey(values: Triple, type: ListType): void {
    const desired = indexItems(items(values.desired), type)
    const live = indexItems(items(values.live), type)
    if (!desired.unique || !live.unique) return this.asOne(values, type)
    const form = indexItems(items(values.form), type)
    const ordered = type.listType !== 'map' || sameOrder(desired, live) || (this.hasForm && sameOrder(form, live))
    if (ordered) this.pairs({ desired, live, form }, type)
    else this.reordered({ desired, live, form }, values, type)
  }

  /** Told as one; a heal still has to know what to remove inside, or it would need a second write. */
  private reordered(lists: Lists, values: Triple, type: ListType): void {
    const [deviations, mutated] = [this.deviations.length, this.mutated.length]
    this.pairs(lists, type)
    const within = this.deviations
      .splice(deviations)
      .flatMap((inner) => (inner.change === 'added' ? [inner] : (inner.within ?? [])))
    this.mutated.length = mutated
    this.deviations.push({ ...this.deviation('changed', values), within })
  }

  private pairs(lists: Lists, type: ListType): void {
    const { desired, live, form } = lists
    desired.items.forEach((item, index) => {
      const key = desired.keys[index] as string
      const found = live.find(key, index)
      if (item === found) return
      this.item({ list: type, item, index }, { desired: item, live: found, form: form.find(key, index) })
    })
    live.items.forEach((item, index) => {
      const key = live.keys[index] as string
      if (desired.find(key, index) !== undefined) return
      this.item({ list: type, item, index }, { desired: undefined, live: item, form: form.find(key, index) })
    })
  }

  private item(place: { list: ListType; item: Json; index: number }, values: Triple): void {
    this.stack.push({ kind: 'item', ...place })
    this.visit(values, place.list.item)
    this.stack.pop()
  }

  /** Live equals the normal form here. Remembered as a mutation when Git declares another value. */
  private explained(values: Triple, type: TypeNode): boolean {
    if (!this.hasForm || !equivalent(values.live, values.form, type)) return false
    if (!absent(values.desired) && !equivalent(values.desired, values.live, type))
      this.mutated.push(this.deviation(absent(values.live) ? 'removed' : 'changed', values))
    return true
  }

  private deviation(change: ChangeKind, { desired, live }: Triple): Deviation {
    return { path: this.stack.map(nameOf), change, desired, live }
  }

  private emit(change: ChangeKind, values: Triple): void {
    this.deviations.push(this.deviation(change, values))
  }
}

/** Walks one value of the given type. `form` undefined together with `hasForm: false` means the form is unknown. */
export function walkValue(values: Triple, type: TypeNode, options: { hasForm: boolean; at?: FieldPath }): WalkResult {
  const walk = new Walk(options)
  walk.visit(values, type)
  return walk
}
