import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SourceRepositories } from '../../../src/adapters/source/index.ts'
import { startChartRepository } from '../../../tools/chart-repository.mjs'
import { writeChart } from '../../../tools/helm.mjs'
import { listenOnLoopback } from '../../../tools/loopback.mjs'
import { createLoopbackTls } from '../../../tools/tls.mjs'
import { type Bench, definition, problemOf, render, requestFor, RESOLVE, startBench } from './support/bench.ts'
import { accessTo, settingsWith } from './support/charts.ts'
import { folderOf, type Folder, helm } from './support/helm.ts'

type Repository = Awaited<ReturnType<typeof startChartRepository>>

const VERSIONS = ['0.9.0', '1.0.0', '1.1.0', '1.2.0', '2.0.0-rc.1', '1.2.1+build.7']

let bench: Bench
let source: SourceRepositories
let folder: Folder
let charts: Repository
let chart = ''
beforeAll(async () => {
  if (helm === '') return
  bench = await startBench({ failureMs: 0, fetchMs: 3_000 })
  folder = await folderOf({})
  chart = await writeChart(folder.path, { name: 'app' })
  charts = await startChartRepository()
  for (const version of VERSIONS) await charts.addChart(chart, { version })
})
afterAll(async () => {
  await charts?.stop()
  await bench?.end()
  await folder?.remove()
})
beforeEach(() => {
  source = bench.restart({ env: { HOLDFAST_HELM: helm } })
  charts.requireCredentials(undefined)
  for (const path of ['*', '/index.yaml', '/app-1.0.0.tgz']) charts.behave(path, undefined)
})

const of = (targetRevision: string, more: Parameters<typeof definition>[1] = {}): ReturnType<typeof definition> =>
  definition(charts.url, { chart: 'app', targetRevision, path: '', ...more })
const revisionOf = async (targetRevision: string): Promise<string> =>
  (await source.resolve(of(targetRevision), RESOLVE)).revision
const forget = (): Promise<void> => rm(join(bench.cacheDir, 'charts'), { recursive: true, force: true })

/** [S002-15] */
describe.skipIf(helm === '')('charts of a chart repository', () => {
  test('are rendered', async () => {
    const rendered = await render(source, of('1.0.0', { helm: { valuesObject: { greeting: 'moin' } } }))
    expect(rendered).toMatchObject({ revision: '1.0.0', problems: [], sources: [{ type: 'Helm', revision: '1.0.0' }] })
    expect(rendered.objects).toEqual([
      {
        object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'app' }, data: { greeting: 'moin' } },
        origin: expect.objectContaining({ file: 'templates/configmap.yaml', line: 0 }),
      },
    ])
  })

  test.each([
    ['1.0.0', '1.0.0'],
    ['2.0.0-rc.1', '2.0.0-rc.1'],
    ['1.2.1+build.7', '1.2.1+build.7'],
    ['1.*', '1.2.1+build.7'],
    ['^1.0', '1.2.1+build.7'],
    ['~1.1', '1.1.0'],
    ['>=0.1 <1', '0.9.0'],
    ['*', '1.2.1+build.7'],
    ['HEAD', '1.2.1+build.7'],
    ['>=2.0.0-0', '2.0.0-rc.1'],
    ['1.1', '1.1.0'],
    ['v1.1.0', '1.1.0'],
  ])('%s means %s', async (wanted, version) => {
    expect(await revisionOf(wanted)).toBe(version)
  })

  test.each([
    ['3.x', 'app'],
    ['9.9.9', 'app'],
    ['1.0.0', 'none'],
    ['not a version', 'app'],
  ])('version %s of chart %s does not exist', async (targetRevision, name) => {
    const problem = await problemOf(source.resolve(of(targetRevision, { chart: name }), RESOLVE))
    expect(problem).toMatchObject({ code: 'HF1002', subject: { repository: charts.url } })
  })

  test('a new version is seen when the index is too old, not before', async () => {
    const young = { ...RESOLVE, maxAgeMs: 60_000 }
    expect((await source.resolve(of('0.*'), young)).revision).toBe('0.9.0')
    await charts.addChart(chart, { version: '0.9.1' })
    expect((await source.resolve(of('0.*'), young)).revision).toBe('0.9.0')
    bench.advance(61_000)
    expect((await source.resolve(of('0.*'), young)).revision).toBe('0.9.1')
  })

  test('many ask once: one request for the index, one for the archive', async () => {
    await forget()
    const [indexes, archives] = [charts.count('/index.yaml'), charts.count('/app-1.1.0.tgz')]
    const wanted = of('1.1.0')
    await Promise.all(Array.from({ length: 50 }, () => source.resolve(wanted, { ...RESOLVE, maxAgeMs: 1_000 })))
    await Promise.all(Array.from({ length: 50 }, () => source.render(requestFor(wanted, '1.1.0'))))
    expect(charts.count('/index.yaml') - indexes).toBe(1)
    expect(charts.count('/app-1.1.0.tgz') - archives).toBe(1)
  })

  test('after a restart nothing is brought again, and without the repository what is there is rendered', async () => {
    await render(source, of('1.0.0'))
    const archives = charts.count('/app-1.0.0.tgz')
    await charts.takeDown()
    const later = bench.restart({ env: { HOLDFAST_HELM: helm } })
    expect((await later.render(requestFor(of('1.0.0'), '1.0.0'))).objects).toHaveLength(1)
    expect(await problemOf(later.resolve(of('1.*'), RESOLVE))).toMatchObject({ code: 'HF1001' })
    await charts.bringUp()
    expect((await later.resolve(of('1.0.0'), RESOLVE)).revision).toBe('1.0.0')
    expect(charts.count('/app-1.0.0.tgz')).toBe(archives)
  })

  test('what is damaged on disk is brought again', async () => {
    await render(source, of('1.0.0'))
    const contents = join(bench.cacheDir, 'charts', 'contents')
    for (const name of await readdir(contents)) await writeFile(join(contents, name), 'damaged')
    const later = bench.restart({ env: { HOLDFAST_HELM: helm } })
    expect((await later.render(requestFor(of('1.0.0'), '1.0.0'))).objects).toHaveLength(1)
    const mended = await Promise.all((await readdir(contents)).map((name) => readFile(join(contents, name), 'utf8')))
    expect(mended.filter((content) => content !== 'damaged').length).toBeGreaterThanOrEqual(2)
  })
})

