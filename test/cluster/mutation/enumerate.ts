// Every way to change, add or remove one field of an object, by its schema.
import { deepEqual, isMap, type Json, type JsonMap } from '../../../src/core/kube/index.ts'
import type { ListOf, MapOf, Scalar, Shape, Struct } from './shape.ts'
import { basesOf, scalarValues } from './values.ts'

export interface Mutation {
  readonly op: 'change' | 'add' | 'remove' | 'reorder'
  /** RFC 6901 into the object; ends in `/-` for a new list item. */
  readonly pointer: string
  /** For people, and for what is left out by name: `spec.containers.*.image`; what is added below the pointer included. */
  readonly field: string
  /** Tried in turn until the server takes one. */
  readonly values: readonly Json[]
}

interface Chain {
  /** Dotted, below the place where it is put. */
  readonly field: string
  readonly values: readonly Json[]
}

interface Place {
  readonly pointer: string
  readonly field: string
  readonly name: string
}

const TRIES = 6
/** A definition that holds itself is followed this often. */
const TURNS = 1
const ITEMS = 2
const dot = (a: string, b: string): string => (a === '' || b === '' ? a + b : `${a}.${b}`)
const token = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')
const below = (place: Place, name: string): Place => ({
  pointer: `${place.pointer}/${token(name)}`,
  field: dot(place.field, name),
  name,
})

function unique(values: readonly Json[]): readonly Json[] {
  return values.filter((value, index) => values.findIndex((other) => deepEqual(other, value)) === index).slice(0, TRIES)
}

/** Minimal values of a shape, each with one of the leaves that it may have. */
function* grow(shape: Shape, name: string, inside: readonly string[] = []): Generator<Chain> {
  if (shape.kind === 'scalar') yield { field: '', values: unique(scalarValues(shape, name)) }
  else if (shape.kind === 'list') {
    for (const chain of grow(shape.item(), name, inside))
      yield { field: dot('*', chain.field), values: chain.values.map((value) => [value]) }
  } else if (shape.kind === 'map') {
    for (const chain of grow(shape.values(), 'mutated', inside))
      yield { field: dot('mutated', chain.field), values: chain.values.map((value) => ({ mutated: value })) }
  } else yield* growStruct(shape, inside)
}

function* growStruct(struct: Struct, inside: readonly string[]): Generator<Chain> {
  const bases = basesOf(struct, 0)
  yield { field: '', values: unique([...bases, {}]) }
  const key = struct.name === '' ? struct.names.join() : struct.name
  if (inside.filter((other) => other === key).length >= TURNS || inside.length > 14) return
  for (const name of struct.names) {
    for (const chain of grow(struct.field(name), name, [...inside, key])) {
      const values = bases.flatMap((base) => chain.values.map((value): Json => ({ ...base, [name]: value })))
      // Of the second base only the first values: most refusals are the field's own.
      yield { field: dot(name, chain.field), values: unique(interleaved(values, chain.values.length)) }
    }
  }
}

/** First values of each base first. */
function interleaved(values: readonly Json[], perBase: number): Json[] {
  const rank = (index: number): number => (index % perBase) * 2 + Math.floor(index / perBase)
  return values
    .map((value, index) => ({ value, rank: rank(index) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value)
}

function* added(place: Place, shape: Shape): Generator<Mutation> {
  for (const chain of grow(shape, place.name))
    yield { op: 'add', pointer: place.pointer, field: dot(place.field, chain.field), values: chain.values }
}

function* inScalar(value: Json, place: Place, shape: Scalar): Generator<Mutation> {
  const values = unique(scalarValues(shape, place.name, value).filter((other) => !deepEqual(other, value)))
  yield { op: 'change', pointer: place.pointer, field: place.field, values }
}

function* inStruct(value: JsonMap, place: Place, shape: Struct): Generator<Mutation> {
  for (const name of shape.names) {
    const at = below(place, name)
    const member = Object.hasOwn(value, name) ? value[name] : undefined
    if (member === undefined || member === null) yield* added(at, shape.field(name))
    else yield* present(member, at, shape.field(name))
  }
}

function* inMap(value: JsonMap, place: Place, shape: MapOf): Generator<Mutation> {
  for (const name of Object.keys(value)) yield* present(value[name] ?? null, below(place, name), shape.values())
  yield* added(below(place, 'mutated'), shape.values())
}

function* inList(value: readonly Json[], place: Place, shape: ListOf): Generator<Mutation> {
  for (const [index, item] of value.entries()) {
    const at = { pointer: `${place.pointer}/${index}`, field: dot(place.field, '*'), name: place.name }
    if (index < ITEMS || value.length <= ITEMS + 1) yield* present(item, at, shape.item())
  }
  const end = { pointer: `${place.pointer}/-`, field: dot(place.field, '*'), name: place.name }
  yield* added(end, shape.item())
  if (value.length > 1 && !shape.set)
    yield { op: 'reorder', pointer: place.pointer, field: place.field, values: [[...value].reverse()] }
}

function* inside(value: Json, place: Place, shape: Shape): Generator<Mutation> {
  if (shape.kind === 'scalar') yield* inScalar(value, place, shape)
  else if (Array.isArray(value)) {
    if (shape.kind === 'list') yield* inList(value as readonly Json[], place, shape)
  } else if (isMap(value)) {
    if (shape.kind === 'struct') yield* inStruct(value, place, shape)
    if (shape.kind === 'map') yield* inMap(value, place, shape)
  }
}

function* present(value: Json, place: Place, shape: Shape): Generator<Mutation> {
  yield* inside(value, place, shape)
  yield { op: 'remove', pointer: place.pointer, field: place.field, values: [] }
}

const METADATA: readonly string[] = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'generateName']
const ENVELOPE: readonly string[] = ['apiVersion', 'kind', 'status', 'metadata']

export function* mutationsOf(object: JsonMap, shape: Struct): Generator<Mutation> {
  const root: Place = { pointer: '', field: '', name: '' }
  const metadata = shape.field('metadata')
  const narrowed = (struct: Struct, keep: (name: string) => boolean): Struct => ({
    ...struct,
    names: struct.names.filter(keep),
    field: (name) => struct.field(name),
  })
  if (metadata.kind === 'struct')
    yield* inStruct(
      object['metadata'] as JsonMap,
      below(root, 'metadata'),
      narrowed(metadata, (name) => METADATA.includes(name)),
    )
  yield* inStruct(
    object,
    root,
    narrowed(shape, (name) => !ENVELOPE.includes(name)),
  )
}
