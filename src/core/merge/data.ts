import { isMap, type Json, type JsonMap } from '../kube/index.ts'
import { definitionsFrom, type OpenApiDocument, type OpenApiSchema, schemasOf } from './openapi.ts'
import { setOwn } from './own.ts'
import { type ObjectSchemaSource, schemaOf } from './schema.ts'
import type { SchemaData, TypeData } from './schema-data.ts'
import type { ObjectSchema } from './types.ts'

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

function kindOf(schema: OpenApiSchema): string | null {
  const kinds = schema['x-kubernetes-group-version-kind']
  // Options and the like serve every group; a list is no object that anyone manages.
  if (!Array.isArray(kinds) || kinds.length !== 1 || !isMap(kinds[0])) return null
  const { group, version, kind } = kinds[0]
  if (typeof kind !== 'string' || kind.endsWith('List')) return null
  return `${group}/${version}/${kind}`
}

/** The schemas of all kinds of several OpenAPI documents of one server, without what structured merge never asks. */
export function schemaDataFrom(documents: readonly OpenApiDocument[]): SchemaData {
  const kinds: Record<string, string> = {}
  const definitions: Record<string, TypeData> = {}
  for (const document of documents) {
    const schemas = schemasOf(document)
    for (const name of Object.keys(schemas)) {
      const kind = kindOf(schemas[name] as OpenApiSchema)
      if (kind === null) continue
      setOwn(kinds, kind, name)
      const reached = definitionsFrom(document, name)
      for (const definition of Object.keys(reached)) setOwn(definitions, definition, reached[definition] as TypeData)
    }
  }
  return { kinds, definitions }
}

/** What the server adds to every object, and to every embedded one: the type and the metadata. */
function withEnvelope(schema: JsonMap): JsonMap {
  const properties = isMap(schema['properties']) ? schema['properties'] : {}
  const text = { type: 'string' }
  return {
    ...schema,
    properties: {
      ...properties,
      apiVersion: text,
      kind: text,
      metadata: { $ref: `#/components/schemas/${OBJECT_META}` },
    },
  }
}

function expandEmbedded(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => expandEmbedded(item) as Json)
  if (!isMap(value)) return value
  const out: Record<string, Json> = {}
  for (const name of Object.keys(value)) setOwn(out, name, expandEmbedded(value[name]) as Json)
  return out['x-kubernetes-embedded-resource'] === true ? withEnvelope(out) : out
}

interface CrdVersion {
  readonly group: string
  readonly kind: string
  readonly schema: JsonMap
}

function readVersion(crd: unknown, version: string): CrdVersion | null {
  const spec = isMap(crd) ? crd['spec'] : undefined
  if (!isMap(spec) || !isMap(spec['names']) || !Array.isArray(spec['versions'])) return null
  const found = (spec['versions'] as readonly Json[]).find((it) => isMap(it) && it['name'] === version)
  const schema = isMap(found) && isMap(found['schema']) ? found['schema']['openAPIV3Schema'] : undefined
  const group = spec['group']
  const kind = spec['names']['kind']
  return isMap(schema) && typeof group === 'string' && typeof kind === 'string' ? { group, kind, schema } : null
}

/**
 * The schema of one version of a CustomResourceDefinition, read from the object itself; null when it has no schema for
 * that version. `base` supplies the metadata that every object has. Equal to what the server publishes for it.
 */
export function schemaFromCrd(crd: unknown, version: string, base: SchemaData): ObjectSchema | null {
  const read = readVersion(crd, version)
  if (read === null) return null
  const name = [...read.group.split('.').reverse(), version, read.kind].join('.')
  const schema = withEnvelope(expandEmbedded(read.schema) as JsonMap)
  const own = definitionsFrom({ components: { schemas: { [name]: schema } } }, name)
  const source: ObjectSchemaSource = { name, definitions: { ...base.definitions, [name]: own[name] as TypeData } }
  return schemaOf(source)
}
