import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SourceRepositories } from '../../../src/adapters/source/index.ts'
import { findBinaries } from '../../../tools/binaries.mjs'
import { openHelm, writeChart } from '../../../tools/helm.mjs'
import { createWebServer, listenOnLoopback } from '../../../tools/loopback.mjs'
import { startOciRegistry } from '../../../tools/oci-registry.mjs'
import { createLoopbackTls } from '../../../tools/tls.mjs'
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
} from './support/bench.ts'
import { accessTo, settingsWith } from './support/charts.ts'
import { folderOf, type Folder, helm } from './support/helm.ts'

type Registry = Awaited<ReturnType<typeof startOciRegistry>>

const registryProgram = (await findBinaries(['registry'])).registry?.path
const isMissing = helm === '' || registryProgram === undefined
const VERSIONS = ['0.9.0', '1.0.0', '1.1.0', '1.2.1+build.7', '2.0.0-rc.1']
const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip'

let bench: Bench
let source: SourceRepositories
let folder: Folder
let registry: Registry
let chart = ''
beforeAll(async () => {
  if (isMissing) return
  bench = await startBench({ failureMs: 0, fetchMs: 5_000 })
  folder = await folderOf({})
  chart = await writeChart(folder.path, { name: 'app' })
  registry = await startOciRegistry()
  const tool = await openHelm(folder.path)
  for (const version of VERSIONS) {
    await registry.pushChart(await tool.packageChart(chart, folder.path, { version }))
  }
})
afterAll(async () => {
  await registry?.stop()
  await bench?.end()
  await folder?.remove()
})
beforeEach(() => {
  source = bench.restart({ env: { HOLDFAST_HELM: helm } })
  source.configure(settingsWith([plain(registry.host)]))
})

const plain = (url: string, more: Parameters<typeof accessTo>[1] = {}): ReturnType<typeof accessTo> =>
  accessTo(url, { enableOCI: true, insecureOCIForceHttp: true, ...more })
const of = (targetRevision: string, more: Parameters<typeof definition>[1] = {}): ReturnType<typeof definition> =>
  definition(`${registry.host}/charts`, { chart: 'app', targetRevision, path: '', ...more })
const forget = (): Promise<void> => rm(join(bench.cacheDir, 'charts'), { recursive: true, force: true })

/** The files of a folder as a tar.gz. */
async function packed(files: Record<string, string>): Promise<Buffer> {
  const made = await folderOf(files)
  const archive = execFileSync('tar', ['-czf', '-', '-C', made.path, '.'], { maxBuffer: 1 << 28 })
  await made.remove()
  return archive
}

/** [S002-15] */
describe.skipIf(isMissing)('charts of a registry', () => {
  test.each(['host/path', 'oci://host/path'])('are rendered, with repoURL %s', async (form) => {
    const repoURL = form.replace('host/path', `${registry.host}/charts`)
    const rendered = await render(source, definition(repoURL, { chart: 'app', targetRevision: '1.0.0', path: '' }))
    expect(rendered).toMatchObject({ revision: '1.0.0', problems: [], sources: [{ type: 'Helm' }] })
    expect(namesOf(rendered)).toEqual(['app'])
  })

  test.each([
    ['1.0.0', '1.0.0'],
    ['1.2.1+build.7', '1.2.1+build.7'],
    ['1.x', '1.2.1+build.7'],
    ['~1.1', '1.1.0'],
    ['*', '1.2.1+build.7'],
    ['>=2-0', '2.0.0-rc.1'],
  ])('%s means %s', async (wanted, version) => {
    expect((await source.resolve(of(wanted), RESOLVE)).revision).toBe(version)
    expect((await render(source, of(wanted))).objects).toHaveLength(1)
  })

  test.each([
    ['9.x', 'app'],
    ['9.9.9', 'app'],
    ['1.0.0', 'none'],
  ])('version %s of chart %s does not exist', async (targetRevision, name) => {
    expect(await problemOf(source.resolve(of(targetRevision, { chart: name }), RESOLVE))).toMatchObject({
      code: 'HF1002',
    })
  })

  test('what was brought once is not brought again', async () => {
    await forget()
    const before = registry.pulls('charts/app')
    for (let count = 0; count < 3; count += 1) await render(source, of('1.1.0'))
    const later = bench.restart({ env: { HOLDFAST_HELM: helm } })
    later.configure(settingsWith([plain(registry.host)]))
    expect((await later.render(requestFor(of('1.1.0'), '1.1.0'))).objects).toHaveLength(1)
    expect(registry.pulls('charts/app') - before).toBe(1)
  })

  test('a tag that is moved is brought anew', async () => {
    const tool = await openHelm(folder.path)
    const push = async (greeting: string): Promise<void> => {
      const moved = await writeChart(folder.path, { name: 'moved' })
      execFileSync('sed', ['-i', `s/greeting:.*/greeting: ${greeting}/`, join(moved, 'values.yaml')])
      await registry.pushChart(await tool.packageChart(moved, folder.path))
    }
    await push('first')
    expect(JSON.stringify((await render(source, of('1.0.0', { chart: 'moved' }))).objects)).toContain('first')
    await push('second')
    expect(JSON.stringify((await render(source, of('1.0.0', { chart: 'moved' }))).objects)).toContain('second')
  })
})

