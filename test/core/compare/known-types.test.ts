// The names by which amounts are found in types of core/v1, beside the schemas: every amount, and nothing else.
import { describe, expect, it } from 'vitest'
import { AMOUNTS_BY_NAME, AMOUNTS_IN } from '../../../src/core/compare/known-types.ts'
import { SCHEMAS } from './read-case.ts'

const CORE = 'io.k8s.api.core.v1.'

interface Data {
  readonly ref?: string
  readonly fields?: Readonly<Record<string, unknown>>
  readonly values?: unknown
}

function followed(type: unknown): unknown {
  let current = type
  while (typeof (current as Data | undefined)?.ref === 'string')
    current = SCHEMAS.definitions[(current as { ref: string }).ref]
  return current
}

const fields = Object.entries(SCHEMAS.definitions)
  .filter(([name]) => name.startsWith(CORE))
  .flatMap(([name, type]) =>
    Object.entries((type as Data).fields ?? {}).map(([field, of]) => ({
      name: name.slice(CORE.length),
      field,
      of: followed(of),
    })),
  )

describe('amounts in types of core/v1', () => {
  it('maps of them have names of their own', () => {
    const holds = (of: unknown): boolean => followed((of as Data | undefined)?.values) === 'quantity'
    const named = [...new Set(fields.filter(({ of }) => holds(of)).map(({ field }) => field))].sort()
    expect(named).toEqual([...AMOUNTS_BY_NAME].sort())
    const others = fields.filter(({ field, of }) => AMOUNTS_BY_NAME.includes(field) && !holds(of))
    expect(others.filter(({ of }) => (of as Data).values !== undefined)).toEqual([])
  })
  it('single ones stand in two types', () => {
    const single = fields.filter(({ of }) => of === 'quantity').map(({ name, field }) => `${name}.${field}`)
    expect(single.sort()).toEqual(['EmptyDirVolumeSource.sizeLimit', 'ResourceFieldSelector.divisor'])
    const around = fields.filter(({ field }) => Object.hasOwn(AMOUNTS_IN, field))
    expect(around.length).toBeGreaterThan(2)
    for (const { field, of } of around)
      expect((of as Data).fields).toHaveProperty(String(AMOUNTS_IN[field]), 'quantity')
  })
})
