// Did a write touch a path, and is what it wrote there what stands there?
import { canonicalJson, type FieldPath, isMap, type Json, type PathElement } from '../kube/index.ts'
import type { Imprint, Imprinter } from './imprint.ts'
import type { Fact } from './types.ts'

/**
 * `no`: it did not write there. `set`: it wrote there, and what stands there says so. `other`: it wrote there something
 * that reads otherwise by now. `maybe`: the log does not tell.
 */
export type Touch = 'no' | 'set' | 'other' | 'maybe'

export interface Place {
  readonly path: FieldPath
  /** What stands there; undefined = nothing. */
  readonly live: Json | undefined
}

type Sides = { readonly desired: Json | undefined; readonly live: Json | undefined }
type Members = { readonly [name: string]: Imprint }
const isMembers = (value: Imprint | undefined): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const named = (element: PathElement | undefined): string | null => (element?.kind === 'field' ? element.name : null)

const REPLICAS = ['spec', 'replicas']

function isReplicas(path: FieldPath): boolean {
  return path.length === 2 && path.every((element, index) => named(element) === REPLICAS[index])
}

/** A scale writes the replicas and nothing else; where a custom resource keeps them, its definition alone says. */
function touchOfScale(fact: Fact, { path, live }: Place, imprinter: Imprinter): Touch {
  if (!isReplicas(path)) return fact.target.group.includes('.') && named(path[0]) === 'spec' ? 'maybe' : 'no'
  if (fact.sent === null) return 'maybe'
  const sent = imprinter.find(imprinter.read(fact.sent), path)
  if (!sent.found) return 'maybe'
  return imprinter.same(sent.value, live) ? 'set' : 'other'
}

interface Asked {
  readonly fact: Fact
  readonly place: Place
  readonly imprinter: Imprinter
}

/** What the body says at the path itself, or at a value that the path lies in. */
function said(value: Imprint, { place, imprinter }: Asked): Touch {
  if (value === null) return place.live === undefined ? 'set' : 'other'
  if (isMembers(value) && value.$patch === imprinter.digest('delete')) return place.live === undefined ? 'set' : 'other'
  if (place.live === undefined) return 'other'
  return imprinter.within(value, place.live) ? 'set' : 'other'
}

/** The body ends above the path, with nothing said of it. */
function unsaid(at: Imprint, element: PathElement | undefined, asked: Asked): Touch {
  const { fact, place, imprinter } = asked
  const gone = place.live === undefined
  if (at === null || (isMembers(at) && at.$patch === imprinter.digest('delete'))) return gone ? 'set' : 'other'
  if (typeof at === 'string') return 'other'
  // A whole object that leaves something out took it away; what stands there all the same, the server put there.
  if (fact.sentAs === 'whole') return gone ? 'set' : fact.after === null ? 'maybe' : 'no'
  if (!gone) return isReplacing(at) ? 'maybe' : 'no'
  return takesAway(at, element, fact) ? 'maybe' : 'no'
}

/** An apply takes away what its manager sent before; a list replaces, or not, by the kind of the patch. */
function takesAway(at: Imprint, element: PathElement | undefined, { apply }: Fact): boolean {
  if (apply !== false || element?.kind !== 'field') return true
  return isReplacing(at) || isPruning(at, element.name)
}

const isReplacing = (at: Imprint): boolean =>
  isMembers(at) && (Object.hasOwn(at, '$patch') || Object.hasOwn(at, '$retainKeys'))
const isPruning = (at: Imprint, name: string): boolean =>
  isMembers(at) && Object.hasOwn(at, `$deleteFromPrimitiveList/${name}`)

/** The order of a list of its own is a directive beside it. */
function isReordering(at: Imprint, path: FieldPath): boolean {
  const last = named(path.at(-1))
  return last !== null && isMembers(at) && Object.hasOwn(at, `$setElementOrder/${last}`)
}

function touchOfBody(sent: Imprint, asked: Asked): Touch {
  const { path } = asked.place
  const found = asked.imprinter.find(sent, path)
  const above = asked.imprinter.find(sent, path.slice(0, -1))
  const reorders = above.found && isReordering(above.value, path)
  if (!found.found) return reorders ? 'maybe' : unsaid(found.at, path[found.depth], asked)
  const touch = said(found.value, asked)
  return touch === 'other' && (reorders || asked.fact.sentAs !== 'whole') && Array.isArray(found.value)
    ? 'maybe'
    : touch
}