/** OCI artifacts whose one layer holds manifests, as Argo CD 3.1 and later read them. */
describe.skipIf(isMissing)('artifacts of a registry', () => {
  const push = async (
    repository: string,
    tag: string,
    layers: readonly { mediaType: string; content: Buffer | string }[],
  ): Promise<string> =>
    registry.push({
      repository,
      tag,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', content: '{}' },
      layers,
    })
  const artifact = (repository: string, targetRevision: string, path = ''): ReturnType<typeof definition> =>
    definition(registry.reference(repository), { targetRevision, path })

  test('manifests, by tag, range and digest; the revision is the digest', async () => {
    const content = await packed({ 'a.yaml': configMap('root'), 'apps/b.yaml': configMap('below') })
    const digest = await push('manifests/one', '1.0.0', [{ mediaType: GZIP, content }])
    expect(await render(source, artifact('manifests/one', '1.0.0'))).toMatchObject({
      revision: digest,
      sources: [{ type: 'Directory' }],
    })
    expect(namesOf(await render(source, artifact('manifests/one', '1.0.0', 'apps')))).toEqual(['below'])
    expect((await source.resolve(artifact('manifests/one', '1.*'), RESOLVE)).revision).toBe(digest)
    expect((await source.resolve(artifact('manifests/one', digest), RESOLVE)).revision).toBe(digest)
    expect(
      await problemOf(source.resolve(artifact('manifests/one', `sha256:${'0'.repeat(64)}`), RESOLVE)),
    ).toMatchObject({ code: 'HF1002' })
    expect(await problemOf(source.resolve(artifact('manifests/one', 'none'), RESOLVE))).toMatchObject({
      code: 'HF1002',
    })
  })

  test('a chart without `chart` is a chart all the same', async () => {
    const rendered = await render(source, artifact('charts/app', '1.0.0'))
    expect(rendered.revision).toMatch(/^sha256:/)
    expect(rendered.sources[0]?.type).toBe('Helm')
    expect(namesOf(rendered)).toEqual(['app'])
  })

  test.each<[string, readonly { mediaType: string; content: string }[]]>([
    ['no layer of files', [{ mediaType: 'text/plain', content: 'x' }]],
    [
      'two of them',
      [
        { mediaType: GZIP, content: 'x' },
        { mediaType: GZIP, content: 'y' },
      ],
    ],
    ['one of another kind', [{ mediaType: 'application/x.test.tar+gzip', content: 'x' }]],
    ['very many', Array.from({ length: 11 }, (_, index) => ({ mediaType: 'text/plain', content: `${index}` }))],
  ])('%s is refused', async (name, layers) => {
    await push('manifests/odd', name.replaceAll(' ', '-'), layers)
    const problem = await problemOf(render(source, artifact('manifests/odd', name.replaceAll(' ', '-'))))
    expect(problem).toMatchObject({ code: 'HF1013', subject: { repository: registry.reference('manifests/odd') } })
  })

  test('a layer that is no archive is refused', async () => {
    await push('manifests/junk', 'v1', [{ mediaType: GZIP, content: 'this is no archive' }])
    expect(await problemOf(render(source, artifact('manifests/junk', 'v1')))).toMatchObject({ code: 'HF1009' })
  })
})

