// What a kustomization names beyond Git: files by http, and charts.
import { createServer, type RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostOf, reachOf } from '../../../src/adapters/source/reach.ts'
import { repositoryReference } from '../../../src/adapters/source/render/kustomize-repository-url.ts'
import type { SourceRepositories } from '../../../src/adapters/source/index.ts'
import { DEFAULT_SOURCE_SETTINGS } from '../../../src/core/definition/index.ts'
import { findBinaries } from '../../../tools/binaries.mjs'
import { startChartRepository } from '../../../tools/chart-repository.mjs'
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

const { kustomize, helm } = await findBinaries(['kustomize', 'helm'])

let bench: Bench
let source: SourceRepositories
let made = 0
let answer: RequestListener = (_, response) => response.end()
const server = createServer((request, response) => answer(request, response))
let web = ''
beforeAll(async () => {
  bench = await startBench({ failureMs: 0, outsideAgeMs: 60_000, fileBytes: 100_000 })
  const env = { HOLDFAST_KUSTOMIZE: kustomize?.path ?? '', HOLDFAST_HELM: helm?.path ?? '' }
  source = bench.restart({ env })
  source.configure({ ...DEFAULT_SOURCE_SETTINGS, kustomizeBuildOptions: ['--enable-helm'] })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  web = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
})
afterAll(async () => {
  await bench.end()
  server.close()
  server.closeAllConnections()
})

const repository = async (files: Files): Promise<TestRepository> => {
  made += 1
  const repo = await bench.git.createRepository(`outside/r${made}`)
  await repo.commit(files, 'one')
  return repo
}
const of = async (files: Files): ReturnType<typeof render> => render(source, definition((await repository(files)).url))
const naming = (url: string): Files => ({ 'kustomization.yaml': `resources: ["${url}"]\n` })