interface Operation {
  readonly op: string
  readonly at: readonly string[]
  readonly value: Imprint | undefined
}

const OPERATIONS = ['add', 'replace', 'remove', 'test', 'move', 'copy'] as const

const unescape = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')

export function pointerParts(pointer: string): readonly string[] {
  return pointer.split('/').slice(1).map(unescape)
}

const partAt = (pointer: string): 'object' | 'metadata' | 'other' =>
  pointer === '' ? 'object' : pointer === '/metadata' ? 'metadata' : 'other'

/** What a JSON Patch says where: its operations and pointers are places, so they are kept as they are. */
export function patchImprint(patch: readonly Json[], imprinter: Imprinter): string {
  const kept = patch.map((one) => {
    const { op, path, from, value } = (typeof one === 'object' && one !== null ? one : {}) as Record<string, Json>
    const known = OPERATIONS.find((name) => name === op) ?? 'unknown'
    const imprint = value === undefined ? 'null' : imprinter.text(value, partAt(String(path)))
    return `{"op":"${known}","path":${JSON.stringify(String(path))},"from":${JSON.stringify(String(from ?? ''))},"value":${imprint}}`
  })
  return `[${kept.join(',')}]`
}

function operationsOf(sent: Imprint): readonly Operation[] {
  return (Array.isArray(sent) ? (sent as readonly Imprint[]) : []).filter(isMembers).flatMap((one) => {
    const { op, path, from, value } = one as Record<string, Imprint>
    const touched = { op: String(op), at: pointerParts(String(path)), value }
    return op === 'move' ? [touched, { op: 'remove', at: pointerParts(String(from)), value: null }] : [touched]
  })
}

/** Where an operation stands to a path: at it or above it, below it, elsewhere; `perhaps` where an index decides. */
type Standing = { readonly where: 'elsewhere' | 'above' | 'below'; readonly sure: boolean }
const ELSEWHERE: Standing = { where: 'elsewhere', sure: true }

const INDEX = /^(?:-|\d+)$/

function meets(part: string, element: PathElement, index: string | null): 'yes' | 'no' | 'perhaps' {
  if (element.kind === 'field') return part === element.name ? 'yes' : 'no'
  if (!INDEX.test(part)) return 'no'
  if (index === null || part === '-') return 'perhaps'
  return part === index ? 'yes' : 'no'
}

function standing({ at }: Operation, path: FieldPath, pointer: readonly string[] | null): Standing {
  let sure = true
  for (const [depth, part] of at.entries()) {
    const element = path[depth]
    if (element === undefined) return { where: 'below', sure }
    const met = meets(part, element, pointer === null ? null : (pointer[depth] ?? null))
    if (met === 'no') return ELSEWHERE
    sure &&= met === 'yes'
  }
  return { where: 'above', sure }
}

/** An item that is put into a list says itself whether it is the one that the path names. */
function isNamedItem({ at, value, op }: Operation, path: FieldPath, imprinter: Imprinter): boolean | null {
  const element = path[at.length - 1]
  if (op === 'remove' || value === undefined || element === undefined) return null
  if (element.kind !== 'key' && element.kind !== 'value') return null
  return imprinter.isItem(value, element, -1)
}

function touchOfOperation(operation: Operation, asked: Asked, pointer: readonly string[] | null): Touch {
  if (operation.op === 'test') return 'no'
  const { where, sure } = standing(operation, asked.place.path, pointer)
  if (where === 'elsewhere') return 'no'
  if (!PLAIN.has(operation.op)) return 'maybe'
  // Part of what stands there was written: it is not what it was.
  if (where === 'below') return sure && asked.place.live !== undefined ? 'other' : 'maybe'
  return touchFromAbove(operation, asked, sure ? 'this-item' : 'some-item')
}

const PLAIN: ReadonlySet<string> = new Set(['add', 'replace', 'remove'])

function touchFromAbove(operation: Operation, asked: Asked, which: 'this-item' | 'some-item'): Touch {
  const { place, imprinter } = asked
  const gone = place.live === undefined
  const item = which === 'this-item' ? true : isNamedItem(operation, place.path, imprinter)
  if (item === null) return 'maybe'
  if (!item) return gone ? 'maybe' : 'no'
  if (operation.op === 'remove') return gone ? 'set' : 'other'
  const inside = imprinter.find(operation.value ?? null, place.path.slice(operation.at.length))
  if (inside.found) return said(inside.value, asked)
  return gone ? 'set' : 'other'
}

