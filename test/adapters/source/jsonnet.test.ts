import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceRepositories } from '../../../src/adapters/source/index.ts'
import { importsOf } from '../../../src/adapters/source/render/jsonnet-imports.ts'
import { DEFAULT_SOURCE_SETTINGS, type DirectoryOptions } from '../../../src/core/definition/index.ts'
import { findBinaries } from '../../../tools/binaries.mjs'
import {
  type Bench,
  configMap,
  definition,
  namesOf,
  problemOf,
  render,
  startBench,
  type TestRepository,
} from './support/bench.ts'
import { type Files, inFolder, objectsIn, printed } from './support/direct.ts'

const jsonnet = (await findBinaries(['jsonnet'])).jsonnet?.path ?? ''

let bench: Bench
let source: SourceRepositories
let made = 0
beforeAll(async () => {
  bench = await startBench({ failureMs: 0 })
  source = bench.restart({ env: { HOLDFAST_JSONNET: jsonnet } })
})
afterAll(() => bench.end())

const repository = async (files: Files): Promise<TestRepository> => {
  made += 1
  const repo = await bench.git.createRepository(`jsonnet/r${made}`)
  await repo.commit(files, 'one')
  return repo
}

type Options = Parameters<typeof definition>[1]
type Jsonnet = Partial<DirectoryOptions['jsonnet']>
const of = async (files: Files, options: Options = {}): ReturnType<typeof render> =>
  render(source, definition((await repository(files)).url, options))
const with_ = (given: Jsonnet, path = 'app'): Options => ({
  path,
  directory: { jsonnet: { extVars: [], tlas: [], libs: [], ...given } },
})

const OBJECT = (name: string, data = '{}'): string =>
  `{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: '${name}'}, data: ${data}}`

interface Situation {
  readonly files: Files
  readonly given?: Jsonnet
  /** How the tool itself is called. */
  readonly args?: readonly string[]
}

/** [S002-16] */
const SITUATIONS: Readonly<Record<string, Situation>> = {
  'one object': { files: { 'app/a.jsonnet': OBJECT('a') } },
  'a List': { files: { 'app/a.jsonnet': `{apiVersion: 'v1', kind: 'List', items: [${OBJECT('a')}, ${OBJECT('b')}]}` } },
  'functions, loops and the standard library': {
    files: {
      'app/a.jsonnet': `local cm(i) = ${OBJECT('x')} + {metadata+: {name: 'cm-%d' % i}, data: {h: std.md5('x')}};\n{apiVersion: 'v1', kind: 'List', items: [cm(i) for i in std.range(1, 5)]}`,
    },
  },
  'imports beside, below and above': {
    files: {
      'app/a.jsonnet': `(import 'lib/x.libsonnet') + {data: {t: importstr '../shared/t.txt', b: std.toString(importbin "b.bin"), j: (import 'c.json').k}}`,
      'app/lib/x.libsonnet': `import '../y.libsonnet'`,
      'app/y.libsonnet': OBJECT('x'),
      'app/b.bin': Buffer.from([1, 255]),
      'app/c.json': '{"k": "v"}',
      'shared/t.txt': 'text',
    },
  },
  'libraries: the last one first': {
    files: {
      'app/a.jsonnet': `(import 'k.libsonnet') + {data: {u: (import 'u.libsonnet').u}}`,
      'one/k.libsonnet': OBJECT('one'),
      'two/k.libsonnet': OBJECT('two'),
      'one/u.libsonnet': "{u: 'one'}",
    },
    given: { libs: ['one', 'two'] },
    args: ['-J', 'app', '-J', 'one', '-J', 'two'],
  },
  'external variables and arguments': {
    files: {
      'app/a.jsonnet': `function(n, list) ${OBJECT('x')} + {metadata: {name: n}, data: {e: std.extVar('e'), c: std.toString(std.extVar('c') + 1), l: std.join(',', list)}}`,
    },
    given: {
      extVars: [
        { name: 'e', value: "it's", code: false },
        { name: 'c', value: '40 + 1', code: true },
      ],
      tlas: [
        { name: 'n', value: 'top', code: false },
        { name: 'list', value: "['a', 'b']", code: true },
      ],
    },
    args: ['--ext-str', "e=it's", '--ext-code', 'c=40 + 1', '--tla-str', 'n=top', '--tla-code', "list=['a', 'b']"],
  },
  'an import in a variable': {
    files: { 'app/a.jsonnet': `${OBJECT('x')} + {data: {v: std.extVar('e').v}}`, 'lib/v.libsonnet': "{v: 'lib'}" },
    given: { libs: ['lib'], extVars: [{ name: 'e', value: "import 'v.libsonnet'", code: true }] },
    args: ['-J', 'lib', '--ext-code', "e=import 'v.libsonnet'"],
  },
  'numbers, text and unicode': {
    files: {
      'app/a.jsonnet': OBJECT('x', `{a: '\\u00e4 \\n', b: std.toString(1.5e300), c: 'x' * 1}`).replace(
        "'x' * 1",
        "'y'",
      ),
    },
  },
}

