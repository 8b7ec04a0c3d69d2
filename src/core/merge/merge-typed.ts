import { isEmptyValue, isMap, type Json, type JsonMap } from '../kube/index.ts'
import { type Differing, differInPlace, differingItems } from './differing.ts'
import { elementText } from './element.ts'
import { nameItems } from './item.ts'
import { setOwn } from './own.ts'
import { atomicValue, typeFor } from './resolve.ts'
import type { ListType, MapType, TypeNode } from './types.ts'

/** Copies `live` only when a member really changes. */
function mergeMaps(live: JsonMap, applied: JsonMap, type: MapType): JsonMap {
  let out: Record<string, Json | undefined> | null = null
  for (const name in applied) {
    const value = applied[name]
    if (value === undefined || !Object.hasOwn(applied, name)) continue
    const current = Object.hasOwn(live, name) ? live[name] : undefined
    const merged = mergeNodes(current, value, type.field(name))
    if (merged === current) continue
    out ??= { ...live }
    setOwn(out, name, merged)
  }
  return out ?? live
}

interface Items {
  readonly list: readonly Json[]
  readonly texts: readonly string[]
  /** Where a name first stands; -1 for a name that several items share: they are not merged with anything. */
  readonly at: ReadonlyMap<string, number>
}

function indexItems(list: readonly Json[], type: ListType): Items {
  const texts = nameItems(type, list).map(elementText)
  const at = new Map<string, number>()
  for (const [index, text] of texts.entries()) at.set(text, at.has(text) ? -1 : index)
  return { list, texts, at }
}

function mergeItem(live: Items, applied: Items, at: { index: number; type: ListType }): Json {
  const text = applied.texts[at.index] as string
  const found = live.at.get(text)
  const current = found === undefined || found < 0 ? undefined : live.list[found]
  return mergeNodes(current, applied.list[at.index], at.type.item) as Json
}

/**
 * Items that are applied stand in the applied order; items that are only in live keep their place among their
 * neighbours, before the applied item that follows them.
 */
class ItemMerge {
  private readonly out: Json[] = []
  private readonly done = new Set<string>()
  private readonly live: Items
  private readonly applied: Items
  private readonly type: ListType
  /** Names on both sides, in the applied order, and how many of them have been taken. */
  private readonly shared: readonly string[]
  private sharedTaken = 0
  private l = 0
  private r = 0

  constructor(live: Items, applied: Items, type: ListType) {
    this.live = live
    this.applied = applied
    this.type = type
    this.shared = applied.texts.filter((text) => live.at.has(text))
  }

  run(): readonly Json[] {
    while (this.l < this.live.texts.length || this.r < this.applied.texts.length) {
      if (!this.skipOrTakeBoth() && !this.takeLive()) this.takeNextApplied()
    }
    return this.out
  }

  /** The item at hand stands on both sides, or is a shared one whose turn has not come. */
  private skipOrTakeBoth(): boolean {
    const text = this.live.texts[this.l]
    const wanted = this.applied.texts[this.r]
    if (text === undefined || wanted === undefined) return false
    if (text === wanted) {
      this.takeApplied(text)
      this.l++
      return true
    }
    const next = this.shared[this.sharedTaken]
    if (next === undefined || next === text || !this.applied.at.has(text)) return false
    this.l++
    return true
  }

  private takeLive(): boolean {
    const text = this.live.texts[this.l]
    if (text === undefined || this.applied.at.has(text)) return false
    this.out.push(this.live.list[this.l] as Json)
    this.l++
    return true
  }

  private takeNextApplied(): void {
    const text = this.live.texts[this.l]
    if (text !== undefined && this.done.has(text)) this.l++
    const wanted = this.applied.texts[this.r]
    if (wanted !== undefined) this.takeApplied(wanted)
  }

  private takeApplied(text: string): void {
    this.done.add(text)
    this.out.push(mergeItem(this.live, this.applied, { index: this.r, type: this.type }))
    this.r++
    if (text === this.shared[this.sharedTaken]) this.sharedTaken++
  }
}

/** The differing items stand where they stood; copies `live` only when one of them really changes. */
function mergeInPlace(live: readonly Json[], { left, right, at }: Differing, type: ListType): readonly Json[] {
  let out: Json[] | null = null
  for (let index = 0; index < at.length; index++) {
    const merged = mergeNodes(left[index], right[index], type.item)
    if (merged === left[index]) continue
    out ??= [...live]
    out[at[index] as number] = merged as Json
  }
  return out ?? live
}

function mergeLists(live: readonly Json[], applied: readonly Json[], type: ListType): readonly Json[] {
  if (live.length === 0) return applied
  if (applied.length === 0) return live
  const differing = live.length === applied.length ? differingItems(live, applied, type) : null
  if (differing !== null && differInPlace(differing, type)) return mergeInPlace(live, differing, type)
  const merged = new ItemMerge(indexItems(live, type), indexItems(applied, type), type).run()
  const unchanged = merged.length === live.length && merged.every((item, index) => item === live[index])
  return unchanged ? live : merged
}

function mergeNodes(live: Json | undefined, applied: Json | undefined, type: TypeNode | undefined): Json | undefined {
  if (applied === undefined || applied === live) return live
  if (live === undefined) return applied
  const resolved = typeFor(type, applied)
  if (atomicValue(resolved)) return applied
  if (resolved.kind === 'map') return mergeAsMap(live, applied, resolved)
  if (!Array.isArray(live)) return applied
  if (!Array.isArray(applied)) return live.length === 0 ? applied : live
  return resolved.kind === 'list' ? mergeLists(live as readonly Json[], applied as readonly Json[], resolved) : applied
}

/** A null applied over a map that holds something changes nothing; over an empty one it stays null. */
function mergeAsMap(live: Json, applied: Json, type: MapType): Json {
  if (!isMap(live)) return applied
  const empty = isEmptyValue(live)
  if (!isMap(applied)) return empty ? applied : live
  return empty ? applied : mergeMaps(live, applied, type)
}

/**
 * `live` with everything that `applied` says laid over it; nothing is removed. Both must be of this type
 * (`validate`). Parts that do not change are shared with the arguments; `live` itself comes back when nothing does.
 */
export function mergeTyped(live: Json, applied: Json, type: TypeNode): Json {
  return mergeNodes(live, applied, type) as Json
}
