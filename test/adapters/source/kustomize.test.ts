import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceRepositories } from '../../../src/adapters/source/index.ts'
import { DEFAULT_SOURCE_SETTINGS, type SourceSettings } from '../../../src/core/definition/index.ts'
import { findBinaries } from '../../../tools/binaries.mjs'
import {
  type Bench,
  configMap,
  definition,
  namesOf,
  problemOf,
  render,
  requestFor,
  RESOLVE,
  startBench,
  type TestRepository,
} from './support/bench.ts'
import { type Files, inFolder, objectsIn, printed } from './support/direct.ts'
import { SITUATIONS } from './support/kustomizations.ts'

const kustomize = (await findBinaries(['kustomize'])).kustomize?.path ?? ''

let bench: Bench
let made = 0
beforeAll(async () => {
  process.env['HOLDFAST_KUSTOMIZE'] = kustomize
  bench = await startBench({ failureMs: 0, outsideAgeMs: 0 })
})
afterAll(() => bench.end())

const repository = async (files: Files): Promise<TestRepository> => {
  made += 1
  const repo = await bench.git.createRepository(`kust/r${made}`)
  await repo.commit(files, 'one')
  return repo
}

type Options = Parameters<typeof definition>[1]
const of = async (files: Files, options: Options = {}, source = bench.source): ReturnType<typeof render> =>
  render(source, definition((await repository(files)).url, options))

const configured = (
  settings: Partial<SourceSettings>,
  options: Parameters<Bench['restart']>[0] = {},
): SourceRepositories => {
  const source = bench.restart(options)
  source.configure({ ...DEFAULT_SOURCE_SETTINGS, ...settings })
  return source
}

/** [S002-14] [S002-268] */
describe.skipIf(kustomize === '')('the output is that of kustomize', () => {
  test.each(Object.entries(SITUATIONS))('%s', async (_, { files, path, options = [] }) => {
    const source = options.length === 0 ? bench.source : configured({ kustomizeBuildOptions: options })
    const rendered = await of(files, { path }, source)
    const wanted = await inFolder(files, (folder) => printed(kustomize, ['build', `./${path}`, ...options], folder))
    expect(rendered.problems).toEqual([])
    expect(rendered.objects.map(({ object }) => object)).toEqual(objectsIn(wanted))
    expect(rendered.objects.length).toBeGreaterThan(0)
  })
  test('spec.replicas is gone where a patch removes it', async () => {
    const { files = {}, path = '' } = SITUATIONS['op: remove with a target [S002-268]'] ?? {}
    const rendered = await of(files, { path })
    expect(rendered.objects[0]?.object['spec']).not.toHaveProperty('replicas')
  })
})

const base = { 'base/kustomization.yaml': 'resources: [cm.yaml]\n', 'base/cm.yaml': configMap('web') }

