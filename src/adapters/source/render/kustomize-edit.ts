// The Application's options laid over a kustomization, with the meaning of the `kustomize edit` commands that Argo CD runs.
import { isMap } from '../../../core/kube/index.ts'
import type { KustomizeOptions, KustomizePatch } from '../../../core/definition/index.ts'
import { splitImage } from '../../../core/edit/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { substitute } from './build-environment.ts'
import { fieldOf, keyOf, listIn, type MutableMap, textIn } from './kustomize-document.ts'

type Options = Omit<
  KustomizeOptions,
  'components' | 'ignoreMissingComponents' | 'kubeVersion' | 'apiVersions' | 'version'
>

function refuse(message: string): HoldfastError {
  return new HoldfastError(problem('HF1009', message, {}, 'Change spec.source.kustomize, or the kustomization.'))
}

/** What Argo CD hands to kustomize as an argument must not be an option. */
function checkArgument(field: string, text: string): void {
  if (text.startsWith('-')) throw refuse(`kustomize.${field}: ${JSON.stringify(text)} begins with a dash`)
}

interface Image {
  name: string
  newName: string
  newTag: string
  digest: string
}

/** `[name=]image[:tag][@digest]`. */
function readImage(text: string): Image {
  checkArgument('images', text)
  const equals = text.indexOf('=')
  const key = text.slice(0, Math.max(equals, 0))
  const { repository: name, tag, digest } = splitImage(text.slice(equals + 1))
  if (name === text)
    throw refuse(`kustomize.images: ${JSON.stringify(text)} has neither a new name nor a tag nor a digest`)
  return { name: key === '' ? name : key, newName: key === '' ? '' : name, newTag: tag, digest }
}

/** `*` keeps what the kustomization says. */
function keep(image: Image, present: MutableMap | undefined): MutableMap {
  const value = (field: 'newName' | 'newTag' | 'digest'): unknown =>
    image[field] === '*' ? (present === undefined ? '' : fieldOf(present, field)) : image[field]
  const all = { name: image.name, newName: value('newName'), newTag: value('newTag'), digest: value('digest') }
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== '' && text !== undefined))
}

const byName = (a: MutableMap, b: MutableMap): number => {
  const [left, right] = [textIn(a, 'name'), textIn(b, 'name')]
  return left < right ? -1 : Number(left > right)
}

/** Entries of a list by their names; what was given last replaces what was there, of which the first holds. */
function mergeByName(
  present: readonly unknown[],
  given: ReadonlyMap<string, (there: MutableMap | undefined) => MutableMap>,
): MutableMap[] {
  const there = new Map<string, MutableMap>()
  for (const item of present) {
    if (!isMap(item)) throw refuse('images and replicas of the kustomization must be lists of maps')
    const map = item as MutableMap
    const name = textIn(map, 'name')
    if (!there.has(name)) there.set(name, map)
  }
  const names = new Set([...there.keys(), ...given.keys()])
  return [...names].map((name) => given.get(name)?.(there.get(name)) ?? there.get(name) ?? {}).sort(byName)
}

function setImages(document: MutableMap, images: readonly string[]): void {
  const given = new Map(
    images.map((text) => {
      const image = readImage(text)
      return [image.name, (there: MutableMap | undefined) => keep(image, there)]
    }),
  )
  const present = [...listIn(document, 'images'), ...listIn(document, 'imageTags')]
  delete document[keyOf(document, 'imageTags')]
  document[keyOf(document, 'images')] = mergeByName(present, given)
}

function setReplicas(document: MutableMap, replicas: KustomizeOptions['replicas']): void {
  const given = new Map(
    replicas.map(({ name, count }) => {
      checkArgument('replicas', name)
      if (name.includes('=')) throw refuse(`kustomize.replicas: ${JSON.stringify(name)} holds =`)
      return [name, () => ({ name, count: Number(count) })]
    }),
  )
  document[keyOf(document, 'replicas')] = mergeByName(listIn(document, 'replicas'), given)
}

function mapIn(document: MutableMap, field: string): MutableMap {
  const value = fieldOf(document, field)
  if (value !== undefined && value !== null && !isMap(value))
    throw refuse(`${field} of the kustomization must be a map`)
  return { ...(value as MutableMap | null | undefined) }
}

interface Addition {
  readonly kind: 'label' | 'annotation'
  readonly force: boolean
  readonly values: Readonly<Record<string, string>>
}

