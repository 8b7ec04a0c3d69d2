// No file of the machine that Holdfast runs on comes into a render, however a repository names it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_SOURCE_SETTINGS } from '../../../src/core/definition/index.ts'
import { findBinaries } from '../../../tools/binaries.mjs'
import { type Bench, configMap, definition, problemOf, render, startBench } from './support/bench.ts'
import type { Files } from './support/direct.ts'

const { kustomize, helm, jsonnet } = await findBinaries(['kustomize', 'helm', 'jsonnet'])

let bench: Bench
let folder: string
let made = 0
beforeAll(async () => {
  bench = await startBench({ failureMs: 0 })
  folder = await mkdtemp(join(tmpdir(), 'holdfast-machine-'))
  await writeFile(join(folder, 'secret.yaml'), 'planted: PLANTED\n')
  await writeFile(join(folder, 'secret.env'), 'planted=PLANTED\n')
  await writeFile(join(folder, 'patch.yaml'), '- {op: add, path: /data/x, value: PLANTED}\n')
})
afterAll(async () => {
  await bench.end()
  await rm(folder, { recursive: true, force: true })
})

type Make = (at: (name: string) => string) => Files

async function attempt(make: Make, at: (name: string) => string, buildOptions: readonly string[]): Promise<unknown> {
  made += 1
  const repo = await bench.git.createRepository(`machine/r${made}`)
  await repo.commit(make(at), 'one')
  const env = {
    HOLDFAST_KUSTOMIZE: kustomize?.path ?? '',
    HOLDFAST_HELM: helm?.path ?? '',
    HOLDFAST_JSONNET: jsonnet?.path ?? '',
  }
  const source = bench.restart({ env })
  source.configure({ ...DEFAULT_SOURCE_SETTINGS, kustomizeBuildOptions: buildOptions })
  return problemOf(
    render(source, definition(repo.url, { path: 'app' })).then((rendered) => {
      expect(JSON.stringify(rendered.objects)).not.toContain('PLANTED')
      throw Object.assign(new Error('rendered'), { rendered })
    }),
  )
}

const NONE = ['--load-restrictor', 'LoadRestrictionsNone', '--enable-helm']
const CHART: Files = {
  'app/charts/c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
  'app/charts/c/templates/a.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {v: {{ toYaml .Values | quote }}}\n',
}
const kustomization = (text: string, more: Files = {}): Files => ({ 'app/kustomization.yaml': text, ...more })
const generator = (text: string): string =>
  `apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: g}\n${text}\n`
const inflation = (text: string): string =>
  `apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: g}\nname: c\nreleaseName: r\n${text}\n`
const patching = (kind: string, patch: string): string =>
  `resources: [g.yaml]\npatches: [{target: {kind: ${kind}}, patch: '[${patch}]'}]\n`
const indented = (text: string): string => text.replaceAll('\n', '\n  ')

const KUSTOMIZE: Readonly<Record<string, Make>> = {
  'files of configMapGenerator': (at) =>
    kustomization(`configMapGenerator: [{name: g, files: ["k=${at('secret.yaml')}"]}]\n`),
  'envs of secretGenerator': (at) => kustomization(`secretGenerator: [{name: g, envs: ["${at('secret.env')}"]}]\n`),
  'env, in capitals': (at) => kustomization(`SecretGenerator: [{name: g, ENV: "${at('secret.env')}"}]\n`),
  resources: (at) => kustomization(`resources: ["${at('secret.yaml')}"]\n`),
  components: (at) => kustomization(`components: ["${at('.')}"]\n`),
  patches: (at) =>
    kustomization(`resources: [a.yaml]\npatches: [{path: "${at('patch.yaml')}", target: {kind: ConfigMap}}]\n`, {
      'app/a.yaml': configMap('a'),
    }),
  patchesJson6902: (at) =>
    kustomization(
      `resources: [a.yaml]\npatchesJson6902: [{path: "${at('patch.yaml')}", target: {version: v1, kind: ConfigMap, name: a}}]\n`,
      { 'app/a.yaml': configMap('a') },
    ),
  'a generator inline': (at) =>
    kustomization(`generators:\n- |\n  ${indented(generator(`files: ["k=${at('secret.yaml')}"]`))}`),
  'a generator inline, envs': (at) =>
    kustomization(`generators:\n- |\n  ${indented(generator(`envs: ["${at('secret.env')}"]`))}`),
  'a generator in a file': (at) =>
    kustomization('generators: [g.yaml]\n', { 'app/g.yaml': generator(`files: ["k=${at('secret.yaml')}"]`) }),
  'a transformer in a file': (at) =>
    kustomization('resources: [a.yaml]\ntransformers: [t.yaml]\n', {
      'app/a.yaml': configMap('a'),
      'app/t.yaml': `apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\npath: "${at('patch.yaml')}"\ntarget: {kind: ConfigMap}\n`,
    }),
  'a generator in a kustomization': (at) =>
    kustomization('generators: [gen]\n', {
      'app/gen/kustomization.yaml': 'resources: [g.yaml]\n',
      'app/gen/g.yaml': generator(`files: ["k=${at('secret.yaml')}"]`),
    }),
  'a generator in a List': (at) =>
    kustomization('generators: [g.yaml]\n', {
      'app/g.yaml': `apiVersion: v1\nkind: List\nitems:\n- ${indented(generator(`files: ["k=${at('secret.yaml')}"]`))}`,
    }),
  'a generator that a kustomization patches': (at) =>
    kustomization('generators: [gen]\n', {
      'app/gen/kustomization.yaml': patching(
        'ConfigMapGenerator',
        `{"op": "replace", "path": "/files/0", "value": "k=${at('secret.yaml')}"}`,
      ),
      'app/gen/g.yaml': generator('files: [g.yaml]'),
    }),
  'a generator that a generator makes': (at) =>
    kustomization('generators: [gen]\n', {
      'app/gen/kustomization.yaml': `resources: [g.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: from, fieldPath: data.p}\n  targets: [{select: {kind: ConfigMapGenerator}, fieldPaths: [files.0]}]\n`,
      'app/gen/g.yaml': `${generator('files: [g.yaml]')}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: from, annotations: {config.kubernetes.io/local-config: "true"}}\ndata: {p: "k=${at('secret.yaml')}"}\n`,
    }),
  replacements: (at) =>
    kustomization(`resources: [a.yaml]\nreplacements: [{path: "${at('secret.yaml')}"}]\n`, {
      'app/a.yaml': configMap('a'),
    }),
  openapi: (at) =>
    kustomization(`resources: [a.yaml]\nopenapi: {path: "${at('secret.yaml')}"}\n`, { 'app/a.yaml': configMap('a') }),
  'valuesFile of a chart': (at) =>
    kustomization(`helmCharts: [{name: c, releaseName: r, valuesFile: "${at('secret.yaml')}"}]\n`, CHART),
  'additionalValuesFiles of a chart': (at) =>
    kustomization(`helmCharts: [{name: c, releaseName: r, additionalValuesFiles: ["${at('secret.yaml')}"]}]\n`, CHART),
  'additionalValuesFiles of a generator': (at) =>
    kustomization('generators: [g.yaml]\n', {
      ...CHART,
      'app/g.yaml': inflation(`additionalValuesFiles: ["${at('secret.yaml')}"]`),
    }),
  'additionalValuesFiles of a patched generator': (at) =>
    kustomization('generators: [gen]\n', {
      ...CHART,
      'app/gen/kustomization.yaml': patching(
        'HelmChartInflationGenerator',
        `{"op": "add", "path": "/additionalValuesFiles", "value": ["${at('secret.yaml')}"]}`,
      ),
      'app/gen/g.yaml': inflation('chartHome: charts'),
    }),
  'files, with a long s': (at) =>
    kustomization(`configMapGenerator: [{name: g, file\u017f: ["k=${at('secret.yaml')}"]}]\n`),
  'a file that looks like a document': (at) =>
    kustomization(`configMapGenerator: [{name: g, files: ["k=[x]/../../../../../../../..${at('/secret.yaml')}"]}]\n`),
  'resources that look like a document': (at) =>
    kustomization(`resources: ["{x}/../../../../../../..${at('/secret.yaml')}"]\n`),
  'a home of charts': (at) =>
    kustomization(`helmGlobals: {chartHome: "${at('.')}"}\nhelmCharts: [{name: c, releaseName: r}]\n`, CHART),
}

