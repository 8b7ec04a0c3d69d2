import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BinariesUnavailable, ensureBinaries } from '../../tools/binaries.mjs'
import { startChartRepository } from '../../tools/chart-repository.mjs'
import { openHelm, writeChart } from '../../tools/helm.mjs'
import { createScratch, removeScratch } from '../../tools/scratch.mjs'
import { createLoopbackTls } from '../../tools/tls.mjs'

const unavailable = await ensureBinaries(['helm']).then(
  () => undefined,
  (error: unknown) => {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    return error
  },
)
if (unavailable) console.error(`SKIPPED: the chart repository: ${unavailable.message}`)

describe.skipIf(unavailable)('the chart repository for tests', () => {
  let scratch = ''
  let chart = ''
  let repository: Awaited<ReturnType<typeof startChartRepository>>
  beforeAll(async () => {
    scratch = await createScratch('holdfast-chart-client')
    chart = await writeChart(scratch, { name: 'app' })
    repository = await startChartRepository({ charts: [chart] })
  })
  afterAll(async () => {
    await repository?.stop()
    await removeScratch(scratch)
  })
  beforeEach(() => {
    for (const path of ['*', '/index.yaml', '/app-1.0.0.tgz']) repository.behave(path, undefined)
    repository.requireCredentials(undefined)
  })

  /** Each with a helm that remembers nothing. */
  async function template(...args: string[]): Promise<string> {
    const home = await createScratch('holdfast-helm-home')
    try {
      return await (await openHelm(home)).call('template', 'r', 'app', ...args)
    } finally {
      await removeScratch(home)
    }
  }
  const index = (path = '/index.yaml', init: RequestInit = {}) => fetch(`${repository.url}${path}`, init)

  it('serves what helm packaged and indexed, and counts', async () => {
    expect(await template('--repo', repository.url)).toContain('greeting: "hello"')
    expect([repository.count('/index.yaml'), repository.count('/app-1.0.0.tgz')]).toEqual([1, 1])
    expect(await repository.addChart(chart, { version: '1.1.0', appVersion: '7' })).toBe('/app-1.1.0.tgz')
    expect(await template('--repo', repository.url, '--version', '~1.1')).toContain('greeting')
    expect(repository.count('/app-1.1.0.tgz')).toBe(1)
  })

  it('asks for credentials, and keeps what it was told', async () => {
    repository.requireCredentials({ username: 'ann', password: 'right' })
    await expect(template('--repo', repository.url)).rejects.toThrow('401')
    expect(await template('--repo', repository.url, '--username', 'ann', '--password', 'right')).toContain('hello')
    expect(repository.requests().at(-1)).toMatchObject({ status: 200, authorization: `Basic ${btoa('ann:right')}` })
  })

  it('speaks https, also to holders of a certificate alone', async () => {
    const tls = createLoopbackTls()
    const other = await startChartRepository({ charts: [chart], tls: tls.mutual, absoluteUrls: true })
    const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => join(scratch, name)) as [string, string, string]
    const client = tls.client('somebody')
    await Promise.all([writeFile(ca, tls.ca), writeFile(cert, client.certificate), writeFile(key, client.key)])
    try {
      await expect(template('--repo', other.url)).rejects.toThrow('certificate')
      await expect(template('--repo', other.url, '--ca-file', ca)).rejects.toThrow('certificate required')
      const identity = ['--cert-file', cert, '--key-file', key]
      expect(await template('--repo', other.url, '--ca-file', ca, ...identity)).toContain('hello')
    } finally {
      await other.stop()
    }
  })

  it.each([
    { kind: 'status', status: 500, body: 'broken' } as const,
    { kind: 'body', body: 'not: [an index' } as const,
    { kind: 'truncated', bytes: 10 } as const,
  ])('answers its index with $kind', async (behaviour) => {
    repository.behave('/index.yaml', behaviour)
    await expect(template('--repo', repository.url)).rejects.toThrow('ended with 1')
  })

  it('sends elsewhere', async () => {
    repository.behave('/app-1.1.0.tgz', { kind: 'redirect', to: `http://localhost:${repository.port}/app-1.0.0.tgz` })
    const before = repository.count('/app-1.0.0.tgz')
    await template('--repo', repository.url)
    expect(repository.count('/app-1.0.0.tgz')).toBe(before + 1)
    repository.behave('/app-1.1.0.tgz', undefined)
  })

  it('gives digests that do not fit', async () => {
    const right = await (await index()).text()
    repository.behave('/index.yaml', { kind: 'wrong-digests' })
    const wrong = await (await index()).text()
    expect(wrong.match(/digest: 0{64}$/gm)).toHaveLength(right.match(/digest: /g)?.length ?? 0)
    expect(wrong.replace(/digest: .*/g, '')).toBe(right.replace(/digest: .*/g, ''))
  })

  it('pours without end, drips, or says nothing at all', async () => {
    repository.behave('/index.yaml', { kind: 'endless' })
    const stop = new AbortController()
    let bytes = 0
    const body = (await index('/index.yaml', { signal: stop.signal })).body
    for await (const chunk of body ?? []) {
      bytes += chunk.length
      if (bytes > 5_000_000) break
    }
    expect(bytes).toBeGreaterThan(5_000_000)
    repository.behave('/index.yaml', { kind: 'slow', pauseMs: 1, bytes: 100 })
    expect(await (await index()).text()).toContain('entries:')
    repository.behave('*', { kind: 'hang' })
    await expect(index('/x', { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout')
    expect(repository.requests().at(-1)).toMatchObject({ path: '/x', status: 0 })
  })

  it('gives nothing out that is not below its folder, and goes away and comes back', async () => {
    expect((await index('/..%2fhelm%2fconfig')).status).toBe(404)
    await repository.takeDown()
    await expect(index()).rejects.toThrow('fetch failed')
    await repository.bringUp()
    expect((await index()).status).toBe(200)
  })
})
