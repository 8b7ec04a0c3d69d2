import { isMap, type Json, type JsonMap, type KubeObject } from '../kube/index.ts'
import { problem, type Problem } from '../problem/index.ts'
import { placeIn, type ReadOptions, readYaml, type YamlDocument } from './read.ts'

export interface ReadObject {
  readonly object: KubeObject
  readonly origin: { readonly file: string; readonly line: number }
}

export interface ObjectsOfFile {
  readonly objects: readonly ReadObject[]
  readonly problems: readonly Problem[]
  /** The first document that cannot be told to be an object at all; one of the problems. */
  readonly broken: Problem | null
}

interface Place extends Pick<ReadOptions, 'file' | 'from'> {
  readonly line: number
}

const API_VERSION = /^(?:[^/\s]+\/)?[^/\s]+$/
const LIST_NESTING = 8

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function textMapFault(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (!isMap(value)) return `metadata.${field} must be a map`
  const wrong = Object.keys(value).find((key) => value[key] !== null && !isText(value[key]))
  return wrong === undefined ? undefined : `metadata.${field}[${JSON.stringify(wrong)}] must be text: put it in quotes`
}

function listFault(value: unknown, field: string, isItem: (item: unknown) => boolean): string | undefined {
  if (value === undefined || value === null) return undefined
  return Array.isArray(value) && value.every(isItem) ? undefined : `metadata.${field} is malformed`
}

function metadataFault(metadata: unknown): string | undefined {
  if (!isMap(metadata)) return 'metadata is missing'
  const wrong = ['name', 'generateName', 'namespace'].find(
    (field) => metadata[field] !== undefined && metadata[field] !== null && !isText(metadata[field]),
  )
  if (wrong !== undefined) return `metadata.${wrong} must be text: put it in quotes`
  if (!metadata['name'] && !metadata['generateName']) return 'metadata.name is missing'
  return (
    textMapFault(metadata['labels'], 'labels') ??
    textMapFault(metadata['annotations'], 'annotations') ??
    listFault(metadata['finalizers'], 'finalizers', isText) ??
    listFault(metadata['ownerReferences'], 'ownerReferences', isMap)
  )
}

/** What keeps a map from being a Kubernetes object; values never appear in it. */
function envelopeFault(value: JsonMap): string | undefined {
  const { apiVersion, kind } = value
  if (typeof kind !== 'string' || kind === '') return kind === undefined ? 'kind is missing' : 'kind must be text'
  if (typeof apiVersion !== 'string')
    return apiVersion === undefined ? 'apiVersion is missing' : 'apiVersion must be text'
  return API_VERSION.test(apiVersion) ? undefined : 'apiVersion must be `version` or `group/version`'
}

/** The server reads null as the empty text and as no map; so do we, that nobody else has to. */
function withoutNulls(metadata: JsonMap): JsonMap {
  const clean: Record<string, Json | undefined> = {}
  for (const [field, value] of Object.entries(metadata)) {
    if (value === null) continue
    const isTextMap = (field === 'labels' || field === 'annotations') && isMap(value)
    clean[field] = isTextMap ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, text ?? ''])) : value
  }
  return clean
}

function hasNulls(metadata: JsonMap): boolean {
  const { labels, annotations } = metadata
  return [metadata, labels, annotations].some((map) => isMap(map) && Object.values(map).includes(null))
}

function notObject(place: Place, reason: string): Problem {
  const { text, subject } = placeIn(place, place.line)
  return problem('HF1012', `${text}: ${reason}`, subject)
}

/** What objects have beside their kind, and files of other tools (Chart.yaml) that say an apiVersion do not. */
const OBJECT_FIELDS = ['metadata', 'spec', 'data', 'stringData', 'binaryData', 'rules', 'roleRef', 'subsets', 'items']

/** Whether it may belong to another tool: nothing in it says that an object is meant. */
function isForeign(value: Json): boolean {
  if (Array.isArray(value)) return !value.some((item) => isMap(item) && item['kind'] !== undefined)
  if (!isMap(value)) return true
  if (value['kind'] !== undefined) return false
  return value['apiVersion'] === undefined || OBJECT_FIELDS.every((field) => value[field] === undefined)
}

