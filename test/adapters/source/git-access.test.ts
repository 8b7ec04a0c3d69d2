// requirements: [S000-24]
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, request as forward } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGitServer } from '../../../tools/git-server.mjs'
import { listenOnLoopback } from '../../../tools/loopback.mjs'
import { createLoopbackTls } from '../../../tools/tls.mjs'
import { accessOf, settingsOf } from './support/access.ts'
import { type Bench, configMap, definition, problemOf, RESOLVE, type Server, startBench } from './support/bench.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench({ failureMs: 0 })
})
afterAll(() => bench.end())

const FILES = { 'a.yaml': configMap('a') }

describe('names, passwords and tokens', () => {
  beforeAll(() => bench.git.requireCredentials({ username: 'bot', password: 's3cret/x' }))
  afterAll(() => bench.git.requireCredentials(undefined))

  test('a Secret opens the repository; a wrong one is named, and nothing of it is told', async () => {
    const repo = await bench.git.createRepository('access/basic')
    const commit = await repo.commit(FILES, 'one')
    const source = bench.restart()
    const wanted = definition(repo.url)
    expect(await problemOf(source.resolve(wanted, RESOLVE))).toMatchObject({
      code: 'HF1005',
      action: expect.stringContaining('No credentials are known'),
    })
    source.configure(settingsOf([accessOf(repo.url, { username: 'bot', password: 'wr0ng' })]))
    const wrong = await problemOf(source.resolve(wanted, RESOLVE))
    expect(wrong).toMatchObject({ code: 'HF1005', action: expect.stringContaining('Secret argocd/repo') })
    expect(JSON.stringify(wrong)).not.toContain('wr0ng')
    source.configure(settingsOf([accessOf(repo.url, { username: 'bot', password: 's3cret/x' })]))
    expect((await source.resolve(wanted, RESOLVE)).revision).toBe(commit)
  })
  test('a template serves every repository of its host, with and without .git', async () => {
    const repo = await bench.git.createRepository('access/template')
    const commit = await repo.commit(FILES, 'one')
    const source = bench.restart()
    source.configure(settingsOf([accessOf(bench.git.url, { kind: 'template', username: 'bot', password: 's3cret/x' })]))
    for (const url of [repo.url, repo.url.replace(/\.git$/, '')])
      expect((await source.resolve(definition(url), RESOLVE)).revision).toBe(commit)
  })
  test('a Secret of one project opens nothing for another, nor does the mirror that it filled', async () => {
    const repo = await bench.git.createRepository('access/projects')
    const commit = await repo.commit(FILES, 'one')
    const source = bench.restart()
    source.configure(settingsOf([accessOf(repo.url, { username: 'bot', password: 's3cret/x', project: 'red' })]))
    const wanted = definition(repo.url)
    expect((await source.resolve(wanted, { ...RESOLVE, project: 'red' })).revision).toBe(commit)
    const other = source.resolve(wanted, { ...RESOLVE, maxAgeMs: 3_600_000, project: 'blue' })
    expect((await problemOf(other)).code).toBe('HF1005')
  })
  test('secrets are in no argument and in no file that stays', async () => {
    const repo = await bench.git.createRepository('access/hidden')
    await repo.commit(FILES, 'one')
    const folder = join(bench.cacheDir, 'shim')
    const temporary = join(folder, 'tmp')
    await mkdir(temporary, { recursive: true })
    const script = [
      '#!/bin/sh',
      `echo "$@" >>${folder}/arguments`,
      `ls -lR ${temporary} >>${folder}/files`,
      `PATH=${process.env['PATH']} exec git "$@"`,
    ]
    await writeFile(join(folder, 'git'), script.join('\n'))
    await chmod(join(folder, 'git'), 0o755)
    const source = bench.restart({ env: { PATH: `${folder}:${process.env['PATH']}`, TMPDIR: temporary } })
    const tls = createLoopbackTls()
    const client = tls.client('bot')
    source.configure(
      settingsOf([
        accessOf(repo.url, {
          ...{ username: 'bot', password: 's3cret/x' },
          ...{ tlsClientCertData: client.certificate, tlsClientCertKey: client.key },
        }),
      ]),
    )
    await source.resolve(definition(repo.url), RESOLVE)
    const seen = await readFile(join(folder, 'arguments'), 'utf8')
    expect(seen).toContain('fetch')
    expect(seen).not.toContain('s3cret')
    expect(seen).not.toContain(Buffer.from('bot:s3cret/x').toString('base64'))
    expect((await readdir(bench.cacheDir, { recursive: true })).join('\n')).not.toContain('s3cret')
    const files = await readFile(join(folder, 'files'), 'utf8')
    expect(files).toMatch(/^-rw-------.* certificate-key\.pem$/m)
    expect(files).not.toMatch(/^-rw-(?!------)/m)
    expect(await readdir(temporary)).toEqual([])
  })
})

/** A server that remembers the headers and has nothing to give. */
async function startListener(): Promise<{ url: string; authorizations: string[]; stop: () => void }> {
  const authorizations: string[] = []
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization ?? '')
    response.writeHead(404).end()
  })
  const port = await listenOnLoopback(server, 0)
  return { url: `http://127.0.0.1:${port}`, authorizations, stop: () => server.close() }
}