/** `key:value`, split at the first colon; quotes around a value fall. */
function addTo(target: MutableMap, { kind, force, values }: Addition): void {
  for (const [name, value] of Object.entries(values)) {
    checkArgument(`common${kind === 'label' ? 'Labels' : 'Annotations'}`, name)
    const [key = '', ...rest] = `${name}:${value}`.split(':')
    if (key === '') throw refuse(`kustomize: a ${kind} has no name`)
    if (Object.hasOwn(target, key) && !force) {
      const field = kind === 'label' ? 'forceCommonLabels' : 'forceCommonAnnotations'
      throw refuse(`the kustomization has the ${kind} ${key} already; kustomize.${field} would let it be replaced`)
    }
    target[key] = rest.join(':').replace(/^"(.*)"$/s, '$1')
  }
}

function addLabels(document: MutableMap, options: Options, values: Addition['values']): void {
  const { labelWithoutSelector, labelIncludeTemplates, forceCommonLabels: force } = options
  const addition: Addition = { kind: 'label', force, values }
  if (!labelWithoutSelector) {
    if (labelIncludeTemplates) throw refuse('kustomize.labelIncludeTemplates needs kustomize.labelWithoutSelector')
    const labels = mapIn(document, 'commonLabels')
    addTo(labels, addition)
    document[keyOf(document, 'commonLabels')] = labels
    return
  }
  const list = listIn(document, 'labels')
  const isSame = (item: unknown): item is MutableMap =>
    isMap(item) &&
    fieldOf(item as MutableMap, 'includeSelectors') !== true &&
    (fieldOf(item as MutableMap, 'includeTemplates') === true) === labelIncludeTemplates
  let entry = list.find(isSame)
  if (entry === undefined) {
    entry = { pairs: {}, ...(labelIncludeTemplates ? { includeTemplates: true } : {}) }
    list.push(entry)
  }
  const pairs = mapIn(entry, 'pairs')
  addTo(pairs, addition)
  entry[keyOf(entry, 'pairs')] = pairs
  document[keyOf(document, 'labels')] = list
}

function addAnnotations(document: MutableMap, options: Options, values: Addition['values']): void {
  const annotations = mapIn(document, 'commonAnnotations')
  addTo(annotations, { kind: 'annotation', force: options.forceCommonAnnotations, values })
  document[keyOf(document, 'commonAnnotations')] = annotations
}

function patchEntry({ patch, path, target, options }: KustomizePatch): MutableMap {
  return {
    ...(path === '' ? {} : { path }),
    ...(patch === '' ? {} : { patch }),
    ...(target === null ? {} : { target: { ...target } }),
    ...(Object.keys(options).length === 0 ? {} : { options: { ...options } }),
  }
}

const hasAny = (values: object): boolean => Object.keys(values).length > 0

/**
 * Changes `document` (but not its components). `environment` is what `$NAME` in images, labels and, where asked for,
 * annotations is replaced by. Throws HF1009 where kustomize would refuse.
 */
export function editKustomization(
  document: MutableMap,
  options: Options,
  environment: Readonly<Record<string, string>>,
): void {
  const expanded = (values: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, substitute(value, environment)]))
  for (const field of ['namePrefix', 'nameSuffix', 'namespace'] as const) {
    if (options[field] !== '') document[keyOf(document, field)] = options[field]
  }
  if (options.images.length > 0)
    setImages(
      document,
      options.images.map((image) => substitute(image, environment)),
    )
  if (options.replicas.length > 0) setReplicas(document, options.replicas)
  if (hasAny(options.commonLabels)) addLabels(document, options, expanded(options.commonLabels))
  if (hasAny(options.commonAnnotations)) {
    const { commonAnnotations, commonAnnotationsEnvsubst } = options
    addAnnotations(document, options, commonAnnotationsEnvsubst ? expanded(commonAnnotations) : commonAnnotations)
  }
  if (options.patches.length > 0) {
    document[keyOf(document, 'patches')] = [...listIn(document, 'patches'), ...options.patches.map(patchEntry)]
  }
}

/** Adds those components that the kustomization does not name yet. */
export function addComponents(document: MutableMap, components: readonly string[]): void {
  const list = listIn(document, 'components')
  for (const component of components) if (!list.includes(component)) list.push(component)
  document[keyOf(document, 'components')] = list
}
