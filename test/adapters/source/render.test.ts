import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_SOURCE_SETTINGS } from '../../../src/core/definition/index.ts'
import { inSlices } from '../../../src/adapters/source/render/slices.ts'
import { findBinaries } from '../../../tools/binaries.mjs'
import { type Bench, configMap, definition, namesOf, problemOf, render, startBench, RESOLVE } from './support/bench.ts'

const kustomize = (await findBinaries(['kustomize'])).kustomize?.path

const IDENTITY = ['-c', 'user.name=Test', '-c', 'user.email=test@holdfast.invalid']

let bench: Bench
let made = 0
beforeAll(async () => {
  if (kustomize !== undefined) process.env['HOLDFAST_KUSTOMIZE'] = kustomize
  bench = await startBench({ failureMs: 0 })
})
afterAll(() => bench.end())

type Files = Parameters<Awaited<ReturnType<Bench['git']['createRepository']>>['commit']>[0]

const repository = async (files: Files): Promise<Awaited<ReturnType<Bench['git']['createRepository']>>> => {
  made += 1
  const repo = await bench.git.createRepository(`render/r${made}`)
  await repo.commit(files, 'one')
  return repo
}

type Options = Parameters<typeof definition>[1]
const of = async (files: Files, options: Options = {}): ReturnType<typeof render> =>
  render(bench.source, definition((await repository(files)).url, options))

const codes = (rendered: Awaited<ReturnType<typeof render>>): string[] =>
  rendered.problems.map(({ code, subject }) =>
    [code, subject.file, subject.line].filter((part) => part !== undefined).join(' '),
  )

