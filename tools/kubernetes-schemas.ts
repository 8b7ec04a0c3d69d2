// Writes data/kubernetes/<minor>/schemas.json from a test control plane of that minor:
//   npx tsx tools/kubernetes-schemas.ts [MINOR]
// Without MINOR from the newest one that is pinned. The API server of an older minor is built with Go on first use and
// kept beside the other tools; nothing but this script needs it.
import { mkdir, writeFile } from 'node:fs/promises'
import { canonicalJson } from '../src/core/kube/index.ts'
import { type OpenApiDocument, schemaDataFrom } from '../src/core/merge/index.ts'
import { NEWEST, read, type Server, withServer } from './pinned-servers.ts'

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

async function write(server: Server, minor: string): Promise<void> {
  const index = await read<{ paths: Record<string, { serverRelativeURL: string }> }>(server, '/openapi/v3')
  const documents: OpenApiDocument[] = []
  for (const [path, { serverRelativeURL }] of Object.entries(index.paths)) {
    if (/^apis?\/.*v[0-9]/.test(path)) documents.push(await read<OpenApiDocument>(server, serverRelativeURL))
  }
  const data = { kubernetes: minor, ...schemaDataFrom(documents), resources: await resourcesOf(server) }
  const folder = new URL(`../data/kubernetes/${minor}/`, import.meta.url)
  await mkdir(folder, { recursive: true })
  await writeFile(new URL('schemas.json', folder), `${canonicalJson(data)}\n`)
}

const minor = process.argv[2] ?? NEWEST
await withServer(minor, (server) => write(server, minor))
