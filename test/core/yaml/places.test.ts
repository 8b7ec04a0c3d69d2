// A value's place in the text: changing it there changes that value, and nothing else of the text.
import fc from 'fast-check'
import { dump } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { editText, readYaml, scalarEdit, scalarPlaces } from '../../../src/core/yaml/index.ts'

const read = (text: string): unknown[] => {
  const { documents, problems } = readYaml(text, { file: 'x' })
  expect(problems).toEqual([])
  return documents.map(({ value }) => value)
}

function withValue(root: unknown, path: readonly (string | number)[], value: string): unknown {
  const [first, ...rest] = path
  if (first === undefined) return value
  if (Array.isArray(root))
    return root.map((item: unknown, index) => (index === first ? withValue(item, rest, value) : item))
  const map = root as Record<string, unknown>
  return { ...map, [first]: withValue(map[first], rest, value) }
}

const key = fc.stringMatching(/^[a-z][a-z0-9 :#-]{0,6}$/)
const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('1.0', 'yes', 'a: b', '# x', "it's", '"'),
)
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 3 }),
  ),
}))
const image = fc.constantFrom(
  'web:2',
  '1.10',
  '2024-01-01',
  'on',
  '~',
  'localhost:5000/x:1',
  '0x1f',
  '1e3',
  '12:30',
  'null',
)

describe('a place', () => {
  test('takes another text; all else stays what it was', () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4 }),
        image,
        fc.nat(),
        fc.boolean(),
        (value, put, which, flow) => {
          const text = dump(value, flow ? { flowLevel: 1 } : {})
          const places = scalarPlaces(text)
          const place = places[which % Math.max(places.length, 1)]
          const edit = place === undefined ? null : scalarEdit(place, put)
          if (place === undefined || edit === null) return
          expect(read(editText(text, [edit]))).toEqual([withValue(read(text)[0], place.path, put)])
        },
      ),
      { numRuns: 500 },
    )
  })
  test.each([
    ['a: 1 # c\r\nb: x\r\n', 'a: web:2 # c\r\nb: x\r\n'],
    ["a: ''\n", "a: 'web:2'\n"],
    ['a: &x 1\nb: *x\n', 'a: &x web:2\nb: *x\n'],
    ['a: !!str 1\n', 'a: !!str web:2\n'],
    ['a:\nb: 1\n', 'a: web:2\nb: 1\n'],
    ['{"a" : , b: 1}\n', '{"a" : web:2 , b: 1}\n'],
    ['\uFEFFa: 1\n', '\uFEFFa: web:2\n'],
    ['---\n# one\na: 1\n---\na: 1\n', '---\n# one\na: web:2\n---\na: 1\n'],
  ])('%j becomes %j', (text, wanted) => {
    const [place] = scalarPlaces(text)
    const edit = place === undefined ? null : scalarEdit(place, 'web:2')
    expect(edit === null ? null : editText(text, [edit])).toBe(wanted)
  })
  test('whatever the text is, it is only looked at', () => {
    fc.assert(fc.property(fc.string(), (text) => void scalarPlaces(text)))
  })
})