/** [S002-13] [S000-25] */
describe('plain directories', () => {
  const tree = {
    'apps/z.yaml': configMap('z'),
    'apps/a.json': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }),
    'apps/m.yml': `${configMap('m1')}---\n---\n${configMap('m2')}`,
    'apps/README.md': '# no manifest',
    'apps/sub/b.yaml': configMap('b'),
    'apps/sub/deep/c.yaml': configMap('c'),
    'other/x.yaml': configMap('x'),
  }
  test.each<[string, Options, string[]]>([
    ['only this directory, in the order of names', { path: 'apps' }, ['a', 'm1', 'm2', 'z']],
    ['recurse', { path: 'apps', directory: { recurse: true } }, ['a', 'm1', 'm2', 'b', 'c', 'z']],
    ['include of one kind of file', { path: 'apps', directory: { recurse: true, include: '*.yaml' } }, ['b', 'c', 'z']],
    [
      'include of alternatives',
      { path: 'apps', directory: { recurse: true, include: '{z,m}.y*ml' } },
      ['m1', 'm2', 'z'],
    ],
    ['include of a folder', { path: 'apps', directory: { recurse: true, include: 'sub/**' } }, ['b', 'c']],
    ['exclude', { path: 'apps', directory: { recurse: true, exclude: '{sub/*,*.json}' } }, ['m1', 'm2', 'z']],
    [
      'exclude wins over include',
      { path: 'apps', directory: { recurse: true, include: '*.yaml', exclude: 'z*' } },
      ['b', 'c'],
    ],
    ['the root', { directory: { recurse: true, include: 'other/*' } }, ['x']],
  ])('%s', async (_, options, names) => {
    const rendered = await of(tree, options)
    expect(namesOf(rendered)).toEqual(names)
    expect(rendered).toMatchObject({ sources: [{ type: 'Directory' }], problems: [] })
  })
  test('every object knows its file and line', async () => {
    const rendered = await of(tree, { path: 'apps' })
    expect(rendered.objects.map(({ origin }) => `${origin.file}:${origin.line}`)).toEqual([
      'apps/a.json:1',
      'apps/m.yml:1',
      'apps/m.yml:9',
      'apps/z.yaml:1',
    ])
  })
  test.each(['nowhere', 'apps/z.yaml', 'apps/nowhere/sub'])('path %s is HF1004', async (path) => {
    expect(await problemOf(of(tree, { path }))).toMatchObject({ code: 'HF1004', subject: { path } })
  })
  test.each(['../etc', 'apps/../../etc', '/etc', 'apps/..'])('path %s is HF1006', async (path) => {
    expect((await problemOf(of(tree, { path }))).code).toBe('HF1006')
  })
  test.each(['--output=/tmp/x', '-rf', 'a\nb', ':(exclude)x'])('path %j is only a name', async (path) => {
    expect((await problemOf(of(tree, { path }))).code).toBe('HF1004')
  })
  test.each<[string, Files[string], { code: string; line?: number }]>([
    ['no YAML', 'a: [1\nb: }\n', { code: 'HF1003', line: 2 }],
    ['no YAML behind an object', `${configMap('b')}---\na: [\n`, { code: 'HF1003', line: 9 }],
    ['no UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe, 0x0a]), { code: 'HF1003' }],
    ['a key twice', `${configMap('double')}data: {}\n`, { code: 'HF1007', line: 7 }],
    ['too deep', `a: ${'['.repeat(5_000)}${']'.repeat(5_000)}\n`, { code: 'HF1010', line: 1 }],
  ])('a file that cannot be read fails the render as a whole: %s', async (_, bad, { code, ...where }) => {
    const found = await problemOf(of({ 'a.yaml': configMap('a'), 'bad.yaml': bad, 'z.yaml': configMap('z') }))
    expect(found).toMatchObject({ code, subject: { file: 'bad.yaml', ...where } })
    expect(found.message).toMatch(/^bad\.yaml/)
  })
  test('JSON that cannot be read fails it too, and all such files are named at once', async () => {
    const found = await problemOf(
      of({
        'a.yaml': configMap('a'),
        'bad.json': '{"kind": "ConfigMap", }}\n',
        'bytes.yaml': Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe, 0x0a]),
        'double.yaml': `${configMap('double')}data: {}\n`,
      }),
    )
    expect(found.message).toMatch(/bytes\.yaml/)
    expect(found.message).toMatch(/bad\.json:1/)
    expect(found.message).toMatch(/double\.yaml:7/)
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`${index}.yaml`, 'a: [\n']))
    expect((await problemOf(of(many))).message).toMatch(/^0\.yaml:.*; 1\.yaml:2, .*5\.yaml:2 and 3 more cannot be read/)
  })
  test('a file that is left out on purpose may hold anything', async () => {
    const files = {
      'a.yaml': configMap('a'),
      'bad.yaml': 'a: [\n',
      'marked.yaml': '# +argocd:skip-file-rendering\na: [\n',
    }
    expect(namesOf(await of(files, { directory: { exclude: 'bad.yaml' } }))).toEqual(['a'])
  })
  test('a document that is no object keeps out itself alone', async () => {
    const rendered = await of({
      'a.yaml': configMap('a'),
      'kindless.yaml': 'apiVersion: v1\nmetadata: {name: x}\n',
      'values.yaml': 'replicas: 3\n',
      'z.yaml': configMap('z'),
    })
    expect(namesOf(rendered)).toEqual(['a', 'z'])
    expect(codes(rendered)).toEqual(['HF1012 kindless.yaml 1'])
  })
  test('links inside the repository are followed, links out of it and broken ones are named', async () => {
    const rendered = await of(
      {
        'apps/in.yaml': { symlink: '../shared/x.yaml' },
        'apps/twice.yaml': { symlink: 'in.yaml' },
        'apps/out.yaml': { symlink: '../../outside.yaml' },
        'apps/abs.yaml': { symlink: '/etc/passwd' },
        'apps/broken.yaml': { symlink: 'nowhere.yaml' },
        'apps/loop.yaml': { symlink: 'loop.yaml' },
        'shared/x.yaml': configMap('x'),
      },
      { path: 'apps' },
    )
    expect(namesOf(rendered)).toEqual(['x', 'x'])
    expect(codes(rendered).sort()).toEqual([
      'HF1004 apps/broken.yaml',
      'HF1004 apps/loop.yaml',
      'HF1006 apps/abs.yaml',
      'HF1006 apps/out.yaml',
    ])
  })
  test('a path that is a link to a directory inside is followed, one out of the repository refused', async () => {
    const files = { 'real/a.yaml': configMap('a'), inside: { symlink: 'real' }, out: { symlink: '../..' } }
    expect(namesOf(await of(files, { path: 'inside' }))).toEqual(['a'])
    expect((await problemOf(of(files, { path: 'out' }))).code).toBe('HF1006')
  })
  test('submodules are named', async () => {
    const repo = await repository({ 'a.yaml': configMap('a') })
    const head = await repo.head()
    const blob = await repo.git('rev-parse', 'HEAD:a.yaml')
    await repo.git(
      'update-index',
      '--add',
      '--cacheinfo',
      `100644,${blob},a.yaml`,
      '--cacheinfo',
      `160000,${head},module`,
    )
    const withModule = await repo.git(
      ...IDENTITY,
      'commit-tree',
      '-m',
      'module',
      '-p',
      head,
      await repo.git('write-tree'),
    )
    await repo.git('update-ref', 'refs/heads/main', withModule)
    const rendered = await render(bench.source, definition(repo.url, { directory: { recurse: true } }))
    expect([namesOf(rendered), codes(rendered)]).toEqual([['a'], ['HF1013 module']])
    expect('HF1013').toBe((await problemOf(render(bench.source, definition(repo.url, { path: 'module/x' })))).code)
  })
  test('a bomb fails the render', async () => {
    const level = (index: number): string =>
      `k${index}: &k${index} [${Array.from({ length: 9 }, () => `*k${index - 1}`).join(',')}]\n`
    const bomb = `k0: &k0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, index) => level(index + 1)).join('')}`
    expect(await problemOf(of({ 'a.yaml': configMap('a'), 'bomb.yaml': bomb }))).toMatchObject({
      code: 'HF1008',
      subject: { file: 'bomb.yaml', line: 7 },
    })
  })
  test('a file above the limit is named and fails the render', async () => {
    const source = bench.restart({ limits: { fileBytes: 2_000 } })
    const repo = await repository({ 'a.yaml': configMap('a'), 'big.yaml': configMap('big', 'x'.repeat(5_000)) })
    expect(await problemOf(render(source, definition(repo.url)))).toMatchObject({
      code: 'HF1010',
      subject: { file: 'big.yaml' },
    })
    expect(
      (await problemOf(render(bench.restart({ limits: { renderBytes: 1_000 } }), definition(repo.url)))).code,
    ).toBe('HF1010')
  })
  test('lists are replaced by their items where they stand', async () => {
    const items = ['one', 'two'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }))
    const rendered = await of({
      'a.yaml': configMap('a'),
      'b.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
      'c.yaml': configMap('c'),
    })
    expect(namesOf(rendered)).toEqual(['a', 'one', 'two', 'c'])
  })
  test('files with the mark for it are passed over', async () => {
    const app = { 'apps/a.yaml': configMap('a') }
    expect(
      namesOf(
        await of({ ...app, 'apps/b.yaml': `# +argocd:skip-file-rendering\n${configMap('b')}` }, { path: 'apps' }),
      ),
    ).toEqual(['a'])
  })
  test('options in the repository are laid over the Application’s, the file of one application last', async () => {
    const files = { 'apps/a.yaml': configMap('a'), 'apps/sub/b.yaml': configMap('b'), 'apps/sub/c.json': '{}' }
    const all = { ...files, 'apps/.argocd-source.yaml': 'directory: {recurse: true, exclude: "*.json"}\n' }
    expect(namesOf(await of(all, { path: 'apps' }))).toEqual(['a', 'b'])
    const one = { ...all, 'apps/.argocd-source-app.yaml': 'directory: {recurse: false}\n' }
    expect(namesOf(await of(one, { path: 'apps' }))).toEqual(['a'])
    const other = { ...all, 'apps/.argocd-source-other.yaml': 'directory: {recurse: false}\n' }
    expect(namesOf(await of(other, { path: 'apps' }))).toEqual(['a', 'b'])
    const broken = { ...files, 'apps/.argocd-source.yaml': 'directory: [\n' }
    expect(await problemOf(of(broken, { path: 'apps' }))).toMatchObject({
      code: 'HF1003',
      subject: { file: 'apps/.argocd-source.yaml' },
    })
    const unknown = { ...files, 'apps/.argocd-source.yaml': 'x: y\n' }
    expect(await problemOf(of(unknown, { path: 'apps' }))).toMatchObject({
      code: 'HF2002',
      subject: { file: 'apps/.argocd-source.yaml' },
    })
  })
  test('integers beyond 2^53 and prototype keys survive, small and large', async () => {
    const odd = `${configMap('odd')}  big: 9007199254740993\n  __proto__: {x: 1}\n`
    for (const padding of [0, 400_000]) {
      const rendered = await of({ 'a.yaml': `${odd}  pad: ${'x'.repeat(padding)}\n` })
      const data = rendered.objects[0]?.object['data'] as Record<string, unknown>
      expect(data['big']).toBe(9007199254740993n)
      expect(Object.keys(data)).toContain('__proto__')
    }
  })
})

