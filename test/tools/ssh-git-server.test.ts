import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGitServer } from '../../tools/git-server.mjs'
import { run } from '../../tools/progress.mjs'
import { createScratch, removeScratch } from '../../tools/scratch.mjs'
import { createSshKey, fingerprintOf, sshAvailable, startSshGitServer } from '../../tools/ssh-git-server.mjs'
import { findSshd } from '../../tools/ssh-openssh.mjs'

const client = await sshAvailable()
if (!client) console.error('SKIPPED: git over ssh: ssh is not on PATH')
const implementations = ['ssh2', ...((await findSshd()) ? ['openssh'] : [])] as ('ssh2' | 'openssh')[]

type Key = Awaited<ReturnType<typeof createSshKey>>

describe.skipIf(!client).each(implementations)('git over ssh, served by %s', (implementation) => {
  let server: Awaited<ReturnType<typeof startSshGitServer>>
  let git: Awaited<ReturnType<typeof startGitServer>>
  let scratch = ''
  let all: Key, one: Key, stranger: Key
  beforeAll(async () => {
    scratch = await createScratch('holdfast-ssh-client')
    git = await startGitServer()
    for (const name of ['team/app', 'other']) await (await git.createRepository(name)).commit({ a: '1\n' }, 'first')
    all = await createSshKey({ type: 'rsa' })
    one = await createSshKey()
    stranger = await createSshKey()
    const authorizedKeys = [{ publicKey: all.publicKey }, { publicKey: one.publicKey, repositories: ['team/app'] }]
    server = await startSshGitServer({ root: git.directory, authorizedKeys, implementation })
  })
  afterAll(async () => {
    await server?.stop()
    await git?.stop()
    await removeScratch(scratch)
  })

  async function ask(options: { key: Key; knownHosts?: string; args?: string[]; url?: string; to?: string }) {
    const identity = join(scratch, `key-${Math.random()}`)
    const hosts = `${identity}.hosts`
    await writeFile(identity, options.key.privateKey)
    await chmod(identity, 0o600)
    await writeFile(hosts, `${options.knownHosts ?? server.hostKeyLine}\n`)
    const ssh = `ssh -F none -i ${identity} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${hosts} -o GlobalKnownHostsFile=none`
    const env = { PATH: process.env['PATH'], HOME: scratch, GIT_SSH_COMMAND: ssh, GIT_CONFIG_GLOBAL: '/dev/null' }
    return run(
      'git',
      [...(options.args ?? ['ls-remote']), options.url ?? server.url('team/app'), ...(options.to ? [options.to] : [])],
      {
        env,
        timeout: 10_000,
      },
    )
  }

  it('serves what was committed, and tells who asked for what', async () => {
    const clone = join(scratch, 'clone')
    const before = server.connections().length
    expect(await ask({ key: all, args: ['clone', '-q', '--depth=1'], to: clone })).toMatchObject({
      code: 0,
    })
    expect(server.fetches('team/app')).toBe(1)
    expect(server.connections()[before]).toEqual({
      user: server.user,
      fingerprint: fingerprintOf(all.publicKey),
      accepted: true,
      commands: ["git-upload-pack '/team/app.git'"],
    })
  })

  it.each(['ssh-ed25519', 'ssh-rsa'])('shows its host key of type %s', async (type) => {
    const line = server.hostKeyLines.find((each) => each.includes(` ${type} `)) ?? ''
    expect(line).toContain(`[127.0.0.1]:${server.port} ${type} `)
    expect(await ask({ key: all, knownHosts: line })).toMatchObject({ code: 0 })
  })

  it('is refused by a client that knows another host key', async () => {
    const [, type] = server.hostKeyLine.split(' ')
    const other = `[127.0.0.1]:${server.port} ${stranger.publicKey}`
    expect(type).toBe('ssh-ed25519')
    expect((await ask({ key: all, knownHosts: other })).stderr).toContain('Host key verification failed')
  })

  it('refuses a stranger, a wrong user, other repositories, paths out of the root, and whatever is not reading', async () => {
    expect((await ask({ key: stranger })).stderr).toContain('Permission denied (publickey)')
    expect(server.connections().at(-1)).toMatchObject({ accepted: false, commands: [] })
    expect((await ask({ key: all, url: server.url('team/app', { user: 'nobody-here' }) })).stderr).toContain('denied')
    expect((await ask({ key: one })).code).toBe(0)
    for (const name of ['other', 'absent']) {
      expect((await ask({ key: one, url: server.url(name) })).stderr).toContain(`repository ${name}.git not found`)
    }
    expect((await ask({ key: all, url: server.url('../../etc') })).stderr).toContain('not found')
    const push = ['-C', join(git.directory, 'other.git'), 'push', '-q', '--all']
    expect((await ask({ key: all, args: push })).stderr).toContain('only git-upload-pack is served')
  })

  it('is away and back on the same port, and lets in whom it is told to', async () => {
    await server.takeDown()
    expect((await ask({ key: all })).stderr).toContain('refused')
    await server.bringUp()
    await server.takeDown('hang')
    const waiting = ['-c', 'core.sshCommand=ssh -o ConnectTimeout=1 -o BatchMode=yes', 'ls-remote']
    expect((await run('git', [...waiting, server.url('team/app')], { timeout: 5_000 })).code).not.toBe(0)
    await server.bringUp()
    server.authorize([{ publicKey: stranger.publicKey }])
    expect((await ask({ key: stranger })).code).toBe(0)
    expect((await ask({ key: all })).stderr).toContain('Permission denied')
  })
})

describe.skipIf(!client)('users of the ssh server', () => {
  it('each has a key of its own; naming them leads to the server that can tell them apart', async () => {
    const [ann, bob] = await Promise.all([createSshKey(), createSshKey({ type: 'ecdsa' })])
    const authorizedKeys = [
      { user: 'ann-of-test', publicKey: ann.publicKey },
      { user: 'bob-of-test', publicKey: bob.publicKey },
    ]
    const server = await startSshGitServer({ root: '/nowhere', authorizedKeys })
    expect(server.implementation).toBe('ssh2')
    expect(server.url('x', { user: 'ann-of-test' })).toBe(`ssh://ann-of-test@127.0.0.1:${server.port}/x.git`)
    await server.stop()
  })
})
