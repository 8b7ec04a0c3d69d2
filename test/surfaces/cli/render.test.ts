// `holdfast render`: explanations, and options of an Application for a path.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