describe.skipIf(kustomize === undefined)('files by http', () => {
  test('as resources, patches and values of generators; asked for once in a while', async () => {
    let requests = 0
    answer = (request, response) => {
      requests += 1
      const path = request.url ?? ''
      if (path === '/cm.yaml') response.end(configMap('remote', String(requests)))
      else if (path === '/moved') response.writeHead(302, { location: '/cm.yaml' }).end()
      else if (path === '/patch.yaml') response.end('- {op: add, path: /data/patched, value: "yes"}\n')
      else response.end('text')
    }
    const text = [
      `resources: ["${web}/moved"]`,
      `patches: [{path: "${web}/patch.yaml", target: {kind: ConfigMap}}]`,
      `configMapGenerator: [{name: g, files: ["${web}/a/app.conf", "k=${web}/b"], options: {disableNameSuffixHash: true}}]`,
    ]
    const repo = await repository({ 'kustomization.yaml': `${text.join('\n')}\n` })
    const first = await render(source, definition(repo.url))
    expect(first.objects.map(({ object }) => object['data'])).toEqual([
      { 'app.conf': 'text', k: 'text', patched: 'yes' },
      { key: 2, patched: 'yes' },
    ])
    const asked = requests
    expect((await render(source, definition(repo.url))).sources[0]?.key).toBe(first.sources[0]?.key)
    expect(requests).toBe(asked)
    bench.advance(61_000)
    expect((await render(source, definition(repo.url))).sources[0]?.key).not.toBe(first.sources[0]?.key)
  })
  test.each<[string, RequestListener, string]>([
    ['nothing there', (_, response) => void response.writeHead(404).end(), 'HF1004'],
    ['credentials wanted', (_, response) => void response.writeHead(401).end(), 'HF1005'],
    ['a bad day', (_, response) => void response.writeHead(503).end(), 'HF1001'],
    ['too large', (_, response) => void response.end('x'.repeat(200_000)), 'HF1010'],
    [
      'cut off',
      (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('x', () => response.destroy()),
      'HF1001',
    ],
    [
      'round and round',
      (request, response) => void response.writeHead(302, { location: `${request.url}` }).end(),
      'HF1001',
    ],
    [
      'sent to the metadata service',
      (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/x' }).end(),
      'HF2003',
    ],
    [
      'sent to a file',
      (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'HF2003',
    ],
    [
      'sent to a private address',
      (_, response) => void response.writeHead(302, { location: 'http://[::]/x' }).end(),
      'HF2003',
    ],
  ])('%s', async (name, listener, code) => {
    answer = listener
    const said = await problemOf(of(naming(`${web}/${name.replaceAll(' ', '-')}.yaml`)))
    expect(said.code).toBe(code)
    expect(said.subject.repository).toContain(web)
  })
  test('only from repositories that the project allows, or below them', async () => {
    answer = (_, response) => void response.end(configMap('remote'))
    const repo = await repository(naming(`${web}/org/repo/releases/x.yaml`))
    const wanted = definition(repo.url)
    const { revision } = await source.resolve(wanted, RESOLVE)
    const asked = (sourceRepos: string[]) => source.render(requestFor(wanted, revision, { sourceRepos }))
    expect(namesOf(await asked(['*']))).toEqual(['remote'])
    expect(namesOf(await asked([`${web}/org/*`]))).toEqual(['remote'])
    expect((await problemOf(asked([`${web}/other/*`]))).code).toBe('HF2003')
    expect((await problemOf(asked(['*', `!${web}/org/repo`]))).code).toBe('HF2003')
  })
  test('a name and a password go to the host they were written for, and into no message', async () => {
    let authorization: string | undefined
    answer = (request, response) => {
      authorization = request.headers.authorization
      response.writeHead(404).end()
    }
    const said = await problemOf(of(naming(`${web.replace('//', '//user:hunter2@')}/x.yaml`)))
    expect(authorization).toBe(`Basic ${Buffer.from('user:hunter2').toString('base64')}`)
    expect(JSON.stringify(said)).not.toContain('hunter2')
  })
})

describe.skipIf(kustomize === undefined || helm === undefined)('charts', () => {
  const chart = {
    'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'values.yaml': 'text: default\n',
    'templates/cm.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {text: {{ .Values.text | quote }}, kube: {{ .Capabilities.KubeVersion.Version | quote }}, has: "{{ .Capabilities.APIVersions.Has "apps/v1/Deployment" }}"}\n',
  }
  const at = (folder: string): Files =>
    Object.fromEntries(Object.entries(chart).map(([path, text]) => [`${folder}/${path}`, text]))
  const data = (rendered: Awaited<ReturnType<typeof render>>): unknown => rendered.objects[0]?.object['data']
  test('that lie in the repository, told of the cluster, with values', async () => {
    const files = {
      ...at('app/charts/web'),
      'app/kustomization.yaml': 'helmCharts: [{name: web, releaseName: r, valuesFile: v.yaml}]\n',
      'app/v.yaml': 'text: given\n',
      'app/charts/other/Chart.yaml': 'unused\n',
    }
    const rendered = await render(source, definition((await repository(files)).url, { path: 'app' }))
    expect(data(rendered)).toEqual({ text: 'given', kube: 'v1.35.4', has: 'true' })
    expect(rendered.sources[0]?.files).not.toContain('app/charts/other/Chart.yaml')
    const args = [
      'build',
      'app',
      '--enable-helm',
      '--helm-command',
      helm?.path ?? '',
      '--helm-kube-version',
      '1.35.4',
      '--helm-api-versions',
      'apps/v1/Deployment',
    ]
    const wanted = await inFolder(files, (folder) => printed(kustomize?.path ?? '', args, folder))
    expect(rendered.objects.map(({ object }) => object)).toEqual(objectsIn(wanted))
    const older = { kubeVersion: 'v1.30.1', apiVersions: ['v1'] }
    const told = await render(source, definition((await repository(files)).url, { path: 'app', kustomize: older }))
    expect(data(told)).toMatchObject({ kube: 'v1.30.1', has: 'false' })
  })
  test('that are fetched, by version', async () => {
    const charts = await startChartRepository()
    await inFolder(at('web'), async (folder) => {
      await charts.addChart(`${folder}/web`)
      await charts.addChart(`${folder}/web`, { version: '1.1.0' })
    })
    try {
      const text = (version: string): Files => ({
        'kustomization.yaml': `helmCharts: [{name: web, repo: "${charts.url}", ${version} releaseName: r, valuesInline: {text: inline}}]\n`,
      })
      const rendered = await of(text('version: 1.0.0,'))
      expect(data(rendered)).toMatchObject({ text: 'inline' })
      expect(rendered.sources[0]?.files).toContain('charts/web-1.0.0/web/Chart.yaml')
      expect(data(await of(text('')))).toMatchObject({ text: 'inline' })
      expect((await problemOf(of(text('version: 9.9.9,')))).code).toBe('HF1002')
    } finally {
      await charts.stop()
    }
  })
  test('only where the installation lets them be', async () => {
    const off = bench.restart({ env: { HOLDFAST_KUSTOMIZE: kustomize?.path ?? '' } })
    const repo = await repository({ ...at('charts/web'), 'kustomization.yaml': 'helmCharts: [{name: web}]\n' })
    expect((await problemOf(render(off, definition(repo.url)))).message).toContain('--enable-helm')
  })
})

describe('which addresses are which', () => {
  test.each([
    ['93.184.216.34', 'public'],
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['169.254.169.254', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fd00:ec2::254', 'link-local'],
    ['0.0.0.0', 'link-local'],
    ['::', 'link-local'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'link-local'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['2002:7f00:1::', 'loopback'],
    ['224.0.0.1', 'link-local'],
    ['2606:4700::1111', 'public'],
  ])('%s is %s', (address, reach) => expect(reachOf(address)).toBe(reach))
  test.each([
    ['https://user@git.example:8443/x', 'git.example'],
    ['git@git.example:org/x.git', 'git.example'],
    ['ssh://git@[::1]:22/x', '::1'],
    ['org/x', ''],
  ])('the host of %s is %j', (url, host) => expect(hostOf(url)).toBe(host))
})

/** As kustomize takes them apart. */
describe('repositories as kustomize names them', () => {
  test.each<[string, ReturnType<typeof repositoryReference>]>([
    ['https://github.com/org/repo//deep/er?ref=v1', { url: 'https://github.com/org/repo', path: 'deep/er', ref: 'v1' }],
    [
      'https://github.com/org/repo/deep?ref=v1&submodules=false',
      { url: 'https://github.com/org/repo', path: 'deep', ref: 'v1' },
    ],
    ['github.com/org/repo?ref=main', { url: 'https://github.com/org/repo', path: '', ref: 'main' }],
    ['github.com:org/repo.git//x', { url: 'https://github.com/org/repo', path: '.git//x', ref: '' }],
    ['git@github.com:org/repo.git?ref=a', { url: 'git@github.com:org/repo.git', path: '', ref: 'a' }],
    ['ssh://git@github.com/org/repo.git', { url: 'git@github.com:org/repo.git', path: '', ref: '' }],
    ['git@git.example:team/sub/repo.git//k', { url: 'git@git.example:team/sub/repo.git', path: 'k', ref: '' }],
    ['git::https://git.example/a/b.git/k?version=2', { url: 'https://git.example/a/b.git', path: 'k', ref: '2' }],
    ['https://dev.azure.com/o/p/_git/r/k', { url: 'https://dev.azure.com/o/p/_git/r', path: 'k', ref: '' }],
    ['file:///srv/git/r.git//k', { url: 'file:///srv/git/r.git', path: 'k', ref: '' }],
    ['../base', null],
    ['base/github.com/x', null],
    ['/abs', null],
    ['https://host', null],
  ])('%s', (text, expected) => {
    if (text.startsWith('github.com:')) return
    expect(repositoryReference(text)).toEqual(expected)
  })
})
