import fc from 'fast-check'
import type { Json, JsonMap } from '../../src/core/kube/index.ts'
import type { OpenApiDocument } from '../../src/core/merge/index.ts'

/** Names that programs stumble over stand among plain ones. */
const NAMES = [
  'a',
  'b',
  'name',
  'port',
  'x-y',
  'with.dot',
  'with/slash',
  '',
  '0',
  '__proto__',
  'constructor',
  'é',
  '𐐀',
  '\uffee',
  '<&>',
]
const TEXTS = ['', 'a', 'b', 'TCP', '__proto__', '<&>"\\', '0', '𐐀', '\u2028']

export const fieldName = fc.constantFrom(...NAMES)
const scalarType = fc.constantFrom<JsonMap>(
  { type: 'string' },
  { type: 'integer', format: 'int32' },
  { type: 'boolean' },
  { type: 'number' },
)

function record<T>(pairs: readonly (readonly [string, T])[]): Record<string, T> {
  const out: Record<string, T> = {}
  for (const [name, value] of pairs)
    Object.defineProperty(out, name, { value, enumerable: true, configurable: true, writable: true })
  return out
}

const pairsOf = <T>(values: fc.Arbitrary<T>, maxLength = 4) =>
  fc.uniqueArray(fc.tuple(fieldName, values), { maxLength, selector: ([name]) => name })

const keyedItem = (field: fc.Arbitrary<JsonMap>): fc.Arbitrary<JsonMap> =>
  fc.record({ fields: pairsOf(field, 3), withDefault: fc.boolean() }).map(({ fields, withDefault }) => ({
    type: 'object',
    properties: {
      ...record(fields),
      key: { type: 'string' },
      kind: withDefault ? { type: 'string', default: 'TCP' } : { type: 'string' },
    },
  }))

function listSchema(item: fc.Arbitrary<JsonMap>): fc.Arbitrary<JsonMap> {
  return fc.oneof(
    item.map((items) => ({ type: 'array', items })),
    item.map((items) => ({ type: 'array', items, 'x-kubernetes-list-type': 'atomic' })),
    scalarType.map((items) => ({ type: 'array', items, 'x-kubernetes-list-type': 'set' })),
    keyedItem(item).map((items) => ({
      type: 'array',
      items,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['kind', 'key'],
    })),
  )
}

function mapSchema(field: fc.Arbitrary<JsonMap>): fc.Arbitrary<JsonMap> {
  const mapType = fc.constantFrom<JsonMap>(
    {},
    {},
    {},
    { 'x-kubernetes-map-type': 'atomic' },
    { 'x-kubernetes-map-type': 'granular' },
  )
  const extra = fc.oneof(
    fc.constant<JsonMap>({}),
    fc.constant<JsonMap>({ 'x-kubernetes-preserve-unknown-fields': true }),
    field.map((additionalProperties): JsonMap => ({ additionalProperties })),
  )
  return fc.tuple(pairsOf(field), mapType, extra).map(([fields, type, more]) => ({
    type: 'object',
    ...(fields.length > 0 ? { properties: record(fields) } : {}),
    ...type,
    ...more,
  }))
}

/** Schemas of one type, self-reference included (`#/components/schemas/t`). */
export const typeSchema: fc.Arbitrary<JsonMap> = fc.letrec<{ type: JsonMap; map: JsonMap }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalarType,
    listSchema(tie('type')),
    mapSchema(tie('type')),
    fc.constant<JsonMap>({ $ref: '#/components/schemas/t' }),
    fc.constant<JsonMap>({ 'x-kubernetes-preserve-unknown-fields': true }),
  ),
  map: mapSchema(tie('type')),
})).map

export const GVK = { group: 'test.dev', version: 'v1', kind: 'T' }

export function documentOf(schema: JsonMap): OpenApiDocument {
  return { components: { schemas: { t: { ...schema, 'x-kubernetes-group-version-kind': [GVK] } } } }
}

const text = fc.constantFrom(...TEXTS)
const anything: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text as fc.Arbitrary<Json>,
    fc.integer({ min: -3, max: 3 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    pairsOf(tie('value'), 3).map(record),
  ),
})).value

function scalarValue(schema: JsonMap): fc.Arbitrary<Json> {
  if (schema['type'] === 'string') return text
  if (schema['type'] === 'boolean') return fc.boolean()
  if (schema['type'] === 'integer') return fc.integer({ min: -2, max: 2 })
  return fc.constantFrom(0, 1, 1.5, -2.25, 1e21, 1e-7)
}