describe('files beside manifests', () => {
  test('what Argo CD would not take for a manifest is none', async () => {
    const files = {
      'apps/a.yaml': configMap('a'),
      'apps/b.YAML': configMap('b'),
      'apps/.argocd-source.yaml': 'directory: {}\n',
      'apps/.argocd-source-other.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: options}\n',
      'apps/kustomization.yaml': 'resources: [a.yaml]\n',
      'apps/values.yaml': 'replicas: 1\n',
    }
    const rendered = await of(files, { path: 'apps', type: 'directory' })
    expect([namesOf(rendered), rendered.problems]).toEqual([['a'], []])
  })
  test('every file is a manifest where the filter of names is off', async () => {
    const files = {
      'apps/a.yaml': configMap('a'),
      'apps/b.txt': configMap('b'),
      'apps/c': configMap('c'),
      'apps/README.md': '# no manifest\n',
      'apps/values': 'a: b\n',
    }
    const directory = { disableExtensionFilter: true }
    expect(namesOf(await of(files, { path: 'apps', directory }))).toEqual(['a', 'b', 'c'])
    const only = { disableExtensionFilter: true, include: '*.txt' }
    expect(namesOf(await of(files, { path: 'apps', directory: only }))).toEqual(['b'])
  })
  test('a mark to leave a file out counts in plain files, not in what tools print', async () => {
    const marked = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {note: '+argocd:skip-file-rendering'}\n`
    expect(namesOf(await of({ 'a.yaml': marked, 'b.yaml': configMap('b') }))).toEqual(['b'])
    const kustomized = { 'a.yaml': marked, 'kustomization.yaml': 'resources: [a.yaml]\n' }
    if (kustomize !== undefined) expect(namesOf(await of(kustomized))).toEqual(['a'])
  })
  test('a tool that is switched off leaves plain files; a kustomization is one beside a chart too', async () => {
    const files = { 'kustomization.yaml': 'namePrefix: x-\nresources: [a.yaml]\n', 'a.yaml': configMap('a') }
    const source = bench.restart()
    source.configure({ ...DEFAULT_SOURCE_SETTINGS, enabled: { kustomize: false, helm: true, jsonnet: true } })
    for (const type of ['detect', 'kustomize'] as const) {
      expect(namesOf(await render(source, definition((await repository(files)).url, { type })))).toEqual(['a'])
    }
    const both = { ...files, 'Chart.yaml': 'apiVersion: v2\nname: x\nversion: 1.0.0\n' }
    if (kustomize !== undefined) expect((await of(both)).sources[0]?.type).toBe('Kustomize')
  })
})

describe('renders are remembered', () => {
  test('a commit that touches nothing of it gives the same digest at the new revision', async () => {
    const repo = await repository({ 'apps/a.yaml': configMap('a'), 'docs/x.md': 'one' })
    const wanted = definition(repo.url, { path: 'apps' })
    const before = await render(bench.source, wanted)
    const commit = await repo.commit({ 'docs/x.md': 'two' }, 'docs only')
    const after = await render(bench.source, wanted)
    expect([after.revision, after.digest]).toEqual([commit, before.digest])
    await repo.commit({ 'apps/a.yaml': configMap('a', 'changed') }, 'real change')
    expect((await render(bench.source, wanted)).digest).not.toBe(before.digest)
  })
  test('the digest follows the objects, not the place they stand in', async () => {
    const repo = await repository({ 'apps/a.yaml': configMap('a') })
    const before = await render(bench.source, definition(repo.url, { path: 'apps' }))
    await repo.commit({ 'apps/a.yaml': `# moved down\n${configMap('a')}` }, 'comment')
    expect((await render(bench.source, definition(repo.url, { path: 'apps' }))).digest).toBe(before.digest)
  })
})

