// A JSON value with a keyed digest in place of each scalar: places stay readable, values do not.
import { Digester, TEXT, WORD } from './digest.ts'
import { ImprintWriter, type OnMember, type Within, type Written } from './imprint-text.ts'
import { type FieldPath, isMap, type Json, type JsonMap, type PathElement } from '../kube/index.ts'

/** An imprint that was read again: maps and lists as they were, digests for scalars, null for null. */
export type Imprint = string | null | readonly Imprint[] | { readonly [name: string]: Imprint }

function isRecord(value: Imprint | undefined): value is { readonly [name: string]: Imprint } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const isEmpty = (value: Imprint): boolean =>
  value === null ||
  (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0)

/** Where a path leads in an imprint. */
export type Place =
  | { readonly found: true; readonly value: Imprint; readonly pointer: readonly string[] }
  /** `depth` elements could be followed; `at` is the last value. */
  | { readonly found: false; readonly depth: number; readonly at: Imprint; readonly pointer: readonly string[] }

/** Bytes of text; read, they take several times as much. */
const READ_BYTES = 2 << 20

/** Makes and compares imprints under one secret seed. */
export class Imprinter {
  readonly #digester: Digester
  readonly #writer: ImprintWriter
  readonly #read = new Map<string, Imprint>()
  #readBytes = 0

  constructor(key: string) {
    this.#digester = new Digester(key)
    this.#writer = new ImprintWriter(this.#digester)
  }

  /** The imprint in a text. Every difference of an object asks the same writes, so the last ones are kept read. */
  read(text: string): Imprint {
    const known = this.#read.get(text)
    if (known !== undefined) return known
    if (this.#readBytes > READ_BYTES) {
      this.#read.clear()
      this.#readBytes = 0
    }
    const read = readImprint(text)
    this.#read.set(text, read)
    this.#readBytes += text.length
    return read
  }

  digest(scalar: string | number | bigint | boolean): string {
    if (typeof scalar === 'string') return this.#digester.of(TEXT, scalar)
    // Integers beyond 2^53 are read as doubles in one place and exactly in another.
    return this.#digester.of(WORD, String(typeof scalar === 'bigint' ? Number(scalar) : scalar))
  }

  /** The imprint of the JSON that begins at `from`, as text, and where it ends. Throws where none begins. */
  ofText(json: string, from: number, onMember: OnMember | null = null): Written {
    return this.#writer.write(json, from, 'object', onMember)
  }

  /** The imprint of a value that is that part of an object, as text. */
  text(value: Json, within: Within = 'object'): string {
    return this.#writer.write(JSON.stringify(value), 0, within).imprint
  }

  /** Is this exactly that value? What is empty is as good as absent. */
  same(imprint: Imprint, value: Json | undefined): boolean {
    if (value === undefined || value === null) return isEmpty(imprint)
    if (typeof value !== 'object') return imprint === this.digest(value)
    if (Array.isArray(value)) return this.#sameList(imprint, value as readonly Json[])
    return isRecord(imprint)
      ? this.#sameMap(imprint, value as JsonMap)
      : imprint === null && Object.keys(value).length === 0
  }

  #sameList(imprint: Imprint, list: readonly Json[]): boolean {
    if (!Array.isArray(imprint)) return imprint === null && list.length === 0
    return imprint.length === list.length && list.every((item, index) => this.same(imprint[index] as Imprint, item))
  }

  #sameMap(imprint: { readonly [name: string]: Imprint }, map: JsonMap): boolean {
    const names = Object.keys(map).filter((name) => map[name] !== undefined)
    return (
      names.length === Object.keys(imprint).length &&
      names.every((name) => Object.hasOwn(imprint, name) && this.same(imprint[name] as Imprint, map[name]))
    )
  }

  /** Does the value hold everything that the imprint says? It may hold more: what the server added. */
  within(imprint: Imprint, value: Json | undefined): boolean {
    if (isRecord(imprint)) {
      const names = Object.keys(imprint).filter((name) => !name.startsWith('$'))
      if (!isMap(value)) return names.length === 0 && value === undefined
      return names.every((name) => this.within(imprint[name] as Imprint, value[name]))
    }
    if (!Array.isArray(imprint)) return this.same(imprint, value)
    const list = Array.isArray(value) ? (value as readonly Json[]) : []
    return imprint.length === list.length && imprint.every((item, index) => this.within(item, list[index]))
  }

  /** Follows a path. Items of lists are found by what names them. */
  find(root: Imprint, path: FieldPath): Place {
    let at: Imprint = root
    const pointer: string[] = []
    for (const [depth, element] of path.entries()) {
      const step = this.#step(at, element)
      if (step === null) return { found: false, depth, at, pointer }
      pointer.push(step)
      at = (at as Readonly<Record<string, Imprint>>)[step] as Imprint
    }
    return { found: true, value: at, pointer }
  }

  #step(at: Imprint, element: PathElement): string | null {
    if (element.kind === 'field') return isRecord(at) && Object.hasOwn(at, element.name) ? element.name : null
    if (!Array.isArray(at)) return null
    const index = (at as readonly Imprint[]).findIndex((item, position) => this.isItem(item, element, position))
    return index < 0 ? null : String(index)
  }

  /** Is this the item that the element names? A key that the item leaves out has its default. */
  isItem(item: Imprint, element: PathElement, position: number): boolean {
    if (element.kind === 'index') return position === element.index
    if (element.kind === 'value') return this.same(item, element.value)
    if (element.kind !== 'key' || !isRecord(item)) return false
    const said = Object.entries(element.fields).filter(([name]) => Object.hasOwn(item, name))
    return said.length > 0 && said.every(([name, value]) => this.same(item[name] as Imprint, value))
  }
}

export function readImprint(text: string): Imprint {
  return JSON.parse(text) as Imprint
}
