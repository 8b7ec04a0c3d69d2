import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson, writeJson } from '../../../src/adapters/kube-http/json.ts'
import { isBefore } from '../../../src/adapters/kube-http/resource-version.ts'

describe('JSON', () => {
  it.each([
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['{"a":[18446744073709551615]}', { a: [18446744073709551615n] }],
    ['9007199254740991', 9007199254740991],
    ['1234567890123456', 1234567890123456],
    ['1.2345678901234567', 1.2345678901234567],
    ['12345678901234567e3', 12345678901234567e3],
    ['"9007199254740993"', '9007199254740993'],
    ['{"9007199254740993":"\\"9007199254740993\\\\"}', { '9007199254740993': '"9007199254740993\\' }],
  ])('reads %s', (text, value) => {
    expect(parseJson(text)).toEqual(value)
  })

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }), (value, big) => {
        const text = writeJson({ value, big, list: [big, String(big)] })
        expect(parseJson(text)).toEqual({ value: parseJson(JSON.stringify(value)), big, list: [big, String(big)] })
      }),
    )
  })

  it('throws on what is not JSON, and on a circle', () => {
    expect(() => parseJson('{"a":12345678901234567')).toThrow(SyntaxError)
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    expect(() => writeJson(circle)).toThrow()
  })
})

it.each([
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  ['', '10', false],
  ['abc', '10', false],
])('resourceVersion %s before %s: %s', (a, b, before) => {
  expect(isBefore(a, b)).toBe(before)
})
