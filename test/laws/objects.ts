// Generated objects: of built-in kinds by their schemas, and of any shape.
import fc from 'fast-check'
import type { Json, JsonMap, KubeObject } from '../../src/core/kube/index.ts'
import { type ObjectSchema, type TypeNode, typeFor } from '../../src/core/merge/index.ts'
import { schemaOfKind } from '../core/compare/read-case.ts'

export const KINDS = [
  'v1/ConfigMap',
  'v1/Secret',
  'v1/Service',
  'v1/Pod',
  'apps/v1/Deployment',
  'apps/v1/StatefulSet',
  'batch/v1/CronJob',
  'networking.k8s.io/v1/NetworkPolicy',
  'rbac.authorization.k8s.io/v1/ClusterRole',
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration',
  'example.com/v1/Anything',
]

export function kindOf(name: string): { apiVersion: string; kind: string; schema: ObjectSchema } {
  const parts = name.split('/')
  const kind = parts.at(-1) ?? ''
  const version = parts.at(-2) ?? ''
  const group = parts.length === 3 ? (parts[0] ?? '') : ''
  return { apiVersion: parts.slice(0, -1).join('/'), kind, schema: schemaOfKind({ group, version, kind }) }
}

const NAMES = ['a', 'b', 'x.y/z', '__proto__', 'constructor', '']
const SCALARS = {
  string: fc.constantFrom('', 'a', 'b', 'TCP'),
  integer: fc.constantFrom<Json>(0, 1, 80, 2n ** 60n),
  number: fc.constantFrom(0, 1.5),
  boolean: fc.boolean(),
  quantity: fc.constantFrom<Json>('1', '1000m', 1, '1Gi', 'nonsense'),
  'int-or-string': fc.constantFrom<Json>(80, '80', '25%'),
  bytes: fc.constantFrom('YQ==', 'Y\nQ=='),
  time: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T01:00:00+01:00'),
  duration: fc.constantFrom('1h', '60m'),
  any: fc.constantFrom<Json>(null, 1, 'a', { a: [1] }),
}

function mapOf(pairs: readonly (readonly [string, Json])[]): JsonMap {
  const map = {}
  for (const [name, value] of pairs)
    Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true })
  return map
}

const TYPED: ReadonlySet<string> = new Set(['metadata', 'status', 'apiVersion', 'kind'])

/** A value that the schema allows; keyed items have keys. */
export function valueOf(type: TypeNode, depth: number): fc.Arbitrary<Json> {
  const resolved = typeFor(type, type.kind === 'untyped' && depth > 0 ? {} : undefined)
  if (resolved.kind === 'scalar') return SCALARS[resolved.format]
  if (resolved.kind === 'list') {
    if (depth <= 0) return fc.constant([])
    return fc.array(valueOf(resolved.item, depth - 1), { maxLength: 3 })
  }
  if (depth <= 0) return fc.constant({})
  const names = resolved.names.length === 0 ? NAMES : resolved.names.filter((name) => depth < 6 || !TYPED.has(name))
  const member = fc
    .constantFrom(...names)
    .chain((name) => fc.tuple(fc.constant(name), valueOf(resolved.field(name) ?? { kind: 'untyped' }, depth - 1)))
  return fc.uniqueArray(member, { maxLength: 4, selector: ([name]) => name }).map(mapOf)
}

export function objectOf(name: string, metadata: object = {}): fc.Arbitrary<KubeObject> {
  const { apiVersion, kind, schema } = kindOf(name)
  const labels = fc.option(valueOf({ kind: 'untyped' }, 1), { nil: undefined })
  return fc.record({ body: valueOf(schema.root, 6), labels }).map(({ body, labels: found }) => ({
    ...(body as JsonMap),
    apiVersion,
    kind,
    metadata: { name: 'x', namespace: 'n', ...(found === undefined ? {} : { labels: found }), ...metadata },
  })) as fc.Arbitrary<KubeObject>
}

/** Anything at all, names that programs stumble over included. */
export const anything: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json' },
    fc.constantFrom<Json>(null, true, 0, -1, 1.5, 2n ** 70n, '', 'a', 'name', '9e999999999', '-'),
    fc.array(tie('json'), { maxLength: 3 }) as fc.Arbitrary<Json>,
    fc
      .uniqueArray(
        fc.tuple(
          fc.constantFrom(...NAMES, 'spec', 'metadata', 'data', 'containers', 'template', 'name', 'ports', 'rules'),
          tie('json'),
        ),
        { maxLength: 4, selector: ([name]) => name },
      )
      .map((pairs) => mapOf(pairs)),
  ),
})).json

export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) frozen(member)
    Object.freeze(value)
  }
  return value
}

export function shuffledKeys(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(shuffledKeys)
  if (typeof value !== 'object' || value === null) return value
  return mapOf(
    Object.entries(value as JsonMap)
      .reverse()
      .map(([name, member]) => [name, shuffledKeys(member as Json)]),
  )
}
