import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readCredential } from '../../../src/adapters/kube-http/exec-plugin.ts'
import { HoldfastError } from '../../../src/core/problem/index.ts'
import { bench, configFor, type Bench } from './support/bench.ts'
import { type ScriptedRequest, type ScriptedServer, scriptedServer } from './support/scripted-server.ts'

let directory: string
let server: ScriptedServer
let seen: ScriptedRequest[]
let accepted: (request: ScriptedRequest) => boolean

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-credentials-'))
  seen = []
  accepted = () => true
  server = await scriptedServer('http', (request, reply) => {
    seen.push(request)
    if (accepted(request)) reply.json(200, { major: '1', minor: '35+' })
    else reply.json(401, { kind: 'Status', code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
  })
})
afterEach(async () => {
  await server.close()
  rmSync(directory, { recursive: true, force: true })
})

const API = 'client.authentication.k8s.io/v1'

function plugin(script: string, over: object = {}): object {
  const file = join(directory, 'plugin.mjs')
  writeFileSync(file, script)
  return {
    exec: {
      apiVersion: API,
      command: process.execPath,
      args: [file],
      env: { DIR: directory },
      directory,
      provideClusterInfo: true,
      interactiveMode: 'Never',
      installHint: 'Get it from the shop.',
      ...over,
    },
    token: null,
  }
}

/** Counts its runs in a file; gives token `T<run>`. */
const counting = (status = '{}'): string => `
import { appendFileSync, readFileSync } from 'node:fs'
appendFileSync(process.env.DIR + '/runs', process.env.KUBERNETES_EXEC_INFO + '\\n')
const run = readFileSync(process.env.DIR + '/runs', 'utf8').trim().split('\\n').length
console.log(JSON.stringify({ apiVersion: '${API}', kind: 'ExecCredential', status: { token: 'T' + run, ...${status} } }))
`
const runs = (): string[] => readFileSync(join(directory, 'runs'), 'utf8').trim().split('\n')

async function withUser(user: object, run: (made: Bench) => Promise<void>): Promise<void> {
  const env = { PATH: process.env['PATH'] }
  const made = await bench(server, { config: configFor(server, user), env, execTimeoutMs: 1500 })
  try {
    await run(made)
  } finally {
    await made.cluster.close()
  }
}

const ask = (made: Bench): Promise<unknown> =>
  made.cluster.reader.kind({ group: '', version: 'v1', kind: 'X' }, { refresh: true })
const tokens = (): unknown[] => [...new Set(seen.map((request) => request.headers['authorization']))]

async function problemOf(promise: Promise<unknown>): Promise<HoldfastError['problem']> {
  const error = await promise.then(
    () => null,
    (caught: unknown) => caught,
  )
  if (error instanceof HoldfastError) return error.problem
  throw new Error(`no problem: ${String(error)}`)
}

