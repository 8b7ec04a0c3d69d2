// Does a render after a change differ from the one before in exactly what was wanted?
import { formatPath, formatRef, isMap, type Json, type KubeObject, type PathElement, refOf } from '../kube/index.ts'

export interface Wanted {
  /** Of the rendered objects. */
  readonly index: number
  readonly path: string
  readonly value: string
}

export type Judgement =
  /** `missing`: places that were wanted and are as before. */
  | { readonly outcome: 'done' | 'partly' | 'nothing'; readonly missing: readonly Wanted[] }
  /** Other fields change too, or become something else. */
  | { readonly outcome: 'wrong'; readonly others: readonly string[] }

interface Difference {
  readonly index: number
  readonly path: string
  readonly after: Json | undefined
}

function* differencesIn(
  before: Json | undefined,
  after: Json | undefined,
  at: readonly PathElement[],
): Generator<Omit<Difference, 'index'>> {
  if (Object.is(before, after)) return
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [index, item] of before.entries())
      yield* differencesIn(item as Json, after[index] as Json, [...at, { kind: 'index', index }])
  } else if (isMap(before) && isMap(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
      yield* differencesIn(before[name], after[name], [...at, { kind: 'field', name }])
  } else yield { path: formatPath(at), after }
}

function identity(object: KubeObject | undefined): string {
  return object === undefined ? 'an object' : `${object.apiVersion} ${formatRef(refOf(object))}`
}

/** In words: objects that come, go or change places, and paths; values are never said. */
function differences(before: readonly KubeObject[], after: readonly KubeObject[]): readonly Difference[] | string {
  if (before.length !== after.length) return `${after.length} objects instead of ${before.length}`
  const found: Difference[] = []
  for (const [index, object] of before.entries()) {
    const now = after[index]
    if (identity(object) !== identity(now)) return `${identity(now)} instead of ${identity(object)}`
    for (const one of differencesIn(object as unknown as Json, now as unknown as Json, []))
      found.push({ index, ...one })
  }
  return found
}

const keyOf = ({ index, path }: { index: number; path: string }): string => `${index} ${path}`

/** `noise`: a second render of the same, for what differs each time. */
export function judge(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
  { wanted, noise }: { wanted: readonly Wanted[]; noise: readonly KubeObject[] },
): Judgement {
  const found = differences(before, after)
  if (typeof found === 'string') return { outcome: 'wrong', others: [found] }
  const unstable = differences(before, noise)
  const ignored = new Set(typeof unstable === 'string' ? [] : unstable.map(keyOf))
  const values = new Map(wanted.map((place) => [keyOf(place), place.value]))
  const others = found.filter((one) => !ignored.has(keyOf(one)) && values.get(keyOf(one)) !== one.after)
  if (others.length > 0)
    return { outcome: 'wrong', others: others.map(({ index, path }) => `${identity(before[index])} ${path}`) }
  const changed = new Set(found.map(keyOf))
  const missing = wanted.filter((place) => !changed.has(keyOf(place)))
  return { outcome: missing.length === 0 ? 'done' : missing.length < wanted.length ? 'partly' : 'nothing', missing }
}