test.each([
  ['a bearer token wins', { bearerToken: 't0ken', username: 'x', password: 'y' }, 'Bearer t0ken'],
  ['a password alone belongs to x-access-token', { password: 'pat' }, `Basic ${btoa('x-access-token:pat')}`],
  ['forceHttpBasicAuth', { username: 'a', password: 'b', forceHttpBasicAuth: true }, `Basic ${btoa('a:b')}`],
])('%s', async (_, given, header) => {
  const listener = await startListener()
  try {
    const url = `${listener.url}/org/app.git`
    const source = bench.restart()
    source.configure(settingsOf([accessOf(url, given)]))
    expect((await problemOf(source.resolve(definition(url), RESOLVE))).code).toBe('HF1001')
    expect(listener.authorizations[0]).toBe(header)
  } finally {
    listener.stop()
  }
})

describe('TLS', () => {
  const tls = createLoopbackTls()
  let server: Server
  let mutual: Server
  beforeAll(async () => {
    server = await startGitServer({ tls: tls.server })
    mutual = await startGitServer({ tls: tls.mutual })
  })
  afterAll(async () => {
    await Promise.all([server.stop(), mutual.stop()])
  })
  const trusted = { tlsCertificates: { '127.0.0.1': tls.ca } }

  test('an authority of argocd-tls-certs-cm is trusted; without it the host is refused', async () => {
    const repo = await server.createRepository('tls/app')
    const commit = await repo.commit(FILES, 'one')
    const source = bench.restart()
    expect(await problemOf(source.resolve(definition(repo.url), RESOLVE))).toMatchObject({
      code: 'HF1001',
      action: expect.stringContaining('argocd-tls-certs-cm under 127.0.0.1'),
    })
    source.configure(settingsOf([], trusted))
    expect((await source.resolve(definition(repo.url), RESOLVE)).revision).toBe(commit)
  })
  test('insecure trusts anybody', async () => {
    const repo = await server.createRepository('tls/insecure')
    const commit = await repo.commit(FILES, 'one')
    const source = bench.restart()
    source.configure(settingsOf([accessOf(repo.url, { insecure: true })]))
    expect((await source.resolve(definition(repo.url), RESOLVE)).revision).toBe(commit)
  })
  test('a client certificate opens what asks for one', async () => {
    const repo = await mutual.createRepository('tls/mutual')
    const commit = await repo.commit(FILES, 'one')
    const source = bench.restart()
    source.configure(settingsOf([], trusted))
    expect((await problemOf(source.resolve(definition(repo.url), RESOLVE))).code).toBe('HF1001')
    const { certificate, key } = tls.client('bot')
    source.configure(
      settingsOf([accessOf(repo.url, { tlsClientCertData: certificate, tlsClientCertKey: key })], trusted),
    )
    expect((await source.resolve(definition(repo.url), RESOLVE)).revision).toBe(commit)
  })
})

test('a proxy is asked, except for the hosts of noProxy', async () => {
  const repo = await bench.git.createRepository('access/proxied')
  const commit = await repo.commit(FILES, 'one')
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(request.url ?? '')
    const { method, headers, url = '' } = request
    const path = url.replace('http://git.invalid', bench.git.url)
    request.pipe(
      forward(path, { method, headers }, (answer) =>
        answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)),
      ),
    )
  })
  const port = await listenOnLoopback(server, 0)
  const proxy = `http://127.0.0.1:${port}`
  try {
    const source = bench.restart()
    const url = repo.url.replace(bench.git.url, 'http://git.invalid')
    source.configure(settingsOf([accessOf(url, { proxy }), accessOf(repo.url, { proxy, noProxy: '127.0.0.1' })]))
    expect((await source.resolve(definition(url), RESOLVE)).revision).toBe(commit)
    expect(seen[0]).toContain('http://git.invalid/')
    const before = seen.length
    expect((await source.resolve(definition(repo.url), RESOLVE)).revision).toBe(commit)
    expect(seen).toHaveLength(before)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

describe('redirects', () => {
  test('another path of the same host is followed', async () => {
    const repo = await bench.git.createRepository('moved/renamed')
    const commit = await repo.commit(FILES, 'one')
    const server = createServer((request, response) => {
      const url = request.url ?? ''
      if (url.startsWith('/old/'))
        return void response.writeHead(301, { location: url.replace('/old/', '/moved/') }).end()
      const { method, headers } = request
      request.pipe(
        forward(bench.git.url + url, { method, headers }, (answer) =>
          answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)),
        ),
      )
    })
    const port = await listenOnLoopback(server, 0)
    try {
      const wanted = definition(`http://127.0.0.1:${port}/old/renamed.git`)
      expect((await bench.source.resolve(wanted, RESOLVE)).revision).toBe(commit)
      const second = await repo.commit({ 'b.yaml': configMap('b') }, 'two')
      expect((await bench.source.resolve(wanted, RESOLVE)).revision).toBe(second)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
  test('another host is refused and sees no credentials; a file is no target', async () => {
    const listener = await startListener()
    const server = await startGitServer()
    try {
      const repo = await server.createRepository('moved/away')
      await repo.commit(FILES, 'one')
      const source = bench.restart()
      source.configure(settingsOf([accessOf(repo.url, { username: 'bot', password: 's3cret' })]))
      for (const target of [listener.url, 'file:///etc', 'https://127.0.0.1', 'http://169.254.169.254']) {
        server.redirect(target)
        const refused = await problemOf(source.resolve(definition(repo.url), RESOLVE))
        expect(refused).toMatchObject({ code: 'HF1001', message: expect.stringContaining('another host or scheme') })
        expect(refused.action).toContain('repoURL')
      }
      expect(listener.authorizations).toEqual([])
    } finally {
      listener.stop()
      await server.stop()
    }
  })
})