describe.skipIf(jsonnet === '')('the output is that of jsonnet', () => {
  test.each(Object.entries(SITUATIONS))('%s', async (_, { files, given = {}, args = ['-J', 'app'] }) => {
    const rendered = await of(files, with_(given))
    const wanted = await inFolder(files, (folder) => printed(jsonnet, [...args, 'app/a.jsonnet'], folder))
    expect(rendered.problems).toEqual([])
    expect(rendered.objects.map(({ object }) => object)).toEqual(objectsIn(wanted))
    expect(rendered.objects[0]?.origin).toMatchObject({ file: 'app/a.jsonnet', line: 0 })
  })
  test('a list is taken apart, what is left out of it does not count', async () => {
    const files = {
      'app/a.jsonnet': `[${OBJECT('a')}, if false then ${OBJECT('no')}, {apiVersion: 'v1', kind: 'List', items: [${OBJECT('b')}]}]`,
      'app/none.jsonnet': 'null',
      'app/empty.jsonnet': '[]',
    }
    expect(namesOf(await of(files, with_({})))).toEqual(['a', 'b'])
  })
  test('among manifests, in the order of names, as far as the globs admit', async () => {
    const files = {
      'app/a.yaml': configMap('a'),
      'app/b.jsonnet': OBJECT('b'),
      'app/c.yaml': configMap('c'),
      'app/sub/d.jsonnet': OBJECT('d'),
      'app/lib.libsonnet': 'error "not a program"',
      'app/skip.jsonnet': `// +argocd:skip-file-rendering\nerror 'no'`,
    }
    expect(namesOf(await of(files, { path: 'app', directory: { recurse: true } }))).toEqual(['a', 'b', 'c', 'd'])
    expect(namesOf(await of(files, { path: 'app' }))).toEqual(['a', 'b', 'c'])
    expect(namesOf(await of(files, { path: 'app', directory: { exclude: '*.jsonnet' } }))).toEqual(['a', 'c'])
    const off = bench.restart({ env: { HOLDFAST_JSONNET: '/nowhere' } })
    off.configure({ ...DEFAULT_SOURCE_SETTINGS, enabled: { ...DEFAULT_SOURCE_SETTINGS.enabled, jsonnet: false } })
    expect(namesOf(await render(off, definition((await repository(files)).url, { path: 'app' })))).toEqual(['a', 'c'])
  })
  test('the build environment in variables', async () => {
    const extVars = [{ name: 'e', value: '$ARGOCD_APP_NAME-${ARGOCD_APP_NAMESPACE}-$$x', code: false }]
    const rendered = await of({ 'app/a.jsonnet': OBJECT('x', "{v: std.extVar('e')}") }, with_({ extVars }))
    expect(rendered.objects[0]?.object['data']).toEqual({ v: 'app-apps-$x' })
  })
})

describe.skipIf(jsonnet === '')('what a program reads', () => {
  test('what it imports and no more; a commit elsewhere evaluates nothing', async () => {
    const repo = await repository({
      'app/a.jsonnet': "import '../lib/x.libsonnet'",
      'lib/x.libsonnet': OBJECT('x'),
      'lib/other.libsonnet': '{}',
    })
    const wanted = definition(repo.url, with_({ libs: ['lib'] }))
    const before = await render(source, wanted)
    expect(before.sources[0]?.files).toEqual(['app/a.jsonnet', 'lib/x.libsonnet'])
    await repo.commit({ 'lib/other.libsonnet': '{a: 1}', 'app/readme.md': 'x' }, 'elsewhere')
    expect((await render(source, wanted)).sources[0]?.key).toBe(before.sources[0]?.key)
    await repo.commit({ 'lib/x.libsonnet': OBJECT('y') }, 'named')
    expect(namesOf(await render(source, wanted))).toEqual(['y'])
  })
  test.each<[string, string[]]>([
    [`import 'a'`, ['a']],
    [`(import "a b")+importstr@'it''s' + importbin\n/* c */ # d\n// e\n "z"`, ['a b', "it's", 'z']],
    [`import 'a\\u0062\\'c'`, ["ab'c"]],
    [`import @"C:\\x"`, ['C:\\x']],
    [`reimport 'x' important 'y' importx "z"`, []],
    [`'import "' + importstr "a"`, ["' + importstr ", 'a']],
    [`import "\\u0061\\/b" + import 'it\\'s'`, ['a/b', "it's"]],
    ['import |||\n a\n|||', []],
    ['import /* "a" */ # "b"\n "c"', ['c']],
  ])('%j', (text, paths) => expect(importsOf(text).map(({ path }) => path)).toEqual(paths))
  test.each<[string, string]>([
    ['comments without an end', `import ${'/**/'.repeat(50_000)}x`],
    ['imports in comments of imports', 'import /* '.repeat(200_000)],
    ['texts without an end', `import "${'\\'.repeat(99_999)}`],
    ['texts without an end, many', `import 'x`.repeat(100_000)],
  ])('%s take no time', (_, text) => {
    try {
      expect(importsOf(text).length).toBeLessThan(200_000)
    } catch (error) {
      expect(String(error)).toContain('HF1010')
    }
  })
})

