// requirements: [S000-24]
import { createVerify, generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accessOf, settingsOf } from './support/access.ts'
import { type Bench, configMap, definition, problemOf, RESOLVE, startBench } from './support/bench.ts'
import { type Front, startFront } from './support/front.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})

let bench: Bench
let github: Front
let asked: string[] = []
let status = 201
let lifetimeMs = 3_600_000
let ahead = 0

/** The claims of a JWT that our key has signed; null for any other. */
function claimsOf(header: string | undefined): Record<string, unknown> | null {
  const [head = '', body = '', signature = ''] = (header ?? '').replace('Bearer ', '').split('.')
  const isOurs = createVerify('RSA-SHA256').update(`${head}.${body}`).verify(publicKey, signature, 'base64url')
  return isOurs ? (JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Record<string, unknown>) : null
}

beforeAll(async () => {
  bench = await startBench({ failureMs: 0 })
  github = await startFront(bench.git.url, (request, response) => {
    const path = request.url ?? ''
    asked.push(`${request.method} ${path}`)
    const claims = claimsOf(request.headers.authorization)
    if (claims?.['iss'] !== '42') return response.writeHead(401).end(), true
    if (path.endsWith('/installation')) return response.end('{"id":7}'), true
    const expires = new Date(Date.now() + ahead + lifetimeMs).toISOString()
    response.writeHead(status).end(JSON.stringify({ token: 'ghs_token', expires_at: expires }))
    return true
  })
  bench.git.requireCredentials({ username: 'x-access-token', password: 'ghs_token' })
})
afterAll(async () => {
  github.stop()
  await bench.end()
})
beforeEach(() => {
  asked = []
  status = 201
})

const appOf = (more: object = {}) => ({
  id: '42',
  installationId: '7',
  privateKey,
  enterpriseBaseUrl: `${github.url}/api/v3`,
  ...more,
})

test('a token is got with the App’s key, shared, and renewed before it ends', async () => {
  const source = bench.restart()
  const repos = await Promise.all(['a', 'b', 'c'].map((name) => bench.git.createRepository(`app/${name}`)))
  source.configure(settingsOf(repos.map(({ url }) => accessOf(url, { githubApp: appOf() }))))
  const commits = await Promise.all(repos.map((repo) => repo.commit({ 'a.yaml': configMap('a') }, 'one')))
  const resolveAll = () =>
    Promise.all(repos.map(async ({ url }) => (await source.resolve(definition(url), RESOLVE)).revision))
  expect(await resolveAll()).toEqual(commits)
  expect(asked).toEqual(['POST /api/v3/app/installations/7/access_tokens'])
  ahead = 40 * 60_000
  bench.advance(ahead)
  await resolveAll()
  expect(asked).toHaveLength(1)
  ahead += 16 * 60_000
  bench.advance(16 * 60_000)
  await resolveAll()
  expect(asked).toHaveLength(2)
})
test('the installation is looked up where it is not named', async () => {
  const repo = await bench.git.createRepository('owner/found')
  const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
  const source = bench.restart()
  source.configure(settingsOf([accessOf(repo.url, { githubApp: appOf({ installationId: '' }) })]))
  expect((await source.resolve(definition(repo.url), RESOLVE)).revision).toBe(commit)
  expect(asked).toEqual([
    'GET /api/v3/repos/owner/found/installation',
    'POST /api/v3/app/installations/7/access_tokens',
  ])
})
test.each([
  ['an App that GitHub does not know', { id: '43' }, 201, 'HF1005', 'githubAppPrivateKey'],
  ['a key that is none', { privateKey: 'nonsense' }, 201, 'HF1005', 'PEM'],
  ['an installation that is gone', {}, 404, 'HF1005', 'githubAppInstallationID'],
  ['GitHub is broken', {}, 503, 'HF1001', 'tried again'],
  ['GitHub is away', { enterpriseBaseUrl: 'http://127.0.0.1:1' }, 201, 'HF1001', 'githubAppEnterpriseBaseUrl'],
])('%s', async (name, more, answer, code, action) => {
  status = answer
  const repo = await bench.git.createRepository(`app/bad-${name.length}`)
  await repo.commit({ 'a.yaml': configMap('a') }, 'one')
  const source = bench.restart()
  source.configure(settingsOf([accessOf(repo.url, { githubApp: appOf(more) })]))
  const refused = await problemOf(source.resolve(definition(repo.url), RESOLVE))
  expect(refused).toMatchObject({ code, action: expect.stringContaining(action), subject: { repository: repo.url } })
  expect(JSON.stringify(refused)).not.toMatch(/PRIVATE|ghs_/)
})