/** [S002-14] [S002-268] */
describe.skipIf(kustomize === undefined)('kustomize', () => {
  const base = { 'base/kustomization.yaml': 'resources: [cm.yaml]\n', 'base/cm.yaml': configMap('web') }
  test('a base outside the path, a patch and a generator', async () => {
    const rendered = await of(
      {
        ...base,
        'overlay/kustomization.yaml':
          'namePrefix: prod-\nresources: [../base]\npatches: [{path: p.yaml}]\nconfigMapGenerator: [{name: gen, files: [app.conf], options: {disableNameSuffixHash: true}}]\n',
        'overlay/p.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {key: patched}\n',
        'overlay/app.conf': 'x=1',
      },
      { path: 'overlay' },
    )
    expect(rendered.sources[0]?.type).toBe('Kustomize')
    expect(namesOf(rendered)).toEqual(['prod-gen', 'prod-web'])
    expect(rendered.objects[1]?.object['data']).toEqual({ key: 'patched' })
  })
  test('a commit outside the closure renders nothing, one inside it does', async () => {
    const repo = await repository({ ...base, 'overlay/kustomization.yaml': 'resources: [../base]\n' })
    const wanted = definition(repo.url, { path: 'overlay' })
    const before = await render(bench.source, wanted)
    await repo.commit({ 'docs.md': 'x' }, 'docs')
    expect((await render(bench.source, wanted)).digest).toBe(before.digest)
    await repo.commit({ 'base/cm.yaml': configMap('web', 'other') }, 'base')
    expect((await render(bench.source, wanted)).digest).not.toBe(before.digest)
  })
  test.each<[string, string, string]>([
    ['a path out of the repository', 'resources: [../../../etc]', 'HF1006'],
    ['an absolute path', 'resources: [/etc/passwd]', 'HF1006'],
    ['a missing file', 'resources: [nowhere.yaml]', 'HF1009'],
    [
      'a file above its directory',
      'resources: [cm.yaml]\nconfigMapGenerator: [{name: g, files: [../secret.txt]}]',
      'HF1009',
    ],
    ['a field that kustomize does not know', 'resourcez: [cm.yaml]', 'HF1009'],
    ['text that is no YAML', 'resources: [cm.yaml', 'HF1003'],
    ['a Helm chart', 'helmCharts: [{name: x, repo: "https://charts.example"}]', 'HF1009'],
  ])('%s is refused', async (_, kustomization, code) => {
    const files = {
      'app/kustomization.yaml': `${kustomization}\n`,
      'app/cm.yaml': configMap('web'),
      'secret.txt': 'hunter2',
    }
    const said = await problemOf(of(files, { path: 'app' }))
    expect(said.code).toBe(code)
    expect(said.subject.repository).toContain('/render/')
    expect(JSON.stringify(said)).not.toMatch(/holdfast-render-|hunter2/)
  })
  test('a link out of the tree is refused', async () => {
    const files = { 'app/kustomization.yaml': 'resources: [cm.yaml]\n', 'app/cm.yaml': { symlink: '../../x' } }
    expect(await problemOf(of(files, { path: 'app' }))).toMatchObject({
      code: 'HF1006',
      subject: { file: 'app/cm.yaml' },
    })
  })
  test('a base behind a link inside the repository is followed', async () => {
    const rendered = await of(
      { ...base, 'app/kustomization.yaml': 'resources: [../link]\n', link: { symlink: 'base' } },
      { path: 'app' },
    )
    expect(namesOf(rendered)).toEqual(['web'])
  })
  test('kustomizations that name each other end', async () => {
    const files = { 'a/kustomization.yaml': 'resources: [../b]\n', 'b/kustomization.yaml': 'resources: [../a]\n' }
    expect((await problemOf(of(files, { path: 'a' }))).code).toBe('HF1009')
  })
  test('a type of kustomize without a kustomization is an error, a directory type reads the files', async () => {
    expect((await problemOf(of({ 'a.yaml': configMap('a') }, { type: 'kustomize' }))).code).toBe('HF1009')
    expect(namesOf(await of({ ...base }, { path: 'base', type: 'directory' }))).toEqual(['web'])
  })
  test('limits of time, output and a tool that is missing', async () => {
    const repo = await repository({
      'kustomization.yaml': 'resources: [cm.yaml]\n',
      'cm.yaml': configMap('web', 'x'.repeat(5_000)),
    })
    const wanted = definition(repo.url)
    const with_ = (options: Parameters<Bench['restart']>[0]): ReturnType<typeof problemOf> =>
      problemOf(render(bench.restart(options), wanted))
    expect((await with_({ limits: { outputBytes: 1_000 } })).code).toBe('HF1010')
    expect((await with_({ limits: { renderMs: 1 } })).code).toBe('HF1010')
    expect((await with_({ env: { HOLDFAST_KUSTOMIZE: '/nowhere/kustomize' } })).code).toBe('HF1011')
  })
})

