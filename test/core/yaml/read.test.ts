import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../../src/core/kube/index.ts'
import { readObjects, readYaml } from '../../../src/core/yaml/index.ts'

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n'
const configMap = (name: string): string => CONFIG.replace('NAME', name)
const codes = (text: string): string[] =>
  readObjects(text, { file: 'a.yaml' }).problems.map((one) => `${one.code}:${one.subject.line}`)
const names = (text: string): string[] =>
  readObjects(text, { file: 'a.yaml' }).objects.map((one) => `${one.object.metadata.name}:${one.origin.line}`)

/** Nine levels of nine aliases: 387 million leaves. */
const BOMB = [
  'a: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]',
  ...'bcdefghi'.split('').map((key, index) => {
    const alias = `*${'abcdefgh'[index]}`
    return `${key}: &${key} [${Array.from({ length: 9 }, () => alias).join(',')}]`
  }),
].join('\n')

describe('documents', () => {
  test('one broken document leaves its neighbours alone and names file and line', () => {
    const text = `${configMap('one')}---\na: [1\nb: }\n---\n${configMap('two')}`
    expect(names(text)).toEqual(['one:1', 'two:8'])
    expect(codes(text)).toEqual(['HF1003:6'])
  })
  test.each([
    ['--- # comment', '--- # comment\n'],
    ['--- with trailing space', '---  \n'],
    ['carriage returns', '---\r\n'],
    ['end marker', '...\n---\n'],
    ['version directive', '...\n%YAML 1.1\n---\n'],
    ['several empty ones', '---\n---\n# nothing\n---\n'],
  ])('are parted by %s', (_, marker) => {
    expect(names(`${configMap('one')}${marker}${configMap('two')}`).map((one) => one.split(':')[0])).toEqual([
      'one',
      'two',
    ])
    expect(codes(`${configMap('one')}${marker}${configMap('two')}`)).toEqual([])
  })
  test('a directive before the first document belongs to it', () => {
    expect(names(`%YAML 1.1\n---\n${configMap('one')}`)).toEqual(['one:3'])
  })
  test('a dashed line inside a longer word parts nothing', () => {
    expect(readYaml('a: x\nb: |\n  ---\n  y\n', { file: 'a' }).documents[0]?.value).toEqual({ a: 'x', b: '---\ny\n' })
  })
  test('a byte order mark is no content', () => {
    expect(names(`\ufeff${configMap('one')}`)).toEqual(['one:1'])
  })
  test('JSON is read with its lines', () => {
    expect(
      names('{\n\t"apiVersion": "v1",\n\t"kind": "ConfigMap",\n\t"metadata": {\n\t\t"name": "one"\n\t}\n}\n'),
    ).toEqual(['one:1'])
  })
})

