// API servers of the shipped minors: the newest runs in tests, older ones are built with Go on first use.
import { mkdir, readFile, rename, stat } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import { startControlPlane } from './control-plane.mjs'
import { run, step } from './progress.mjs'
import { cacheRoot, moduleDirectory } from './tool-catalogue.mjs'

/** Folders below tools/ that pin an API server, by minor; null is the one that the tests run. */
export const PINNED: Readonly<Record<string, string | null>> = { '1.35': null, '1.33': 'controlplane-oldest' }
export const NEWEST = '1.35'

export type Server = Awaited<ReturnType<typeof startControlPlane>>

export function read<T>(
  server: Pick<Server, 'url' | 'ca' | 'adminToken'>,
  path: string,
  accept = 'application/json',
): Promise<T> {
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

async function check(server: Server, wanted: string): Promise<void> {
  const { major, minor } = await read<{ major: string; minor: string }>(server, '/version')
  const found = `${major}.${minor.replace(/[^0-9]/g, '')}`
  if (found !== wanted) throw new Error(`asked for ${wanted}, but the API server is ${found}`)
}

/** Runs `work` with an API server of this minor, without controllers. */
export async function withServer(minor: string, work: (server: Server) => Promise<void>): Promise<void> {
  const folder = Object.hasOwn(PINNED, minor) ? PINNED[minor] : undefined
  if (folder === undefined)
    throw new Error(`no API server ${minor} is pinned; there are ${Object.keys(PINNED).join(', ')}`)
  if (folder !== null) process.env['HOLDFAST_KUBE_APISERVER'] = await apiServerOf(folder)
  const server = await startControlPlane({ controllers: false })
  try {
    await check(server, minor)
    await work(server)
  } finally {
    await server.stop()
  }
}
