import { chmod, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceRepositories } from '../../../src/adapters/source/index.ts'
import { textsToMask } from '../../../src/adapters/source/render/helm-secrets.ts'
import type { HelmOptions } from '../../../src/core/definition/index.ts'
import { type Bench, definition, problemOf, render, startBench } from './support/bench.ts'
import { chartYaml, type Files, folderOf, helm, renderChart, type LocalRender } from './support/helm.ts'

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n'

async function failing(files: Files, options: LocalRender = {}): Promise<Awaited<ReturnType<typeof problemOf>>> {
  const folder = await folderOf({ 'Chart.yaml': chartYaml('one'), ...files })
  try {
    return await problemOf(renderChart(folder.path, options))
  } finally {
    await folder.remove()
  }
}

async function rendering(files: Files, options: LocalRender = {}): Promise<string> {
  const folder = await folderOf({ 'Chart.yaml': chartYaml('one'), ...files })
  try {
    return JSON.stringify((await renderChart(folder.path, options)).objects)
  } finally {
    await folder.remove()
  }
}

describe.skipIf(helm === '')('templates that make something else than objects', () => {
  test.each<[string, string]>([
    ['without a kind', 'apiVersion: v1\nmetadata: {name: x}\n'],
    ['without an apiVersion', 'kind: ConfigMap\nmetadata: {name: x}\n'],
  ])('%s', async (_, text) => {
    const said = await failing({ 'templates/a.yaml': CONFIG, 'templates/lost.yaml': text })
    expect([said.code, said.subject.file?.endsWith('/templates/lost.yaml')]).toEqual(['HF1012', true])
  })
  test('and nothing at all', async () => {
    const files = { 'templates/a.yaml': CONFIG, 'templates/none.yaml': '{{ if false }}{{ end }}\n# nothing\n---\n' }
    expect(await rendering(files)).toContain('ConfigMap')
  })
})

const limits = { renderMs: 4_000, outputBytes: 1_000_000, toolMemoryBytes: 256 * 1024 * 1024 }

