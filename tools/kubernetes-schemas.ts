// Writes data/kubernetes/<minor>/schemas.json from a test control plane of that minor:
//   npx tsx tools/kubernetes-schemas.ts [MINOR]
// Without MINOR from the newest one that is pinned. The API server of an older minor is built with Go on first use and
// kept beside the other tools; nothing but this script needs it.
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import { canonicalJson } from '../src/core/kube/index.ts'
import { type OpenApiDocument, schemaDataFrom } from '../src/core/merge/index.ts'
import { startControlPlane } from './control-plane.mjs'
import { run, step } from './progress.mjs'
import { cacheRoot, moduleDirectory } from './tool-catalogue.mjs'

/** Folders below tools/ that pin an API server, by minor; null is the one that the tests run. */
const PINNED: Readonly<Record<string, string | null>> = { '1.35': null, '1.33': 'controlplane-oldest' }
const NEWEST = '1.35'

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

/** The API server that a folder's go.mod pins, built when it is not there yet. */
async function apiServerOf(folder: string): Promise<string> {
  const directory = moduleDirectory(folder)
  const version = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(await readFile(join(directory, 'go.mod'), 'utf8'))?.[1]
  if (version === undefined) throw new Error(`tools/${folder}/go.mod does not require k8s.io/kubernetes`)
  const target = join(cacheRoot(), version, 'kube-apiserver')
  if ((await stat(target).catch(() => undefined)) !== undefined) return target
  const partial = `${target}.partial-${process.pid}`
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(version) ?? []
  const flags = Object.entries({ gitVersion: version, gitMajor: major, gitMinor: minor })
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ')
  const args = ['build', '-buildvcs=false', '-ldflags', `-s -w ${flags}`, '-o', partial]
  await mkdir(join(target, '..'), { recursive: true })
  await step(`building kube-apiserver ${version} with Go`, async () => {
    const { code, stderr } = await run('go', [...args, 'k8s.io/kubernetes/cmd/kube-apiserver'], {
      cwd: directory,
      env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    })
    if (code !== 0) throw new Error(`go build failed: ${stderr.trim().split('\n').slice(-3).join(' | ')}`)
  })
  await rename(partial, target)
  return target
}

async function write(server: Server, wanted: string): Promise<void> {
  const index = await read<{ paths: Record<string, { serverRelativeURL: string }> }>(server, '/openapi/v3')
  const version = await read<{ major: string; minor: string }>(server, '/version')
  const minor = `${version.major}.${version.minor.replace(/[^0-9]/g, '')}`
  if (minor !== wanted) throw new Error(`asked for ${wanted}, but the API server is ${minor}`)
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
const folder = Object.hasOwn(PINNED, minor) ? PINNED[minor] : undefined
if (folder === undefined)
  throw new Error(`no API server ${minor} is pinned; there are ${Object.keys(PINNED).join(', ')}`)
if (folder !== null) process.env['HOLDFAST_KUBE_APISERVER'] = await apiServerOf(folder)
const server = await startControlPlane({ controllers: false })
try {
  await write(server, minor)
} finally {
  await server.stop()
}