describe.skipIf(kustomize === '')('options of the Application', () => {
  test('are laid over the kustomization, the namespace of the destination is not', async () => {
    const patch = {
      patch: '- {op: add, path: /data/added, value: "1"}',
      path: '',
      target: { kind: 'ConfigMap' },
      options: {},
    }
    const rendered = await of(
      { ...base, 'base/p.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {file: "2"}\n' },
      {
        path: 'base',
        kustomize: {
          namePrefix: 'p-',
          commonAnnotations: { app: '$ARGOCD_APP_NAME' },
          commonAnnotationsEnvsubst: true,
          patches: [patch, { patch: '', path: 'p.yaml', target: null, options: {} }],
        },
      },
    )
    expect(rendered.objects.map(({ object }) => object)).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'p-web', annotations: { app: 'app' } },
        data: { key: 'v', added: '1', file: '2' },
      },
    ])
  })
  test('of a file in the repository too', async () => {
    const options = { 'base/.argocd-source.yaml': 'kustomize: {nameSuffix: -x, images: []}\n' }
    expect(namesOf(await of({ ...base, ...options }, { path: 'base' }))).toEqual(['web-x'])
  })
  test('components: by glob, missing ones where that is allowed', async () => {
    const part = (text: string): string => `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n${text}\n`
    const files = {
      ...base,
      'parts/a/kustomization.yaml': part('namePrefix: a-'),
      'parts/b/kustomization.yaml': part('nameSuffix: -b'),
    }
    expect(namesOf(await of(files, { path: 'base', kustomize: { components: ['../parts/*'] } }))).toEqual(['a-web-b'])
    const missing = { components: ['../parts/a', '../parts/none'], ignoreMissingComponents: true }
    expect(namesOf(await of(files, { path: 'base', kustomize: missing }))).toEqual(['a-web'])
    const strict = problemOf(of(files, { path: 'base', kustomize: { ...missing, ignoreMissingComponents: false } }))
    expect((await strict).code).toBe('HF1009')
  })
  test.each<[string, NonNullable<NonNullable<Options>['kustomize']>]>([
    ['an image like an option', { images: ['--help'] }],
    ['a component like an option', { components: ['--help'] }],
    ['a label that is there', { commonLabels: { a: 'c' } }],
  ])('%s is refused', async (_, options) => {
    const files = { ...base, 'base/kustomization.yaml': 'resources: [cm.yaml]\ncommonLabels: {a: b}\n' }
    expect(await problemOf(of(files, { path: 'base', kustomize: options }))).toMatchObject({ code: 'HF1009' })
  })
  test('a version that is not configured is named', async () => {
    const said = await problemOf(of(base, { path: 'base', kustomize: { version: 'v4.0.0' } }))
    expect(said).toMatchObject({ code: 'HF1011' })
    expect(said.message).toContain('v4.0.0')
    const versions = { 'v4.0.0': { path: kustomize, buildOptions: [], problem: null } }
    const source = configured({ kustomizeVersions: versions })
    expect(namesOf(await of(base, { path: 'base', kustomize: { version: 'v4.0.0' } }, source))).toEqual(['web'])
  })
  test('the revision counts only where it is referenced', async () => {
    const repo = await repository(base)
    const plain = definition(repo.url, { path: 'base' })
    const marked = definition(repo.url, {
      path: 'base',
      kustomize: { commonLabels: { rev: '$ARGOCD_APP_REVISION_SHORT' } },
    })
    const before = [await render(bench.source, plain), await render(bench.source, marked)]
    await repo.commit({ 'docs.md': 'x' }, 'docs')
    const after = [await render(bench.source, plain), await render(bench.source, marked)]
    expect(before[0]?.sources[0]?.key).toBe(after[0]?.sources[0]?.key)
    expect(before[1]?.sources[0]?.key).not.toBe(after[1]?.sources[0]?.key)
    const [labelled] = after[1]?.objects ?? []
    expect(labelled?.object.metadata.labels).toEqual({ rev: after[1]?.revision.slice(0, 7) })
  })
})

const keyOf = async (wanted: ReturnType<typeof definition>, source = bench.source): Promise<string | undefined> =>
  (await render(source, wanted)).sources[0]?.key

describe.skipIf(kustomize === '')('what a kustomization reads', () => {
  test('exactly the files that it names', async () => {
    const { files = {}, path = '' } = SITUATIONS['generators with hash suffixes'] ?? {}
    const rendered = await of({ ...files, 'overlay/README.md': 'x', 'base/unused.yaml': configMap('unused') }, { path })
    expect(rendered.sources[0]?.files).toEqual([
      ...['base/deployment.yaml', 'base/kustomization.yaml', 'base/service.yaml'],
      ...['overlay/app.conf', 'overlay/deep/other.txt', 'overlay/kustomization.yaml', 'overlay/v.env'],
    ])
  })
  test('a commit elsewhere in the directory renders nothing', async () => {
    const repo = await repository({
      ...base,
      'o/kustomization.yaml': 'resources: [../base]\n',
      'o/notes.yaml': 'a: b\n',
    })
    const wanted = definition(repo.url, { path: 'o' })
    const before = await keyOf(wanted)
    await repo.commit({ 'o/notes.yaml': 'a: c\n', 'base/other.yaml': configMap('x') }, 'elsewhere')
    expect(await keyOf(wanted)).toBe(before)
    await repo.commit({ 'base/cm.yaml': configMap('web', 'new') }, 'named')
    expect(await keyOf(wanted)).not.toBe(before)
  })
  test('the whole directory where the tool turns out to need more', async () => {
    const files = {
      'a/kustomization.yaml': 'resources: [cm.yaml]\ntransformers: [made]\n',
      'a/cm.yaml': configMap('web'),
      // A path in a place that nobody looks at.
      'a/made/kustomization.yaml': 'resources: [deep/t.yaml]\n',
      'a/made/deep/t.yaml':
        'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\npath: body.yaml\ntarget: {kind: ConfigMap}\n',
      'a/body.yaml': '- {op: add, path: /data/x, value: "1"}\n',
      'a/more.txt': 'x',
    }
    const repo = await repository(files)
    const wanted = definition(repo.url, { path: 'a' })
    const rendered = await render(bench.source, wanted)
    expect(rendered.objects[0]?.object['data']).toEqual({ key: 'v', x: '1' })
    expect(rendered.sources[0]?.files).toContain('a/more.txt')
    await repo.commit({ 'a/body.yaml': '- {op: add, path: /data/x, value: "2"}\n' }, 'change')
    expect((await render(bench.source, wanted)).objects[0]?.object['data']).toEqual({ key: 'v', x: '2' })
  })
})