describe.skipIf(jsonnet === '')('what is refused', () => {
  test.each([
    `{metadata: {name: 'x'}}`,
    `[${OBJECT('a')}, {spec: {}}]`,
    '{}',
  ])('what is no object: %s', async (text) => {
    const files = { 'app/a.jsonnet': text, 'app/b.jsonnet': OBJECT('b') }
    expect(await problemOf(of(files, { path: 'app' }))).toMatchObject({
      ...{ code: 'HF1012', subject: { file: 'app/a.jsonnet' } },
    })
  })
  test.each<[string, string, string]>([
    ['a file of the machine', "importstr '/etc/passwd'", 'HF1006'],
    ['a path out of the repository', "importstr '../../../../../../etc/passwd'", 'HF1006'],
    ['a link out of the repository', "importstr 'link'", 'HF1006'],
    ['a file of the repository that it does not name literally', "local f = 'b.txt'; importstr f", 'HF1009'],
    ['endless recursion', 'local f(x) = f(x + 1); f(0)', 'HF1009'],
    [
      'an endless program',
      'std.foldl(function(a, b) a + std.length(std.range(1, 100000)), std.range(1, 1000000), 0)',
      'HF1010',
    ],
    ['endless text', `local d(s, n) = if n == 0 then s else d(s + s, n - 1); {a: d('xxxxxxxxxxxxxxxx', 23)}`, 'HF1010'],
    ['text for an object', "'x'", 'HF1009'],
    ['a number', '1', 'HF1009'],
    ['an error of its own', "error 'no'", 'HF1009'],
  ])('%s', async (_, program, code) => {
    const small = bench.restart({
      env: { HOLDFAST_JSONNET: jsonnet },
      limits: { renderMs: 3_000, outputBytes: 1_000_000 },
    })
    const repo = await repository({
      'app/a.jsonnet': `\n${program}`,
      'app/link': { symlink: '../../../etc/passwd' },
      'app/b.txt': 'x',
    })
    const said = await problemOf(render(small, definition(repo.url, with_({}))))
    expect(said.code).toBe(code)
    expect(JSON.stringify(said)).not.toMatch(/root:x|holdfast-render-/)
  })
  test('the error names file and line', async () => {
    const files = { 'app/a.jsonnet': "(import 'x.libsonnet')", 'app/x.libsonnet': "\n\n{a: error 'no'}.a" }
    const said = await problemOf(of(files, with_({})))
    expect(said).toMatchObject({ code: 'HF1009', subject: { file: 'app/x.libsonnet', line: 3 } })
  })
  test('a library out of the repository', async () => {
    expect((await problemOf(of({ 'app/a.jsonnet': '{}' }, with_({ libs: ['../../etc'] })))).code).toBe('HF1006')
  })
  test('values of variables are never arguments', async () => {
    const stop = new AbortController()
    const watch = (async () => {
      let found = ''
      while (!stop.signal.aborted) {
        for (const pid of await readdir('/proc')) {
          if (/^\d+$/.test(pid)) found += await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
        }
        await new Promise((resolve) => setImmediate(resolve))
      }
      return found
    })()
    const extVars = [{ name: 'e', value: 'hunter2hunter2', code: false }]
    const slow = `${OBJECT('x')} + {data: {n: std.toString(std.length(std.range(1, 3000000))), e: std.extVar('e')}}`
    await of({ 'app/a.jsonnet': slow }, with_({ extVars }))
    stop.abort()
    const commands = await watch
    expect(commands).toContain('--ext-str-file')
    expect(commands).not.toContain('hunter2hunter2')
  })
})