describe.skipIf(helm === '')('credentials of a chart repository', () => {
  const login = { username: 'reader', password: 'hunter2-hunter2' }

  test('the Secret for its URL opens it', async () => {
    charts.requireCredentials(login)
    const refused = await problemOf(source.resolve(of('1.0.0'), RESOLVE))
    expect(refused).toMatchObject({ code: 'HF1005', action: expect.stringContaining('Secret') })
    source.configure(settingsWith([accessTo(`${charts.url}/`, login)]))
    expect((await render(source, of('1.0.0'))).objects).toHaveLength(1)
    source.configure(settingsWith([accessTo(charts.url, { ...login, password: 'wrong-wrong' })]))
    const wrong = await problemOf(source.resolve(of('1.0.0'), RESOLVE))
    expect(wrong).toMatchObject({ code: 'HF1005', action: expect.stringContaining('Secret argocd/charts') })
    expect(JSON.stringify(wrong)).not.toMatch(/hunter2|wrong-wrong/)
  })

  test('other hosts are told them only with passCredentials', async () => {
    const told: (string | undefined)[] = []
    const archive = await readFile(join(charts.directory, 'app-1.0.0.tgz'))
    const elsewhere = createServer((request, response) => {
      told.push(request.headers.authorization)
      response.end(archive)
    })
    const port = await listenOnLoopback(elsewhere, 0)
    const index = await readFile(join(charts.directory, 'index.yaml'), 'utf8')
    await charts.writeIndex(index.replaceAll('- app-1.0.0.tgz', `- http://127.0.0.1:${port}/app-1.0.0.tgz`))
    charts.requireCredentials(login)
    source.configure(settingsWith([accessTo(charts.url, login)]))
    await forget()
    await render(source, of('1.0.0'))
    expect(told).toEqual([undefined])
    await forget()
    await render(source, of('1.0.0', { helm: { passCredentials: true } }))
    expect(told[1]).toMatch(/^Basic /)
    await charts.writeIndex(index)
    elsewhere.close()
  })

  test('a redirect to another host does not take them along', async () => {
    const told: (string | undefined)[] = []
    const elsewhere = createServer((request, response) => {
      told.push(request.headers.authorization)
      response.writeHead(404).end()
    })
    const port = await listenOnLoopback(elsewhere, 0)
    charts.behave('/index.yaml', { kind: 'redirect', to: `http://127.0.0.1:${port}/index.yaml` })
    source.configure(settingsWith([accessTo(charts.url, login)]))
    await problemOf(source.resolve(of('1.0.0'), RESOLVE))
    expect(told).toEqual([undefined])
    elsewhere.close()
  })
})