describe.skipIf(kustomize === '')('remote bases', () => {
  const remote = async (): Promise<TestRepository> => {
    const repo = await repository({ ...base, 'over/kustomization.yaml': 'resources: [../base]\nnameSuffix: -over\n' })
    await repo.tag('v1')
    return repo
  }
  test('are brought in at their ref, with the bases that they name themselves', async () => {
    const inner = await remote()
    const outer = await repository({
      'x/kustomization.yaml': `resources: ["${inner.url}//over?ref=v1"]\nnamePrefix: outer-\n`,
    })
    const rendered = await of(
      {
        'app/kustomization.yaml': `resources: ["${outer.url}//x", "${inner.url}//base?ref=v1&timeout=10s"]\nnamespace: ns\n`,
      },
      { path: 'app' },
    )
    expect(namesOf(rendered)).toEqual(['outer-web-over', 'web'])
    expect(rendered.problems).toEqual([])
    const files = rendered.sources[0]?.files ?? []
    expect(files).toContain('app/kustomization.yaml')
    expect(files.filter((file) => file.startsWith('.holdfast-outside-'))).toHaveLength(4)
  })
  test('a branch that moved renders anew, a tag stays', async () => {
    const inner = await remote()
    const files = {
      'a/kustomization.yaml': `resources: ["${inner.url}//base"]\n`,
      'b/kustomization.yaml': `resources: ["${inner.url}//base?ref=v1"]\n`,
    }
    const repo = await repository(files)
    const [a, b] = [definition(repo.url, { path: 'a' }), definition(repo.url, { path: 'b' })]
    const before = [await keyOf(a), await keyOf(b)]
    await inner.commit({ 'base/cm.yaml': configMap('web', 'moved') }, 'moved')
    bench.advance(1)
    expect(await keyOf(a)).not.toBe(before[0])
    expect(await keyOf(b)).toBe(before[1])
  })
  test('a component from elsewhere, given by the Application', async () => {
    const inner = await repository({
      'c/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-\n',
    })
    const options = { path: 'base', kustomize: { components: [`${inner.url}//c`] } }
    expect(namesOf(await of(base, options))).toEqual(['c-web'])
  })
  test('only from repositories that the project allows', async () => {
    const inner = await remote()
    const repo = await repository({ 'kustomization.yaml': `resources: ["${inner.url}//base"]\n` })
    const wanted = definition(repo.url)
    const { revision } = await bench.source.resolve(wanted, RESOLVE)
    const request = (sourceRepos: string[]) => requestFor(wanted, revision, { sourceRepos })
    expect(namesOf(await bench.source.render(request([repo.url, inner.url])))).toEqual(['web'])
    const said = await problemOf(bench.source.render(request([repo.url])))
    expect(said).toMatchObject({ code: 'HF2003', subject: { repository: inner.url } })
  })
  test.each<[string, string, string]>([
    ['a ref like an option', '?ref=--upload-pack=touch%20x', 'HF1002'],
    ['a ref that is not there', '?ref=nowhere', 'HF1002'],
    ['a directory that is not there', '//nowhere', 'HF1009'],
    ['a path out of the repository', '//../..', 'HF1009'],
  ])('%s', async (_, rest, code) => {
    const inner = await remote()
    const said = await problemOf(of({ 'kustomization.yaml': `resources: ["${inner.url}${rest}"]\n` }))
    expect(said.code).toBe(code)
  })
  test.each<[string, string, string]>([
    ['the metadata service', 'http://169.254.169.254/latest/meta-data/x.yaml', 'HF2003'],
    ['the metadata service as a repository', 'http://169.254.169.254/org/repo.git', 'HF2003'],
    ['the same in other digits', 'http://0xa9fea9fe/x.yaml', 'HF2003'],
    ['the same as IPv6', 'http://[::ffff:169.254.169.254]/x.yaml', 'HF2003'],
    ['a path of this machine', 'file:///etc//x', 'HF2003'],
  ])('%s is never asked', async (_, url, code) => {
    const said = await problemOf(of({ 'kustomization.yaml': `resources: ["${url}"]\n` }))
    expect(said.code).toBe(code)
  })
  test('cycles end', async () => {
    const one = await repository({})
    const two = await repository({ 'kustomization.yaml': `resources: ["${one.url}"]\n` })
    await one.commit({ 'kustomization.yaml': `resources: ["${two.url}"]\n` }, 'cycle')
    expect((await problemOf(render(bench.source, definition(one.url)))).code).toBe('HF1009')
  })
})