describe.skipIf(isMissing)('credentials of a registry', () => {
  const login = { username: 'reader', password: 'hunter2-hunter2' }

  test('basic, over TLS with a private authority and a client certificate', async () => {
    const tls = createLoopbackTls()
    const secure = await startOciRegistry({ tls, clientCertificates: true, credentials: login })
    await secure.pushChart(await (await openHelm(folder.path)).packageChart(chart, folder.path))
    const wanted = definition(`${secure.host}/charts`, { chart: 'app', targetRevision: '1.0.0', path: '' })
    const { certificate: tlsClientCertData, key: tlsClientCertKey } = tls.client('holdfast')
    const access = (rest: Parameters<typeof accessTo>[1]) =>
      accessTo(secure.host, { enableOCI: true, tlsClientCertData, tlsClientCertKey, ...rest })
    const trust = { tlsCertificates: { '127.0.0.1': tls.ca } }
    source.configure(settingsWith([access(login)], trust))
    expect((await render(source, wanted)).objects).toHaveLength(1)
    for (const wrong of [{}, { ...login, password: 'wrong-wrong' }]) {
      source.configure(settingsWith([access(wrong)], trust))
      const problem = await problemOf(source.resolve(wanted, RESOLVE))
      expect(problem).toMatchObject({ code: 'HF1005' })
      expect(JSON.stringify(problem)).not.toMatch(/hunter2|wrong-wrong/)
    }
    await secure.stop()
  })

  test('a token of the service that the registry names; asked for once', async () => {
    const asked: string[] = []
    const front = createServer((incoming, outgoing) => {
      const url = new URL(incoming.url ?? '/', 'http://x')
      if (url.pathname === '/token') return issue(incoming, outgoing, asked)
      if (incoming.headers.authorization !== 'Bearer issued') {
        const realm = `Bearer realm="http://${incoming.headers.host}/token",service="the service",scope="repository:x:pull"`
        return void outgoing.writeHead(401, { 'www-authenticate': realm }).end()
      }
      const passed = forward(`${registry.url}${incoming.url}`, {
        method: incoming.method ?? 'GET',
        headers: { accept: incoming.headers.accept ?? '*/*' },
      })
      passed.on('response', (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      })
      passed.end()
    })
    const host = `127.0.0.1:${await listenOnLoopback(front, 0)}`
    source.configure(settingsWith([plain(host, login)]))
    const wanted = definition(`${host}/charts`, { chart: 'app', targetRevision: '1.*', path: '' })
    await forget()
    expect((await render(source, wanted)).objects).toHaveLength(1)
    expect(asked).toEqual(['the service repository:charts/app:pull'])
    source.configure(settingsWith([plain(host, { ...login, password: 'wrong-wrong' })]))
    expect(await problemOf(source.resolve(wanted, RESOLVE))).toMatchObject({ code: 'HF1005' })
    front.close()
  })

  function issue(incoming: IncomingMessage, outgoing: ServerResponse, asked: string[]): void {
    const url = new URL(incoming.url ?? '/', 'http://x')
    const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
    if (incoming.headers.authorization !== basic) return void outgoing.writeHead(401).end()
    asked.push(`${url.searchParams.get('service')} ${url.searchParams.get('scope')}`)
    outgoing.end(JSON.stringify({ token: 'issued', expires_in: 300 }))
  }

  test('a registry over TLS cannot have the password sent in clear', async () => {
    const tls = createLoopbackTls()
    const evil = createWebServer((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://127.0.0.1:1/token"' }).end()
    }, tls.server)
    const host = `127.0.0.1:${await listenOnLoopback(evil, 0)}`
    source.configure(
      settingsWith([accessTo(host, { enableOCI: true, ...login })], { tlsCertificates: { '127.0.0.1': tls.ca } }),
    )
    const wanted = definition(`${host}/charts`, { chart: 'app', targetRevision: '1.0.0', path: '' })
    expect(await problemOf(source.resolve(wanted, RESOLVE))).toMatchObject({
      code: 'HF1005',
      message: expect.stringContaining('token'),
    })
    evil.close()
  })

  test('what one may read by its digest another may not', async () => {
    const secret = await startOciRegistry({ credentials: login })
    const archive = await packed({ 'a.yaml': configMap('secret') })
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', content: '{}' }
    const digest = await secret.push({
      repository: 'private',
      tag: 'v1',
      config,
      layers: [{ mediaType: GZIP, content: archive }],
    })
    const wanted = definition(secret.reference('private'), { targetRevision: digest, path: '' })
    source.configure(settingsWith([plain(secret.host, { ...login, project: 'default' })]))
    expect(namesOf(await render(source, wanted))).toEqual(['secret'])
    source.configure(settingsWith([plain(secret.host)]))
    expect(await problemOf(source.render(requestFor(wanted, digest)))).toMatchObject({ code: 'HF1005' })
    await secret.stop()
  })
})

describe.skipIf(isMissing)('registries that mean no good', () => {
  test.each<[string, (response: ServerResponse, path: string) => void, string]>([
    ['gives a manifest that is none', (response) => response.end('{"layers": 5}'), 'HF1001'],
    ['gives no JSON', (response) => response.end('<html>'), 'HF1001'],
    [
      'names an endless list of pages',
      (response, path) => response.writeHead(200, { link: `<${path}>; rel="next"` }).end('{"tags":["0.1.0"]}'),
      'HF1002',
    ],
    ['has an error', (response) => response.writeHead(500).end(), 'HF1001'],
  ])('one that %s', async (_, answer, code) => {
    const evil = createServer((request, response) => answer(response, request.url ?? ''))
    const host = `127.0.0.1:${await listenOnLoopback(evil, 0)}`
    source.configure(settingsWith([plain(host)]))
    const wanted = definition(`${host}/charts`, {
      chart: 'app',
      targetRevision: code === 'HF1002' && _.includes('pages') ? '>=5' : '1.0.0',
      path: '',
    })
    expect(await problemOf(render(source, wanted))).toMatchObject({ code })
    evil.close()
  })

  test.each([
    'oci://host/../x',
    'oci://',
    'host/ä',
    'oci://host/a b',
    'oci://-x/y?z',
  ])('the address %s', async (url) => {
    const problem = await problemOf(
      source.resolve(definition(url, { chart: 'app', targetRevision: '1.0.0', path: '' }), RESOLVE),
    )
    expect(['HF1001', 'HF2001', 'HF2003']).toContain(problem.code)
  })
})
