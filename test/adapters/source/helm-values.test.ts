import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceRepositories } from '../../../src/adapters/source/index.ts'
import { DEFAULT_SOURCE_SETTINGS } from '../../../src/core/definition/index.ts'
import type { Rendered } from '../../../src/core/desired/index.ts'
import { listenOnLoopback } from '../../../tools/loopback.mjs'
import { type Bench, definition, problemOf, render, requestFor, RESOLVE, startBench } from './support/bench.ts'
import { chartYaml, type Files, folderOf, helm, renderChart } from './support/helm.ts'

const DUMP =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dump}\ndata:\n  seen: {{ .Values.seen | default list | toJson | quote }}\n  last: {{ .Values.last | quote }}\n'

/** Each value file adds its name: what is seen tells which were read, `last` which won. */
const values = (name: string): string => `last: ${name}\nseen_${name.replace(/\W/g, '_')}: true\n`

const CHART: Files = {
  'app/Chart.yaml': chartYaml('app'),
  'app/templates/dump.yaml': `${DUMP}  all: {{ range $k, $_ := .Values }}{{ if hasPrefix "seen_" $k }} {{ trimPrefix "seen_" $k }}{{ end }}{{ end }}\n`,
}

interface Seen {
  readonly last: string
  readonly all: readonly string[]
}

function seenIn(rendered: Rendered): Seen {
  const { data } = rendered.objects[0]?.object as unknown as { data: { last: string; all: string | null } }
  return {
    last: data.last,
    all: (data.all ?? '')
      .trim()
      .split(' ')
      .filter((name) => name !== ''),
  }
}

const FILES: Files = {
  ...CHART,
  'app/own.yaml': values('own'),
  'app/env/a.yaml': values('a'),
  'app/env/b.yaml': values('b'),
  'app/env/.hidden.yaml': values('hidden'),
  'app/env/deep/c.yaml': values('c'),
  'app/env/deep/er/d.yaml': values('d'),
  'app/$ARGOCD_ENV.yaml': values('dollar'),
  'app/app.yaml': values('app'),
  'shared/root.yaml': values('root'),
  'app/with space & comma,.yaml': values('odd'),
}

let bench: Bench
let source: SourceRepositories
beforeAll(async () => {
  bench = await startBench({ failureMs: 0 })
  source = bench.restart({ env: { HOLDFAST_HELM: helm } })
})
afterAll(() => bench.end())

