import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceRepositories } from '../../../src/adapters/source/index.ts'
import { findBinaries } from '../../../tools/binaries.mjs'
import { startChartRepository } from '../../../tools/chart-repository.mjs'
import { openHelm, writeChart } from '../../../tools/helm.mjs'
import { startOciRegistry } from '../../../tools/oci-registry.mjs'
import { type Bench, definition, problemOf, render, requestFor, RESOLVE, startBench } from './support/bench.ts'
import { accessTo, settingsWith } from './support/charts.ts'
import {
  chartYaml,
  type Files,
  type Folder,
  folderOf,
  helm,
  helmTemplate,
  objectsIn,
  objectsOf,
} from './support/helm.ts'

const registryProgram = (await findBinaries(['registry'])).registry?.path

let bench: Bench
let source: SourceRepositories
let folder: Folder
let charts: Awaited<ReturnType<typeof startChartRepository>>
beforeAll(async () => {
  if (helm === '') return
  bench = await startBench({ failureMs: 0 })
  source = bench.restart({ env: { HOLDFAST_HELM: helm } })
  folder = await folderOf({})
  charts = await startChartRepository()
  const sub = await writeChart(folder.path, { name: 'sub' })
  for (const version of ['1.0.0', '1.1.0', '2.0.0']) await charts.addChart(sub, { version })
  // Charts on loopback are brought only where a Secret names their repository.
  source.configure(settingsWith([accessTo(charts.url, { name: 'named' })]))
})
afterAll(async () => {
  await charts?.stop()
  await bench?.end()
  await folder?.remove()
})

let made = 0
const repositoryOf = async (files: Files): Promise<{ url: string; commit(files: Files): Promise<unknown> }> => {
  made += 1
  const repository = await bench.git.createRepository(`dependencies/r${made}`)
  await repository.commit(files, 'one')
  return { url: repository.url, commit: (more) => repository.commit(more, 'more') }
}
const chartIn = (url: string): ReturnType<typeof definition> => definition(url, { path: 'app' })

const parent = (dependencies: string, more: Files = {}): Files => ({
  'app/Chart.yaml': chartYaml('app', `dependencies:\n${dependencies}\n`),
  'app/templates/own.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n',
  ...more,
})
const CHILD: Files = {
  'common/Chart.yaml': chartYaml('common'),
  'common/templates/c.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "common-{{ .Chart.Version }}"}\n',
}

/** The render of what `helm dependency build` makes of the same files with the network. */
async function withHelm(files: Files): Promise<readonly unknown[]> {
  const built = await folderOf(files)
  try {
    const home = { HOME: join(built.path, 'home'), PATH: process.env['PATH'] ?? '' }
    const cwd = join(built.path, 'app')
    const chart = await readFile(join(cwd, 'Chart.yaml'), 'utf8')
    for (const [, url = ''] of chart.matchAll(/repository: "?(http[^"\s,}]+)/g)) {
      await promisify(execFile)(helm, ['repo', 'add', 'r', url, '--force-update'], { cwd, env: home })
    }
    await promisify(execFile)(helm, ['dependency', 'build', '--skip-refresh'], { cwd, env: home })
    return objectsIn(await helmTemplate(cwd))
  } finally {
    await built.remove()
  }
}

