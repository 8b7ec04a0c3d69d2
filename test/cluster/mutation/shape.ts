// What a kind may hold, as the server's OpenAPI v3 says it: types, enums and required fields.
import type { Json } from '../../../src/core/kube/index.ts'

export interface Schema {
  readonly $ref?: string
  readonly allOf?: readonly Schema[]
  readonly type?: string
  readonly format?: string
  readonly description?: string
  readonly enum?: readonly Json[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
}

export type ScalarName =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'quantity'
  | 'int-or-string'
  | 'time'
  | 'bytes'
  | 'any'

export interface Scalar {
  readonly kind: 'scalar'
  readonly type: ScalarName
  readonly enums: readonly Json[]
}
export interface Struct {
  readonly kind: 'struct'
  /** Short name of its definition; '' when it has none. */
  readonly name: string
  readonly required: readonly string[]
  readonly names: readonly string[]
  field(name: string): Shape
}
export interface MapOf {
  readonly kind: 'map'
  readonly values: () => Shape
}
export interface ListOf {
  readonly kind: 'list'
  /** Of a set the order does not matter. */
  readonly set: boolean
  readonly item: () => Shape
}
export type Shape = Scalar | Struct | MapOf | ListOf

export type Definitions = Readonly<Record<string, Schema>>

const KNOWN: Readonly<Record<string, ScalarName>> = {
  Quantity: 'quantity',
  IntOrString: 'int-or-string',
  RawExtension: 'any',
  Time: 'time',
  MicroTime: 'time',
  Duration: 'string',
  JSON: 'any',
}

const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

function referenceOf(schema: Schema): string | undefined {
  const ref = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined)
  return ref?.replace('#/components/schemas/', '')
}

const scalar = (type: ScalarName, enums: readonly Json[] = []): Scalar => ({ kind: 'scalar', type, enums })

function struct(schema: Schema, definitions: Definitions, name: string): Struct {
  const properties = schema.properties ?? {}
  return {
    kind: 'struct',
    name,
    required: schema.required ?? [],
    names: Object.keys(properties),
    field: (member) => shapeOf(properties[member] ?? {}, definitions),
  }
}

function text(schema: Schema): Scalar {
  if (schema.format === 'byte') return scalar('bytes')
  if (schema.format === 'date-time') return scalar('time')
  const told = [...(schema.description ?? '').matchAll(/^ - `"([^"]*)"`/gm)].map((match) => match[1] as string)
  return scalar('string', schema.enum ?? told)
}

export function shapeOf(schema: Schema, definitions: Definitions, name = ''): Shape {
  const reference = referenceOf(schema)
  if (reference !== undefined) {
    const short = shortName(reference)
    const known = KNOWN[short]
    return known === undefined ? shapeOf(definitions[reference] ?? {}, definitions, short) : scalar(known)
  }
  if (schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string') return scalar('int-or-string')
  const values = schema.additionalProperties
  if (schema.properties !== undefined) return struct(schema, definitions, name)
  if (typeof values === 'object') return { kind: 'map', values: () => shapeOf(values, definitions) }
  if (schema.type === 'array')
    return {
      kind: 'list',
      set: schema['x-kubernetes-list-type'] === 'set',
      item: () => shapeOf(schema.items ?? {}, definitions),
    }
  if (schema.type === 'string') return text(schema)
  if (schema.type === 'integer' || schema.type === 'number' || schema.type === 'boolean') return scalar(schema.type)
  if (schema.type === 'object' && schema['x-kubernetes-preserve-unknown-fields'] !== true)
    return struct(schema, definitions, name)
  return scalar('any')
}
