// The text of a kustomization as a value that may be changed, and what it names.
import { loadAll } from 'js-yaml'
import { isMap } from '../../../core/kube/index.ts'
import { HoldfastError, problem, type ProblemSubject } from '../../../core/problem/index.ts'
import { readYaml } from '../../../core/yaml/index.ts'

export const KUSTOMIZATION_FILES: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

export interface MutableMap {
  [name: string]: unknown
}

/** Kustomize lets keys be written twice; the last one holds. Anchors are not worth the risk then. */
function withLastKeys(text: string): unknown {
  return /(?:^|[\s[{,:-])[&*][^\s]/.test(text) ? undefined : loadAll(text, { json: true })[0]
}

/** The first document; null when it is no map. Throws HF1003, HF1007, HF1008. */
export function readKustomization(text: string, subject: ProblemSubject & { file: string }): MutableMap | null {
  const { documents, problems } = readYaml(text, { file: subject.file })
  const [wrong] = problems
  if (wrong === undefined) return asMutable(documents[0]?.value)
  const fallback = wrong.code === 'HF1007' ? withLastKeys(text) : undefined
  if (fallback !== undefined) return asMutable(fallback)
  throw new HoldfastError({ ...wrong, subject: { ...subject, ...wrong.subject } })
}

function asMutable(value: unknown): MutableMap | null {
  return isMap(value) ? (structuredClone(value) as MutableMap) : null
}

/** Go compares names of fields so: the long s is an s, the Kelvin sign a k. */
const folded = (name: string): string => name.toUpperCase().toLowerCase()

/**
 * The name under which a field is written: kustomize does not mind capitals. Written in two ways it would take the last,
 * and we might look at the other. Throws HF1007.
 */
export function keyOf(map: MutableMap, field: string): string {
  const wanted = folded(field)
  const [key = field, other] = Object.keys(map).filter((name) => folded(name) === wanted)
  if (other === undefined) return key
  throw new HoldfastError(problem('HF1007', `the kustomization has both ${key} and ${other}, which are one field`))
}

export function fieldOf(map: MutableMap, field: string): unknown {
  const key = keyOf(map, field)
  return Object.hasOwn(map, key) ? map[key] : undefined
}

export function textIn(map: MutableMap, field: string): string {
  const value = fieldOf(map, field)
  return typeof value === 'string' ? value : ''
}

export function mapsIn(map: MutableMap, field: string): readonly MutableMap[] {
  const value = fieldOf(map, field)
  return Array.isArray(value) ? value.filter((item): item is MutableMap => isMap(item)) : []
}

/** The items of a list that will be changed; [] when there is none. Throws HF1009 when it is something else. */
export function listIn(map: MutableMap, field: string): unknown[] {
  const value = fieldOf(map, field)
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new HoldfastError(problem('HF1009', `${field} of the kustomization must be a list`))
  return [...value]
}

/** What a kustomization names. */
export interface Reference {
  /** `base`: file, directory or repository; `plugin`: the same, or inline; `patch`: a file, or inline; `file`: a file. */
  readonly kind: 'base' | 'plugin' | 'patch' | 'file'
  readonly text: string
  replace(text: string): void
}

const LISTS: readonly (readonly [string, Reference['kind']])[] = [
  ['resources', 'base'],
  ['bases', 'base'],
  ['components', 'base'],
  ['generators', 'plugin'],
  ['transformers', 'plugin'],
  ['validators', 'plugin'],
  ['crds', 'file'],
  ['configurations', 'file'],
  ['patchesStrategicMerge', 'patch'],
]
const WITH_PATH = ['patches', 'patchesJson6902', 'replacements']
const GENERATORS = ['configMapGenerator', 'secretGenerator']

/** As kustomize tells them apart: what can be read as documents is no path. `[x]/../y` cannot. */
function isInline({ kind, text }: Pick<Reference, 'kind' | 'text'>): boolean {
  if (kind !== 'plugin' && kind !== 'patch') return false
  const { documents, problems } = readYaml(text, { file: 'inline' })
  return problems.length === 0 && documents.length > 0 && documents.every(({ value }) => isMap(value))
}

function* ofList(map: MutableMap, field: string, kind: Reference['kind']): Generator<Reference> {
  const list = fieldOf(map, field)
  if (!Array.isArray(list)) return
  for (const [index, text] of list.entries()) {
    if (typeof text !== 'string') continue
    yield {
      kind,
      text,
      replace: (other) => {
        list[index] = other
      },
    }
  }
}

function* ofField(map: MutableMap, field: string, kind: Reference['kind']): Generator<Reference> {
  const text = textIn(map, field)
  if (text === '') return
  yield {
    kind,
    text,
    replace: (other) => {
      map[keyOf(map, field)] = other
    },
  }
}

/** `key=path`; without a key the name of the file is the key, and stays it when the path changes. */
function* ofGeneratorFiles(generator: MutableMap): Generator<Reference> {
  for (const { text, replace } of ofList(generator, 'files', 'file')) {
    const equals = text.indexOf('=')
    const path = text.slice(equals + 1)
    const key = equals < 0 ? (path.split('/').at(-1) ?? path) : text.slice(0, equals)
    yield { kind: 'file', text: path, replace: (other) => replace(`${key}=${other}`) }
  }
}

function* allReferences(document: MutableMap): Generator<Reference> {
  for (const [field, kind] of LISTS) yield* ofList(document, field, kind)
  for (const field of WITH_PATH) for (const item of mapsIn(document, field)) yield* ofField(item, 'path', 'file')
  for (const field of GENERATORS) {
    for (const generator of mapsIn(document, field)) {
      yield* ofGeneratorFiles(generator)
      yield* ofList(generator, 'envs', 'file')
      yield* ofField(generator, 'env', 'file')
    }
  }
  const openapi = fieldOf(document, 'openapi')
  if (isMap(openapi)) yield* ofField(openapi as MutableMap, 'path', 'file')
}

/** Every file, directory and repository that a kustomization names outside of itself, charts excepted. */
export function referencesOf(document: MutableMap): Reference[] {
  return [...allReferences(document)].filter((reference) => reference.text !== '' && !isInline(reference))
}

/** The inline documents among generators, transformers and validators. */
export function inlinePlugins(document: MutableMap): string[] {
  return [...allReferences(document)]
    .filter((reference) => reference.kind === 'plugin' && isInline(reference))
    .map(({ text }) => text)
}

/** The documents of a text, lists replaced by what is in them. Throws HF1003, HF1007, HF1008. */
export function configurationsIn(text: string, subject: ProblemSubject & { file: string }): MutableMap[] {
  const { documents, problems } = readYaml(text, { file: subject.file })
  const [wrong] = problems
  if (wrong !== undefined) throw new HoldfastError({ ...wrong, subject: { ...subject, ...wrong.subject } })
  return documents.flatMap(({ value }) => withoutLists(value))
}

function withoutLists(value: unknown): MutableMap[] {
  if (!isMap(value)) return []
  const map = value as MutableMap
  return Array.isArray(map['items']) ? map['items'].flatMap(withoutLists) : [map]
}

/** Paths that the configuration of a generator or transformer may name, whatever its kind. */
export function pathsOfPlugin(document: MutableMap): string[] {
  const references: Reference[] = []
  for (const field of ['path', 'env', 'valuesFile']) references.push(...ofField(document, field, 'file'))
  references.push(...ofList(document, 'paths', 'patch'))
  for (const field of ['envs', 'additionalValuesFiles']) references.push(...ofList(document, field, 'file'))
  references.push(...ofGeneratorFiles(document))
  for (const item of mapsIn(document, 'replacements')) references.push(...ofField(item, 'path', 'file'))
  return references.filter((reference) => reference.text !== '' && !isInline(reference)).map(({ text }) => text)
}