describe.skipIf(helm === '')('TLS of a chart repository', () => {
  test('an authority from argocd-tls-certs-cm, a client certificate, insecure', async () => {
    const tls = createLoopbackTls()
    const secure = await startChartRepository({ charts: [chart], tls: tls.mutual })
    const wanted = definition(secure.url, { chart: 'app', targetRevision: '1.0.0', path: '' })
    const { certificate: tlsClientCertData, key: tlsClientCertKey } = tls.client('holdfast')
    const unknown = await problemOf(source.resolve(wanted, RESOLVE))
    expect(unknown).toMatchObject({ code: 'HF1001', action: expect.stringContaining('argocd-tls-certs-cm') })
    source.configure(settingsWith([], { tlsCertificates: { '127.0.0.1': tls.ca } }))
    expect(await problemOf(source.resolve(wanted, RESOLVE))).toMatchObject({ code: 'HF1001' })
    const identity = { tlsClientCertData, tlsClientCertKey }
    source.configure(settingsWith([accessTo(secure.url, identity)], { tlsCertificates: { '127.0.0.1': tls.ca } }))
    expect((await render(source, wanted)).objects).toHaveLength(1)
    source.configure(settingsWith([accessTo(secure.url, { ...identity, insecure: true })]))
    expect((await source.resolve(wanted, RESOLVE)).revision).toBe('1.0.0')
    await secure.stop()
  })
})

describe.skipIf(helm === '')('chart repositories that mean no good', () => {
  beforeEach(forget)

  test.each<[string, Parameters<Repository['behave']>[1], string]>([
    ['hangs', { kind: 'hang' }, 'HF1001'],
    ['is slow without end', { kind: 'slow', pauseMs: 50 }, 'HF1001'],
    ['is cut off', { kind: 'truncated', bytes: 100 }, 'HF1001'],
    ['redirects to itself', { kind: 'redirect', to: '/index.yaml' }, 'HF1001'],
    ['redirects to a file', { kind: 'redirect', to: 'file:///etc/passwd' }, 'HF1001'],
    [
      'redirects to where clouds keep their credentials',
      { kind: 'redirect', to: 'http://169.254.169.254/latest' },
      'HF2003',
    ],
    ['is no YAML', { kind: 'body', body: 'entries: [}' }, 'HF1001'],
    ['is a list', { kind: 'body', body: '[]' }, 'HF1001'],
    ['is HTML', { kind: 'body', body: '<html><body>entries:\n</body></html>' }, 'HF1001'],
    [
      'multiplies itself',
      {
        kind: 'body',
        body: `a: &a [${'x,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: &c [${'*b,'.repeat(50)}]\nentries: {app: [${'*c,'.repeat(50)}]}`,
      },
      'HF1001',
    ],
    ['answers with an error', { kind: 'status', status: 503 }, 'HF1001'],
    ['is not there', { kind: 'status', status: 404 }, 'HF1001'],
  ])('an index that %s', async (_, behaviour, code) => {
    charts.behave('/index.yaml', behaviour)
    const strict = bench.restart({ limits: { fetchMs: 700 } })
    const problem = await problemOf(strict.resolve(of('1.0.0'), RESOLVE))
    expect(problem.code).toBe(code)
    charts.behave('/index.yaml', undefined)
    expect((await strict.resolve(of('1.0.0'), RESOLVE)).revision).toBe('1.0.0')
  })

  test('an index without end', async () => {
    charts.behave('/index.yaml', { kind: 'endless' })
    const strict = bench.restart({ limits: { indexBytes: 1_000_000 } })
    expect(await problemOf(strict.resolve(of('1.0.0'), RESOLVE))).toMatchObject({ code: 'HF1010' })
  })

  test('an archive that is not what the index says', async () => {
    charts.behave('/index.yaml', { kind: 'wrong-digests' })
    const problem = await problemOf(render(source, of('1.0.0')))
    expect(problem).toMatchObject({ code: 'HF1001', message: expect.stringContaining('digest') })
  })

  test.each<[string, Parameters<Repository['behave']>[1], string]>([
    ['is not there', { kind: 'status', status: 404 }, 'HF1002'],
    ['is cut off', { kind: 'truncated', bytes: 100 }, 'HF1001'],
    ['has no end', { kind: 'endless' }, 'HF1010'],
  ])('an archive that %s', async (_, behaviour, code) => {
    charts.behave('/app-1.0.0.tgz', behaviour)
    const strict = bench.restart({ env: { HOLDFAST_HELM: helm }, limits: { archiveBytes: 1_000_000 } })
    expect(await problemOf(render(strict, of('1.0.0')))).toMatchObject({ code })
    charts.behave('/app-1.0.0.tgz', undefined)
    expect((await render(strict, of('1.0.0'))).objects).toHaveLength(1)
  })

  test.each(['ftp://charts.invalid', 'file:///srv/charts', 'http://[', 'ht tp://x'])('the address %s', async (url) => {
    const problem = await problemOf(
      source.resolve(definition(url, { chart: 'app', targetRevision: '1.0.0', path: '' }), RESOLVE),
    )
    expect(['HF1013', 'HF2001']).toContain(problem.code)
  })

  test.each(['../app', 'a b', '-x/../..'])('the chart %s', async (name) => {
    const problem = await problemOf(source.resolve(of('1.0.0', { chart: name }), RESOLVE))
    expect(['HF1002', 'HF2001']).toContain(problem.code)
  })
})