describe.skipIf(kustomize === '')('what is refused', () => {
  const cm = { 'app/cm.yaml': configMap('web'), 'secret.txt': 'hunter2' }
  test.each<[string, string, string]>([
    ['programs as functions', 'transformers: [fn.yaml]', 'HF1009'],
    ['an absolute file', 'configMapGenerator: [{name: g, files: [/etc/passwd]}]', 'HF1006'],
    ['an absolute file with a key', 'configMapGenerator: [{name: g, files: [k=/etc/passwd]}]', 'HF1006'],
    ['an absolute patch', 'patches: [{path: /etc/passwd}]', 'HF1006'],
    ['an absolute chart home', 'helmGlobals: {chartHome: /etc}\nhelmCharts: [{name: x}]', 'HF1006'],
    ['a chart home above', 'helmGlobals: {chartHome: ../../../etc}\nhelmCharts: [{name: x}]', 'HF1006'],
    [
      'aliases that multiply',
      `x: &a [1,1,1,1,1,1,1,1,1]\n${Array.from({ length: 9 }, (__, at) => `y${at}: &b${at} [${Array.from({ length: 9 }, () => (at === 0 ? '*a' : `*b${at - 1}`)).join(',')}]`).join('\n')}`,
      'HF1008',
    ],
    ['itself', 'components: [.]', 'HF1009'],
  ])('%s', async (_, text, code) => {
    const fn =
      'apiVersion: v1\nkind: Evil\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: /bin/touch}\n'
    const files = { ...cm, 'app/fn.yaml': fn, 'app/kustomization.yaml': `resources: [cm.yaml]\n${text}\n` }
    const said = await problemOf(of(files, { path: 'app' }))
    expect(said.code).toBe(code)
    expect(JSON.stringify(said)).not.toMatch(/hunter2|holdfast-render-|root:x/)
  })
  test('places without end are refused before any tool runs, and hold nothing up meanwhile', async () => {
    const files = { 'kustomization.yaml': `resources:\n${'- a.yaml\n'.repeat(50_000)}`, 'a.yaml': configMap('a') }
    let turns = 0
    const ticking = setInterval(() => (turns += 1), 1)
    const said = await problemOf(of(files)).finally(() => clearInterval(ticking))
    expect(said).toMatchObject({ code: 'HF1010', subject: { file: 'kustomization.yaml' } })
    expect(said.message).toContain('names more than 20000 places')
    expect(turns).toBeGreaterThan(10)
  })
  test('build options that cannot be used', async () => {
    const problem = { code: 'HF2008' as const, message: 'no', action: 'x', subject: {} }
    expect((await problemOf(of(base, { path: 'base' }, configured({ kustomizeProblem: problem })))).code).toBe('HF2008')
  })
})
