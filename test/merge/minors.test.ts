import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { kubernetesData, nearestMinor } from '../../src/adapters/file-cluster/kubernetes-data.ts'
import { compileSchema, type SchemaData, schemaFromData, type TypeData } from '../../src/core/merge/index.ts'

const MINORS = ['1.33', '1.35'] as const
type Minor = (typeof MINORS)[number]

function dataOf(minor: Minor): SchemaData {
  const file = new URL(`../../data/kubernetes/${minor}/schemas.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as SchemaData
}
const DATA: Readonly<Record<Minor, SchemaData>> = { '1.33': dataOf('1.33'), '1.35': dataOf('1.35') }

/** How every list and atomic map of a definition is merged, by path. */
function relations(type: TypeData, path = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof type === 'string') return found
  if ('ref' in type) return type.atomic === undefined ? found : found.set(path, `atomic ${type.atomic}`)
  if ('any' in type) return relations(type.any.list, path, relations(type.any.map, path, found))
  if ('items' in type) {
    found.set(path, [type.list ?? 'atomic', ...(type.keys ?? [])].join(' '))
    return relations(type.items, `${path}.*`, found)
  }
  if (type.atomic === true) found.set(path, 'atomic map')
  for (const [name, field] of Object.entries(type.fields)) relations(field, `${path}.${name}`, found)
  return type.values === undefined ? found : relations(type.values, `${path}.*`, found)
}

/** `definition.path: older → newer` where a list or map is merged otherwise, or exists in one minor only. */
function differences(older: SchemaData, newer: SchemaData): string[] {
  return Object.keys(older.definitions)
    .filter((name) => Object.hasOwn(newer.definitions, name))
    .flatMap((name) => {
      const [left, right] = [older, newer].map((data) => relations(data.definitions[name] as TypeData)) as [
        Map<string, string>,
        Map<string, string>,
      ]
      return [...new Set([...left.keys(), ...right.keys()])]
        .filter((path) => left.get(path) !== right.get(path))
        .map((path) => `${name}${path}: ${left.get(path) ?? 'none'} → ${right.get(path) ?? 'none'}`)
    })
    .sort()
}

describe('the shipped minors', () => {
  test.each(MINORS)('every kind of %s compiles', (minor) => {
    const kinds = Object.keys(DATA[minor].kinds)
    expect(kinds.length).toBeGreaterThanOrEqual(65)
    for (const name of kinds) {
      const [group = '', version = '', kind = ''] = name.split('/')
      const root = schemaFromData(DATA[minor], { group, version, kind })?.root
      expect([name, root?.kind === 'map' && root.declares('kind')]).toEqual([name, true])
    }
  })

  test('between the oldest and the newest no list or map is merged otherwise; these lists are new', () => {
    expect(differences(DATA['1.33'], DATA['1.35'])).toEqual([
      'io.k8s.api.core.v1.Container.restartPolicyRules: none → atomic',
      'io.k8s.api.core.v1.EphemeralContainer.restartPolicyRules: none → atomic',
      'io.k8s.api.core.v1.NodeStatus.declaredFeatures: none → atomic',
    ])
    const onlyIn = (one: Minor, other: Minor) =>
      Object.keys(DATA[one].kinds).filter((kind) => !Object.hasOwn(DATA[other].kinds, kind))
    expect(onlyIn('1.33', '1.35')).toEqual([])
    expect(onlyIn('1.35', '1.33')).toEqual([
      'resource.k8s.io/v1/DeviceClass',
      'resource.k8s.io/v1/ResourceClaim',
      'resource.k8s.io/v1/ResourceClaimTemplate',
      'resource.k8s.io/v1/ResourceSlice',
      'storage.k8s.io/v1/VolumeAttributesClass',
    ])
  })

  test.each([
    [undefined, '1.35'],
    ['1.31', '1.33'],
    ['1.33', '1.33'],
    ['1.34', '1.35'],
    ['1.35', '1.35'],
    ['1.35+', '1.35'],
    ['1.40', '1.35'],
    ['2.0', '1.35'],
    ['', '1.35'],
  ])('asked for %s, %s is taken', (asked, taken) => {
    expect(nearestMinor(MINORS, asked)).toBe(taken)
    expect(kubernetesData(asked).kubernetes).toBe(taken)
  })

  test('of many the nearest, of two as near the newer; of none none', () => {
    expect(nearestMinor(['1.9', '1.10', '1.40'], '1.24')).toBe('1.10')
    expect(nearestMinor(['1.30', '1.32'], '1.31')).toBe('1.32')
    expect(nearestMinor([], '1.31')).toBeUndefined()
  })
})

test('an OpenAPI v2 document gives the same schema, but without the defaults that it leaves out', () => {
  const gvk = { group: 'test.dev', version: 'v1', kind: 'T' }
  const kinds = { 'x-kubernetes-group-version-kind': [gvk] }
  const list = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['port', 'protocol'] }
  const port = (protocol: object) => ({ type: 'object', properties: { port: { type: 'integer' }, protocol } })
  const root = (prefix: string) => ({
    ...kinds,
    type: 'object',
    properties: { ports: { ...list, items: { $ref: `${prefix}dev.test.v1.Port` } } },
  })
  const v2 = {
    swagger: '2.0',
    definitions: { 'dev.test.v1.T': root('#/definitions/'), 'dev.test.v1.Port': port({ type: 'string' }) },
  }
  const v3 = (protocol: object) => ({
    components: {
      schemas: { 'dev.test.v1.T': root('#/components/schemas/'), 'dev.test.v1.Port': port(protocol) },
    },
  })
  const digest = compileSchema(v2, gvk)?.digest
  expect(digest).toMatch(/^[0-9a-f]{32}$/)
  expect(compileSchema(v3({ type: 'string' }), gvk)?.digest).toBe(digest)
  expect(compileSchema(v3({ type: 'string', default: 'TCP' }), gvk)?.digest).not.toBe(digest)
})
