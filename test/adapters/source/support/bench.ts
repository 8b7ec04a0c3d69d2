import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSource, type GitSource, type SourceLimits } from '../../../../src/adapters/git-source/index.ts'
import type { DirectoryOptions, SourceDefinition } from '../../../../src/core/definition/index.ts'
import { HoldfastError, type Problem } from '../../../../src/core/problem/index.ts'
import type { Log } from '../../../../src/ports/log.ts'
import { startGitServer } from '../../../../tools/git-server.mjs'

export type Server = Awaited<ReturnType<typeof startGitServer>>
export type TestRepository = Awaited<ReturnType<Server['createRepository']>>

export interface Bench {
  readonly git: Server
  readonly source: GitSource
  readonly cacheDir: string
  /** Moves the clock of the source ahead. */
  advance(ms: number): void
  /** Another source on the same cache, as after a restart. */
  restart(options?: { env?: Record<string, string>; limits?: Partial<SourceLimits> }): GitSource
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
  const opened: GitSource[] = []
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

export function definition(
  repoURL: string,
  rest: Partial<Omit<SourceDefinition, 'directory'>> & { directory?: Partial<DirectoryOptions> } = {},
): SourceDefinition {
  const directory = { recurse: false, include: '', exclude: '', ...rest.directory }
  return { targetRevision: 'HEAD', path: '', type: 'detect', ...rest, repoURL, directory }
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

/** Resolves and renders in one go. */
export async function render(
  source: GitSource,
  wanted: SourceDefinition,
): Promise<Awaited<ReturnType<GitSource['render']>>> {
  const { revision } = await source.resolve(wanted, { maxAgeMs: 0 })
  return source.render(wanted, revision, { appName: 'app' })
}

export const namesOf = (rendered: { objects: readonly { object: { metadata: { name?: string } } }[] }): string[] =>
  rendered.objects.map(({ object }) => object.metadata.name ?? '')
