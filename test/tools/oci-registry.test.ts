import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BinariesUnavailable, ensureBinaries } from '../../tools/binaries.mjs'
import { openHelm, writeChart } from '../../tools/helm.mjs'
import { startOciRegistry } from '../../tools/oci-registry.mjs'
import { createScratch, removeScratch } from '../../tools/scratch.mjs'
import { createLoopbackTls } from '../../tools/tls.mjs'

const unavailable = await ensureBinaries(['helm', 'registry']).then(
  () => undefined,
  (error: unknown) => {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    return error
  },
)
if (unavailable) console.error(`SKIPPED: the OCI registry: ${unavailable.message}`)

describe.skipIf(unavailable)('the OCI registry for tests', () => {
  let scratch = ''
  let archive = ''
  let helm: Awaited<ReturnType<typeof openHelm>>
  beforeAll(async () => {
    scratch = await createScratch('holdfast-oci-client')
    helm = await openHelm(scratch)
    archive = await helm.packageChart(await writeChart(scratch, { name: 'app', version: '1.2.3' }), scratch)
  })
  afterAll(() => removeScratch(scratch))

  it('takes a chart from helm and gives it back, and counts', async () => {
    const registry = await startOciRegistry()
    try {
      const { reference, digest } = await registry.pushChart(archive)
      expect(reference).toBe(`${registry.reference('charts/app')}:1.2.3`)
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
      const before = registry.pulls('charts/app')
      const printed = await helm.call('template', 'r', registry.reference('charts/app'), '--plain-http')
      expect(printed).toContain('greeting: "hello"')
      expect(registry.pulls('charts/app')).toBeGreaterThan(before)
      expect(registry.requests()).toContain(`GET /v2/charts/app/manifests/${digest} 200`)
    } finally {
      await registry.stop()
    }
  })

  it('speaks https to those who know its authority, its password and have a certificate', async () => {
    const tls = createLoopbackTls()
    const credentials = { username: 'ann', password: 'p@ss:w/rd' }
    const registry = await startOciRegistry({ tls, credentials, clientCertificates: true })
    try {
      const { reference } = await registry.pushChart(archive, 'private/team')
      const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => join(scratch, name)) as [string, string, string]
      const client = tls.client('somebody')
      await Promise.all([writeFile(ca, tls.ca), writeFile(cert, client.certificate), writeFile(key, client.key)])
      const pull = (...args: string[]) => helm.call('pull', reference, '-d', scratch, ...args)
      const identity = ['--cert-file', cert, '--key-file', key]
      const login = ['--username', 'ann', '--password', credentials.password]
      await expect(pull(...identity, ...login)).rejects.toThrow('certificate')
      await expect(pull('--ca-file', ca, ...login)).rejects.toThrow('certificate required')
      await expect(pull('--ca-file', ca, ...identity)).rejects.toThrow('basic credential not found')
      expect(await pull('--ca-file', ca, ...identity, ...login)).toContain('Pulled')
    } finally {
      await registry.stop()
    }
  })

  it('takes anything else by its HTTP API', async () => {
    const registry = await startOciRegistry({ credentials: { username: 'a', password: 'b' } })
    try {
      const digest = await registry.push({
        ...{ repository: 'odd/thing', tag: 'v1', annotations: { a: 'b' } },
        config: { mediaType: 'application/vnd.oci.empty.v1+json', content: '{}' },
        layers: [{ mediaType: 'text/plain', content: 'not a chart' }],
      })
      const answer = await fetch(`${registry.url}/v2/odd/thing/manifests/v1`, {
        headers: { authorization: `Basic ${btoa('a:b')}`, accept: 'application/vnd.oci.image.manifest.v1+json' },
      })
      expect(answer.headers.get('docker-content-digest')).toBe(digest)
      expect(await answer.json()).toMatchObject({ layers: [{ mediaType: 'text/plain', size: 11 }] })
      expect((await fetch(`${registry.url}/v2/`)).status).toBe(401)
    } finally {
      await registry.stop()
    }
  })
})
