import { type Json, type JsonMap, isMap, type PathElement } from '../kube/index.ts'
import { differingItems } from './differing.ts'
import { elementText } from './element.ts'
import { FieldSet, FieldSetBuilder } from './field-set.ts'
import { nameItems } from './item.ts'
import { atomicValue, type Resolved, typeFor } from './resolve.ts'
import { sameValue } from './same.ts'
import type { ListType, MapType, TypeNode } from './types.ts'

/** What `right` did to `left`. No path is in two of the sets; all are empty exactly when both are equal. */
export interface Comparison {
  readonly added: FieldSet
  readonly removed: FieldSet
  readonly modified: FieldSet
}

export const NO_CHANGE: Comparison = { added: FieldSet.EMPTY, removed: FieldSet.EMPTY, modified: FieldSet.EMPTY }

type Side = Json | undefined
/** Field names stand for themselves: no element is made before there is a difference to report. */
type Step = string | PathElement

interface Walk {
  readonly path: Step[]
  readonly added: FieldSetBuilder
  readonly removed: FieldSetBuilder
  readonly modified: FieldSetBuilder
}

function insert(walk: Walk, into: FieldSetBuilder): void {
  into.insert(walk.path.map((step) => (typeof step === 'string' ? { kind: 'field', name: step } : step)))
}

function leaf(left: Side, right: Side, walk: Walk): void {
  if (left === undefined) insert(walk, walk.added)
  else if (right === undefined) insert(walk, walk.removed)
  else if (!sameValue(left, right)) insert(walk, walk.modified)
}

function isEmptyMap(value: Side): boolean {
  if (!isMap(value)) return true
  for (const name in value) if (value[name] !== undefined) return false
  return true
}

function compareMaps(left: Side, right: Side, at: { type: MapType; walk: Walk }): void {
  const { type, walk } = at
  const leftMap: JsonMap = isMap(left) ? left : {}
  const rightMap: JsonMap = isMap(right) ? right : {}
  for (const name in leftMap) {
    if (!Object.hasOwn(leftMap, name)) continue
    const a = leftMap[name]
    const b = Object.hasOwn(rightMap, name) ? rightMap[name] : undefined
    if (a === b) continue
    walk.path.push(name)
    compareNodes(a, b, { type: type.field(name), walk })
    walk.path.pop()
  }
  for (const name in rightMap) {
    const b = rightMap[name]
    if (
      b === undefined ||
      !Object.hasOwn(rightMap, name) ||
      (Object.hasOwn(leftMap, name) && leftMap[name] !== undefined)
    )
      continue
    walk.path.push(name)
    compareNodes(undefined, b, { type: type.field(name), walk })
    walk.path.pop()
  }
}

interface Group {
  readonly element: PathElement
  readonly left: Json[]
  readonly right: Json[]
}

/** Items of both lists by name, in the order in which names first occur. */
function groupItems(left: readonly Json[], right: readonly Json[], type: ListType): Iterable<Group> {
  const groups = new Map<string, Group>()
  const collect = (list: readonly Json[], side: 'left' | 'right') => {
    for (const [index, element] of nameItems(type, list).entries()) {
      const text = elementText(element)
      let group = groups.get(text)
      if (group === undefined) {
        group = { element, left: [], right: [] }
        groups.set(text, group)
      }
      group[side].push(list[index] as Json)
    }
  }
  collect(left, 'left')
  collect(right, 'right')
  return groups.values()
}

/** Items that share a name are compared and reported as one; when they stop or start sharing, the single one goes too. */
function compareGroup(group: Group, at: { type: ListType; walk: Walk }): void {
  const { walk } = at
  const { left, right } = group
  const inside = { type: at.type.item, walk }
  walk.path.push(group.element)
  if (left.length < 2 && right.length < 2) compareNodes(left[0], right[0], inside)
  else if (left.length >= 2 && right.length >= 2) {
    if (!sameValue(left, right)) insert(walk, walk.modified)
  } else if (left.length >= 2) {
    if (right.length > 0) compareNodes(undefined, right[0], inside)
    insert(walk, walk.removed)
  } else {
    if (left.length > 0) compareNodes(left[0], undefined, inside)
    insert(walk, walk.added)
  }
  walk.path.pop()
}

function compareLists(left: Side, right: Side, at: { type: ListType; walk: Walk }): void {
  const leftList = Array.isArray(left) ? (left as readonly Json[]) : []
  const rightList = Array.isArray(right) ? (right as readonly Json[]) : []
  const rest = differingItems(leftList, rightList, at.type) ?? { left: leftList, right: rightList }
  if (rest.left.length === 0 && rest.right.length === 0) return
  for (const group of groupItems(rest.left, rest.right, at.type)) compareGroup(group, at)
}

/** Both sides as values of one type; true when they were a leaf, reported as a whole. */
function compareAs(left: Side, right: Side, at: { type: Resolved; walk: Walk }): boolean {
  const { type, walk } = at
  const bothEmpty =
    type.kind === 'map'
      ? isEmptyMap(left) && isEmptyMap(right)
      : type.kind === 'list' && isEmptyList(left) && isEmptyList(right)
  if (bothEmpty || atomicValue(type)) {
    leaf(left, right, walk)
    return true
  }
  if (type.kind === 'map') compareMaps(left, right, { type, walk })
  if (type.kind === 'list') compareLists(left, right, { type, walk })
  return false
}

function isEmptyList(value: Side): boolean {
  return !Array.isArray(value) || value.length === 0
}

/** Where the two values deduce different types each is looked at as its own. */
function compareNodes(left: Side, right: Side, at: { type: TypeNode | undefined; walk: Walk }): void {
  const { walk } = at
  if (left === undefined || right === undefined) {
    compareOne(left, right, at)
    return
  }
  const leftType = typeFor(at.type, left)
  const rightType = typeFor(at.type, right)
  if (leftType !== rightType) compareAs(left, right, { type: leftType, walk })
  compareAs(left, right, { type: rightType, walk })
}

/** A container that is there on one side only counts itself, beside what it holds. */
function compareOne(left: Side, right: Side, at: { type: TypeNode | undefined; walk: Walk }): void {
  const { walk } = at
  const value = left === undefined ? right : left
  if (value === undefined || compareAs(left, right, { type: typeFor(at.type, value), walk })) return
  insert(walk, left === undefined ? walk.added : walk.removed)
}

/**
 * Compares two values of one type as the server does when it tracks ownership: by list keys, sets as sets, atomic
 * values as a whole, numbers by amount; absent, null and empty are three things. The order of items does not matter.
 * A container that came or went is in the set beside what it holds. Costs little where both share structure.
 */
export function compareTyped(left: Json, right: Json, type: TypeNode): Comparison {
  if (left === right) return NO_CHANGE
  const walk: Walk = {
    path: [],
    added: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
  }
  compareNodes(left, right, { type, walk })
  return { added: walk.added.build(), removed: walk.removed.build(), modified: walk.modified.build() }
}

export function isSame(comparison: Comparison): boolean {
  return comparison.added.isEmpty && comparison.removed.isEmpty && comparison.modified.isEmpty
}
