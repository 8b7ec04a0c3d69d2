// Which fields of rendered objects name an image, and which of them a wish means.
import { formatPath, formatRef, isMap, type Json, type KubeObject, type PathElement, refOf } from '../kube/index.ts'
import { problem, type Problem } from '../problem/index.ts'
import { splitImage } from './image-name.ts'
import type { ImageWish } from './image-wish.ts'

export interface ImageUse {
  /** Of the rendered objects. */
  readonly index: number
  readonly object: string
  readonly kind: string
  readonly name: string
  readonly path: string
  /** null = no container’s. */
  readonly container: string | null
  readonly image: string
}

const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers']
/** Their `data` is text. */
const NO_IMAGES = ['Secret', 'ConfigMap']
const DEEPEST = 64

type Found = Pick<ImageUse, 'path' | 'container' | 'image'>

/** A volume's image is its `reference`. */
function isImage(name: string, parent: string, value: Json): value is string {
  return typeof value === 'string' && value !== '' && (name === 'image' || (name === 'reference' && parent === 'image'))
}

/** `parent`: the field that the value, or the list it is in, is the value of. */
function* usesIn(value: Json, at: readonly PathElement[], parent: string): Generator<Found> {
  if (at.length > DEEPEST) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* usesIn(item as Json, [...at, { kind: 'index', index }], parent)
    return
  }
  if (!isMap(value)) return
  const container = CONTAINERS.includes(parent) && typeof value['name'] === 'string' ? value['name'] : null
  for (const [name, child] of Object.entries(value)) {
    const path: readonly PathElement[] = [...at, { kind: 'field', name }]
    if (child === undefined) continue
    if (isImage(name, parent, child)) yield { path: formatPath(path), container, image: child }
    else yield* usesIn(child, path, name)
  }
}

export function imageUses(objects: readonly KubeObject[]): readonly ImageUse[] {
  return objects.flatMap((object, index) => {
    if (NO_IMAGES.includes(object.kind)) return []
    const { metadata: _, status: __, ...body } = object
    const named = { index, object: formatRef(refOf(object)), kind: object.kind, name: object.metadata.name ?? '' }
    return [...usesIn(body as Json, [], '')].map((use) => ({ ...named, ...use }))
  })
}

export function describeUse({ object, container, path, image }: ImageUse): string {
  return `${object} ${container === null ? path : `container ${container}`} (${image})`
}

const SHOWN = 10

export function listed(entries: readonly string[]): string {
  const more = entries.length - SHOWN
  return [...entries.slice(0, SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

/** `kind/name`, or a name alone. */
function isOf({ kind, name }: ImageUse, object: string | null): boolean {
  if (object === null) return true
  const [first = '', second] = object.split('/')
  return second === undefined ? name === first : kind.toLowerCase() === first.toLowerCase() && name === second
}

/** `names`: under which other names images are known where they are replaced. */
export function usesMeant(
  uses: readonly ImageUse[],
  { key }: ImageWish,
  { object, names }: { object: string | null; names: ReadonlyMap<string, string> },
): readonly ImageUse[] | Problem {
  const there = uses.filter((use) => isOf(use, object))
  const repository = ({ image }: ImageUse): string => splitImage(image).repository
  const ways: readonly ((use: ImageUse) => boolean)[] = [
    ({ container }) => container === key,
    (use) => repository(use) === key,
    (use) => repository(use) === names.get(key),
    (use) => repository(use).endsWith(`/${key}`),
  ]
  const found = ways.map((way) => there.filter(way)).find((some) => some.length > 0) ?? []
  if (found.length === 0) {
    const what = there.length === 0 ? 'there is no image at all' : `there are: ${listed(there.map(describeUse))}`
    return problem('HF8002', `nothing ${object === null ? '' : `in ${object} `}is called ${key}; ${what}`)
  }
  if (new Set(found.map(repository)).size === 1) return found
  return problem('HF8003', `${key} means several images: ${listed(found.map(describeUse))}`)
}
