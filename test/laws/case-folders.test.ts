// What holds for any two objects holds for those of every case folder.
import { NO_BOOK } from '../../src/core/definition/index.ts'
import { dump } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { compare, type CompareInput, indexRules, kindName } from '../../src/core/compare/index.ts'
import type { Json, KubeObject } from '../../src/core/kube/index.ts'
import { readObjects } from '../../src/core/yaml/index.ts'
import { caseNames, readCase } from '../core/compare/read-case.ts'
import { frozen, shuffledKeys } from './objects.ts'

const told = (input: CompareInput) => {
  const { fields, ignored, doubtful } = compare(input)
  return [
    fields.map(({ at, change, pointer, desired, live }) => ({ at, change, pointer, desired, live })),
    ignored.map(({ at, rule, owner }) => `${at} ${rule} ${owner}`),
    doubtful,
  ]
}

const sides = (input: CompareInput, each: (object: KubeObject) => KubeObject): CompareInput => ({
  ...input,
  desired: each(input.desired),
  live: each(input.live),
  normalForm: input.normalForm === null ? null : each(input.normalForm),
})

/** As text in another style, and read again as Kubernetes reads it; what cannot be said in YAML stays. */
function rewritten(style: object): (object: KubeObject) => KubeObject {
  return (object) => {
    const { objects, problems } = readObjects(dump(object, style), { file: 'case.yaml' })
    return problems.length > 0 ? object : (objects[0]?.object ?? object)
  }
}

describe.each(caseNames)('%s', (name) => {
  const { input } = readCase(name)

  it('neither side differs from itself', () => {
    for (const object of [input.desired, input.live]) {
      const same = { ...input, desired: object, live: structuredClone(object), normalForm: null, ignore: NO_BOOK }
      expect(compare(same).fields).toEqual([])
    }
  })

  it('order of keys, style of YAML and frozen inputs change nothing', () => {
    const expected = told(input)
    expect(told(sides(input, (object) => shuffledKeys(object as unknown as Json) as unknown as KubeObject))).toEqual(
      expected,
    )
    expect(told(sides(input, rewritten({ flowLevel: 2 })))).toEqual(expected)
    expect(told(sides(input, rewritten({ indent: 5, forceQuotes: true })))).toEqual(expected)
    expect(told(sides(input, (object) => frozen(structuredClone(object))))).toEqual(expected)
  })

  it('one by one and with rules compiled for many is the same', () => {
    const rules = indexRules(kindName(input.ref))
    expect(compare(input, rules).fields).toEqual(compare(input).fields)
  })
})