/** [S002-15] */
describe.skipIf(helm === '')('dependencies that the chart does not hold', () => {
  test.each<[string, () => Files]>([
    ['from a chart repository, exact', () => parent(`- {name: sub, version: 1.0.0, repository: "${charts.url}"}`)],
    ['from a chart repository, by a range', () => parent(`- {name: sub, version: "^1", repository: "${charts.url}"}`)],
    [
      'with an alias and a condition',
      () =>
        parent(
          `- {name: sub, version: 1.1.0, repository: "${charts.url}", alias: renamed}\n- {name: sub, version: 2.0.0, repository: "${charts.url}", condition: sub.on}`,
          { 'app/values.yaml': 'renamed: {greeting: by alias}\nsub: {on: false}\n' },
        ),
    ],
    [
      'from a directory of the repository',
      () => parent('- {name: common, version: "*", repository: "file://../common"}', CHILD),
    ],
    [
      'from all over',
      () =>
        parent(
          `- {name: common, version: 1.x.x, repository: "file://../common"}\n- {name: sub, version: "<2", repository: "${charts.url}"}`,
          CHILD,
        ),
    ],
  ])('%s', async (_, files) => {
    const { url } = await repositoryOf(files())
    const rendered = await render(source, chartIn(url))
    expect(rendered.problems).toEqual([])
    expect(objectsOf(rendered)).toEqual(await withHelm(files()))
    expect(objectsOf(rendered).length).toBeGreaterThan(1)
  })

  test('what lies in charts/ wins, in whatever version; nobody is asked', async () => {
    const before = charts.requests().length
    const { url } = await repositoryOf(
      parent(`- {name: common, version: 9.9.9, repository: "${charts.url}"}`, {
        'app/charts/common/Chart.yaml': CHILD['common/Chart.yaml'] ?? '',
        'app/charts/common/templates/c.yaml': CHILD['common/templates/c.yaml'] ?? '',
      }),
    )
    expect(JSON.stringify((await render(source, chartIn(url))).objects)).toContain('common-1.0.0')
    expect(charts.requests().length).toBe(before)
  })

  test('an archive in charts/ counts too, and names the objects that come out of it', async () => {
    const archive = await readFile(join(charts.directory, 'sub-1.1.0.tgz'))
    const { url } = await repositoryOf(
      parent('- {name: sub, version: 1.1.0, repository: "https://charts.invalid"}', {
        'app/charts/sub-1.1.0.tgz': archive,
      }),
    )
    const { objects } = await render(source, chartIn(url))
    expect(objects.map(({ origin }) => origin.file).sort()).toEqual([
      'app/charts/sub-1.1.0.tgz',
      'app/templates/own.yaml',
    ])
  })

  test('by the name of a repository Secret', async () => {
    for (const repository of ['@named', 'alias:named']) {
      const { url } = await repositoryOf(parent(`- {name: sub, version: 1.0.0, repository: "${repository}"}`))
      expect((await render(source, chartIn(url))).objects).toHaveLength(2)
    }
    const { url } = await repositoryOf(parent('- {name: sub, version: 1.0.0, repository: "@unknown"}'))
    expect(await problemOf(render(source, chartIn(url)))).toMatchObject({
      code: 'HF1001',
      action: expect.stringContaining('name: unknown'),
    })
  })

  test('Chart.lock says which version; one that does not fit Chart.yaml is refused', async () => {
    const files = parent(`- {name: sub, version: ">=1", repository: "${charts.url}", condition: "a>b & c", tags: [x]}`)
    const built = await folderOf(files)
    const home = { HOME: join(built.path, 'home'), PATH: process.env['PATH'] ?? '' }
    const cwd = join(built.path, 'app')
    await promisify(execFile)(helm, ['repo', 'add', 'r', charts.url], { cwd, env: home })
    await promisify(execFile)(helm, ['dependency', 'update', '--skip-refresh'], { cwd, env: home })
    const lock = await readFile(join(cwd, 'Chart.lock'), 'utf8')
    await built.remove()
    expect(lock).toContain('version: 2.0.0')
    const { url, commit } = await repositoryOf({ ...files, 'app/Chart.lock': lock })
    expect((await render(source, chartIn(url))).sources[0]?.files).toContain('app/charts/sub-2.0.0.tgz')
    await commit({ 'app/Chart.yaml': String(files['app/Chart.yaml']).replace('>=1', '>=1.1') })
    const problem = await problemOf(render(source, chartIn(url)))
    expect(problem).toMatchObject({
      code: 'HF1009',
      subject: { file: 'app/Chart.yaml' },
      action: expect.stringContaining('dependency update'),
    })
  })

  test('a change of the directory that a chart depends on renders anew; nothing else does', async () => {
    const { url, commit } = await repositoryOf({
      ...parent('- {name: common, version: "*", repository: "file://../common"}', CHILD),
      'app/only-here.txt': 'x',
    })
    const from = async (): Promise<unknown> => (await render(source, chartIn(url))).sources[0]?.from
    expect(await from()).toBe('render')
    await commit({ 'elsewhere/x': 'y' })
    expect(await from()).toBe('memory')
    await commit({ 'common/values.yaml': 'a: b' })
    expect(await from()).toBe('render')
  })

  test.each<[string, string, string]>([
    ['a version that does not exist', '{name: sub, version: 7.0.0, repository: "URL"}', 'HF1002'],
    ['a chart that does not exist', '{name: none, version: 1.0.0, repository: "URL"}', 'HF1002'],
    ['no repository and not in charts/', '{name: sub, version: 1.0.0}', 'HF1009'],
    ['a directory that is not there', '{name: sub, version: 1.0.0, repository: "file://../none"}', 'HF1004'],
    ['a directory above the repository', '{name: sub, version: 1.0.0, repository: "file://../../../etc"}', 'HF1006'],
    ['a path of the machine', '{name: sub, version: 1.0.0, repository: "file:///etc"}', 'HF1006'],
    ['a directory in another version', '{name: common, version: ">=2", repository: "file://../common"}', 'HF1009'],
    ['another scheme', '{name: sub, version: 1.0.0, repository: "s3://bucket"}', 'HF1009'],
    ['a name that leaves charts/', '{name: "../../x", version: 1.0.0, repository: "URL"}', 'HF1009'],
    [
      'where clouds keep their credentials',
      '{name: sub, version: 1.0.0, repository: "http://169.254.169.254"}',
      'HF2003',
    ],
  ])('%s is refused', async (_, dependency, code) => {
    const { url } = await repositoryOf(parent(`- ${dependency.replace('URL', charts.url)}`, CHILD))
    expect(await problemOf(render(source, chartIn(url)))).toMatchObject({ code })
  })

  test('a project that does not list the repository does not get the chart', async () => {
    const { url } = await repositoryOf(parent(`- {name: sub, version: 1.0.0, repository: "${charts.url}"}`))
    const wanted = chartIn(url)
    const { revision } = await source.resolve(wanted, RESOLVE)
    const call = source.render(requestFor(wanted, revision, { sourceRepos: [url] }))
    expect(await problemOf(call)).toMatchObject({ code: 'HF2003', message: expect.stringContaining(charts.url) })
  })
})

describe.skipIf(helm === '' || registryProgram === undefined)('dependencies from a registry', () => {
  test('by exact version and by range, with the Secret of the registry', async () => {
    const registry = await startOciRegistry()
    const tool = await openHelm(folder.path)
    for (const version of ['1.0.0', '1.4.0']) {
      await registry.pushChart(await tool.packageChart(join(folder.path, 'sub'), folder.path, { version }))
    }
    const access = accessTo(`${registry.host}/charts`, { enableOCI: true, insecureOCIForceHttp: true })
    source.configure(settingsWith([access]))
    for (const [wanted, file] of [
      ['1.0.0', 'sub-1.0.0.tgz'],
      ['^1', 'sub-1.4.0.tgz'],
    ]) {
      const { url } = await repositoryOf(
        parent(`- {name: sub, version: "${wanted}", repository: "oci://${registry.host}/charts"}`),
      )
      const rendered = await render(source, chartIn(url))
      expect(rendered.objects).toHaveLength(2)
      expect(rendered.sources[0]?.files).toContain(`app/charts/${file}`)
    }
    await registry.stop()
  })
})
