import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSource, type SourceLimits, type SourceRepositories } from '../../../../src/adapters/source/index.ts'
import { parseApplication, type SourceDefinition } from '../../../../src/core/definition/index.ts'
import { HoldfastError, type Problem } from '../../../../src/core/problem/index.ts'
import type { RenderRequest } from '../../../../src/ports/source.ts'
import type { Log } from '../../../../src/ports/log.ts'
import { startGitServer } from '../../../../tools/git-server.mjs'

export type Server = Awaited<ReturnType<typeof startGitServer>>
export type TestRepository = Awaited<ReturnType<Server['createRepository']>>

export interface Bench {
  readonly git: Server
  readonly source: SourceRepositories
  readonly cacheDir: string
  /** Moves the clock of the source ahead. */
  advance(ms: number): void
  /** Another source on the same cache, as after a restart. */
  restart(options?: { env?: Record<string, string>; limits?: Partial<SourceLimits> }): SourceRepositories
  end(): Promise<void>
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}

/** A real Git server, a real cache folder and the source under test; only the clock is ours. */
export async function startBench(limits: Partial<SourceLimits> = {}): Promise<Bench> {
  const git = await startGitServer()
  const cacheDir = await mkdtemp(join(tmpdir(), 'holdfast-source-'))
  let ahead = 0
  const clock = {
    now: () => Date.now() + ahead,
    monotonic: () => performance.now() + ahead,
    after: () => ({ cancel: () => undefined }),
  }
  const opened: SourceRepositories[] = []
  const restart: Bench['restart'] = (options = {}) => {
    const base = { PATH: process.env['PATH'], HOME: cacheDir, HOLDFAST_KUSTOMIZE: process.env['HOLDFAST_KUSTOMIZE'] }
    const source = createSource({
      ...{ cacheDir, clock, log: silent, env: { ...base, ...options.env } },
      limits: { fetchMs: 20_000, ...limits, ...options.limits },
    })
    opened.push(source)
    return source
  }
  return {
    ...{ git, cacheDir, restart, source: restart() },
    advance: (ms) => {
      ahead += ms
    },
    end: async () => {
      await Promise.all(opened.map((source) => source.close()))
      await git.stop()
      await rm(cacheDir, { recursive: true, force: true })
    },
  }
}

type Options = Partial<Pick<SourceDefinition, 'targetRevision' | 'path' | 'type' | 'chart' | 'ref'>>
type ToolOptions = { readonly [Tool in 'directory' | 'helm' | 'kustomize']?: Partial<SourceDefinition[Tool]> }

/** A source as an Application would define it, with everything that is not given left out. */
export function definition(repoURL: string, options: Options & ToolOptions = {}): SourceDefinition {
  const { directory, helm, kustomize, ...rest } = options
  const { type: _, ...written } = rest
  const { value } = parseApplication({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'app', namespace: 'argocd' },
    spec: { source: { repoURL: 'file:///', path: '.' }, destination: { server: 'https://kubernetes.default.svc' } },
  })
  const [source] = value?.sources ?? []
  if (source === undefined) throw new Error('no source')
  return {
    ...source,
    ...rest,
    repoURL,
    written: { ...source.written, repoURL, ...written },
    directory: { ...source.directory, ...directory },
    helm: { ...source.helm, ...helm },
    kustomize: { ...source.kustomize, ...kustomize },
  }
}

/** The problem that a call fails with. */
export async function problemOf(call: Promise<unknown>): Promise<Problem> {
  try {
    await call
  } catch (error) {
    if (error instanceof HoldfastError) return error.problem
    throw error
  }
  throw new Error('the call did not fail')
}

export const configMap = (name: string, data = 'v'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  key: ${data}\n`

export const RESOLVE = { maxAgeMs: 0, signedBy: null, project: 'default' }

export function requestFor(
  source: SourceDefinition,
  revision: string,
  rest: Partial<RenderRequest> = {},
): RenderRequest {
  return {
    sources: [{ source, revision }],
    app: { name: 'app', namespace: 'apps', project: 'default' },
    sourceRepos: null,
    cluster: { version: '1.35.4', apiVersions: ['apps/v1', 'apps/v1/Deployment', 'v1', 'v1/ConfigMap'] },
    ...rest,
  }
}

/** Resolves and renders in one go. */
export async function render(
  source: SourceRepositories,
  wanted: SourceDefinition,
): Promise<Awaited<ReturnType<SourceRepositories['render']>>> {
  const { revision } = await source.resolve(wanted, RESOLVE)
  return source.render(requestFor(wanted, revision))
}

export const namesOf = (rendered: { objects: readonly { object: { metadata: { name?: string } } }[] }): string[] =>
  rendered.objects.map(({ object }) => object.metadata.name ?? '')
