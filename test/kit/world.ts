// A world for one suite: a real control plane, a real Git server, an editor, and Holdfast itself when it is started.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readYaml } from '../../src/core/yaml/index.ts'
import { run, type RunOptions, type Running } from '../../src/main/run.ts'
import { BinariesUnavailable, ensureBinaries } from '../../tools/binaries.mjs'
import { startControlPlane } from '../../tools/control-plane.mjs'
import { startGitServer } from '../../tools/git-server.mjs'
import { Editor } from './editor.ts'

export type ControlPlane = Awaited<ReturnType<typeof startControlPlane>>
export type GitServer = Awaited<ReturnType<typeof startGitServer>>
export type Repository = Awaited<ReturnType<GitServer['createRepository']>>

export const APPS = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications'

export class World {
  readonly plane: ControlPlane
  readonly git: GitServer
  readonly editor: Editor
  readonly directory: string
  readonly #running: Running[] = []

  constructor(parts: { plane: ControlPlane; git: GitServer; directory: string }) {
    this.plane = parts.plane
    this.git = parts.git
    this.directory = parts.directory
    this.editor = new Editor({ url: parts.plane.url, ca: parts.plane.ca, token: parts.plane.adminToken })
  }

  async start(options: Partial<RunOptions> = {}): Promise<Running> {
    const running = await run({
      mode: 'enforce',
      enforceApps: ['*'],
      namespace: 'argocd',
      learn: 'never',
      kubeconfig: this.plane.kubeconfig,
      dataDir: join(this.directory, 'data'),
      listen: '127.0.0.1:0',
      auditLog: [],
      logLevel: (process.env['HOLDFAST_TEST_LOG'] ?? 'error') as 'error',
      ...options,
    })
    this.#running.push(running)
    return running
  }

  async stop(running: Running): Promise<void> {
    const at = this.#running.indexOf(running)
    if (at >= 0) this.#running.splice(at, 1)
    await running.stop()
  }

  /** An Application as people write it; `spec` is merged over the usual one. */
  application(
    name: string,
    repository: Repository,
    options: { path?: string; namespace?: string; spec?: object; annotations?: object } = {},
  ): object {
    return {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {
        name,
        namespace: 'argocd',
        ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
      },
      spec: {
        project: 'default',
        source: { repoURL: repository.url, targetRevision: 'HEAD', path: options.path ?? '.' },
        destination: { server: 'https://kubernetes.default.svc', namespace: options.namespace ?? name },
        syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
        ...options.spec,
      },
    }
  }

  async refresh(name: string): Promise<void> {
    await this.editor.patch(
      'merge',
      `${APPS}/${name}`,
      { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } },
      'test',
    )
  }

  async untilApp(
    name: string,
    holds: (app: { status?: Record<string, never> }) => boolean,
    ms = 20_000,
  ): Promise<{ status: Record<string, never> }> {
    const answer = await this.editor.until(`${APPS}/${name}`, ({ body }) => holds(body), {
      ms,
      what: `application ${name}`,
    })
    return answer.body
  }

  async close(): Promise<void> {
    for (const running of [...this.#running]) await this.stop(running)
    await this.editor.close()
    await this.git.stop()
    await this.plane.stop()
    await rm(this.directory, { recursive: true, force: true })
  }
}

async function installCrds(editor: Editor): Promise<void> {
  const directory = new URL('../../deploy/crds/', import.meta.url)
  for (const file of await readdir(directory)) {
    const { documents } = readYaml(await readFile(new URL(file, directory), 'utf8'), { file })
    for (const { value } of documents) {
      const { name } = (value as { metadata: { name: string } }).metadata
      await editor.patch('apply', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`, value, 'install')
    }
  }
  await editor.until('/apis/argoproj.io/v1alpha1', ({ status }) => status === 200)
  await editor.until(APPS, ({ status }) => status === 200)
}

/** undefined when binaries are missing and may be (then the suite says so, loudly, once). */
export async function makeWorld(
  suite: string,
  options: Parameters<typeof startControlPlane>[0] = {},
): Promise<World | undefined> {
  let plane: ControlPlane
  try {
    const tools = await ensureBinaries(['kustomize'])
    process.env['HOLDFAST_KUSTOMIZE'] = tools.kustomize
    plane = await startControlPlane(options)
  } catch (error) {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    console.error(`SKIPPED: ${suite}: ${error.message}`)
    return undefined
  }
  const world = new World({
    plane,
    git: await startGitServer(),
    directory: await mkdtemp(join(tmpdir(), 'holdfast-world-')),
  })
  await world.editor.create('/api/v1/namespaces', { metadata: { name: 'argocd' } })
  await installCrds(world.editor)
  return world
}
