// Which items of two lists have to be told apart by name, when nearly all of them are equal where they stand?
import type { Json } from '../kube/index.ts'
import { hasPlainName, haveSameName } from './item.ts'
import { sameValue } from './same.ts'
import type { ListType } from './types.ts'

/** The items of both lists that are not equal to the one across; all others have names of their own. */
export interface Differing {
  readonly left: readonly Json[]
  readonly right: readonly Json[]
  /** Where they stand, in lists of one length. */
  readonly at: readonly number[]
}

/** With more differences than these every item is named: each of them is looked for among all others. */
const FEW = 16
const EMPTY: number[] = []

interface Window {
  readonly from: number
  readonly leftTo: number
  readonly rightTo: number
}

/** What is left of both lists without the equal items at their ends. */
function between(left: readonly Json[], right: readonly Json[]): Window {
  const shorter = Math.min(left.length, right.length)
  let from = 0
  while (from < shorter && sameValue(left[from], right[from])) from++
  let after = 0
  while (after < shorter - from && sameValue(left[left.length - 1 - after], right[right.length - 1 - after])) after++
  return { from, leftTo: left.length - after, rightTo: right.length - after }
}

function differingPositions(left: readonly Json[], right: readonly Json[]): readonly number[] | null {
  let at: number[] = EMPTY
  for (let index = 0; index < left.length; index++) {
    if (sameValue(left[index], right[index])) continue
    if (at === EMPTY) at = []
    if (at.length === FEW) return null
    at.push(index)
  }
  return at
}

const NONE: Differing = { left: [], right: [], at: [] }

/** Loops without closures: they run for every item of the list. */
function isAmong(item: Json, others: readonly Json[], type: ListType): boolean {
  for (let index = 0; index < others.length; index++) if (haveSameName(type, item, others[index] as Json)) return true
  return false
}

/** Whether an item that is equal on both sides shares its name with one that is not, or has none that is easily told. */
function isEntangled(item: Json, { left, right }: Differing, type: ListType): boolean {
  return !hasPlainName(type, item) || isAmong(item, left, type) || isAmong(item, right, type)
}

function allPlain({ left, right }: Differing, type: ListType): boolean {
  const plain = (item: Json) => hasPlainName(type, item)
  return left.every(plain) && right.every(plain)
}

function differingInPlace(left: readonly Json[], right: readonly Json[], type: ListType): Differing | null {
  const at = differingPositions(left, right)
  if (at === null) return null
  if (at.length === 0) return NONE
  const found = { left: at.map((index) => left[index] as Json), right: at.map((index) => right[index] as Json), at }
  if (!allPlain(found, type)) return null
  let next = 0
  for (let index = 0; index < left.length; index++) {
    if (index === at[next]) next++
    else if (isEntangled(left[index] as Json, found, type)) return null
  }
  return found
}

function differingBetween(left: readonly Json[], right: readonly Json[], type: ListType): Differing | null {
  const { from, leftTo, rightTo } = between(left, right)
  if (leftTo + rightTo - from - from > FEW) return null
  const found = { left: left.slice(from, leftTo), right: right.slice(from, rightTo), at: NONE.at }
  if (!allPlain(found, type)) return null
  for (let index = 0; index < left.length; index++) {
    if (index >= from && index < leftTo) continue
    if (isEntangled(left[index] as Json, found, type)) return null
  }
  return found
}

/**
 * The few items in which two lists differ: the others need no name, so that one change in a long list costs no more
 * memory than in a short one. null where that cannot be told without naming all.
 */
export function differingItems(left: readonly Json[], right: readonly Json[], type: ListType): Differing | null {
  return left.length === right.length ? differingInPlace(left, right, type) : differingBetween(left, right, type)
}

/** Whether the items that differ stand under the same names in both lists, each name once. */
export function differInPlace({ left, right }: Differing, type: ListType): boolean {
  return left.every(
    (item, index) =>
      haveSameName(type, item, right[index] as Json) &&
      left.every((other, place) => place === index || !haveSameName(type, item, other)),
  )
}
