// Plans → renders: what was rendered before under the same key is not rendered again.
import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import type { RenderedObject, RenderedSource } from '../../../core/desired/index.ts'
import { HoldfastError, type Problem } from '../../../core/problem/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { SourceLimits } from '../limits.ts'
import type { RenderContext, RenderPlan } from './plan.ts'
import { readFiles } from './read-files.ts'
import { type Render, RenderCache, renderKey } from './render-cache.ts'
import { Workspace } from './workspace.ts'

/** One source rendered: its objects, and how they came about. */
export interface SourceRender {
  readonly objects: readonly RenderedObject[]
  /** Hash of the objects alone: where they stand in the files does not count. */
  readonly digest: string
  readonly problems: readonly Problem[]
  readonly how: Omit<RenderedSource, 'revision'>
}

type EngineContext = Pick<RenderContext, 'limits' | 'tools' | 'subject'>

interface Made {
  readonly render: Render
  readonly from: RenderedSource['from']
}

const NARROW_KEYS = 1_000

export class RenderEngine {
  readonly #clock: Clock
  readonly #cache: RenderCache
  readonly #running = new Map<string, Promise<Made>>()
  readonly #slot: ReturnType<typeof pLimit>
  /** Keys whose plans name too few files; see RenderPlan.wider. */
  readonly #tooNarrow = new Set<string>()

  constructor(clock: Clock, limits: SourceLimits) {
    this.#clock = clock
    this.#cache = new RenderCache(limits.cacheBytes)
    this.#slot = pLimit(limits.renders)
  }

  /** Throws HF1009–HF1011. */
  async render(plan: RenderPlan, context: EngineContext, signal?: AbortSignal): Promise<SourceRender> {
    const { wider } = plan
    if (wider === undefined) return this.#render(plan, context, signal)
    const key = renderKey(plan)
    if (this.#tooNarrow.has(key)) return this.#render(await wider(), context, signal)
    try {
      return await this.#render(plan, context, signal)
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.problem.code !== 'HF1009' || signal?.aborted === true) throw error
      const all = await wider()
      if (all.files.length <= plan.files.length) throw error
      const render = await this.#render(all, context, signal)
      this.#remember(key)
      return render
    }
  }

  #remember(key: string): void {
    this.#tooNarrow.add(key)
    for (const oldest of this.#tooNarrow) {
      if (this.#tooNarrow.size <= NARROW_KEYS) return
      this.#tooNarrow.delete(oldest)
    }
  }

  async #render(plan: RenderPlan, context: EngineContext, signal: AbortSignal | undefined): Promise<SourceRender> {
    const begin = this.#clock.now()
    const key = renderKey(plan)
    const { render, from } = await this.#once(key, () => this.#make(plan, context, signal))
    const tool = plan.tools.map(({ name }) => name).join(', ')
    return {
      objects: render.objects,
      digest: render.digest,
      problems: [...plan.problems, ...render.problems],
      how: {
        type: plan.type,
        key,
        files: plan.files.map(({ path }) => path),
        tool: tool === '' ? null : tool,
        from,
        tookMs: this.#clock.now() - begin,
      },
    }
  }

  /** One render per key at a time, however many ask. */
  #once(key: string, run: () => Promise<Render>): Promise<Made> {
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const started = this.#known(key, run).finally(() => this.#running.delete(key))
    this.#running.set(key, started)
    return started
  }

  async #known(key: string, run: () => Promise<Render>): Promise<Made> {
    const known = await this.#cache.get(key)
    if (known !== undefined) return { render: known, from: 'memory' }
    const render = await this.#slot(run)
    await this.#cache.put(key, render)
    return { render, from: 'render' }
  }

  async #make(plan: RenderPlan, context: EngineContext, signal: AbortSignal | undefined): Promise<Render> {
    const { limits, tools, subject } = context
    const work = new Workspace({ files: plan.files, limits, tools, subject, signal })
    try {
      const { texts, problems } = await plan.run(work)
      const read = await readFiles(texts, limits.inlineBytes)
      const digest = createHash('sha256').update(read.digests.join('\n')).digest('hex')
      const made = new Set(texts.filter(({ lines }) => lines === 'none').map(({ file }) => file))
      // Lines of a tool's output say nothing about the repository.
      const objects = read.objects.map(({ object, origin }) =>
        made.has(origin.file) ? { object, origin: { ...origin, line: 0 } } : { object, origin },
      )
      return { objects, digest, problems: [...problems, ...read.problems] }
    } finally {
      await work.remove()
    }
  }
}
