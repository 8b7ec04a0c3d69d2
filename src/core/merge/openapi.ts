import type { Json } from '../kube/index.ts'
import { isEmptyValue, isMap } from '../kube/index.ts'
import { writtenByException } from './always-written.ts'
import { getOwn, setOwn } from './own.ts'
import { type ListData, type MapData, referencesIn, type TypeData } from './schema-data.ts'

/** One schema of an OpenAPI v3 document, as far as it is read here. */
export type OpenApiSchema = { readonly [field: string]: unknown }

/**
 * A `/openapi/v3/apis/<group>/<version>` document, or the `/openapi/v2` one of all groups. Servers leave every default out
 * of the latter, those of list keys too: it serves where only the shape is asked for.
 */
export interface OpenApiDocument {
  readonly components?: { readonly schemas?: Readonly<Record<string, OpenApiSchema>> }
  readonly definitions?: Readonly<Record<string, OpenApiSchema>>
}

interface Context {
  /** Name of a component that the server compiles from a Go type; null in those of CRDs. */
  readonly builtIn: string | null
  /** Preservation of unknown fields is inherited by everything written inline below it. */
  readonly preserve: boolean
  readonly depth: number
}

const REFERENCE = /^#\/(?:components\/schemas|definitions)\/(.*)$/s
/** Names of the components that come from Go types; those of CRDs begin with their group, reversed. */
const BUILT_IN = /^io\.k8s\.(api|apimachinery|apiextensions-apiserver|kube-aggregator)\./
/** Deeper inline schemas are not described further. References are not counted: they may be circular. */
const MAX_DEPTH = 200

const WELL_KNOWN: Readonly<Record<string, string>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'any',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Duration': 'duration',
}

const STRING_FORMATS: Readonly<Record<string, string>> = {
  byte: 'bytes',
  'date-time': 'time',
  duration: 'duration',
  'int-or-string': 'int-or-string',
}

/** All schemas of a document by name. */
export function schemasOf(document: OpenApiDocument): Readonly<Record<string, OpenApiSchema>> {
  return document.components?.schemas ?? document.definitions ?? {}
}

/** The component that a schema refers to, directly or through an `allOf` of one. */
function referenceOf(schema: OpenApiSchema): string | null {
  let ref = schema['$ref']
  const allOf = schema['allOf']
  if (typeof ref !== 'string' && Array.isArray(allOf) && allOf.length === 1 && isMap(allOf[0])) ref = allOf[0]['$ref']
  return typeof ref === 'string' ? (REFERENCE.exec(ref)?.[1] ?? null) : null
}

function mapType(schema: OpenApiSchema): boolean | undefined {
  const type = schema['x-kubernetes-map-type']
  return type === 'atomic' ? true : type === 'granular' ? false : undefined
}

function convert(schema: unknown, context: Context): TypeData {
  if (!isMap(schema) || context.depth > MAX_DEPTH) return 'untyped'
  const name = referenceOf(schema)
  if (name !== null) {
    const known = getOwn(WELL_KNOWN, name)
    if (known !== undefined) return known
    const atomic = mapType(schema)
    return atomic === undefined ? { ref: name } : { ref: name, atomic }
  }
  return convertInline(schema, context)
}

function convertInline(schema: OpenApiSchema, outer: Context): TypeData {
  const preserve = outer.preserve || schema['x-kubernetes-preserve-unknown-fields'] === true
  const context = { ...outer, preserve, depth: outer.depth + 1 }
  switch (schema['type']) {
    case 'object':
      return convertMap(schema, context)
    case 'array':
      return convertList(schema, context)
    case 'integer':
    case 'number':
    case 'boolean':
      return schema['type']
    case 'string':
      return getOwn(STRING_FORMATS, String(schema['format'])) ?? 'string'
    default:
      return convertUntyped(schema, context)
  }
}

function convertUntyped(schema: OpenApiSchema, context: Context): TypeData {
  if (schema['x-kubernetes-int-or-string'] === true || schema['format'] === 'int-or-string') return 'int-or-string'
  const saysMore = ['properties', 'additionalProperties', 'items', 'x-kubernetes-map-type', 'x-kubernetes-list-type']
  if (!saysMore.some((field) => schema[field] !== undefined)) return 'untyped'
  return { any: { map: convertMap(schema, context), list: convertList(schema, context) } }
}

function convertMap(schema: OpenApiSchema, context: Context): MapData {
  const fields: Record<string, TypeData> = {}
  const defaults: Record<string, Json> = {}
  const properties = isMap(schema['properties']) ? schema['properties'] : {}
  for (const name of Object.keys(properties).sort()) {
    const property = properties[name]
    setOwn(fields, name, convert(property, context))
    const value = isMap(property) ? defaultOf(property) : undefined
    if (value !== undefined) setOwn(defaults, name, value)
  }
  const values = valuesOf(schema, context)
  const zero = context.builtIn === null ? {} : zeroOf(schema, properties, context)
  return {
    fields,
    ...(Object.keys(zero).length > 0 ? { zero } : {}),
    ...(Object.keys(defaults).length > 0 ? { defaults } : {}),
    ...(values === undefined ? {} : { values }),
    ...(mapType(schema) === true ? { atomic: true as const } : {}),
  }
}