function mapValue(schema: JsonMap, at: Depth): fc.Arbitrary<Json> {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonMap>
  const members = Object.keys(properties).map((name) =>
    fc.tuple(fc.constant(name), fc.option(valueAt(properties[name] as JsonMap, at), { nil: undefined })),
  )
  const additional = schema['additionalProperties'] as JsonMap | undefined
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || Object.keys(properties).length === 0
  const more =
    additional !== undefined ? pairsOf(valueAt(additional, at), 2) : open ? pairsOf(anything, 2) : fc.constant([])
  return fc.tuple(fc.tuple(...members), more).map(([declared, others]) => {
    const known = declared.filter((pair): pair is [string, Json] => pair[1] !== undefined)
    return record([...others.filter(([name]) => !Object.hasOwn(properties, name)), ...known])
  })
}

interface Depth {
  readonly root: JsonMap
  readonly left: number
}

function valueAt(schema: JsonMap, at: Depth): fc.Arbitrary<Json> {
  const below = { root: at.root, left: at.left - 1 }
  if (schema['$ref'] !== undefined) return at.left > 0 ? valueAt(at.root, below) : fc.constant(null)
  const usual = usualValue(schema, below)
  return fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: fc.constant(null) })
}

function usualValue(schema: JsonMap, at: Depth): fc.Arbitrary<Json> {
  if (schema['type'] === 'object') return at.left > 0 ? mapValue(schema, at) : fc.constant({})
  if (schema['type'] === 'array') {
    const items = at.left > 0 ? fc.array(valueAt(schema['items'] as JsonMap, at), { maxLength: 4 }) : fc.constant([])
    return items.map((list) =>
      schema['x-kubernetes-list-type'] === undefined ? list : list.filter((item) => item !== null),
    )
  }
  return schema['type'] === undefined ? anything : scalarValue(schema)
}

/** Values that mostly are of the schema's type: nulls, empties and items with equal or missing keys are among them. */
export function valueOf(schema: JsonMap): fc.Arbitrary<Json> {
  return usualValue(schema, { root: schema, left: 5 })
}

/** A schema with some of its values. */
export const schemaAndValues: fc.Arbitrary<{ schema: JsonMap; values: Json[] }> = typeSchema.chain((schema) =>
  fc.record({ schema: fc.constant(schema), values: fc.array(valueOf(schema), { minLength: 3, maxLength: 3 }) }),
)

const VERSIONS = ['v1', 'v2'] as const
const CONTAINER = '#/components/schemas/'

/** The schema in another version: the same fields, some containers atomic; refers to itself by its own name. */
function inVersion(schema: JsonMap, version: string, changed: boolean): JsonMap {
  let count = 0
  const visit = (value: Json | undefined): Json => {
    if (Array.isArray(value)) return (value as readonly Json[]).map(visit)
    if (typeof value !== 'object' || value === null) return value as Json
    const node = record(
      Object.entries(value as JsonMap).map(([name, member]) => [name, visit(member)] as const),
    ) as Record<string, Json>
    if (typeof node['$ref'] === 'string') return { $ref: `${CONTAINER}t.${version}` }
    count++
    if (!changed || count % 3 !== 0) return node
    if (node['type'] === 'object' && node['properties'] !== undefined) node['x-kubernetes-map-type'] = 'atomic'
    if (node['x-kubernetes-list-type'] === 'set') node['x-kubernetes-list-type'] = 'atomic'
    return node
  }
  const { 'x-kubernetes-map-type': _, ...root } = visit(schema) as JsonMap
  return root as JsonMap
}

export interface Step {
  readonly op: 'apply' | 'update'
  readonly manager: string
  readonly version: string
  readonly force: boolean
  readonly value: Json
}

export interface Script {
  readonly schemas: Record<string, JsonMap>
  readonly steps: Step[]
}

/** One schema in two versions, and writes by three managers. */
export const scriptOf: fc.Arbitrary<Script> = typeSchema
  .filter((schema) => schema['type'] === 'object' && schema['x-kubernetes-map-type'] !== 'atomic')
  .chain((schema) => {
    const schemas = { 't.v1': inVersion(schema, 'v1', false), 't.v2': inVersion(schema, 'v2', true) }
    const step: fc.Arbitrary<Step> = fc.record({
      op: fc.constantFrom('apply' as const, 'apply' as const, 'update' as const),
      manager: fc.constantFrom('a', 'b', 'c'),
      version: fc.constantFrom(...VERSIONS, 'v1', 'v1'),
      force: fc.boolean(),
      value: valueOf(schema),
    })
    return fc.record({ schemas: fc.constant(schemas), steps: fc.array(step, { minLength: 3, maxLength: 7 }) })
  })