describe.skipIf(helm === '')('charts that never end or are too large', () => {
  test.each<[string, Files, readonly string[]]>([
    ['an endless range', { 'templates/a.yaml': '{{ range $i := until 2000000000 }}{{ end }}' }, ['HF1009', 'HF1010']],
    [
      'ranges in ranges',
      { 'templates/a.yaml': `${'{{ range until 1000 }}'.repeat(6)}x${'{{ end }}'.repeat(6)}` },
      ['HF1010'],
    ],
    [
      'a template that includes itself',
      { 'templates/_a.tpl': '{{ define "a" }}{{ include "a" . }}{{ end }}', 'templates/a.yaml': '{{ include "a" . }}' },
      ['HF1009'],
    ],
    [
      'a tpl of itself',
      { 'values.yaml': 'a: "{{ tpl .Values.a . }}"', 'templates/a.yaml': '{{ tpl .Values.a . }}' },
      ['HF1009', 'HF1010'],
    ],
    ['output without bounds', { 'templates/a.yaml': `${CONFIG}data:\n  a: {{ repeat 3000000 "x" }}\n` }, ['HF1010']],
    [
      'values that multiply',
      {
        'values.yaml': `a: &a [${'x,'.repeat(99)}x]\nb: &b [${'*a,'.repeat(99)}*a]\nc: &c [${'*b,'.repeat(99)}*b]\nd: [${'*c,'.repeat(99)}*c]\n`,
        'templates/a.yaml': CONFIG,
      },
      ['HF1009', 'HF1010'],
    ],
    [
      'values nested very deep',
      { 'values.yaml': `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'templates/a.yaml': CONFIG },
      ['HF1009', 'HF1010'],
    ],
    [
      'a regular expression that repeats',
      { 'templates/a.yaml': '{{ regexMatch "(((a{1,1000}){1,1000}){1,1000})" "a" }}' },
      ['HF1009', 'HF1010'],
    ],
  ])('%s', async (_, files, codes) => {
    const before = performance.now()
    expect(codes).toContain((await failing(files, { limits })).code)
    expect(performance.now() - before).toBeLessThan(15_000)
  })

  test('more files than a render may read', async () => {
    const files = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`files/${index}.txt`, 'x']))
    expect(await failing(files, { limits: { renderFiles: 50 } })).toMatchObject({
      code: 'HF1010',
      message: expect.stringContaining('50 files'),
    })
  })

  test('a file larger than a file may be', async () => {
    const problem = await failing({ 'files/big.bin': 'x'.repeat(2_000) }, { limits: { fileBytes: 1_000 } })
    expect(problem).toMatchObject({ code: 'HF1010', message: expect.stringContaining('2000 bytes') })
  })
})

describe.skipIf(helm === '')('charts that reach out', () => {
  test('helm sees no home, no plugins, no environment, no network, no file beside the chart', async () => {
    const found = await rendering({
      'templates/a.yaml': `${CONFIG}data:\n  passwd: {{ .Files.Get "/etc/passwd" | quote }}\n  above: {{ .Files.Get "../../../../etc/passwd" | quote }}\n  all: "{{ range $p, $_ := .Files.Glob "**" }}{{ $p }} {{ end }}"\n  dns: {{ getHostByName "localhost" | quote }}\n  lookup: {{ lookup "v1" "Secret" "" "" | toJson | quote }}\n`,
      'inside.txt': 'x',
    })
    expect(found).not.toContain('root:')
    expect(found).toContain('"all":"inside.txt ","dns":""')
    expect(found).toContain('"lookup":"{}"')
  })

  test('templates know no `env` and no `expandenv`', async () => {
    for (const call of ['env "HOME"', 'expandenv "$HOME"']) {
      expect(await failing({ 'templates/a.yaml': `{{ ${call} }}` })).toMatchObject({
        code: 'HF1009',
        message: expect.stringContaining('not defined'),
      })
    }
  })

  test.each<[string, Partial<HelmOptions>, string]>([
    ['a release called like an option', { releaseName: '-x' }, 'HF2001'],
    ['a release called like another one', { releaseName: '--post-renderer=/bin/sh' }, 'HF2001'],
    ['a release with a long name', { releaseName: 'a'.repeat(54) }, 'HF2001'],
    ['a release with capitals', { releaseName: 'App_1' }, 'HF2001'],
    ['a value file called like an option', { valueFiles: ['--post-renderer=/bin/sh'] }, 'HF1004'],
    [
      'a file parameter above the chart',
      { fileParameters: [{ name: 'a', path: '/../../../../../nowhere' }] },
      'HF1006',
    ],
    ['a version that is an option', { kubeVersion: '--debug' }, 'HF2001'],
  ])('%s', async (_, options, code) => {
    expect(
      await failing({ 'templates/a.yaml': `${CONFIG}data: {v: {{ .Capabilities.KubeVersion }}}` }, { helm: options }),
    ).toMatchObject({ code })
  })

  test('names and values that look like options stay what they are', async () => {
    const found = await rendering(
      { 'templates/a.yaml': `${CONFIG}data: {v: {{ toJson .Values | quote }}, n: {{ .Release.Namespace | quote }}}` },
      {
        helm: {
          namespace: '--kubeconfig=/etc/passwd',
          apiVersions: ['--debug'],
          parameters: [{ name: '--set', value: '--values=/etc/passwd', forceString: false }],
        },
      },
    ).catch((error: Error) => error.message)
    expect(found).not.toContain('root:')
    expect(found).toMatch(/--values=\/etc\/passwd|invalid|namespace/i)
  })
})

/** Names in the file system that only we make. */
/** Of this process: others render at the same time. */
const leftovers = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('holdfast-render-') && name.includes(`-${process.pid}-`))

describe.skipIf(helm === '')('what is secret', () => {
  const secret = 'hunter2-hunter2-hunter2'
  const encoded = Buffer.from(secret).toString('base64')

  test.each<[string, Files, Partial<HelmOptions>]>([
    [
      'in the values of the chart',
      {
        'values.yaml': `db:\n  password: ${secret}\n`,
        'templates/a.yaml': '{{ fail (printf "bad %s" .Values.db.password) }}',
      },
      {},
    ],
    [
      'in a value file, under a name that is secret',
      {
        'v.yaml': `credentials:\n  users:\n    - ${secret}\n`,
        'templates/a.yaml': '{{ fail (index .Values.credentials.users 0) }}',
      },
      { valueFiles: ['v.yaml'] },
    ],
    ['in values', { 'templates/a.yaml': '{{ fail .Values.apiToken }}' }, { values: `apiToken: "${secret}"` }],
    [
      'in valuesObject',
      { 'templates/a.yaml': '{{ fail .Values.keys.privateKey }}' },
      { valuesObject: { keys: { privateKey: secret } } },
    ],
    [
      'in a parameter',
      { 'templates/a.yaml': '{{ fail .Values.anything }}' },
      { parameters: [{ name: 'anything', value: secret, forceString: false }] },
    ],
    ['in base64', { 'templates/a.yaml': '{{ fail (.Values.password | b64enc) }}' }, { values: `password: ${secret}` }],
    [
      'in a Secret of the chart',
      { 'templates/s.yaml': `kind: Secret\nstringData:\n  a: ${secret}\n---\n{{ fail "${secret}" }}` },
      {},
    ],
    [
      'in data of a Secret',
      { 'templates/s.yaml': `kind: Secret\ndata:\n  a: ${encoded}\n---\n{{ fail "${secret}" }}` },
      {},
    ],
    [
      'where a schema refuses it',
      {
        'values.schema.json': '{"properties":{"password":{"type":"string","pattern":"^x$"}}}',
        'templates/a.yaml': CONFIG,
      },
      { values: `password: ${secret}` },
    ],
    [
      'where YAML quotes its beginning',
      { 'templates/a.yaml': `apiVersion: v1\nkind: [${secret}]\nmetadata: {{ .Values.password }}` },
      { values: `password: ${secret}` },
    ],
  ])('%s is in no message', async (_, files, options) => {
    const problem = await failing(files, { helm: options })
    expect(problem.code).toBe('HF1009')
    expect(JSON.stringify(problem)).not.toMatch(/hunter2|aHVudGVyMi/)
    expect(problem.message).not.toContain('withheld')
  })

  test.each<[string, Files]>([
    [
      'a file of values too large to read for them',
      { 'values.yaml': `${'# filler\n'.repeat(300_000)}password: ${secret}\n` },
    ],
    [
      'more values than can be told apart',
      {
        'values.yaml': `${Array.from({ length: 6_000 }, (_, index) => `a${index}: {password: pw-${index}-x}\n`).join('')}password: ${secret}\n`,
      },
    ],
  ])('%s: nothing is told', async (_, files) => {
    const problem = await failing({ ...files, 'templates/a.yaml': '{{ fail .Values.password }}' })
    expect(JSON.stringify(problem)).not.toContain('hunter2')
    expect(problem.message).toContain('message is withheld, because its files are too large')
  })
  test.each<[string, string]>([
    ['one long word', 'x'.repeat(1_000_000)],
    ['one long value', `password: ${'x'.repeat(1_000_000)}`],
    ['one long name', `${'key'.repeat(300_000)}: x`],
    ['words', `${'x '.repeat(500_000)}`],
    ['space in a value', `password: a${' '.repeat(1_000_000)}b`],
    ['quotes', `password: ${'"\\'.repeat(500_000)}`],
  ])(
    'values of %s are read in one go',
    (_, text) => {
      expect(textsToMask({ values: [text], manifests: [text], parameters: [], names: [] })).not.toBeNull()
    },
    5_000,
  )

  test('everything else of helm’s words is told, without the working directory', async () => {
    const problem = await failing({
      'values.yaml': 'password: abcdef\n',
      'templates/a.yaml': 'a: b\n{{ required "image.tag is required" .Values.image }}',
    })
    expect(problem.message).toMatch(/one\/templates\/a\.yaml:2:3.*image\.tag is required/)
    expect(problem.message).not.toMatch(/holdfast-render|\/tmp\/|\*\*\*/)
  })

  test('value files that cannot be read are named as they are written', async () => {
    const problem = await failing(
      { 'v.yaml': 'a: [', 'templates/a.yaml': CONFIG },
      { helm: { valueFiles: ['v.yaml'] } },
    )
    expect(problem.message).toContain('v.yaml')
    const inline = await failing({ 'templates/a.yaml': CONFIG }, { helm: { values: 'a: [' } })
    expect(inline.message).toContain('spec.source.helm.values')
  })

  test('no argument of helm holds it, and nobody else may read the files that do', async () => {
    const told = `#!${process.execPath}
const { readFileSync, statSync } = require('node:fs')
const files = process.argv.map((arg) => arg.replace(/^.*=/, '')).filter((path) => path.startsWith('/') && path.includes('holdfast'))
const data = { args: process.argv.slice(2).join(' '), modes: files.map((path) => (statSync(path).mode & 0o77).toString(8)).join(), texts: files.slice(2).map((path) => readFileSync(path, 'utf8')).join() }
console.log(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data }))
`
    const folder = await folderOf({ 'Chart.yaml': chartYaml('one'), 'helm.cjs': told })
    await chmod(`${folder.path}/helm.cjs`, 0o700)
    const parameters = [
      { name: 'user', value: secret, forceString: false },
      { name: 'list', value: `{${secret},1}`, forceString: true },
      { name: 'replicas', value: '3', forceString: false },
    ]
    const options = { parameters, values: `p: ${secret}` }
    const { objects } = await renderChart(folder.path, { helm: options, program: `${folder.path}/helm.cjs` })
    const { data } = objects[0]?.object as unknown as { data: { args: string; modes: string; texts: string } }
    expect(data.args).toMatch(
      /--values=.* --set=replicas=3 --set-string=list=\{,\} --set-file=user=.* --set-file=list\[0\]=/,
    )
    expect(data.args).not.toContain('hunter2')
    expect(data.texts).toContain('hunter2')
    expect(data.modes).toMatch(/^0(,0)+$/)
    await folder.remove()
  })

  test('nothing stays behind', async () => {
    const before = await leftovers()
    await rendering({ 'templates/a.yaml': CONFIG })
    await failing({ 'templates/a.yaml': '{{ fail "x" }}' })
    expect((await leftovers()).filter((name) => !before.includes(name))).toEqual([])
  })
})

describe.skipIf(helm === '')('links in a chart', () => {
  let bench: Bench
  let source: SourceRepositories
  beforeAll(async () => {
    bench = await startBench({ failureMs: 0 })
    source = bench.restart({ env: { HOLDFAST_HELM: helm } })
  })
  afterAll(() => bench.end())

  const CHART = {
    'app/Chart.yaml': chartYaml('app'),
    'app/templates/a.yaml': `${CONFIG}data: {all: "{{ range $p, $_ := .Files.Glob "**" }}{{ $p }} {{ end }}", x: {{ .Files.Get "conf/x.txt" | quote }}}`,
  }
  const of = async (
    name: string,
    files: Parameters<Awaited<ReturnType<Bench['git']['createRepository']>>['commit']>[0],
  ) => {
    const repository = await bench.git.createRepository(`links/${name}`)
    await repository.commit({ ...CHART, ...files }, 'one')
    return render(source, definition(repository.url, { path: 'app' }))
  }

  test('inside the repository are followed', async () => {
    const rendered = await of('inside', { 'shared/x.txt': 'shared', 'app/conf': { symlink: '../shared' } })
    expect(JSON.stringify(rendered.objects)).toContain('"all":"conf/x.txt ","x":"shared"')
  })

  test.each([
    ['out-by-path', '../../etc/passwd', 'HF1006'],
    ['absolute', '/etc/passwd', 'HF1006'],
    ['to-nothing', 'nothing', 'HF1004'],
    ['in-a-circle', '../app', 'HF1009'],
    ['to-itself', 'conf', 'HF1004'],
  ])('%s are refused', async (name, symlink, code) => {
    expect(await problemOf(of(name, { 'app/conf': { symlink } }))).toMatchObject({ code })
  })
})
