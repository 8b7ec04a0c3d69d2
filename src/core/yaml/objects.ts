import { isMap, type Json, type JsonMap, type KubeObject } from '../kube/index.ts'
import { problem, type Problem } from '../problem/index.ts'
import { type ReadOptions, readYaml, type YamlDocument } from './read.ts'

export interface ReadObject {
  readonly object: KubeObject
  readonly origin: { readonly file: string; readonly line: number }
}

export interface ObjectsOfFile {
  readonly objects: readonly ReadObject[]
  readonly problems: readonly Problem[]
}

interface Place {
  readonly file: string
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
  return problem('HF1012', `${place.file}:${place.line}: ${reason}`, { file: place.file, line: place.line })
}

/** Files of other tools lie beside manifests; what has neither a kind nor both other marks is taken for one of those. */
function isForeign(value: Json): boolean {
  if (Array.isArray(value)) return !value.some((item) => isMap(item) && item['kind'] !== undefined)
  if (!isMap(value)) return true
  return value['kind'] === undefined && (value['apiVersion'] === undefined || value['metadata'] === undefined)
}

class Collector {
  readonly objects: ReadObject[] = []
  readonly problems: Problem[] = []

  add(value: Json, place: Place, depth: number): void {
    if (!isMap(value)) {
      this.problems.push(notObject(place, 'the document is not a map'))
      return
    }
    const fault = envelopeFault(value)
    if (fault !== undefined) this.problems.push(notObject(place, fault))
    else if (isListKind(value)) this.addItems(value, { place, depth, lines: [] })
    else this.addObject(value, place)
  }

  addItems(list: JsonMap, at: { place: Place; depth: number; lines: readonly number[] }): void {
    if (at.depth >= LIST_NESTING) {
      this.problems.push(notObject(at.place, 'lists are nested too deeply'))
      return
    }
    const items = (list['items'] ?? []) as readonly Json[]
    items.forEach((item, index) => {
      this.add(item, { file: at.place.file, line: at.lines[index] ?? at.place.line }, at.depth + 1)
    })
  }

  private addObject(value: JsonMap, place: Place): void {
    const fault = metadataFault(value['metadata'])
    if (fault !== undefined) {
      this.problems.push(notObject(place, `${String(value['kind'])}: ${fault}`))
      return
    }
    const metadata = value['metadata'] as JsonMap
    const object = hasNulls(metadata) ? { ...value, metadata: withoutNulls(metadata) } : value
    this.objects.push({ object: object as unknown as KubeObject, origin: { file: place.file, line: place.line } })
  }
}

function isListKind(value: JsonMap): boolean {
  if (Array.isArray(value['items'])) return true
  return value['kind'] === 'List' && (value['items'] === undefined || value['items'] === null)
}

/**
 * The Kubernetes objects of documents in their order, lists replaced by their items. Documents of other tools are passed
 * over; those that were meant as objects and are none give HF1012.
 */
export function objectsOfDocuments(documents: readonly YamlDocument[], file: string): ObjectsOfFile {
  const collector = new Collector()
  for (const { value, line, itemLines } of documents) {
    if (isForeign(value)) continue
    const place = { file, line }
    if (isMap(value) && isListKind(value) && envelopeFault(value) === undefined) {
      collector.addItems(value, { place, depth: 0, lines: itemLines })
    } else collector.add(value, place, 0)
  }
  return { objects: collector.objects, problems: collector.problems }
}

/** The Kubernetes objects of a YAML or JSON text; empty documents are passed over. */
export function readObjects(text: string, options: ReadOptions): ObjectsOfFile {
  const { documents, problems } = readYaml(text, options)
  const found = objectsOfDocuments(documents, options.file)
  return { objects: found.objects, problems: [...problems, ...found.problems] }
}

/** The Kubernetes objects among the items of a list, each with its line; items that are none give HF1012. */
export function objectsOfItems(items: readonly { value: Json; line: number }[], file: string): ObjectsOfFile {
  const collector = new Collector()
  for (const { value, line } of items) collector.add(value, { file, line }, 1)
  return { objects: collector.objects, problems: collector.problems }
}
