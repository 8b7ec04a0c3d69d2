// Renders whose result changes though nothing they read did: random values, times.
import type { RenderedObject } from '../../../core/desired/index.ts'
import { deepEqual, formatRef, isMap, type Json, refKey, refOf } from '../../../core/kube/index.ts'
import { problem, type Problem } from '../../../core/problem/index.ts'
import type { Render } from './kept-render.ts'

const MAX_NAMED = 5
const MAX_PATHS = 5
/** Objects whose hashes are remembered, of all renders together. */
const MAX_OBJECTS = 50_000

/** Hashes by object; enough to say which object changed when the render itself is not at hand any more. */
type Marks = ReadonlyMap<string, string>

export interface Remembered {
  readonly digest: string
  readonly marks: Marks
}

export function marksOf(objects: readonly RenderedObject[], digests: readonly string[]): Marks {
  return new Map(objects.map(({ object }, index) => [refKey(refOf(object)), (digests[index] ?? '').slice(0, 12)]))
}

/** What keys gave when they were rendered last; bounded, what was rendered longest ago goes first. */
export class RenderMemory {
  readonly #known = new Map<string, Remembered>()
  #objects = 0

  get(key: string): Remembered | undefined {
    return this.#known.get(key)
  }

  set(key: string, remembered: Remembered): void {
    this.#objects += remembered.marks.size + 1 - this.#weight(key)
    this.#known.delete(key)
    this.#known.set(key, remembered)
    for (const [oldest] of this.#known) {
      if (this.#objects <= MAX_OBJECTS) return
      this.#objects -= this.#weight(oldest)
      this.#known.delete(oldest)
    }
  }

  #weight(key: string): number {
    const known = this.#known.get(key)
    return known === undefined ? 0 : known.marks.size + 1
  }
}

function walk(before: Json | undefined, after: Json | undefined, path: string, found: string[]): void {
  if (found.length > MAX_PATHS || deepEqual(before ?? null, after ?? null)) return
  if (isMap(before) && isMap(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
      walk(before[name], after[name], `${path}.${name}`, found)
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    before.forEach((item, index) => {
      walk(item, after[index], `${path}[${index}]`, found)
    })
  else found.push(path)
}

function limited(names: readonly string[], bound: number): string {
  const rest = names.length > bound ? ' …' : ''
  return names.slice(0, bound).join(', ') + rest
}

/** `apps/Deployment web/web .spec.template.…`: names only, never values. */
function changedIn(object: RenderedObject, before: RenderedObject | undefined): string {
  const name = formatRef(refOf(object.object))
  if (before === undefined) return name
  const paths: string[] = []
  walk(before.object as unknown as Json, object.object as unknown as Json, '', paths)
  return `${name} ${limited(paths, MAX_PATHS)}`.trim()
}

/** null when both are the same. `old`: the earlier render itself, where it is still at hand. */
export function changeProblem(
  earlier: Remembered,
  later: { digest: string; marks: Marks; objects: readonly RenderedObject[] },
  old: Render | undefined,
): Problem | null {
  if (earlier.digest === later.digest) return null
  const oldObjects = new Map((old?.objects ?? []).map((one) => [refKey(refOf(one.object)), one]))
  const changed = later.objects.flatMap((one) => {
    const key = refKey(refOf(one.object))
    return earlier.marks.get(key) === later.marks.get(key) ? [] : [changedIn(one, oldObjects.get(key))]
  })
  const gone = [...earlier.marks.keys()].filter((key) => !later.marks.has(key))
  const what = changed.length > 0 ? limited(changed, MAX_NAMED) : `${gone.length} objects`
  return problem('HF1014', `the same files, options and tools rendered otherwise than before: ${what} changed`)
}
