// The test control plane itself: who may do what, an outage, and that nothing of it outlives whoever started it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BinariesUnavailable, ensureBinaries } from '../../tools/binaries.mjs'
import { startControlPlane } from '../../tools/control-plane.mjs'
import { Agent, request } from 'undici'

type ControlPlane = Awaited<ReturnType<typeof startControlPlane>>

const unavailable = await ensureBinaries(['etcd', 'kube-apiserver', 'kube-controller-manager']).then(
  () => undefined,
  (error: unknown) => {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    console.error(`SKIPPED: the test control plane: ${error.message}`)
    return error
  },
)

describe.skipIf(unavailable !== undefined)('the test control plane', () => {
  let plane: ControlPlane
  let agent: Agent
  beforeAll(async () => {
    plane = await startControlPlane({ audit: {}, users: [{ name: 'dora', groups: ['auditors'] }] })
    agent = new Agent({ connect: { ca: plane.ca } })
  })
  afterAll(async () => {
    await agent.close()
    await plane.stop()
  })

  async function get(
    path: string,
    options: { token?: string; dispatcher?: Agent } = {},
  ): Promise<{ status: number; body: string }> {
    const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }
    const response = await request(new URL(path, plane.url), { dispatcher: options.dispatcher ?? agent, headers })
    return { status: response.statusCode, body: await response.body.text() }
  }

  it.each([
    { user: 'admin', status: 200 },
    { user: 'alice', status: 200 },
    { user: 'bob', status: 200 },
    { user: 'holdfast', status: 200 },
    { user: 'limited', status: 403 },
    { user: 'dora', status: 403 },
  ])('$user gets $status for secrets', async ({ user, status }) => {
    const answer = await get('/api/v1/secrets', { token: plane.users[user]?.token ?? '' })
    expect(answer.status).toBe(status)
  })

  it('knows a user by client certificate', async () => {
    const { certificate, key } = plane.certificate
    const dispatcher = new Agent({ connect: { ca: plane.ca, cert: certificate, key } })
    expect((await get('/api/v1/secrets', { dispatcher })).status).toBe(200)
    await dispatcher.close()
  })

  it('has a certificate that verifies, in every kubeconfig too', async () => {
    const config = JSON.parse(await readFile(plane.kubeconfigs['alice'] ?? '', 'utf8'))
    expect(config['current-context']).toBe('alice')
    const ca = Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString()
    const { port } = new URL(plane.url)
    const authorized = await new Promise((resolve, reject) => {
      const socket = connect({ port: Number(port), host: '127.0.0.1', ca }, () => {
        resolve(socket.authorized)
        socket.destroy()
      })
      socket.on('error', reject)
    })
    expect(authorized).toBe(true)
  })

  it('runs controllers: a new namespace gets its service account', async () => {
    const answer = await get('/api/v1/namespaces/default/serviceaccounts/default', { token: plane.adminToken })
    expect(answer.status).toBe(200)
  })

  it('writes the audit log that was asked for', async () => {
    expect(await readFile(plane.auditLog ?? '', 'utf8')).toContain('"username":"limited"')
  })

  it('keeps data, port and users over an outage of the API server', async () => {
    await plane.stopApiServer()
    await expect(get('/readyz')).rejects.toThrow()
    await plane.startApiServer()
    expect((await get('/api/v1/secrets', { token: plane.users['alice']?.token ?? '' })).status).toBe(200)
  })

  it('does not outlive a process that is killed; the next start removes what it left', async () => {
    const module = new URL('../../tools/control-plane.mjs', import.meta.url).href
    const script = `import { startControlPlane } from '${module}'
      const { url, directory } = await startControlPlane({ controllers: false })
      console.log(JSON.stringify({ url, directory })); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const first = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve))
    const { url, directory } = JSON.parse(first.toString())
    child.kill('SIGKILL')
    await expect
      .poll(
        () =>
          request(new URL('/readyz', url), { dispatcher: agent }).then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 5_000 },
      )
      .toBe('down')
    expect(existsSync(directory)).toBe(true)
    const next = await startControlPlane({ controllers: false })
    expect(existsSync(directory)).toBe(false)
    await next.stop()
    expect(existsSync(next.directory)).toBe(false)
  })

  it('says which server failed and shows its last lines', async () => {
    const wrong = startControlPlane({ apiServerFlags: ['--no-such-flag'] })
    await expect(wrong).rejects.toThrow(/kube-apiserver ended with 1[^]*no-such-flag/)
  })
})
