// Where a path leads in an object; long lists are indexed once, so that many differences in one list stay cheap.
import { canonicalJson, type FieldPath, isMap, type Json, type JsonMap, type PathElement } from '../kube/index.ts'

type KeyFields = Readonly<Record<string, Json>>
type Items = readonly Json[]

const NO_NAMES: readonly string[] = []

interface Index {
  /** First place of every item, by its key or, without key names, by its value. */
  readonly places: ReadonlyMap<string, number>
  /** Items that leave a part of their key to a default. */
  readonly partial: readonly number[]
}

const textOf = (item: KeyFields, names: readonly string[]): string =>
  names.map((name) => canonicalJson(item[name])).join('\u0000')

const isPartial = (item: Json, names: readonly string[]): boolean =>
  isMap(item) && names.some((name) => item[name] === undefined)

function fits(item: Json, fields: KeyFields): boolean {
  return isMap(item) && Object.keys(fields).every((name) => item[name] === fields[name] || item[name] === undefined)
}

function indexOf(items: Items, names: readonly string[]): Index {
  const places = new Map<string, number>()
  const partial: number[] = []
  items.forEach((item, index) => {
    if (isPartial(item, names)) partial.push(index)
    else if (names.length === 0) place(places, canonicalJson(item), index)
    else if (isMap(item)) place(places, textOf(item as KeyFields, names), index)
  })
  return { places, partial }
}

function place(places: Map<string, number>, text: string, index: number): void {
  if (!places.has(text)) places.set(text, index)
}

/** Holds indexes for one comparison. */
export class Locator {
  private readonly indexes = new Map<Items, Map<string, Index>>()

  /** The map in which `path` stands in `root`; null where there is none. */
  parentAt(root: JsonMap, path: FieldPath): JsonMap | null {
    let value: Json | undefined = root
    for (let depth = 0; depth < path.length - 1; depth++) value = this.step(value, path[depth] as PathElement)
    return isMap(value) ? value : null
  }

  /** RFC 6901 pointer of `path` in `root`; undefined when `root` has nothing there. */
  pointer(root: JsonMap, path: FieldPath): string | undefined {
    let value: Json | undefined = root
    let pointer = ''
    for (const element of path) {
      pointer += `/${this.token(value, element)}`
      value = this.step(value, element)
      if (value === undefined) return undefined
    }
    return pointer
  }

  private token(value: Json | undefined, element: PathElement): string {
    if (element.kind === 'field') return element.name.replaceAll('~', '~0').replaceAll('/', '~1')
    return Array.isArray(value) ? String(this.indexOf(value as Items, element)) : ''
  }

  private step(value: Json | undefined, element: PathElement): Json | undefined {
    if (element.kind === 'field')
      return isMap(value) && Object.hasOwn(value, element.name) ? value[element.name] : undefined
    if (!Array.isArray(value)) return undefined
    const items = value as Items
    return items[this.indexOf(items, element)]
  }

  private indexOf(items: Items, element: PathElement): number {
    if (element.kind === 'index') return element.index
    if (element.kind === 'field') return -1
    if (element.kind === 'value') return this.index(items, NO_NAMES).places.get(canonicalJson(element.value)) ?? -1
    const { fields } = element
    const names = Object.keys(fields)
    const { places, partial } = this.index(items, names)
    return places.get(textOf(fields, names)) ?? partial.find((index) => fits(items[index] as Json, fields)) ?? -1
  }

  private index(items: Items, names: readonly string[]): Index {
    const ofList = this.indexes.get(items) ?? new Map<string, Index>()
    this.indexes.set(items, ofList)
    const key = names.join('\u0000')
    const index = ofList.get(key) ?? indexOf(items, names)
    ofList.set(key, index)
    return index
  }
}
