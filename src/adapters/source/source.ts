// The Source port: which host a source lies on, its revision, and its render.
import { join } from 'node:path'
import { DEFAULT_SOURCE_SETTINGS, type SourceDefinition, type SourceSettings } from '../../core/definition/index.ts'
import type { Brought, Rendered } from '../../core/desired/index.ts'
import { HoldfastError, type ProblemSubject, toProblem } from '../../core/problem/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { FileChange, RenderRequest, Resolved, ResolveOptions, RevisedSource, Source } from '../../ports/source.ts'
import { isPackaged } from './charts/address.ts'
import { ChartHosts } from './charts/hosts.ts'
import type { Environment } from './environment.ts'
import { type SourceFiles, TooLargeError } from './files/trees.ts'
import { GitHosts, type Reader } from './git/hosts.ts'
import { ObjectReadError } from './git/objects.ts'
import type { Host, Slot } from './host.ts'
import { SOURCE_LIMITS, type SourceLimits } from './limits.ts'
import { OutsideFiles } from './outside-file.ts'
import { outsideOf } from './outside.ts'
import { hostOf } from './reach.ts'
import { contextOf } from './render/context.ts'
import { RenderEngine, type SourceRender } from './render/engine.ts'
import { LatestRequests } from './render/latest.ts'
import type { Outside } from './render/plan.ts'
import { planRender } from './render/planners.ts'
import { joinRenders } from './render/rendered.ts'
import { ToolFinder } from './render/tools.ts'
import { Turns } from './turns.ts'

export interface SourceOptions {
  /** Mirrors, charts and renders go below it; may be deleted at any time. */
  readonly cacheDir: string
  readonly clock: Clock
  readonly log: Log
  /** PATH, HOME, git's own variables, HOLDFAST_KUSTOMIZE and the like. */
  readonly env: Environment
  readonly limits?: Partial<SourceLimits>
  /** Of Holdfast: another one renders anew. */
  readonly version?: string
}

export interface SourceRepositories extends Source {
  close(): Promise<void>
}

function named(error: unknown, subject: ProblemSubject): HoldfastError {
  const code = error instanceof TooLargeError ? 'HF1010' : error instanceof ObjectReadError ? 'HF1001' : 'HF1009'
  return new HoldfastError(toProblem(error, code, subject), { cause: error })
}

class Sources implements SourceRepositories {
  readonly #limits: SourceLimits
  readonly #git: GitHosts
  readonly #charts: ChartHosts
  readonly #engine: RenderEngine
  readonly #latest = new LatestRequests()
  readonly #tools: ToolFinder
  readonly #outsideFiles: OutsideFiles
  #settings: SourceSettings = DEFAULT_SOURCE_SETTINGS

