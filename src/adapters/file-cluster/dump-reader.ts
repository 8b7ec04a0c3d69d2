// Pieces of one file → the objects that are wanted of it.
import { isMap, type Json } from '../../core/kube/index.ts'
import { type Problem, problem } from '../../core/problem/index.ts'
import {
  type ObjectsOfFile,
  objectsOfDocuments,
  objectsOfItems,
  type ReadObject,
  readYaml,
  typedItem,
} from '../../core/yaml/index.ts'
import { type Identity, jsonIdentity, valueIdentity, yamlIdentity } from './identity.ts'
import type { Piece, PieceSink, RestOfList } from './pieces.ts'
import type { Wanted } from './wanted.ts'

export interface DumpReaderOptions {
  readonly file: string
  readonly wanted: Wanted
  /** Bytes of one piece. */
  readonly limit: number
}

interface Item {
  readonly value: Json
  readonly line: number
}

const CUT_OFF = 'this list has no kind: the dump was probably cut off'
const SHORT = 'A dump that was cut off answers nothing: take it again.'

/** Servers write the items of an empty list as null too. */
function isEmptyList(value: Json): boolean {
  if (!isMap(value) || typeof value.kind !== 'string' || !value.kind.endsWith('List')) return false
  const { items } = value
  return Array.isArray(items) ? items.length === 0 : items === null
}

function isMissingKind(value: Json): boolean {
  return isMap(value) && value.kind === undefined && value.apiVersion === undefined
}

export class DumpReader implements PieceSink {
  readonly objects: ReadObject[] = []
  readonly problems: Problem[] = []
  /** Objects and lists of any kind, wanted or not. */
  seen = 0
  readonly #options: DumpReaderOptions
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  /** Items that do not say their kind: their list does, perhaps behind them. */
  #untold: Item[] = []
  #untoldBytes = 0

  constructor(options: DumpReaderOptions) {
    this.#options = options
  }

  document(piece: Piece): void {
    if (this.#isPassedOver(piece)) return
    const { file } = this.#options
    const text = this.#text(piece)
    if (text === null) return
    const lineOf = (line: number): number => piece.line + line - 1
    const { documents, problems } = readYaml(text, { file, lineOf })
    this.problems.push(...problems)
    for (const document of documents) {
      const { value } = document
      if (isMap(value) && Array.isArray(value.items) && value.kind === undefined) this.broken(document.line, CUT_OFF)
      else if (isEmptyList(value)) this.seen += 1
      else this.#keep(objectsOfDocuments([document], { file }))
    }
  }

  item(piece: Piece): void {
    if (this.#isPassedOver(piece)) return
    const { file } = this.#options
    const text = this.#text(piece)
    if (text === null) return
    const { documents, problems } = readYaml(text, { file, lineOf: (line) => piece.line + line - 1 })
    this.problems.push(...problems)
    for (const { value } of documents) {
      const items = Array.isArray(value) && text.trimStart().startsWith('-') ? (value as readonly Json[]) : [value]
      for (const item of items) this.#addItem({ value: item, line: piece.line }, text.length)
    }
  }

  #addItem(item: Item, bytes: number): void {
    if (!isMissingKind(item.value)) {
      this.#keep(objectsOfItems([item], this.#options.file))
      return
    }
    this.#untoldBytes += bytes
    if (this.#untoldBytes <= this.#options.limit) this.#untold.push(item)
  }

  list(rest: RestOfList): void {
    const untold = this.#untold
    const tooMany = this.#untoldBytes > this.#options.limit
    this.#untold = []
    this.#untoldBytes = 0
    const { file } = this.#options
    const text = this.#text(rest)
    if (text === null) return
    const { documents, problems } = readYaml(text, { file, lineOf: rest.lineOf })
    this.problems.push(...problems)
    const [list, ...others] = documents
    if (others.length > 0) this.#keep(objectsOfDocuments(others, { file }))
    if (list === undefined || !isMap(list.value)) return
    this.seen += 1
    const { apiVersion, kind } = list.value
    if (typeof kind !== 'string') {
      this.broken(rest.line, CUT_OFF)
      return
    }
    if (tooMany) this.#tooLarge(rest.line, 'a list whose items do not say their kinds')
    const named = { apiVersion: typeof apiVersion === 'string' ? apiVersion : '', kind }
    this.#keep(
      objectsOfItems(
        untold.map(({ value, line }) => ({ value: typedItem(value, named), line })),
        file,
      ),
    )
  }

  broken(line: number, reason: string): void {
    const { file } = this.#options
    this.problems.push(problem('HF1003', `${file}:${line}: ${reason}`, { file, line }, SHORT))
  }

  #keep({ objects, problems }: ObjectsOfFile): void {
    this.problems.push(...problems)
    this.seen += objects.length
    for (const found of objects) {
      const who = valueIdentity(found.object)
      if (who === null || this.#options.wanted(who)) this.objects.push(found)
    }
  }

  #isPassedOver({ text }: Piece): boolean {
    const who = text === null ? null : identityOf(text)
    if (who === null || this.#options.wanted(who)) return false
    this.seen += 1
    return true
  }

  #text({ text, line }: Piece): string | null {
    if (text === null) {
      this.#tooLarge(line, 'what begins here')
      return null
    }
    try {
      return this.#decoder.decode(Buffer.from(text, 'latin1'))
    } catch {
      this.broken(line, 'this is not UTF-8 text')
      return null
    }
  }

  #tooLarge(line: number, what: string): void {
    const { file, limit } = this.#options
    const message = `${file}:${line}: ${what} is larger than ${limit.toLocaleString('en-US')} bytes and cannot be read piece by piece`
    this.problems.push(
      problem('HF1010', message, { file, line }, 'Give the objects one by one, as kubectl prints them.'),
    )
  }
}

function identityOf(text: string): Identity | null {
  return text.startsWith('{') ? jsonIdentity(text) : yamlIdentity(text)
}
