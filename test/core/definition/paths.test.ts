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
  [
    '.metadata.name, .spec.replicas',
    [
      ['metadata', 'name'],
      ['spec', 'replicas'],
    ],
  ],
  ['.spec.absent // .spec.replicas', [['spec', 'replicas']]],
  [
    '.spec.replicas as $n | .spec.containers[] | select($n == 3) | .name',
    [
      ['spec', 'containers', 0, 'name'],
      ['spec', 'containers', 1, 'name'],
    ],
  ],
  ['.spec.containers[] | select(.name | test("^si")) | .image', [['spec', 'containers', 1, 'image']]],
  [
    '.spec.containers[] | select(.name != "web" and (.args | length) == 2) | .image',
    [['spec', 'containers', 1, 'image']],
  ],
  ['.spec.containers[] | select(.env[0].name == "A") | .image', [['spec', 'containers', 0, 'image']]],
  ['.metadata.annotations | with_entries(select(.key | startswith("a.")))', [['metadata', 'annotations', 'a.b/c']]],
  ['.metadata.labels | select(. != null) | with_entries(select(.key | startswith("a.")))', []],
  ['.. | select(type == "number")', [['spec', 'replicas']]],
  ['.spec.containers[] | select(.n == 9007199254740993)', []],
  ['paths as $p | getpath($p) | select(. == "--y")', [['spec', 'containers', 1, 'args', 1]]],
]

const outside = [
  '',
  '.',
  '..',
  '. | select(.kind == "Pod")',
  'spec.replicas',
  '/spec/replicas',
  '.spec.replicas,',
  '.a[1:2]',
  '.a + 1',
  '.a | keys',
  '.a | length',
  'del(.a)',
  '.a..b',
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
    expect(matchJqPaths(pod, [parsed.path])).toEqual({ places: expected, errors: [] })
  })
  it.each(outside)('refuses %s', (expression) => {
    expect(parseJqPath(expression)).toMatchObject({ error: expect.stringMatching(/./) })
  })
  it.each([
    ['.spec.replicas | startswith("x")', 'startswith'],
    ['.metadata.name | test("(")', 'regular expression'],
    ['.spec | error("no")', 'no'],
    ['def f: f; f', 'too'],
    ['.. | select(.spec != null)', 'whole object'],
    ['[.. | ..] | .[0]', 'no place'],
  ])('%s cannot be used on this object', (expression, why) => {
    const parsed = parseJqPath(expression)
    if ('error' in parsed) throw new Error(parsed.error)
    const { places, errors } = matchJqPaths(pod, [parsed.path])
    expect(places).toEqual([])
    expect(errors).toEqual([expect.stringContaining(why)])
  })
  it('names each place once', () => {
    const paths = ['.spec.replicas', '.["spec"].replicas'].flatMap((text) => {
      const parsed = parseJqPath(text)
      return 'path' in parsed ? [parsed.path] : []
    })
    expect(matchJqPaths(pod, paths)).toEqual({ places: [['spec', 'replicas']], errors: [] })
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