/** [S002-15] */
describe.skipIf(helm === '')('value files', () => {
  let url = ''
  beforeAll(async () => {
    const repository = await bench.git.createRepository('values/files')
    await repository.commit(FILES, 'one')
    url = repository.url
  })
  const seen = async (valueFiles: readonly string[], ignoreMissingValueFiles = false): Promise<Seen> =>
    seenIn(await render(source, definition(url, { path: 'app', helm: { valueFiles, ignoreMissingValueFiles } })))

  test.each<[string, readonly string[], string, readonly string[]]>([
    ['relative to the chart, the last one wins', ['own.yaml', 'env/a.yaml'], 'a', ['a', 'own']],
    ['in the order given', ['env/a.yaml', 'own.yaml'], 'own', ['a', 'own']],
    ['from the root of the repository', ['/shared/root.yaml'], 'root', ['root']],
    ['outside the chart, inside the repository', ['../shared/root.yaml'], 'root', ['root']],
    ['a glob of one directory, hidden files too', ['env/*.yaml'], 'b', ['a', 'b', 'hidden']],
    ['a glob of any depth', ['env/**/*.yaml'], 'd', ['a', 'b', 'c', 'd', 'hidden']],
    ['a glob from the root', ['/sha*/r??t.yaml'], 'root', ['root']],
    ['a class of letters', ['env/[ab].yaml'], 'b', ['a', 'b']],
    ['what is also listed by itself keeps that place', ['env/*.yaml', 'env/a.yaml'], 'a', ['a', 'b', 'hidden']],
    ['once each, at the first place', ['env/a.yaml', 'own.yaml', 'env/../env/a.yaml'], 'own', ['a', 'own']],
    ['a variable of the build environment', ['$ARGOCD_APP_NAME.yaml'], 'app', ['app']],
    ['odd names', ['with space & comma,.yaml'], 'odd', ['odd']],
  ])('%s', async (_, valueFiles, last, all) => {
    expect(await seen(valueFiles)).toEqual({ last, all })
  })

  test('missing ones are passed over when asked for', async () => {
    expect(await seen(['none.yaml', 'own.yaml', 'none/*.yaml'], true)).toEqual({ last: 'own', all: ['own'] })
  })

  test.each<[string, string, string]>([
    ['a file that is not there', 'none.yaml', 'HF1004'],
    ['a glob that fits nothing', 'none/*.yaml', 'HF1004'],
    ['a directory', 'env', 'HF1004'],
    ['above the repository', '../../etc/passwd', 'HF1006'],
    ['above the repository, from the root', '/../../etc/passwd', 'HF1006'],
    ['above the repository, by a glob', '../../*', 'HF1006'],
    ['a scheme that is not allowed', 'file:///etc/passwd', 'HF2003'],
    ['another one', 's3://bucket/values.yaml', 'HF2003'],
    ['a source that is not there', '$other/values.yaml', 'HF1004'],
  ])('%s is refused', async (_, file, code) => {
    const problem = await problemOf(seen([file]))
    expect(problem).toMatchObject({ code, subject: { repository: url, path: 'app' } })
    expect(problem.message).toContain(JSON.stringify(file))
  })

  test('a link out of the repository is refused', async () => {
    const repository = await bench.git.createRepository('values/link')
    await repository.commit({ ...CHART, 'app/evil.yaml': { symlink: '/etc/passwd' } }, 'one')
    const wanted = definition(repository.url, { path: 'app', helm: { valueFiles: ['evil.yaml'] } })
    expect(await problemOf(render(source, wanted))).toMatchObject({ code: 'HF1006' })
  })

  test('a commit that touches neither the chart nor its value files renders nothing', async () => {
    const repository = await bench.git.createRepository('values/closure')
    await repository.commit({ ...FILES, 'app/only-here.txt': 'x', 'other/x.yaml': 'a: b' }, 'one')
    const wanted = definition(repository.url, { path: 'app', helm: { valueFiles: ['/shared/root.yaml'] } })
    const from = async (): Promise<unknown> => (await render(source, wanted)).sources[0]?.from
    expect(await from()).toBe('render')
    await repository.commit({ 'other/x.yaml': 'a: c', 'shared/other.yaml': 'x: y' }, 'two')
    expect(await from()).toBe('memory')
    await repository.commit({ 'shared/root.yaml': values('changed') }, 'three')
    expect(await from()).toBe('render')
    expect(seenIn(await render(source, wanted)).last).toBe('changed')
  })
})

