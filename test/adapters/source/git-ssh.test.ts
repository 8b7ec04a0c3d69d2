// requirements: [S000-24]
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSshKey, sshAvailable, startSshGitServer } from '../../../tools/ssh-git-server.mjs'
import { accessOf, settingsOf } from './support/access.ts'
import { type Bench, configMap, definition, namesOf, problemOf, render, RESOLVE, startBench } from './support/bench.ts'

const available = await sshAvailable()

describe.skipIf(!available)('repositories by ssh', () => {
  let bench: Bench
  let key: Awaited<ReturnType<typeof createSshKey>>
  let ssh: Awaited<ReturnType<typeof startSshGitServer>>
  beforeAll(async () => {
    bench = await startBench({ failureMs: 0 })
    key = await createSshKey()
    ssh = await startSshGitServer({ root: bench.git.directory, authorizedKeys: [key] })
  })
  afterAll(async () => {
    await ssh.stop()
    await bench.end()
  })

  const repository = async (name: string): Promise<{ url: string; commit: string }> => {
    const repo = await bench.git.createRepository(name)
    return { url: ssh.url(name), commit: await repo.commit({ 'a.yaml': configMap('a') }, 'one') }
  }
  const opened = (url: string, knownHosts: string | null, more: Parameters<typeof accessOf>[1] = {}) => {
    const source = bench.restart()
    source.configure(settingsOf([accessOf(url, { sshPrivateKey: key.privateKey, ...more })], { knownHosts }))
    return source
  }

  test('a key and a known host on another port than 22', async () => {
    const { url, commit } = await repository('ssh/known')
    const source = opened(url, ssh.hostKeyLine)
    expect((await source.resolve(definition(url), RESOLVE)).revision).toBe(commit)
    expect(namesOf(await render(source, definition(url)))).toEqual(['a'])
  })
  test('a key without its last newline is mended', async () => {
    const { url, commit } = await repository('ssh/trimmed')
    const source = opened(url, ssh.hostKeyLine, { sshPrivateKey: key.privateKey.trimEnd() })
    expect((await source.resolve(definition(url), RESOLVE)).revision).toBe(commit)
  })
  test('user@host:path', async () => {
    const { commit } = await repository('ssh/scp')
    const url = `${ssh.user}@127.0.0.1:ssh/scp.git`
    const folder = join(bench.cacheDir, 'ssh')
    await mkdir(folder)
    await writeFile(join(folder, 'ssh'), `#!/bin/sh\nPATH=${process.env['PATH']} exec ssh -p ${ssh.port} "$@"\n`)
    await chmod(join(folder, 'ssh'), 0o755)
    const source = bench.restart({ env: { PATH: `${folder}:${process.env['PATH']}` } })
    source.configure(
      settingsOf([accessOf(url, { sshPrivateKey: key.privateKey })], { knownHosts: ssh.hostKeyLines.join('\n') }),
    )
    expect((await source.resolve(definition(url), RESOLVE)).revision).toBe(commit)
  })
  test('a host that is not known is refused, and its line asked for', async () => {
    const { url } = await repository('ssh/unknown')
    expect(await problemOf(opened(url, '').resolve(definition(url), RESOLVE))).toMatchObject({
      code: 'HF1005',
      message: expect.stringContaining('key is not known'),
      action: expect.stringMatching(/ssh-keyscan prints for 127\.0\.0\.1 to argocd-ssh-known-hosts-cm/),
    })
  })
  test('a host whose key has changed is refused', async () => {
    const { url } = await repository('ssh/changed')
    const other = await createSshKey()
    const line = `[127.0.0.1]:${ssh.port} ${other.publicKey.split(' ').slice(0, 2).join(' ')}`
    expect(await problemOf(opened(url, line).resolve(definition(url), RESOLVE))).toMatchObject({
      code: 'HF1005',
      message: expect.stringContaining('another host key'),
    })
  })
  test('insecure takes any host', async () => {
    const { url, commit } = await repository('ssh/insecure')
    const source = opened(url, '', { insecure: true })
    expect((await source.resolve(definition(url), RESOLVE)).revision).toBe(commit)
  })
  test.each([
    ['a key that the host does not know', async () => (await createSshKey()).privateKey, 'deploy keys'],
    ['a key with a passphrase', async () => (await createSshKey({ passphrase: 'p4ss' })).privateKey, 'passphrase'],
    ['a key that is none', async () => 'nonsense', 'private key'],
  ])('%s is HF1005 and says what to do', async (name, make, action) => {
    const { url } = await repository(`ssh/refused-${name.length}`)
    const source = opened(url, ssh.hostKeyLine, { sshPrivateKey: await make() })
    expect(await problemOf(source.resolve(definition(url), RESOLVE))).toMatchObject({
      code: 'HF1005',
      action: expect.stringContaining(action),
    })
  })
  test('without the ConfigMap the user’s own known_hosts holds', async () => {
    const { url, commit } = await repository('ssh/own')
    const file = join(bench.cacheDir, 'own_known_hosts')
    await writeFile(file, ssh.hostKeyLine)
    const source = bench.restart({ env: { GIT_SSH_COMMAND: `ssh -o UserKnownHostsFile=${file}` } })
    source.configure(settingsOf([accessOf(url, { sshPrivateKey: key.privateKey })]))
    expect((await source.resolve(definition(url), RESOLVE)).revision).toBe(commit)
  })
  test('the key lies in a file of 0600 while git runs, and nowhere afterwards', async () => {
    const { url } = await repository('ssh/file')
    const folder = join(bench.cacheDir, 'looking')
    await mkdir(join(folder, 'tmp'), { recursive: true })
    const look = `ls -lR ${folder}/tmp >${folder}/seen; echo "$@" >${folder}/arguments`
    await writeFile(join(folder, 'ssh'), `#!/bin/sh\n${look}\nPATH=${process.env['PATH']} exec ssh "$@"\n`)
    await chmod(join(folder, 'ssh'), 0o755)
    const env = { PATH: `${folder}:${process.env['PATH']}`, TMPDIR: join(folder, 'tmp') }
    const source = bench.restart({ env })
    source.configure(settingsOf([accessOf(url, { sshPrivateKey: key.privateKey })], { knownHosts: ssh.hostKeyLine }))
    await source.resolve(definition(url), RESOLVE)
    expect(await readFile(join(folder, 'seen'), 'utf8')).toMatch(/^-rw------- .* key$/m)
    expect(await readFile(join(folder, 'arguments'), 'utf8')).not.toContain('PRIVATE')
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
  })
})