describe('whose fault it is', () => {
  test('a file that cannot be used is told with its repository, revision and path', async () => {
    const repo = await repository({ 'd/a.yaml': configMap('a'), 'd/b.yaml': 'a: [\n' })
    const wanted = definition(repo.url, { path: 'd' })
    const { revision } = await bench.source.resolve(wanted, RESOLVE)
    expect(await problemOf(render(bench.source, wanted))).toMatchObject({
      code: 'HF1003',
      subject: { repository: repo.url, revision, path: 'd', file: 'd/b.yaml', line: 2 },
    })
  })
  test('a manifest that lies in Git LFS unseen is a problem, not an absence', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`
    const repo = await repository({ 'a.yaml': configMap('a'), 'b.yaml': pointer })
    const { problems, objects } = await render(bench.source, definition(repo.url))
    expect(namesOf({ objects })).toEqual(['a'])
    expect(problems).toMatchObject([{ code: 'HF1013', subject: { file: 'b.yaml' } }])
    expect(problems[0]?.action).toContain('enableLfs')
  })
})

describe('the main thread', () => {
  test('gets its turn after every few milliseconds of work', async () => {
    let [time, turn] = [0, 0]
    const next = (): void => {
      turn += 1
      following = setImmediate(next)
    }
    let following = setImmediate(next)
    const turns = await inSlices(
      Array.from({ length: 100 }, (_, index) => index),
      () => {
        time += 1
        return turn
      },
      () => time,
    )
    clearImmediate(following)
    const inOne = new Map<number, number>()
    for (const one of turns) inOne.set(one, (inOne.get(one) ?? 0) + 1)
    expect(Math.max(...inOne.values())).toBe(4)
    expect(turns).toHaveLength(100)
  })
  test('500 files, and one of 3.7 MB, are read whole and in order', async () => {
    const deployment = (index: number): string =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d${index}}\nspec:\n  template:\n    spec:\n      containers:\n${Array.from({ length: 20 }, (_, at) => `      - name: c${at}\n        image: registry.example/c${at}:1.2.3\n        env:\n${Array.from({ length: 9 }, (__, env) => `        - name: VARIABLE_${env}\n          value: "value of ${env}"\n`).join('')}`).join('')}`
    const names = (of: string, length: number): string[] => Array.from({ length }, (_, index) => `${of}${index}`)
    const many = Object.fromEntries(
      names('c', 500).map((name, index) => [
        `f${String(index).padStart(3, '0')}.yaml`,
        configMap(name, 'x'.repeat(500)),
      ]),
    )
    const large = { 'large.yaml': Array.from({ length: 320 }, (_, index) => deployment(index)).join('---\n') }
    for (const [files, expected] of [
      [many, names('c', 500)],
      [large, names('d', 320)],
    ] as const) {
      const repo = await repository(files)
      const rendered = await render(bench.source, definition(repo.url))
      expect(rendered.problems).toEqual([])
      expect(namesOf(rendered)).toEqual(expected)
    }
  }, 120_000)
})