class Collector {
  readonly objects: ReadObject[] = []
  readonly problems: Problem[] = []
  broken: Problem | null = null

  add(value: Json, place: Place, depth: number): void {
    if (!isMap(value)) return this.refuse(place, 'the document is not a map')
    const fault = envelopeFault(value)
    if (fault !== undefined) this.refuse(place, fault)
    else if (isListKind(value)) this.addItems(value, { place, depth, lines: [] })
    else this.addObject(value, place)
  }

  refuse(place: Place, reason: string): void {
    const refused = notObject(place, reason)
    this.problems.push(refused)
    this.broken ??= refused
  }

  addItems(list: JsonMap, at: { place: Place; depth: number; lines: readonly number[] }): void {
    if (at.depth >= LIST_NESTING) return this.refuse(at.place, 'lists are nested too deeply')
    const items = (list['items'] ?? []) as readonly Json[]
    items.forEach((item, index) => {
      this.add(typedItem(item, list), { ...at.place, line: at.lines[index] ?? at.place.line }, at.depth + 1)
    })
  }

  result(): ObjectsOfFile {
    const { objects, problems, broken } = this
    return { objects, problems, broken }
  }

  private addObject(value: JsonMap, place: Place): void {
    const fault = metadataFault(value['metadata'])
    if (fault !== undefined) {
      this.problems.push(notObject(place, `${String(value['kind'])}: ${fault}`))
      return
    }
    const metadata = value['metadata'] as JsonMap
    const object = hasNulls(metadata) ? { ...value, metadata: withoutNulls(metadata) } : value
    const line = place.from === 'output' ? 0 : place.line
    this.objects.push({ object: object as unknown as KubeObject, origin: { file: place.file, line } })
  }
}

function isListKind(value: JsonMap): boolean {
  const { items, kind, spec, status } = value
  if (Array.isArray(items)) return true
  if (kind === 'List') return items === undefined || items === null
  return items === null && spec === undefined && status === undefined && itemKind(value) !== null
}

/** What the items of a list of this kind are; null = the list does not say. */
function itemKind({ kind }: JsonMap): string | null {
  return typeof kind === 'string' && kind.endsWith('List') && kind !== 'List' ? kind.slice(0, -'List'.length) : null
}

/** An item that does not say its kind, as in the lists of a server, is of the kind that its list says. */
export function typedItem(item: Json, list: JsonMap): Json {
  const kind = itemKind(list)
  if (kind === null || !isMap(item) || item['kind'] !== undefined || item['apiVersion'] !== undefined) return item
  return { apiVersion: list['apiVersion'] ?? '', kind, ...item }
}

/**
 * The Kubernetes objects of documents in their order, lists replaced by their items. Empty documents are passed over. One
 * that is no object gives HF1012, except in a file in which nothing is meant as one: files of other tools lie beside
 * manifests. A tool prints nothing but objects.
 */
export function objectsOfDocuments(
  documents: readonly YamlDocument[],
  { file, from = 'file' }: Pick<ReadOptions, 'file' | 'from'>,
): ObjectsOfFile {
  const collector = new Collector()
  const written = documents.filter(({ value }) => value !== null)
  if (from === 'file' && written.every(({ value }) => isForeign(value))) return collector.result()
  for (const { value, line, itemLines } of written) {
    const place = { file, from, line }
    if (isMap(value) && isListKind(value) && envelopeFault(value) === undefined) {
      collector.addItems(value, { place, depth: 0, lines: itemLines })
    } else collector.add(value, place, 0)
  }
  return collector.result()
}

/** The Kubernetes objects of a YAML or JSON text. */
export function readObjects(text: string, options: ReadOptions): ObjectsOfFile {
  const { documents, problems } = readYaml(text, options)
  const found = objectsOfDocuments(documents, options)
  return {
    objects: found.objects,
    problems: [...problems, ...found.problems],
    broken: problems[0] ?? found.broken,
  }
}

/** The Kubernetes objects among the items of a list, each with its line; items that are none give HF1012. */
export function objectsOfItems(items: readonly { value: Json; line: number }[], file: string): ObjectsOfFile {
  const collector = new Collector()
  for (const { value, line } of items) collector.add(value, { file, line }, 1)
  return collector.result()
}