  constructor(options: SourceOptions) {
    this.#limits = { ...SOURCE_LIMITS, ...options.limits }
    this.#tools = new ToolFinder(options.env)
    const { cacheDir, clock, log, version = '' } = options
    this.#engine = new RenderEngine({
      ...{ clock, version, limits: this.#limits, tools: this.#tools },
      disk: { cacheDir, log },
    })
    const { fetches: slots, spareFetches: spare } = this.#limits
    const turns = new Turns({ slots, spare })
    const slot: Slot = (url, run) => turns.run(hostOf(url), undefined, run)
    this.#git = new GitHosts({
      ...{ clock, log, env: options.env, limits: this.#limits, root: join(cacheDir, 'mirrors') },
      slot,
    })
    this.#charts = new ChartHosts({
      ...{ clock, env: options.env, limits: this.#limits, root: join(cacheDir, 'charts') },
      slot,
    })
    this.#outsideFiles = new OutsideFiles(options.clock, this.#limits)
  }

  configure(settings: SourceSettings): void {
    this.#settings = settings
    this.#git.configure(settings)
    this.#charts.configure(settings)
  }

  async resolve(source: SourceDefinition, { project, ...options }: ResolveOptions): Promise<Resolved> {
    const host = this.#hostOf(source, { project, sourceRepos: null })
    try {
      return await host.resolve(source, options)
    } catch (error) {
      if (options.signal?.aborted === true) throw error
      throw named(error, { repository: host.url, revision: source.targetRevision })
    }
  }

  async render(request: RenderRequest): Promise<Rendered> {
    const { requester: asker, signal, sources, fresh } = request
    if (asker === undefined) return this.#render(request)
    const what = JSON.stringify([sources, fresh])
    return this.#latest.run({ asker, what, signal }, (latest) => this.#render({ ...request, signal: latest }))
  }

  async #render(request: RenderRequest): Promise<Rendered> {
    const renders: { index: number; revision: string; render: SourceRender }[] = []
    for (const [index, revised] of request.sources.entries()) {
      const { source, revision } = revised
      if (source.ref !== '' && source.path === '' && source.chart === '') continue
      renders.push({ index, revision, render: await this.#renderOne(revised, request) })
    }
    return joinRenders(
      renders,
      request.sources.map(({ revision }) => revision),
    )
  }

  async lastChange({ source, revision }: RevisedSource, files: readonly string[]): Promise<FileChange | null> {
    const reader = this.#git.readerOf(source.repoURL, revision) ?? { project: '', sourceRepos: null }
    return this.#hostOf(source, reader).lastChange(revision, files)
  }

  async textOf({ source, revision }: RevisedSource, file: string): Promise<string | null> {
    const reader = this.#git.readerOf(source.repoURL, revision) ?? { project: '', sourceRepos: null }
    return this.#hostOf(source, reader).withFiles(source, revision, async ({ trees, root }) => {
      const place = await trees.locate(root, file.split('/'))
      return place.kind === 'blob' ? (await trees.blob(place.id)).toString('utf8') : null
    })
  }

  async isSame({ source, revision }: RevisedSource, before: string, project: string): Promise<boolean> {
    const host = this.#hostOf(source, { project, sourceRepos: null })
    const [then, now] = await Promise.all([before, revision].map((at) => host.folderId(at, source.path)))
    return then !== null && then === now
  }

  async close(): Promise<void> {
    await this.#engine.close()
    this.#git.close()
    this.#charts.close()
  }

  async #renderOne(revised: RevisedSource, request: RenderRequest): Promise<SourceRender> {
    const { source, revision } = revised
    const { app, signal } = request
    const host = this.#hostOf(source, { project: app.project, sourceRepos: request.sourceRepos })
    const subject = { repository: host.url, revision, path: source.path }
    const brought = new Map<string, Brought>()
    const onBrought = (one: Brought): void => void brought.set(one.what, one)
    try {
      return await this.#withRefs(request, (refs) =>
        host.withFiles(source, revision, async (files) => {
          const context = await contextOf({
            ...{ revised, request, files, refs, subject },
            ...{
              settings: this.#settings,
              outside: this.#outside(source, request, onBrought),
              tools: this.#tools,
              limits: this.#limits,
            },
          })
          const { fresh = false, explain = false } = request
          const render = await this.#engine.render(await planRender(context), context, { signal, fresh, explain })
          return {
            ...render,
            ...(brought.size === 0 ? {} : { how: { ...render.how, brought: [...brought.values()] } }),
            problems: render.problems.map((one) => ({ ...one, subject: { ...subject, ...one.subject } })),
          }
        }),
      )
    } catch (error) {
      if (signal?.aborted === true) throw error
      throw named(error, subject)
    }
  }

  /** Opens the sources that others may name by `$ref`. */
  async #withRefs<T>(
    { sources, app, sourceRepos }: RenderRequest,
    read: (refs: ReadonlyMap<string, SourceFiles>) => Promise<T>,
  ): Promise<T> {
    const named = sources.filter(({ source }) => source.ref !== '')
    const open = async (index: number, refs: ReadonlyMap<string, SourceFiles>): Promise<T> => {
      const next = named[index]
      if (next === undefined) return read(refs)
      const { source, revision } = next
      const host = this.#hostOf(source, { project: app.project, sourceRepos })
      return host.withFiles(source, revision, (files) => open(index + 1, new Map([...refs, [source.ref, files]])))
    }
    return open(0, new Map())
  }

  #outside(source: SourceDefinition, request: RenderRequest, onBrought: (brought: Brought) => void): Outside {
    const { sourceRepos, maxAgeMs: asked } = request
    const hostOf = (named: SourceDefinition, project: string): Host => this.#hostOf(named, { project, sourceRepos })
    const { outsideAgeMs } = this.#limits
    const maxAgeMs = Math.min(outsideAgeMs, asked ?? outsideAgeMs)
    return outsideOf({
      ...{ hostOf, files: this.#outsideFiles, settings: this.#settings, maxAgeMs, source, request },
      onBrought,
    })
  }

  #hostOf(source: SourceDefinition, reader: Reader): Host {
    return isPackaged(source) ? this.#charts.hostOf(source, reader.project) : this.#git.hostOf(source, reader)
  }
}

/** Opens nothing yet; every repository is read on first use. */
export function createSource(options: SourceOptions): SourceRepositories {
  return new Sources(options)
}
