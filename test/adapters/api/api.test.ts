import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Api, type Readiness, serveApi } from '../../../src/surfaces/api/index.ts'

let api: Api
let readiness: Readiness
let page: () => Promise<string>

beforeEach(async () => {
  readiness = { ok: true, reasons: [] }
  page = async () => 'holdfast_queue_depth 0\n'
  api = await serveApi({
    port: 0,
    ready: () => readiness,
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', page: () => page() },
  })
})
afterEach(() => api.close())

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${api.port}${path}`, init)

/** Sends bytes as they are and gives back everything the server says until it closes. */
const raw = (bytes: string): Promise<string> =>
  new Promise((resolve) => {
    let heard = ''
    const socket = connect(api.port, '127.0.0.1', () => socket.write(bytes))
    socket.setEncoding('utf8').on('data', (chunk) => {
      heard += chunk
    })
    socket.on('close', () => resolve(heard)).on('error', () => resolve(heard))
  })

it('listens on this machine only unless told otherwise', () => {
  expect(api.host).toBe('127.0.0.1')
})

describe('answers', () => {
  it.each([
    ['GET', '/healthz', 200, 'ok\n'],
    ['HEAD', '/healthz', 200, ''],
    ['GET', '/healthz?verbose=1', 200, 'ok\n'],
    ['GET', '/readyz', 200, 'ok\n'],
    ['GET', '/metrics', 200, 'holdfast_queue_depth 0\n'],
    ['GET', '/', 404, 'not found\n'],
    ['GET', '/healthz/', 404, 'not found\n'],
    ['GET', '//metrics', 404, 'not found\n'],
    ['POST', '/healthz', 405, 'method not allowed\n'],
    ['DELETE', '/metrics', 405, 'method not allowed\n'],
  ])('%s %s with %d', async (method, path, status, body) => {
    const response = await ask(path, { method })
    expect([response.status, await response.text()]).toEqual([status, body])
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('tells why it is not ready, one reason per line', async () => {
    readiness = { ok: false, reasons: ['watch of apps/Deployment is stale', 'odd\u001b[31m\nname'] }
    const response = await ask('/readyz')
    expect([response.status, await response.text()]).toEqual([
      503,
      'not ready\n- watch of apps/Deployment is stale\n- odd [31m name\n',
    ])
    expect((await ask('/healthz')).status).toBe(200)
  })

  it('say no more than 500 when something inside fails', async () => {
    page = () => Promise.reject(new Error('PLANTED'))
    const response = await ask('/metrics')
    expect([response.status, await response.text()]).toEqual([500, 'internal error\n'])
  })
})

describe('bad clients', () => {
  it.each([
    ['not HTTP', 'hello\r\n\r\n', /^HTTP\/1.1 400/],
    ['headers too large', `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431/],
    [
      'a body nobody asked for',
      `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`,
      /^HTTP\/1.1 405[^]*connection: close/i,
    ],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', /^HTTP\/1.1 400/],
  ])('%s: refused, and the next one is served', async (_title, bytes, expected) => {
    expect(await raw(bytes)).toMatch(expected)
    expect((await ask('/healthz')).status).toBe(200)
  })
})

it('closes although a client holds its connection open', async () => {
  await ask('/healthz')
  const socket = connect(api.port, '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.on('error', () => undefined)
  socket.write('GET /heal')
  const start = performance.now()
  await api.close()
  expect(performance.now() - start).toBeLessThan(4_000)
  await expect(ask('/healthz')).rejects.toThrow()
})

it('rejects when the port is taken', async () => {
  await expect(
    serveApi({ port: api.port, ready: () => readiness, metrics: { contentType: '', page } }),
  ).rejects.toThrow(/EADDRINUSE/)
})

describe('webhooks of Git hosts [S000-07]', () => {
  const told: { urls: readonly string[]; provider: string }[] = []
  let secrets: Record<string, string>
  let hooks: Api
  beforeEach(async () => {
    told.length = 0
    secrets = {}
    hooks = await serveApi({
      port: 0,
      ready: () => readiness,
      metrics: { contentType: 'text/plain', page: async () => '' },
      webhooks: {
        secrets: () => secrets,
        pushed: (urls, provider) => {
          told.push({ urls, provider })
          return 2
        },
      },
    })
  })
  afterEach(() => hooks.close())

  const post = async (headers: Record<string, string>, body: string): Promise<[number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${hooks.port}/api/webhook`, { method: 'POST', headers, body })
    return [answer.status, await answer.text()]
  }
  const hmac = (secret: string, body: string): string => createHmac('sha256', secret).update(body).digest('hex')
  const url = 'https://git.example/team/apps.git'
  const push = JSON.stringify({ ref: 'refs/heads/main', repository: { clone_url: url } })
  const gitlab = JSON.stringify({ object_kind: 'push', project: { git_http_url: url } })
  const server = JSON.stringify({ repository: { links: { clone: [{ href: url, name: 'http' }] } } })
  const azure = JSON.stringify({ eventType: 'git.push', resource: { repository: { remoteUrl: url } } })
  const basic = `Basic ${Buffer.from('hook:s3cret').toString('base64')}`

  it.each([
    [
      'github',
      'webhook.github.secret',
      push,
      { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${hmac('s3cret', push)}` },
    ],
    ['gitlab', 'webhook.gitlab.secret', gitlab, { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': 's3cret' }],
    [
      'gitea',
      'webhook.gogs.secret',
      push,
      { 'x-gitea-event': 'push', 'x-github-event': 'push', 'x-gitea-signature': hmac('s3cret', push) },
    ],
    ['gogs', 'webhook.gogs.secret', push, { 'x-gogs-event': 'push', 'x-gogs-signature': hmac('s3cret', push) }],
    ['bitbucket', 'webhook.bitbucket.uuid', server, { 'x-hook-uuid': 's3cret' }],
    [
      'bitbucketserver',
      'webhook.bitbucketserver.secret',
      server,
      { 'x-event-key': 'repo:refs_changed', 'x-hub-signature': `sha256=${hmac('s3cret', server)}` },
    ],
    ['azuredevops', 'webhook.azuredevops.password', azure, { 'x-vss-activityid': 'a', authorization: basic }],
  ] as [string, string, string, Record<string, string>][])('%s', async (provider, key, body, headers) => {
    expect(await post(headers, body)).toEqual([200, '2 applications will look\n'])
    secrets = { [key]: 's3cret', 'webhook.azuredevops.username': 'hook' }
    expect(await post(headers, body)).toEqual([200, '2 applications will look\n'])
    expect(told).toEqual([
      { urls: [url], provider },
      { urls: [url], provider },
    ])
    secrets = { [key]: 'another' }
    expect((await post(headers, body))[0]).toBe(401)
    expect(told).toHaveLength(2)
  })

  it.each([
    ['no known host', {}, push, 400],
    ['no JSON', { 'x-github-event': 'push' }, 'ref=main', 400],
    ['no push', { 'x-github-event': 'ping' }, push, 200],
    [
      'no repository',
      { 'x-github-event': 'push' },
      '{"repository": {"clone_url": 7, "links": {"clone": [null]}}}',
      200,
    ],
    ['too long', { 'x-github-event': 'push' }, ' '.repeat(2 << 20), 413],
  ])('%s', async (_, headers, body, status) => {
    expect((await post(headers, body))[0]).toBe(status)
    expect(told.flatMap(({ urls }) => urls)).toEqual([])
  })

  it('are read only where somebody listens', async () => {
    expect((await ask('/api/webhook', { method: 'POST', body: push })).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${hooks.port}/api/webhook`)).status).toBe(404)
  })
})
