import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { accessOf, settingsOf } from './support/access.ts'
import { type Bench, configMap, definition, namesOf, problemOf, render, startBench } from './support/bench.ts'
import { type Front, startFront } from './support/front.ts'

/** What the LFS server does; the tests change it. */
interface Behaviour {
  batchStatus: number
  href: (oid: string) => string
  header: Record<string, string>
  store: (oid: string, response: ServerResponse, request: IncomingMessage) => void
}

let bench: Bench
let front: Front
let behaviour: Behaviour
const files = new Map<string, Buffer>()
const seen: { path: string; authorization: string }[] = []

const digestOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

function pointerTo(text: string): string {
  const content = Buffer.from(text)
  files.set(digestOf(content), content)
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${digestOf(content)}\nsize ${content.length}\n`
}

async function batch(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { objects } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { objects: { oid: string; size: number }[] }
  const [object] = objects
  if (behaviour.batchStatus !== 200 || object === undefined) return void response.writeHead(behaviour.batchStatus).end()
  const { oid } = object
  const found = files.has(oid)
    ? { ...object, actions: { download: { href: behaviour.href(oid), header: behaviour.header } } }
    : { ...object, error: { code: 404, message: 'no such file' } }
  response.end(JSON.stringify({ transfer: 'basic', objects: [found] }))
}

beforeAll(async () => {
  bench = await startBench({ failureMs: 0, fileBytes: 100_000 })
  front = await startFront(bench.git.url, (request, response) => {
    const path = request.url ?? ''
    const isLfs = path.endsWith('/info/lfs/objects/batch') || path.startsWith('/store/')
    if (!isLfs) return false
    seen.push({ path, authorization: request.headers.authorization ?? '' })
    if (path.startsWith('/store/')) behaviour.store(path.slice('/store/'.length), response, request)
    else void batch(request, response)
    return true
  })
})
afterAll(async () => {
  front.stop()
  await bench.end()
})
beforeEach(() => {
  seen.length = 0
  behaviour = {
    batchStatus: 200,
    href: (oid) => `${front.url}/store/${oid}`,
    header: {},
    store: (oid, response) => void response.end(files.get(oid)),
  }
})

async function prepared(name: string, content: Record<string, string>, given: Parameters<typeof accessOf>[1] = {}) {
  const repo = await bench.git.createRepository(`lfs/${name}`)
  await repo.commit(content, 'one')
  const url = repo.url.replace(bench.git.url, front.url)
  const source = bench.restart()
  source.configure(settingsOf([accessOf(url, { enableLfs: true, ...given })]))
  return { url, source, rendered: () => render(source, definition(url)) }
}

describe('files in LFS', () => {
  test('are read in full where the Secret enables it, once', async () => {
    const { rendered, url } = await prepared('plain', {
      'a.yaml': pointerTo(configMap('a')),
      'b.yaml': configMap('b'),
    })
    expect(namesOf(await rendered())).toEqual(['a', 'b'])
    expect(seen.map(({ path }) => path.split('/')[1])).toEqual(['lfs', 'store'])
    const again = bench.restart()
    again.configure(settingsOf([accessOf(url, { enableLfs: true })]))
    expect(namesOf(await render(again, definition(url)))).toEqual(['a', 'b'])
    expect(seen).toHaveLength(2)
  })
  test('stay pointers where nothing enables it', async () => {
    const { rendered } = await prepared('off', { 'a.yaml': pointerTo(configMap('a')) }, { enableLfs: false })
    expect(namesOf(await rendered())).toEqual([])
    expect(seen).toEqual([])
  })
  test('credentials go to the server itself, not to where it sends', async () => {
    const elsewhere: string[] = []
    const other = await startFront(bench.git.url, (request, response) => {
      elsewhere.push(request.headers.authorization ?? '')
      response.end(files.get((request.url ?? '').split('/').at(-1) ?? ''))
      return true
    })
    try {
      const credentials = { username: 'bot', password: 's3cret' }
      bench.git.requireCredentials(credentials)
      const basic = `Basic ${btoa('bot:s3cret')}`
      const { rendered } = await prepared('credentials', { 'a.yaml': pointerTo(configMap('own')) }, credentials)
      expect(namesOf(await rendered())).toEqual(['own'])
      expect(seen.map(({ authorization }) => authorization)).toEqual([basic, basic])
      behaviour.href = (oid) => `${other.url}/store/${oid}`
      const { rendered: far } = await prepared('far', { 'a.yaml': pointerTo(configMap('far')) }, credentials)
      expect(namesOf(await far())).toEqual(['far'])
      behaviour.href = (oid) => `${front.url}/store/${oid}`
      behaviour.store = (oid, response) => void response.writeHead(302, { location: `${other.url}/x/${oid}` }).end()
      const { rendered: sent } = await prepared('sent', { 'a.yaml': pointerTo(configMap('sent')) }, credentials)
      expect(namesOf(await sent())).toEqual(['sent'])
      expect(elsewhere).toEqual(['', ''])
    } finally {
      bench.git.requireCredentials(undefined)
      other.stop()
    }
  })
  test.each<[string, Partial<Behaviour>, string, string]>([
    ['wrong content', { store: (_, response) => void response.end('kind: Evil\n') }, 'HF1001', 'something else'],
    [
      'too much',
      { store: (_, response) => void response.end('x'.repeat(9_999)) },
      'HF1001',
      'more than the pointer says',
    ],
    ['no LFS server', { batchStatus: 404 }, 'HF1001', 'HTTP 404'],
    ['refused', { batchStatus: 403 }, 'HF1005', 'refused'],
    ['no file', { store: (_, response) => void response.writeHead(410).end() }, 'HF1001', 'HTTP 410'],
    ['a file of this machine', { href: () => 'file:///etc/passwd' }, 'HF1001', 'not https'],
    ['an internal address', { href: () => 'http://169.254.169.254/latest' }, 'HF1001', 'link-local'],
    [
      'an internal address by redirect',
      { store: (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end() },
      'HF1001',
      'link-local',
    ],
  ])('%s is a problem that names the file', async (name, change, code, message) => {
    Object.assign(behaviour, change)
    const { rendered, url } = await prepared(`bad-${name.replaceAll(' ', '-')}`, {
      'a.yaml': pointerTo(configMap(name.replaceAll(' ', '-'))),
    })
    expect(await problemOf(rendered())).toMatchObject({
      code,
      message: expect.stringContaining(message),
      subject: { repository: url },
    })
  })
  test('a file that the server does not have, and one above the limit', async () => {
    const missing = 'version https://git-lfs.github.com/spec/v1\noid sha256:' + 'a'.repeat(64) + '\nsize 5\n'
    const { rendered } = await prepared('missing', { 'a.yaml': missing })
    expect((await problemOf(rendered())).message).toContain('no such file')
    const { rendered: large } = await prepared('large', { 'a.yaml': missing.replace('size 5', 'size 5000000') })
    expect(await problemOf(large())).toMatchObject({ code: 'HF1010', subject: { file: 'a.yaml' } })
  })
})
