import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchJqPaths, matchPointers, parseJqPath, parsePointer } from '../../../src/core/definition/index.ts'

const pod = {
  metadata: { annotations: { 'a.b/c': 'x', plain: 'y' }, name: 'web' },
  spec: {
    containers: [
      { name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }] },
      { name: 'side', image: 'side:1', args: ['--x', '--y'] },
    ],
    replicas: 3,
    nothing: null,
  },
}

const places: [expression: string, paths: (string | number)[][]][] = [
  ['.spec.replicas', [['spec', 'replicas']]],
  ['.spec.nothing', [['spec', 'nothing']]],
  ['.spec.absent', []],
  ['.spec.replicas.deeper', []],
  ['.metadata.annotations["a.b/c"]', [['metadata', 'annotations', 'a.b/c']]],
  ['.metadata.annotations."a.b/c"', [['metadata', 'annotations', 'a.b/c']]],
  ['.["metadata"].["name"]', [['metadata', 'name']]],
  ['."metadata" | .name', [['metadata', 'name']]],
  ['. | .metadata.name', [['metadata', 'name']]],
  ['.spec.containers[0].image', [['spec', 'containers', 0, 'image']]],
  ['.spec.containers[-1].image', [['spec', 'containers', 1, 'image']]],
  ['.spec.containers[7]', []],
  [
    '.spec.containers[].image',
    [
      ['spec', 'containers', 0, 'image'],
      ['spec', 'containers', 1, 'image'],
    ],
  ],
  [
    '.spec.containers[]?.args[]?',
    [
      ['spec', 'containers', 1, 'args', 0],
      ['spec', 'containers', 1, 'args', 1],
    ],
  ],
  [
    '.metadata.annotations[]',
    [
      ['metadata', 'annotations', 'a.b/c'],
      ['metadata', 'annotations', 'plain'],
    ],
  ],
  ['.spec.containers[] | select(.name == "side")', [['spec', 'containers', 1]]],
  ['.spec.containers[]|select(.name=="web").image', [['spec', 'containers', 0, 'image']]],
  [
    '.spec.containers[] | select(.name == "web") | .env[] | select(.name == "A") | .value',
    [['spec', 'containers', 0, 'env', 0, 'value']],
  ],
  ['.spec.containers | .[] | select(.["name"] == "web") | .image', [['spec', 'containers', 0, 'image']]],
  ['.spec | select(.replicas == 3) | .replicas', [['spec', 'replicas']]],
  ['.spec.containers[1].args[] | select(. == "--y")', [['spec', 'containers', 1, 'args', 1]]],
  [
    '.spec.containers[] | select(.absent == null) | .name',
    [
      ['spec', 'containers', 0, 'name'],
      ['spec', 'containers', 1, 'name'],
    ],
  ],
  ['.__proto__', []],
]

const outside = [
  '',
  '.',
  '..',
  '. | select(.kind == "Pod")',
  'spec.replicas',
  '/spec/replicas',
  '.spec.replicas,',
  '.a, .b',
  '.a[1:2]',
  '.a[1.5]',
  '.a + 1',
  '.a // .b',
  '.a | keys',
  '.a | length',
  'del(.a)',
  '.a as $x | .b',
  '.a[] | select(.name | test("x"))',
  '.a..b',
  '.a[] | select(.n == 9007199254740993)',
  '.a[] | select(.name != "x")',
  '.a[] | select(.b[0] == "x")',
  '.a[] | select(.name == "x" and .y == 1)',
  '.a."b\\(1)"',
  '."unterminated',
  '."\\x"',
  '.a[',
  '.a[]b',
  '.a |',
  '| .a',
  '.spec.foo-bar',
  `.${'a.'.repeat(5000)}b`,
]

describe('jq paths', () => {
  it.each(places)('%s', (expression, expected) => {
    const parsed = parseJqPath(expression)
    if ('error' in parsed) throw new Error(parsed.error)
    expect(matchJqPaths(pod, [parsed.path])).toEqual(expected)
  })
  it.each(outside)('refuses %s', (expression) => {
    expect(parseJqPath(expression)).toMatchObject({ error: expect.stringMatching(/./) })
  })
  it('names each place once', () => {
    const paths = ['.spec.replicas', '.["spec"].replicas'].flatMap((text) => {
      const parsed = parseJqPath(text)
      return 'path' in parsed ? [parsed.path] : []
    })
    expect(matchJqPaths(pod, paths)).toEqual([['spec', 'replicas']])
  })
  it('reads any text and matches any object without throwing', () => {
    const piece = fc.constantFrom('.', 'a', '"b"', '[', ']', '0', '|', 'select(', ')', '==', '?', ' ', '\\', '-')
    fc.assert(
      fc.property(
        fc.array(piece).map((parts) => parts.join('')),
        fc.string(),
        fc.jsonValue(),
        (text, any, object) => {
          parseJqPath(any)
          const parsed = parseJqPath(text)
          if ('path' in parsed) matchJqPaths(object, [parsed.path])
          const pointer = parsePointer(any)
          if ('segments' in pointer) matchPointers(object, [pointer.segments])
        },
      ),
    )
  })
})

describe('JSON pointers', () => {
  it.each([
    ['/spec/replicas', [['spec', 'replicas']]],
    ['/metadata/annotations/a.b~1c', [['metadata', 'annotations', 'a.b/c']]],
    ['/spec/containers/1/image', [['spec', 'containers', 1, 'image']]],
    ['/spec/containers/01/image', []],
    ['/spec/containers/2', []],
    ['/spec/absent', []],
    ['/constructor', []],
  ])('%s', (text, expected) => {
    const parsed = parsePointer(text)
    if ('error' in parsed) throw new Error(parsed.error)
    expect(matchPointers(pod, [parsed.segments])).toEqual(expected)
  })
  it.each(['', 'spec', '/a/-', '/a/*/b', '/a/**', '/a~2b', '/a~'])('refuses %j', (text) => {
    expect(parsePointer(text)).toHaveProperty('error')
  })
})
