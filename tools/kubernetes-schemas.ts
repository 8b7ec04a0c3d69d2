// Writes data/kubernetes/<minor>/schemas.json from a test control plane:
//   npx tsx tools/kubernetes-schemas.ts
import { mkdir, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { canonicalJson } from '../src/core/kube/index.ts'
import { type OpenApiDocument, schemaDataFrom } from '../src/core/merge/index.ts'
import { startControlPlane } from './control-plane.mjs'

interface Server {
  readonly url: string
  readonly ca: string
  readonly adminToken: string
}

function read<T>(server: Server, path: string, accept = 'application/json'): Promise<T> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${server.adminToken}`, accept }
    get(new URL(path, server.url), { ca: server.ca, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as T))
    }).on('error', reject)
  })
}

interface Discovery {
  items: {
    metadata: { name?: string }
    versions: { version: string; resources: { resource: string; scope: string; responseKind: { kind: string } }[] }[]
  }[]
}

/** Plural and scope of every kind by `group/version/kind`. */
async function resourcesOf(server: Server): Promise<Record<string, { resource: string; namespaced: boolean }>> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const found: Record<string, { resource: string; namespaced: boolean }> = {}
  for (const path of ['/api', '/apis']) {
    const { items } = await read<Discovery>(server, path, accept)
    for (const group of items) {
      for (const { version, resources } of group.versions) {
        for (const { resource, scope, responseKind } of resources) {
          found[`${group.metadata.name ?? ''}/${version}/${responseKind.kind}`] = {
            resource,
            namespaced: scope === 'Namespaced',
          }
        }
      }
    }
  }
  return found
}

const server = await startControlPlane({ controllers: false })
try {
  const index = await read<{ paths: Record<string, { serverRelativeURL: string }> }>(server, '/openapi/v3')
  const version = await read<{ major: string; minor: string }>(server, '/version')
  const documents: OpenApiDocument[] = []
  for (const [path, { serverRelativeURL }] of Object.entries(index.paths)) {
    if (/^apis?\/.*v[0-9]/.test(path)) documents.push(await read<OpenApiDocument>(server, serverRelativeURL))
  }
  const minor = `${version.major}.${version.minor.replace(/[^0-9]/g, '')}`
  const data = { kubernetes: minor, ...schemaDataFrom(documents), resources: await resourcesOf(server) }
  const folder = new URL(`../data/kubernetes/${minor}/`, import.meta.url)
  await mkdir(folder, { recursive: true })
  await writeFile(new URL('schemas.json', folder), `${canonicalJson(data)}\n`)
} finally {
  await server.stop()
}
