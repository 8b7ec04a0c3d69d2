// `holdfast render`: explanations, and options of an Application for a path.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBinaries } from '../../../tools/binaries.mjs'
import { command, type Said } from './command.ts'
import { type TestEnvironment, testEnvironment } from './environment.ts'

let home: TestEnvironment
const files: Record<string, string> = {
  'plain/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
  'plain/deep/b.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n',
  'overlay/kustomization.yaml': 'resources: [../plain/a.yaml]\n',
  'base/kustomization.yaml': 'resources: [c.yaml]\nnamePrefix: x-\n',
  'base/c.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n',
  'base/.argocd-source.yaml': 'kustomize:\n  namePrefix: y-\n',
  'app.yaml': `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  project: default
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
  source: {repoURL: 'https://git.example/a', path: plain, directory: {recurse: true}}
`,
}
beforeAll(async () => {
  home = await testEnvironment()
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(home.directory, file, '..'), { recursive: true })
    await writeFile(join(home.directory, file), text)
  }
})
afterAll(() => home.remove())

const holdfast = (...args: string[]): Promise<Said> => command(args, { cwd: home.directory, env: home.env })
const namesIn = ({ out }: Said): string[] => [...out.matchAll(/^ {2}name: (\S+)$/gm)].map(([, name = '']) => name)

describe('--app', () => {
  test('the options of the Application hold for the path', async () => {
    expect(namesIn(await holdfast('render', './plain'))).toEqual(['a'])
    const said = await holdfast('render', './plain', '--app', 'app.yaml')
    expect(namesIn(said)).toEqual(['a', 'b'])
    expect(said.out).toContain('namespace: shop')
    expect(said).toMatchObject({ exit: 0, err: '' })
  })
  test.each([
    ['HF7002', ['render', 'web', '--app', 'app.yaml']],
    ['HF1004', ['render', './plain', '--app', 'nowhere.yaml']],
    ['HF1012', ['render', './plain', '--app', 'plain/a.yaml']],
  ])('%s: %j', async (code, args) => {
    const said = await holdfast(...args)
    expect(said).toMatchObject({ exit: 2, out: '' })
    expect(said.err).toMatch(new RegExp(`^${code}: [^\\n]+\\n$`))
  })
})

describe('--explain', () => {
  test('says what was read, instead of the objects', async () => {
    const said = await holdfast('render', './plain', '--explain')
    expect(said).toMatchObject({ exit: 0, err: '' })
    const masked = said.out.replace(/[0-9a-f]{64}/, 'KEY').replace(/\d+ ms/, 'N ms')
    expect(masked.split('\n')).toEqual([
      'Directory',
      '  result     rendered, N ms',
      '  key        KEY',
      '  tool       none',
      '  files      1',
      '    ./plain/a.yaml',
      '1 object',
      '',
    ])
  })
  test('names tools, isolation and options that lie in the repository', async () => {
    if (!home.kustomize) return
    const said = await holdfast('render', './base', '--explain', '-o', 'json')
    expect(JSON.parse(said.out)).toMatchObject({
      kind: 'RenderExplanation',
      objects: 1,
      problems: [],
      sources: [
        {
          type: 'Kustomize',
          from: 'render',
          files: expect.arrayContaining(['./base/kustomization.yaml', './base/c.yaml']),
          explanation: {
            tools: [
              { name: 'kustomize', program: home.env['HOLDFAST_KUSTOMIZE'], version: expect.stringMatching(/\d/) },
            ],
            isolation: expect.stringMatching(/network/),
            overrides: [{ file: './base/.argocd-source.yaml', options: ['kustomize.namePrefix'] }],
          },
        },
      ],
    })
    const text = (await holdfast('render', './base', '--explain')).out
    expect(text).toContain('  options    ./base/.argocd-source.yaml: kustomize.namePrefix\n')
  })
})

const helm = (await findBinaries(['helm'])).helm?.path
const application = (sources: readonly string[]): string => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
  sources: [${sources.join(', ')}]