describe.skipIf(helm === '')('files of other sources', () => {
  test('a chart at the top of its repository is named as it lies there', async () => {
    const repository = await bench.git.createRepository('ref/top')
    const files = Object.entries(CHART).map(([file, text]) => [file.replace('app/', ''), text])
    await repository.commit({ ...Object.fromEntries(files), 'values.yaml': 'a: b\n  c: [\n' }, 'broken')
    const top = definition(repository.url, { path: '.' })
    const { revision } = await source.resolve(top, RESOLVE)
    expect(await problemOf(source.render(requestFor(top, revision)))).toMatchObject({
      code: 'HF1009',
      subject: { file: 'values.yaml', line: 2 },
    })
    await repository.commit({ 'values.yaml': values('own') }, 'mended')
    const { revision: mended } = await source.resolve(top, RESOLVE)
    const { sources } = await source.render(requestFor(top, mended))
    expect(sources[0]?.files).toEqual(['Chart.yaml', 'templates/dump.yaml', 'values.yaml'])
  })

  test('`$ref/path` and `$ref/glob` are taken from the source so called, at its revision', async () => {
    const [charts, config] = [
      await bench.git.createRepository('ref/charts'),
      await bench.git.createRepository('ref/config'),
    ]
    await charts.commit({ ...CHART, 'app/own.yaml': values('own') }, 'charts')
    await config.commit(
      { 'prod/z.yaml': values('z'), 'prod/y.yaml': values('y'), 'text.txt': 'from the other' },
      'config',
    )
    const main = definition(charts.url, {
      path: 'app',
      helm: {
        valueFiles: ['$config/prod/*.yaml', 'own.yaml', '$config/prod/$ARGOCD_APP_NAME.yaml'],
        fileParameters: [{ name: 'last', path: '$config/text.txt' }],
        ignoreMissingValueFiles: true,
      },
    })
    const other = definition(config.url, { ref: 'config', path: '' })
    const sources = []
    for (const one of [main, other])
      sources.push({ source: one, revision: (await source.resolve(one, RESOLVE)).revision })
    const rendered = await source.render(requestFor(main, '', { sources }))
    expect(seenIn(rendered)).toEqual({ last: 'from the other', all: ['own', 'y', 'z'] })
    const [how] = rendered.sources
    expect(rendered.sources).toHaveLength(1)
    expect(how?.files).toEqual(expect.arrayContaining(['app/Chart.yaml', 'app/own.yaml', '$config/prod/y.yaml']))
    expect(how?.refFiles?.map(({ ref, file }) => `${ref} ${file}`)).toEqual([
      'config prod/y.yaml',
      'config prod/z.yaml',
      'config text.txt',
    ])
  })

  test('a broken one is told by its own repository, revision, file and line', async () => {
    const [charts, config] = [await bench.git.createRepository('ref/c'), await bench.git.createRepository('ref/d')]
    await charts.commit(CHART, 'charts')
    const revision = await config.commit({ 'env/prod.yaml': 'a: b\n  c: [\n' }, 'config')
    const main = definition(charts.url, { path: 'app', helm: { valueFiles: ['$config/env/prod.yaml'] } })
    const other = definition(config.url, { ref: 'config', path: '' })
    const sources = []
    for (const one of [main, other])
      sources.push({ source: one, revision: (await source.resolve(one, RESOLVE)).revision })
    expect(await problemOf(source.render(requestFor(main, '', { sources })))).toMatchObject({
      code: 'HF1009',
      subject: { file: 'env/prod.yaml', line: 2, repository: config.url, revision },
    })
  })

  test('they cannot leave that source', async () => {
    const [charts, config] = [await bench.git.createRepository('ref/a'), await bench.git.createRepository('ref/b')]
    await charts.commit(CHART, 'charts')
    await config.commit({ 'x.yaml': 'a: b' }, 'config')
    const main = definition(charts.url, { path: 'app', helm: { valueFiles: ['$config/../../x.yaml'] } })
    const other = definition(config.url, { ref: 'config', path: '' })
    const sources = []
    for (const one of [main, other])
      sources.push({ source: one, revision: (await source.resolve(one, RESOLVE)).revision })
    expect(await problemOf(source.render(requestFor(main, '', { sources })))).toMatchObject({ code: 'HF1006' })
  })
})

describe.skipIf(helm === '')('value files by URL', () => {
  const server = createServer((request, response) => {
    if (request.url === '/values.yaml') response.end(values('remote'))
    else response.writeHead(404).end()
  })
  let base = ''
  beforeAll(async () => {
    base = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`
  })
  afterAll(() => server.close())

  test('are brought, and read where they stand in the order', async () => {
    const repository = await bench.git.createRepository('values/url')
    await repository.commit(FILES, 'one')
    const of = (...valueFiles: string[]) => definition(repository.url, { path: 'app', helm: { valueFiles } })
    expect(seenIn(await render(source, of(`${base}/values.yaml`, 'own.yaml')))).toEqual({
      last: 'own',
      all: ['own', 'remote'],
    })
    expect(seenIn(await render(source, of('own.yaml', `${base}/values.yaml`))).last).toBe('remote')
    expect(await problemOf(render(source, of(`${base}/none.yaml`)))).toMatchObject({ code: 'HF1004' })
  })

  test('only by the schemes of the installation', async () => {
    const folder = await folderOf({ 'Chart.yaml': chartYaml('app') })
    const settings = { ...DEFAULT_SOURCE_SETTINGS, valuesFileSchemes: ['https'] }
    const call = renderChart(folder.path, { helm: { valueFiles: [`${base}/values.yaml`] }, settings })
    expect(await problemOf(call)).toMatchObject({ code: 'HF2003' })
    await folder.remove()
  })
})