describe('hostile text', () => {
  test('a bomb of aliases is refused with its line', () => {
    expect(codes(`---\n${BOMB}`)).toEqual(['HF1008:8'])
  })
  test('a bomb of one long text is refused', () => {
    const text = `a: &a "${'x'.repeat(1_000_000)}"\nb: [${Array.from({ length: 100 }, () => '*a').join(',')}]`
    expect(codes(text)).toEqual(['HF1008:2'])
  })
  test('many documents share one allowance of aliases', () => {
    const one = `a: &a "${'x'.repeat(100_000)}"\nb: [${Array.from({ length: 10 }, () => '*a').join(',')}]\n`
    expect(codes(Array.from({ length: 20 }, () => one).join('---\n')).length).toBe(13)
  })
  test('nesting beyond the limit is refused, not a crash', () => {
    expect(codes('['.repeat(100_000))).toEqual(['HF1010:1'])
    expect(codes(`${'{a: '.repeat(5000)}1${'}'.repeat(5000)}`)).toEqual(['HF1010:1'])
  })
  test('prototype keys are data and pollute nothing', () => {
    const [document] = readYaml(
      '__proto__: {polluted: yes}\nconstructor: {prototype: {polluted: 1}}\n<<: {__proto__: {x: 1}}',
      { file: 'a' },
    ).documents
    expect(canonicalJson(document?.value)).toBe('{"__proto__":{"x":1},"constructor":{"prototype":{"polluted":1}}}')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
  test('messages never quote the file', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: hunter2: [\n'
    const { problems } = readObjects(text, { file: 'a.yaml' })
    expect(problems.map((one) => one.code)).toEqual(['HF1003'])
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })
  test('ten thousand under-indented lines end in bounded time', () => {
    const text = `x:\n  a: [\n${'1,\n'.repeat(10_000)}1]`
    const started = performance.now()
    readYaml(text, { file: 'a' })
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})

describe('integers', () => {
  test('beyond 2^53 are exact bigints, below plain numbers', () => {
    const [document] = readYaml('a: 9007199254740993\nb: 9007199254740991\nc: 18446744073709551615', {
      file: 'a',
    }).documents
    expect(document?.value).toEqual({ a: 9007199254740993n, b: 9007199254740991, c: 18446744073709551615n })
    expect(canonicalJson(document?.value)).toBe('{"a":9007199254740993,"b":9007199254740991,"c":18446744073709551615}')
  })
})

describe('objects', () => {
  test('lists are replaced by their items, each with its line', () => {
    const text =
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: A\n  metadata: {name: a}\n-\n  apiVersion: v1\n  kind: B\n  metadata: {name: b}\n'
    expect(names(text)).toEqual(['a:4', 'b:8'])
  })
  test("items that do not say their kind are of their list's, as kubectl reads them", () => {
    const text = [
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleList\nitems:\n- metadata: {name: a}\n  rules: []',
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMapList\n  items: [{metadata: {name: b}}]',
      'apiVersion: v1\nkind: SecretList\nitems: [{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}]',
    ].join('\n---\n')
    const { objects, problems } = readObjects(text, { file: 'a.yaml' })
    expect(
      objects.map(({ object: { apiVersion, kind, metadata } }) => `${apiVersion} ${kind} ${metadata.name}`),
    ).toEqual(['rbac.authorization.k8s.io/v1 Role a', 'v1 ConfigMap b', 'v1 ConfigMap c'])
    expect(problems).toEqual([])
  })
  test('what only looks like a list is an object, or none', () => {
    expect(names('apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {items: [1]}')).toEqual(['a:1'])
    expect(names('apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {}\nitems: null')).toEqual(['a:1'])
    expect(codes('apiVersion: v1\nkind: ConfigMapList\nitems: [{kind: ConfigMap, metadata: {name: a}}]')).toEqual([
      'HF1012:3',
    ])
  })
  test.each([
    ['a scalar', 'hello'],
    ['a list of other things', '- a\n- b: 1'],
    ['values of a chart', 'replicas: 3\nimage: {tag: x}'],
    ['Chart.yaml', 'apiVersion: v2\nname: chart\nversion: 1.0.0'],
    ['an empty list object', 'apiVersion: v1\nkind: List'],
    ['an empty list of one kind', 'apiVersion: v1\nkind: ConfigMapList\nitems: []'],
    ['a list of nothing', 'apiVersion: v1\nkind: ConfigMapList\nmetadata: {}\nitems: null'],
    ['nothing', ''],
    ['null', 'null'],
  ])('%s is passed over', (_, text) => {
    expect(readObjects(text, { file: 'a.yaml' })).toEqual({ objects: [], problems: [], broken: null })
  })
  test.each([
    ['no apiVersion', 'kind: ConfigMap\nmetadata: {name: a}', 'apiVersion is missing'],
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}', 'kind is missing'],
    ['neither kind nor metadata', 'apiVersion: apps/v1\nspec: {replicas: 1}', 'kind is missing'],
    ['a number for a kind', 'apiVersion: v1\nkind: 1\nmetadata: {name: a}', 'kind must be text'],
    ['no metadata', 'apiVersion: v1\nkind: ConfigMap', 'metadata is missing'],
    ['no name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {}}', 'metadata.name is missing'],
    ['a number for a name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 12}', 'metadata.name must be text'],
    [
      'a boolean label',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {x: yes}}',
      'metadata.labels["x"] must be text',
    ],
    [
      'labels as a list',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: [x]}',
      'metadata.labels must be a map',
    ],
    ['a version with two slashes', 'apiVersion: a/b/c\nkind: ConfigMap\nmetadata: {name: a}', 'apiVersion must be'],
    [
      'a list of objects without a List',
      '- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}',
      'the document is not a map',
    ],
  ])('%s gives HF1012 with file and line', (_, text, reason) => {
    const { objects, problems } = readObjects(`# header\n${text}`, { file: 'dir/a.yaml' })
    expect(objects).toEqual([])
    expect(problems).toMatchObject([{ code: 'HF1012', subject: { file: 'dir/a.yaml', line: 2 } }])
    expect(problems[0]?.message).toContain(reason)
  })
  test.each([
    ['a map', 'spec: {replicas: 1}', 'kind is missing'],
    ['a scalar', 'hello', 'the document is not a map'],
    ['a list', '- a', 'the document is not a map'],
  ])('beside an object %s is no file of another tool', (_, text, reason) => {
    for (const both of [`${configMap('one')}---\n${text}\n`, `${text}\n---\n${configMap('one')}`]) {
      const { objects, problems, broken } = readObjects(both, { file: 'a.yaml' })
      expect(objects.length).toBe(1)
      expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
        expect.stringMatching(new RegExp(`^HF1012 a.yaml:[15]: ${reason}`)),
      ])
      expect(broken).toEqual(problems[0])
    }
  })
  test.each([
    ['a map without a kind', 'apiVersion: v1\nmetadata: {name: x}', 'HF1012'],
    ['a map of something else', 'replicas: 3', 'HF1012'],
    ['an empty map', '{}', 'HF1012'],
    ['a scalar', 'done', 'HF1012'],
    ['a list', '- a', 'HF1012'],
    ['an item of a List', 'apiVersion: v1\nkind: List\nitems: [{metadata: {name: x}}]', 'HF1012'],
    ['a null item of a List', 'apiVersion: v1\nkind: List\nitems: [null]', 'HF1012'],
    ['half a document', 'a: [', 'HF1003'],
  ])('what a tool printed is nothing but objects: %s breaks it', (_, text, code) => {
    const { broken } = readObjects(`${configMap('one')}---\n${text}\n`, { file: 'a.yaml', from: 'output' })
    expect(broken).toMatchObject({ code, subject: { file: 'a.yaml' } })
    expect(broken?.message).toMatch(/^a\.yaml: line [5-9] of what was made of it: /)
    expect(broken?.subject.line).toBeUndefined()
  })
  test.each([
    ['nothing', ''],
    ['empty documents', '---\n---\n'],
    ['comments', '---\n# nothing here\n---\n# Source: x\n'],
    ['null', '---\nnull\n---\n~\n'],
    ['an object that lacks a name', '---\napiVersion: v1\nkind: A\nmetadata: {}\n'],
  ])('what a tool printed may hold %s', (_, text) => {
    const read = readObjects(`${configMap('one')}${text}`, { file: 'a.yaml', from: 'output' })
    expect([read.objects.length, read.broken, read.objects[0]?.origin.line]).toEqual([1, null, 0])
  })
  test('null labels and annotations become what the server makes of them', () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: , labels: {a: , b: x}, annotations: }'
    expect(readObjects(text, { file: 'a' }).objects[0]?.object.metadata).toEqual({
      name: 'a',
      labels: { a: '', b: 'x' },
    })
  })
})