describe('credentials', () => {
  it('sends token, impersonation and User-Agent', () =>
    withUser(
      { token: 'abc', impersonate: { user: 'bob', uid: '7', groups: ['a', 'b'], extra: { 'x/y': ['1'] } } },
      async (made) => {
        expect(await made.cluster.reader.serverMinor()).toBe('1.35')
        expect(seen[0]?.headers).toMatchObject({
          authorization: 'Bearer abc',
          'user-agent': 'holdfast/9.9.9',
          'impersonate-user': 'bob',
          'impersonate-uid': '7',
          'impersonate-group': 'a, b',
          'impersonate-extra-x%2fy': '1',
        })
      },
    ))

  it('reads a token file again after a minute, and at once after a 401', async () => {
    const file = join(directory, 'token')
    writeFileSync(file, 'one\n')
    await withUser({ token: null, tokenFile: file }, async (made) => {
      await ask(made)
      writeFileSync(file, 'two')
      made.clock.advance(30_000)
      await ask(made)
      expect(tokens()).toEqual(['Bearer one'])
      made.clock.advance(31_000)
      await ask(made)
      expect(tokens()).toEqual(['Bearer one', 'Bearer two'])
      writeFileSync(file, 'three')
      accepted = (request) => request.headers['authorization'] === 'Bearer three'
      made.clock.advance(2000)
      await ask(made)
      expect(tokens()).toEqual(['Bearer one', 'Bearer two', 'Bearer three'])
    })
  })

  it('says which file cannot be read, and refuses a token with a line break in it', async () => {
    await withUser({ token: null, tokenFile: join(directory, 'none') }, async (made) => {
      expect(await problemOf(ask(made))).toMatchObject({ code: 'HF4011', message: expect.stringContaining('none') })
    })
    await withUser({ token: 'a\r\nx-evil: 1' }, async (made) => {
      expect((await problemOf(ask(made))).code).toBe('HF4011')
    })
  })

  it('runs the exec plugin once until the credential is about to expire', () =>
    withUser(plugin(counting('{ expirationTimestamp: new Date(1_700_000_100_000).toISOString() }')), async (made) => {
      await Promise.all([ask(made), made.cluster.reader.serverMinor()])
      made.clock.advance(80_000)
      await ask(made)
      expect(runs()).toHaveLength(1)
      expect(JSON.parse(runs()[0] ?? '')).toMatchObject({
        apiVersion: API,
        kind: 'ExecCredential',
        spec: { interactive: false, cluster: { server: server.url } },
      })
      made.clock.advance(11_000)
      await ask(made)
      expect(runs()).toHaveLength(2)
      expect(tokens()).toEqual(['Bearer T1', 'Bearer T2'])
    }))

  it('runs it again when the server refuses the credential, once', () =>
    withUser(plugin(counting()), async (made) => {
      accepted = (request) => request.headers['authorization'] !== 'Bearer T1'
      await ask(made)
      expect(tokens()).toEqual(['Bearer T1', 'Bearer T2'])
      accepted = () => false
      made.clock.advance(2000)
      expect(await problemOf(ask(made))).toMatchObject({ code: 'HF4011' })
    }))

  for (const [name, script, says] of [
    ['fails', 'console.error("login first"); process.exit(3)', 'exit code 3: login first'],
    ['hangs', 'setInterval(() => {}, 1000)', 'did not answer within 1.5 s'],
    ['prints no JSON', 'console.log("s3cr3t")', 'gave no JSON'],
    [
      'prints another version',
      `console.log('{"apiVersion":"${API}beta1","kind":"ExecCredential","status":{"token":"s3cr3t"}}')`,
      'another apiVersion',
    ],
    ['prints no status', `console.log('{"apiVersion":"${API}","kind":"ExecCredential"}')`, 'without status'],
  ] as const) {
    it(`a plugin that ${name} is HF4011, with the install hint and without its output`, () =>
      withUser(plugin(script), async (made) => {
        const { code, message } = await problemOf(ask(made))
        expect(code).toBe('HF4011')
        expect(message).toContain(says)
        expect(message).toContain('Get it from the shop.')
        expect(message).not.toContain('s3cr3t')
      }))
  }

  for (const [over, says] of [
    [{ command: 'no-such-command-anywhere' }, 'was not found'],
    [{ apiVersion: 'client.authentication.k8s.io/v1alpha1' }, 'supported are'],
    [{ interactiveMode: 'Always' }, 'needs a terminal'],
  ] as const) {
    it(`a plugin that ${says}`, () =>
      withUser(plugin('', over), async (made) => {
        expect((await problemOf(ask(made))).message).toContain(says)
      }))
  }

  it('takes a client certificate from a plugin', () => {
    const exec = {
      apiVersion: API,
      command: 'p',
      args: [],
      env: {},
      directory: '/',
      provideClusterInfo: false,
      interactiveMode: 'Never',
      installHint: '',
    }
    const answer = (status: object): string => JSON.stringify({ apiVersion: API, kind: 'ExecCredential', status })
    expect(readCredential(exec, answer({ clientCertificateData: 'C', clientKeyData: 'K' }))).toEqual({
      token: null,
      certificate: { cert: Buffer.from('C'), key: Buffer.from('K') },
      expires: null,
    })
    expect(() => readCredential(exec, answer({ clientCertificateData: 'C' }))).toThrow('only one of')
    expect(() => readCredential(exec, answer({}))).toThrow('neither a token nor')
  })
})
