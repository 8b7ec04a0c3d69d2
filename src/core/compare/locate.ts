// Where a path leads in an object; long lists are indexed once, so that many differences in one list stay cheap.
import { canonicalJson, type FieldPath, isMap, type Json, type JsonMap, type PathElement } from '../kube/index.ts'

type KeyFields = Readonly<Record<string, Json>>
type Items = readonly Json[]

const textOf = (item: Json, names: readonly string[]): string =>
  isMap(item) ? names.map((name) => (item[name] === undefined ? '' : canonicalJson(item[name]))).join('\u0000') : ''

/** An item that leaves part of its key to a default. */
function fits(item: Json, fields: KeyFields): boolean {
  return isMap(item) && Object.keys(fields).every((name) => item[name] === fields[name] || item[name] === undefined)
}

/** Holds indexes for one comparison. */
export class Locator {
  private readonly indexes = new Map<Items, Map<string, Map<string, number>>>()

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
    if (element.kind === 'value')
      return this.index(items, 'items', canonicalJson).get(canonicalJson(element.value)) ?? -1
    if (element.kind === 'field') return -1
    const names = Object.keys(element.fields)
    const found = this.index(items, names.join('\u0000'), (item) => textOf(item, names)).get(
      textOf(element.fields, names),
    )
    return found ?? items.findIndex((item) => fits(item, element.fields))
  }

  /** First place of every item, by its text under the given name. */
  private index(items: Items, name: string, text: (item: Json) => string): Map<string, number> {
    const ofList = this.indexes.get(items) ?? new Map<string, Map<string, number>>()
    this.indexes.set(items, ofList)
    const known = ofList.get(name)
    if (known !== undefined) return known
    const made = new Map<string, number>()
    items.forEach((item, index) => {
      const key = text(item)
      if (!made.has(key)) made.set(key, index)
    })
    ofList.set(name, made)
    return made
  }
}