const places: readonly (readonly [string, (name: string) => string])[] = [
  ['by an absolute path', (name) => join(folder, name)],
  ['by a path that climbs', (name) => `../../../../../../../..${join(folder, name)}`],
]

describe.skipIf(kustomize === undefined || helm === undefined)('a kustomization', () => {
  for (const [how, at] of places)
    test.each(Object.entries(KUSTOMIZE))(`%s, ${how}`, async (_, make) => {
      expect(await attempt(make, at, NONE)).toMatchObject({ code: 'HF1006' })
    })
  test.each<[string, Files, string]>([
    [
      'the name of a release that is an option of helm',
      kustomization('helmCharts: [{name: c, releaseName: "--set-file=x=/etc/hostname"}]\n', CHART),
      'begins with a dash',
    ],
    [
      'plugins of helm in a folder of the repository',
      kustomization(
        'helmGlobals: {configHome: home}\nhelmCharts: [{name: c, releaseName: r, additionalValuesFiles: ["x://y"]}]\n',
        {
          ...CHART,
          'app/home/.data/plugins/x/plugin.yaml': `name: x\nversion: 1.0.0\nusage: x\ndescription: x\ncommand: /bin/true\ndownloaders: [{command: /bin/sh, protocols: [x]}]\n`,
        },
      ),
      'configHome',
    ],
    [
      'one field in two ways',
      kustomization('configMapGenerator: [{name: g, literals: [a=b], Literals: [], files: [a], Files: [b]}]\n'),
      'one field',
    ],
    [
      'a URL where a generator has a path',
      kustomization(`generators:\n- |\n  ${indented(generator('files: ["k=http://127.0.0.1:1/x"]'))}`),
      'where a path belongs',
    ],
  ])('%s', async (_, files, words) => {
    expect(
      await attempt(
        () => files,
        () => '',
        NONE,
      ),
    ).toMatchObject({ message: expect.stringContaining(words) })
  })
})

const imports = (at: string): Readonly<Record<string, string>> => ({
  'an import': `import "${at}"`,
  'in verbatim': `importstr @"${at}"`,
  'after a comment': `importstr /* x */ // y\n "${at}"`,
  'with escapes': `importstr "${at.replaceAll('.', '\\u002e').replaceAll('/', '\\/')}"`,
  'with escapes and a line break': `importstr "x\n/..\\u002f../../../../../../../..\\u002f${at.replaceAll('.', '\\u002e')}"`,
  'behind a text that looks like an import': `local x = 'import "'; importstr "${at}"`,
  'behind a comment that looks like an import': `# import '\nimportstr '${at}'`,
})

describe.skipIf(jsonnet === undefined)('a Jsonnet program', () => {
  for (const [how, at] of places)
    test.each(Object.keys(imports('')))(`%s, ${how}`, async (name) => {
      const make: Make = (place) => ({
        'app/a.jsonnet': `{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}, data: {a: std.toString((${imports(place('secret.yaml'))[name]}\n))}}`,
      })
      expect(await attempt(make, at, [])).toMatchObject({ code: 'HF1006' })
    })
})