/** Indexes move when items come and go within the same patch. */
function movesItems({ op, at }: Operation): boolean {
  const last = at.at(-1) ?? ''
  return last !== '-' && INDEX.test(last) && op !== 'replace' && op !== 'test'
}

/** The last operation that says something decides. */
function touchOfPatch(sent: Imprint, asked: Asked): Touch {
  const { fact, place, imprinter } = asked
  const operations = operationsOf(sent)
  const after = fact.after === null || operations.some(movesItems) ? null : imprinter.read(fact.after)
  const found = after === null ? null : imprinter.find(after, place.path)
  const pointer = found?.found === true ? found.pointer : null
  let touch: Touch = 'no'
  for (const operation of operations) {
    const next = touchOfOperation(operation, asked, pointer)
    if (next === 'no') continue
    touch = next === 'maybe' && touch !== 'no' ? 'maybe' : next
  }
  return touch
}

/** What one write has to do with one path, by what was sent. */
export function touchOf(fact: Fact, place: Place, imprinter: Imprinter): Touch {
  if (fact.verb === 'delete' || fact.verb === 'deletecollection') return 'no'
  if (fact.target.subresource === 'scale') return touchOfScale(fact, place, imprinter)
  if (fact.sent === null) return 'maybe'
  const asked = { fact, place, imprinter }
  const sent = imprinter.read(fact.sent)
  return fact.sentAs === 'json' ? touchOfPatch(sent, asked) : touchOfBody(sent, asked)
}

/** Does the object as this write left it hold at the path what stands there? null = the log does not say. */
export function leftAs(fact: Fact, { path, live }: Place, imprinter: Imprinter, apiVersion: string): boolean | null {
  if (fact.after === null || fact.afterVersion !== apiVersion) return null
  const found = imprinter.find(imprinter.read(fact.after), path)
  return found.found ? imprinter.same(found.value, live) : live === undefined
}

/** Did this write leave at the path a part of what stands there and is not Git's? */
export function leftPart(
  fact: Fact,
  { path, desired, live }: Place & { readonly desired: Json | undefined },
  { imprinter, apiVersion }: { readonly imprinter: Imprinter; readonly apiVersion: string },
): boolean {
  if (fact.after === null || fact.afterVersion !== apiVersion) return false
  const found = imprinter.find(imprinter.read(fact.after), path)
  return found.found && holdsPart(found.value, { desired, live }, imprinter)
}

function holdsPart(imprint: Imprint, { desired, live }: Sides, imprinter: Imprinter): boolean {
  if (Array.isArray(live)) {
    const git = new Set((Array.isArray(desired) ? (desired as readonly Json[]) : []).map(canonicalJson))
    const items = Array.isArray(imprint) ? (imprint as readonly Imprint[]) : []
    return (live as readonly Json[]).some(
      (item) => !git.has(canonicalJson(item)) && items.some((one) => imprinter.same(one, item)),
    )
  }
  if (!isMap(live) || !isMembers(imprint)) return false
  return Object.entries(live).some(([name, value]) => {
    const there = Object.hasOwn(imprint, name) ? imprint[name] : undefined
    const git = isMap(desired) ? desired[name] : undefined
    if (
      there === undefined ||
      value === undefined ||
      (git !== undefined && canonicalJson(git) === canonicalJson(value))
    )
      return false
    return imprinter.same(there, value) || holdsPart(there, { desired: git, live: value }, imprinter)
  })
}

/** Which of the webhooks that changed the object wrote at the path, as far as the log says: null = any of them may. */
export function mutatedAt(
  { mutations, after }: Fact,
  { path }: Pick<Place, 'path'>,
  imprinter: Imprinter,
): Fact['mutations'][number] | null | 'none' {
  if (mutations.length === 0) return 'none'
  const found = after === null ? null : imprinter.find(imprinter.read(after), path)
  const pointer = found?.found === true ? found.pointer : null
  const writes = (one: string): boolean =>
    standing({ op: 'add', at: pointerParts(one), value: undefined }, path, pointer).where !== 'elsewhere'
  const telling = mutations.filter(({ pointers }) => pointers !== null)
  const writers = telling.filter(({ pointers }) => pointers?.some(writes) === true)
  if (writers.length > 0) return writers.at(-1) ?? null
  return telling.length === mutations.length ? 'none' : null
}