const ZERO_OF_COMPONENT: Readonly<Record<string, Json>> = { quantity: '0', 'int-or-string': 0 }
const ZERO_OF_TYPE: Readonly<Record<string, Json>> = { string: '', integer: 0, number: 0, boolean: false }

function zeroOf(
  schema: OpenApiSchema,
  properties: Readonly<Record<string, unknown>>,
  context: Context,
): Record<string, Json> {
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const exceptions = context.depth === 1 ? writtenByException(context.builtIn ?? '') : {}
  const zero: Record<string, Json> = {}
  for (const name of Object.keys(properties).sort()) {
    const property = properties[name]
    if (!isMap(property)) continue
    const exception = getOwn(exceptions, name)
    const reference = referenceOf(property)
    const isStruct = reference !== null && isMap(property['default'])
    if (exception !== undefined) {
      if (exception !== 'absent') setOwn(zero, name, exception)
    } else if (isStruct || required.includes(name)) {
      setOwn(zero, name, isStruct ? {} : zeroOfRequired(property, reference))
    }
  }
  return zero
}

function zeroOfRequired(property: OpenApiSchema, reference: string | null): Json {
  if (reference !== null) return getOwn(ZERO_OF_COMPONENT, getOwn(WELL_KNOWN, reference) ?? '') ?? null
  if (property['format'] === 'byte') return null
  return getOwn(ZERO_OF_TYPE, String(property['type'])) ?? null
}

/** `default: {}` beside a reference only says that the field is a Go struct, not a pointer: nothing is ever filled in. */
function defaultOf(property: Readonly<Record<string, unknown>>): Json | undefined {
  const value = property['default'] as Json | undefined
  if (value === undefined || (isMap(value) && referenceOf(property) !== null)) return undefined
  return value
}

function valuesOf(schema: OpenApiSchema, context: Context): TypeData | undefined {
  const additional = schema['additionalProperties']
  if (additional === undefined) return context.preserve || isEmptyValue(schema['properties']) ? 'untyped' : undefined
  if (isMap(additional)) return convert(additional, context)
  return additional === true ? 'untyped' : undefined
}

function convertList(schema: OpenApiSchema, context: Context): ListData {
  const items = schema['items'] === undefined ? 'any' : convert(schema['items'], context)
  const relation = listRelation(schema)
  if (relation === null) return { items }
  return relation.length > 0 ? { items, list: 'map', keys: relation } : { items, list: 'set' }
}

/**
 * null: atomic; []: a set; else the keys. Where a schema has no list type the server still goes by the patch strategy
 * (older built-in kinds, aggregated APIs).
 */
function listRelation(schema: OpenApiSchema): readonly string[] | null {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return []
  if (type === 'map') {
    const keys = schema['x-kubernetes-list-map-keys']
    const names = Array.isArray(keys) ? keys.filter((key): key is string => typeof key === 'string') : []
    return names.length > 0 ? names : null
  }
  if (type !== undefined) return null
  const strategy = schema['x-kubernetes-patch-strategy']
  if (strategy !== 'merge' && strategy !== 'merge,retainKeys') return null
  const key = schema['x-kubernetes-patch-merge-key']
  return typeof key === 'string' ? [key] : []
}

/** Definition `root` and all that it reaches, by name; nothing of the document is retained. */
export function definitionsFrom(document: OpenApiDocument, root: string): Record<string, TypeData> {
  const schemas = schemasOf(document)
  const definitions: Record<string, TypeData> = {}
  const waiting = [root]
  const seen = new Set(waiting)
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const schema = getOwn(schemas, name)
    const definition =
      getOwn(WELL_KNOWN, name) ??
      convert(schema, { preserve: false, depth: 0, builtIn: BUILT_IN.test(name) ? name : null })
    setOwn(definitions, name, definition)
    referencesIn(definition, (reference) => {
      if (seen.has(reference)) return
      seen.add(reference)
      waiting.push(reference)
    })
  }
  return definitions
}

/** Name of the component that describes a kind; null when the document has none. */
export function componentOf(
  document: OpenApiDocument,
  gvk: { group: string; version: string; kind: string },
): string | null {
  const schemas = schemasOf(document)
  for (const name of Object.keys(schemas)) {
    const kinds = schemas[name]?.['x-kubernetes-group-version-kind']
    if (!Array.isArray(kinds)) continue
    const found = kinds.some(
      (it) => isMap(it) && it['group'] === gvk.group && it['version'] === gvk.version && it['kind'] === gvk.kind,
    )
    if (found) return name
  }
  return null
}
