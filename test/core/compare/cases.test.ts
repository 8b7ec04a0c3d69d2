import { describe, expect, it } from 'vitest'
import { compare } from '../../../src/core/compare/index.ts'
import { caseNames, readCase } from './read-case.ts'

describe('compare, by case folders', () => {
  it.each(caseNames)('%s', (name) => {
    const { input, expected } = readCase(name)
    const before = structuredClone({ desired: input.desired, live: input.live, form: input.normalForm })
    const found = compare(input)
    expect(found.fields.map(({ at, change }) => `${change} ${at}`)).toEqual(expected.fields)
    if (expected.ignored !== undefined) {
      const ignored = found.ignored.map(({ at, rule, carry }) => `${at} ${rule}${carry ? ' carry' : ''}`)
      expect(ignored).toEqual(expect.arrayContaining([...expected.ignored]))
    }
    for (const [path, owner] of Object.entries(expected.owners ?? {}))
      expect(found.ignored.find(({ at }) => at === path)?.owner).toBe(owner)
    for (const [path, values] of Object.entries(expected.values ?? {})) {
      const field = found.fields.find(({ at }) => at === path)
      expect({ desired: field?.desired, live: field?.live }).toEqual({ desired: values.desired, live: values.live })
    }
    for (const [path, pointer] of Object.entries(expected.pointers ?? {}))
      expect(found.fields.find(({ at }) => at === path)?.pointer).toBe(pointer)
    if (expected.doubtful !== undefined) expect(found.doubtful).toBe(expected.doubtful)
    expect({ desired: input.desired, live: input.live, form: input.normalForm }).toEqual(before)
  })
})
