import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGitServer } from '../../tools/git-server.mjs'
import { run } from '../../tools/progress.mjs'
import { createScratch, removeScratch } from '../../tools/scratch.mjs'
import { createLoopbackTls } from '../../tools/tls.mjs'

describe('the Git server for tests and demo', () => {
  let server: Awaited<ReturnType<typeof startGitServer>>
  let scratch = ''
  beforeAll(async () => {
    server = await startGitServer()
    scratch = await createScratch('holdfast-git-client')
  })
  afterAll(async () => {
    await server.stop()
    await removeScratch(scratch)
  })

  const env = { PATH: process.env['PATH'], GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' }
  const git = (...args: string[]) => run('git', args, { env })
  const withLogin = (url: string) => url.replace('//', '//ann:right@')

  it('serves what was committed: nested paths, links, modes, removals, binary content', async () => {
    const repository = await server.createRepository('team/content')
    await repository.commit({ 'a b/ü.yaml': 'x: 1\n', gone: 'x', old: { executable: '#!/bin/sh\n' } }, 'first')
    const last = await repository.commit(
      { gone: null, link: { symlink: 'a b/ü.yaml' }, raw: Buffer.from([0, 255]) },
      'second',
    )
    const clone = join(scratch, 'content')
    expect(await git('clone', '-q', repository.url, clone)).toMatchObject({ code: 0 })
    const { stdout } = await git(
      '-C',
      clone,
      '-c',
      'core.quotePath=false',
      'ls-tree',
      '-r',
      '--format=%(objectmode) %(path)',
      'HEAD',
    )
    expect(stdout.trim().split('\n')).toEqual(['100644 a b/ü.yaml', '120000 link', '100755 old', '100644 raw'])
    expect(await repository.head()).toBe(last)
  })

  it('keeps branches, tags and the fetch of any commit apart', async () => {
    const repository = await server.createRepository('refs')
    const first = await repository.commit({ a: '1' }, 'first', {
      author: 'Ann <ann@example.com>',
      time: 1_700_000_000_000,
    })
    const second = await repository.commit({ a: '2' }, 'second')
    await repository.commit({ a: '3' }, 'dev', { branch: 'dev' })
    await repository.tag('v1', { revision: first })
    await repository.tag('v1', { revision: second, message: 'moved' })
    expect(await repository.head('v1')).toBe(second)
    expect(await repository.git('log', '-1', '--format=%an %at', first)).toBe('Ann 1700000000')
    const clone = join(scratch, 'refs')
    await git('init', '-q', clone)
    expect(await git('-C', clone, 'fetch', '-q', '--depth=1', repository.url, first)).toMatchObject({ code: 0 })
  })

  it('is away and back on the same port', async () => {
    const repository = await server.createRepository('outage')
    await repository.commit({ a: '1' }, 'first')
    await server.takeDown()
    expect((await git('ls-remote', repository.url)).stderr).toContain('Failed to connect')
    await server.bringUp()
    await server.takeDown('fail')
    expect((await git('ls-remote', repository.url)).stderr).toContain('503')
    await server.bringUp()
    await server.takeDown('hang')
    const hanging = run('git', ['ls-remote', repository.url], { env, timeout: 500 })
    expect((await hanging).code).not.toBe(0)
    await server.bringUp()
    expect((await git('ls-remote', repository.url)).code).toBe(0)
  })

  it('asks for credentials when told to, and lets those push who have them', async () => {
    const repository = await server.createRepository('private')
    await repository.commit({ a: '1' }, 'first')
    const clone = join(scratch, 'private')
    await git('clone', '-q', repository.url, clone)
    expect((await git('-C', clone, 'push', '-q', repository.url, 'HEAD:refs/heads/new')).code).not.toBe(0)
    server.requireCredentials({ username: 'ann', password: 'right' })
    expect((await git('ls-remote', repository.url)).code).not.toBe(0)
    expect((await git('ls-remote', withLogin(repository.url).replace('right', 'wrong'))).code).not.toBe(0)
    expect(await git('-C', clone, 'push', '-q', withLogin(repository.url), 'HEAD:refs/heads/new')).toMatchObject({
      code: 0,
    })
    server.requireCredentials(undefined)
  })

  it('says that a repository is not there', async () => {
    expect((await git('ls-remote', `${server.url}/absent.git`)).stderr).toContain('not found')
    expect(server.requests()).toContain('GET /absent.git/info/refs?service=git-upload-pack')
  })
})

describe('the Git server over https', () => {
  it('serves those who know its authority and show a certificate; counts looks, fetches and pushes', async () => {
    const tls = createLoopbackTls()
    const scratch = await createScratch('holdfast-git-client')
    const server = await startGitServer({ tls: tls.mutual, credentials: { username: 'ann', password: 'right' } })
    try {
      const repository = await server.createRepository('team/app')
      await repository.commit({ a: '1' }, 'first')
      const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => join(scratch, name)) as [string, string, string]
      const client = tls.client('somebody')
      await Promise.all([writeFile(ca, tls.ca), writeFile(cert, client.certificate), writeFile(key, client.key)])
      const env = { PATH: process.env['PATH'], GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' }
      const trust = ['-c', `http.sslCAInfo=${ca}`]
      const identity = [...trust, '-c', `http.sslCert=${cert}`, '-c', `http.sslKey=${key}`]
      const git = (...args: string[]) => run('git', args, { env })
      const url = repository.url.replace('//', '//ann:right@')
      expect((await git('ls-remote', url)).stderr).toContain('certificate')
      expect((await git(...trust, 'ls-remote', url)).code).not.toBe(0)
      expect((await git(...identity, 'ls-remote', repository.url)).code).not.toBe(0)
      expect(server.traffic('team/app')).toEqual({ looks: 0, fetches: 0, pushes: 0 })
      const clone = join(scratch, 'clone')
      expect(await git(...identity, 'clone', '-q', url, clone)).toMatchObject({ code: 0 })
      expect(server.traffic('team/app')).toEqual({ looks: 1, fetches: 1, pushes: 0 })
      await git(...identity, '-C', clone, 'fetch', '-q')
      expect(server.traffic('team/app')).toEqual({ looks: 2, fetches: 1, pushes: 0 })
      await repository.commit({ a: '2' }, 'second')
      await git(...identity, '-c', 'protocol.version=0', '-C', clone, 'fetch', '-q')
      expect(server.traffic('team/app')).toMatchObject({ looks: 3, fetches: 2 })
      await git(...identity, '-C', clone, 'push', '-q', url, 'HEAD:refs/heads/new')
      expect(server.traffic('team/app')).toMatchObject({ pushes: 1 })
    } finally {
      await server.stop()
      await removeScratch(scratch)
    }
  })

  it('sends elsewhere when told to', async () => {
    const [here, there] = await Promise.all([startGitServer(), startGitServer()])
    try {
      const repository = await there.createRepository('app')
      await repository.commit({ a: '1' }, 'first')
      here.redirect(there.url)
      expect((await run('git', ['ls-remote', `${here.url}/app.git`])).code).toBe(0)
      expect(there.traffic('app').looks).toBe(1)
    } finally {
      await Promise.all([here.stop(), there.stop()])
    }
  })
})