`
const chartSource = (helmOptions: string, rest = 'path: charts/web'): string =>
  `{repoURL: 'https://git.example/a.git', targetRevision: v1, ${rest}, helm: ${helmOptions}}`

describe.skipIf(helm === undefined)('a path stands for the source of a repository', () => {
  let repository: string
  const render = async (app: string, ...args: string[]): Promise<Said> => {
    await writeFile(join(repository, 'app.yaml'), app)
    const env = { ...home.env, HOLDFAST_HELM: helm }
    return command(['render', 'charts/web', '--app', 'app.yaml', ...args], { cwd: repository, env })
  }
  beforeAll(async () => {
    repository = join(home.directory, 'repository')
    const chart: Record<string, string> = {
      'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'charts/web/templates/c.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {who: {{ .Values.who | quote }}, told: {{ .Values.told | quote }}}\n',
      'charts/web/values.yaml': 'who: nobody\ntold: ""\n',
      'envs/x.yaml': 'who: x\n',
    }
    for (const [file, text] of Object.entries(chart)) {
      await mkdir(join(repository, file, '..'), { recursive: true })
      await writeFile(join(repository, file), text)
    }
  })

  test('an absolute value file starts at the root of the repository: where the path of the Application leads here', async () => {
    const said = await render(application([chartSource('{valueFiles: [/envs/x.yaml]}')]))
    expect(said).toMatchObject({ exit: 0, err: '' })
    expect(said.out).toContain('who: x')
  })
  test('or at the checkout, where it leads elsewhere', async () => {
    await mkdir(join(repository, '.git'), { recursive: true })
    const said = await render(application([chartSource('{valueFiles: [/envs/x.yaml]}', 'path: charts/other')]))
    expect(said).toMatchObject({ exit: 0, err: '' })
    expect(said.out).toContain('who: x')
  })
  test('it leaves the repository as little as in Git', async () => {
    const said = await render(application([chartSource('{valueFiles: [/../app.yaml]}')]))
    expect(said).toMatchObject({ exit: 2 })
    expect(said.err).toMatch(/^HF1006: "\/\.\.\/app.yaml" leaves the repository/)
  })
  test('$ref names files of the same repository', async () => {
    const values = "{repoURL: 'https://git.example/a', targetRevision: v1, ref: values}"
    const said = await render(application([chartSource('{valueFiles: [$values/envs/x.yaml]}'), values]))
    expect(said).toMatchObject({ exit: 0, err: '' })
    expect(said.out).toContain('who: x')
  })
  test('files of another repository are not here, and it says so', async () => {
    const values = "{repoURL: 'https://git.example/values', targetRevision: v1, ref: values}"
    const said = await render(application([chartSource('{valueFiles: [$values/envs/x.yaml]}'), values]))
    expect(said).toMatchObject({ exit: 2, out: '' })
    expect(said.err).toMatch(/^HF1004: "\$values\/envs\/x\.yaml" lies in https:\/\/git\.example\/values, which is not/)
  })
  test('tools are told what the Application says of its source', async () => {
    const told = '$ARGOCD_APP_SOURCE_REPO_URL $ARGOCD_APP_SOURCE_PATH $ARGOCD_APP_SOURCE_TARGET_REVISION'
    const said = await render(application([chartSource(`{parameters: [{name: told, value: '${told}'}]}`)]))
    expect(said.out).toContain('told: https://git.example/a.git charts/web v1')
  })
  test('--argocd-cm: settings of tools hold', async () => {
    await writeFile(
      join(repository, 'cm.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata: {helm.enable: "false"}\n',
    )
    const said = await render(application([chartSource('{releaseName: x}')]), '--argocd-cm', 'cm.yaml')
    // Plain files then, and the chart directory itself has none that is an object.
    expect(said.err).toMatch(/^HF1012: charts\/web holds no Kubernetes object/)
  })
})
