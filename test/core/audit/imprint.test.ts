// The imprint of text is that of the value it stands for.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Imprinter, readImprint } from '../../../src/core/audit/imprint.ts'
import { outlineOf } from '../../../src/core/audit/outline.ts'

const imprinter = new Imprinter('k')
const LEFT_OUT = ['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink']

/** As it is meant. */
function expected(value: unknown, under: 'object' | 'metadata' | 'other' = 'object'): unknown {
  if (value === null) return null
  if (Array.isArray(value)) return value.map((item) => expected(item, 'other'))
  if (typeof value !== 'object') return imprinter.digest(value as string)
  const left = under === 'object' ? ['status'] : under === 'metadata' ? LEFT_OUT : []
  const entries = Object.entries(value)
    .filter(([name]) => !left.includes(name))
    .map(([name, member]) => [name, expected(member, under === 'object' && name === 'metadata' ? 'metadata' : 'other')])
  return Object.fromEntries(entries)
}

const read = (text: string): unknown => readImprint(imprinter.ofText(text, 0).imprint)

/** JSON as some other writer may spell it. */
const spaced = (value: unknown, space: number): string => `\n ${JSON.stringify(value, null, space)}`
const escaped = (value: unknown): string =>
  JSON.stringify(value).replace(/"(?:[^"\\]|\\.)*"/g, (text) => {
    const units = (JSON.parse(text) as string).split('')
    return `"${units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
  })

const names = fc.oneof(
  fc.constantFrom(
    'metadata',
    'spec',
    'status',
    'managedFields',
    'uid',
    'name',
    '',
    'a',
    '"',
    '\\',
    'ü',
    '\u2028',
    '😀',
  ),
  fc.string({ maxLength: 4 }),
)
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -0,
      1e21,
      123_456_789_012_345,
      1_234_567_890_123_456,
      -7,
      0.5,
      '\\"',
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value

describe('the imprint of a text', () => {
  it('is that of its value, however it is spelled', () => {
    fc.assert(
      fc.property(values, fc.nat(3), (value, space) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown
        for (const text of [JSON.stringify(plain), spaced(plain, space), escaped(plain)])
          expect(read(text)).toEqual(expected(plain))
      }),
      { numRuns: 5_000 },
    )
  })

  it('is read again as JSON wherever it was made, and made or refused of anything', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.string({ maxLength: 3 }), (value, cut, noise) => {
        const text = JSON.stringify(value)
        const at = cut % (text.length + 1)
        for (const bad of [text.slice(0, at), text.slice(0, at) + noise + text.slice(at), noise]) {
          let imprint: string
          try {
            ;({ imprint } = imprinter.ofText(bad, 0))
          } catch {
            continue
          }
          expect(() => readImprint(imprint)).not.toThrow()
        }
      }),
      { numRuns: 5_000 },
    )
  })

  it('has room for what is long: 100,000 numbers, a name of 1 MB', () => {
    const numbers = Array.from({ length: 100_000 }, (_, index) => index)
    expect(read(JSON.stringify(numbers))).toEqual(expected(numbers))
    for (const letter of ['n', 'ü', '"']) {
      const long = { [letter.repeat(1 << 20)]: 'x' }
      expect(read(JSON.stringify(long))).toEqual(expected(long))
    }
  })

  it('tells texts from other scalars, and one from another', () => {
    const all = ['', '1', 'true', 'null', 1, true, false, 0, '\0', '\0\0', 'a', 'aa', 'b']
    expect(new Set(all.map((one) => imprinter.digest(one))).size).toBe(all.length)
    expect(imprinter.digest('a')).not.toBe(new Imprinter('other').digest('a'))
    expect(imprinter.digest(9_007_199_254_740_993n)).toBe(imprinter.digest(Number('9007199254740993')))
    expect(read('[9007199254740993, 1.0, 1e2, -0]')).toEqual([
      imprinter.digest(9_007_199_254_740_993n),
      imprinter.digest(1),
      imprinter.digest(100),
      imprinter.digest(0),
    ])
  })

  it('of 300,000 texts no two have the same digest', () => {
    const found = new Set<string>()
    for (let index = 0; index < 300_000; index += 1) found.add(imprinter.digest(`value of variable ${index}`))
    expect(found.size).toBe(300_000)
  })
})

describe('the outline of an event', () => {
  const body = { apiVersion: 'v1', kind: 'X', metadata: { uid: 'u', resourceVersion: '7', generation: 3, name: 'n' } }
  const head = { apiVersion: 'v1', kind: 'X', uid: 'u', resourceVersion: '7', generation: 3, name: 'n' }

  it.each([
    ['as the server writes it', (event: object) => JSON.stringify(event)],
    ['spread over spaces', (event: object) => JSON.stringify(event, null, 2).replaceAll('\n', ' ')],
  ])('has what is asked of the bodies, with and without their imprints: %s', (_, write) => {
    const event = { level: 'x', requestObject: { ...body, spec: { a: '}]"{' } }, user: {}, responseObject: body, z: 1 }
    for (const one of [null, imprinter]) {
      const { event: rest, sent, answered } = outlineOf(write(event), one)
      expect(rest).toEqual({ ...event, requestObject: null, responseObject: null })
      expect([sent, answered]).toMatchObject([head, head])
      expect(sent.imprint === null).toBe(one === null)
    }
  })

  it('takes no body from a place that only looks like one', () => {
    const event = { user: { extra: { requestObject: ['x'], responseObject: body } }, responseObject: null }
    const { event: rest, sent, answered } = outlineOf(JSON.stringify(event), null)
    expect(rest).toEqual(event)
    expect([sent.shape, answered.shape]).toEqual(['none', 'none'])
  })
})
