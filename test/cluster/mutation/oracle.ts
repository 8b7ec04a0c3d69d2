// What really differs between two answers of the server, told without any knowledge of Kubernetes.
import {
  deepEqual,
  type FieldPath,
  isMap,
  type Json,
  type JsonMap,
  type PathElement,
} from '../../../src/core/kube/index.ts'

/** One step to a difference: a member's name, or an item of a list together with the item itself. */
export type Step = string | { readonly index: number; readonly items: readonly Json[] }

export type Trail = readonly Step[]

const SERVER = ['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink']

function bare(object: JsonMap): JsonMap {
  const { status: _, metadata, ...rest } = object as Record<string, Json>
  const kept = Object.entries(metadata as JsonMap).filter(([name]) => !SERVER.includes(name))
  return { ...rest, metadata: Object.fromEntries(kept) as JsonMap }
}

/** Items that the other list has no equal of. */
function unmatched(items: readonly Json[], others: readonly Json[]): { item: Json; index: number }[] {
  const left = [...others]
  return items.flatMap((item, index) => {
    const found = left.findIndex((other) => deepEqual(other, item))
    if (found < 0) return [{ item, index }]
    left.splice(found, 1)
    return []
  })
}

function* inLists(a: readonly Json[], b: readonly Json[], trail: Trail): Generator<Trail> {
  const gone = unmatched(a, b)
  const come = unmatched(b, a)
  if (gone.length === 0 && come.length === 0) return yield trail
  const paired = gone.length === come.length && gone.every(({ index }, at) => come[at]?.index === index)
  if (!paired) {
    for (const { item, index } of [...gone, ...come]) yield [...trail, { index, items: [item] }]
    return
  }
  for (const [at, { item, index }] of gone.entries()) {
    const other = come[at]?.item as Json
    yield* differences(item, other, [...trail, { index, items: [item, other] }])
  }
}

function* inMaps(a: JsonMap, b: JsonMap, trail: Trail): Generator<Trail> {
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (Object.hasOwn(a, name) && Object.hasOwn(b, name))
      yield* differences(a[name] as Json, b[name] as Json, [...trail, name])
    else yield [...trail, name]
  }
}

function* differences(a: Json, b: Json, trail: Trail): Generator<Trail> {
  if (deepEqual(a, b)) return
  if (isMap(a) && isMap(b)) yield* inMaps(a, b, trail)
  else if (Array.isArray(a) && Array.isArray(b)) yield* inLists(a as readonly Json[], b as readonly Json[], trail)
  else yield trail
}

/** Where two objects differ; status and what the server counts for itself aside. */
export function differencesOf(before: JsonMap, after: JsonMap): readonly Trail[] {
  return [...differences(bare(before), bare(after), [])]
}

function fits(element: PathElement, step: Step): boolean {
  if (element.kind === 'field') return element.name === step
  if (typeof step === 'string') return false
  if (element.kind === 'index') return element.index === step.index
  if (element.kind === 'value') return step.items.some((item) => deepEqual(item, element.value))
  const named = Object.entries(element.fields)
  return step.items.some(
    (item) => isMap(item) && named.every(([name, value]) => item[name] === undefined || deepEqual(item[name], value)),
  )
}

/** Is one of the two at or below the other? */
export function overlaps(path: FieldPath, trail: Trail): boolean {
  const length = Math.min(path.length, trail.length)
  for (let depth = 0; depth < length; depth++) if (!fits(path[depth] as PathElement, trail[depth] as Step)) return false
  return true
}

const untoken = (text: string): string => text.replaceAll('~1', '/').replaceAll('~0', '~')

/** Does a JSON pointer lead to, above or below a difference? A new item stands anywhere in its list. */
export function concerns(pointer: string, trail: Trail): boolean {
  const tokens = pointer.split('/').slice(1).map(untoken)
  return tokens.slice(0, trail.length).every((name, depth) => {
    const step = trail[depth] as Step
    return typeof step === 'string' ? step === name : true
  })
}

export const trailText = (trail: Trail): string =>
  trail.map((step) => (typeof step === 'string' ? step : `[${step.index}]`)).join('.')
