// A mutating webhook on loopback, as injectors run them: JSON Patch in answer to an AdmissionReview.
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAuthority, issue } from '../../tools/certificates.mjs'

export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: string
  readonly value?: unknown
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into arbitrary objects
export type Mutation = (object: any) => readonly PatchOperation[]

export interface Webhook {
  readonly caBundle: string
  /** Of the mutation with this name. */
  url(name: string): string
  /** How often it was called, dry runs not counted. */
  calls(name: string): number
  stop(): Promise<void>
}

interface Review {
  // biome-ignore lint/suspicious/noExplicitAny: arbitrary objects
  readonly request: { readonly uid: string; readonly dryRun?: boolean; readonly object: any }
}

export async function startWebhook(mutations: Readonly<Record<string, Mutation>>): Promise<Webhook> {
  const authority = createAuthority('webhook')
  const own = issue(authority, { usage: 'server', commonName: 'webhook', hosts: ['127.0.0.1'] })
  const calls = new Map<string, number>()
  const server = createServer({ cert: own.certificate, key: own.key }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const name = (request.url ?? '').replace(/^\/|\?.*$/g, '')
      const { request: asked } = JSON.parse(Buffer.concat(chunks).toString()) as Review
      if (asked.dryRun !== true) calls.set(name, (calls.get(name) ?? 0) + 1)
      const operations = mutations[name]?.(asked.object) ?? []
      const patch = Buffer.from(JSON.stringify(operations)).toString('base64')
      const answer = { uid: asked.uid, allowed: true, patchType: 'JSONPatch', patch }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    caBundle: Buffer.from(authority.certificate).toString('base64'),
    url: (name) => `https://127.0.0.1:${port}/${name}`,
    calls: (name) => calls.get(name) ?? 0,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
