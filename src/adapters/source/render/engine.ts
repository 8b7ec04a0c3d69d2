// Plans → renders: what was rendered before under the same key is not rendered again.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { RenderedSource } from '../../../core/desired/index.ts'
import { HoldfastError, problem, type Problem } from '../../../core/problem/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Log } from '../../../ports/log.ts'
import { type Home, homeOf, nameOf } from '../files/input-file.ts'
import type { SourceLimits } from '../limits.ts'
import { Turns } from '../turns.ts'
import { explain } from './explain.ts'
import type { Render } from './kept-render.ts'
import type { RenderContext, RenderPlan } from './plan.ts'
import { type DigestedResult, objectDigest, readFiles } from './read-files.ts'
import { type Kept, RenderCache, renderKey } from './render-cache.ts'
import { RenderStore } from './render-store.ts'
import { changeProblem, marksOf, type Remembered, RenderMemory } from './repeatability.ts'
import { Sandbox } from './sandbox.ts'
import { SharedWork } from './shared-work.ts'
import { inSlices } from './slices.ts'
import type { ToolFinder } from './tools.ts'
import { Workspace } from './workspace.ts'
import { sweepFolders } from './workspace-folder.ts'

/** One source rendered: its objects, and how they came about. */
export interface SourceRender extends Render {
  readonly how: Omit<RenderedSource, 'revision' | 'source'>
}

export interface EngineOptions {
  readonly clock: Clock
  readonly limits: SourceLimits
  readonly tools: ToolFinder
  /** Where renders are kept over restarts; absent: in memory alone. */
  readonly disk?: { readonly cacheDir: string; readonly log: Log }
  /**
   * What a file of a plain directory that cannot be read does: it fails the render, so that nothing is delivered by halves
   * (default), or is told beside what the others hold, to people who look at their files.
   */
  readonly unread?: 'fails' | 'is-told'
  /** Of Holdfast: another one might make something else of the same files. */
  readonly version?: string
}

export interface EngineRequest {
  readonly signal?: AbortSignal | undefined
  /** Nothing kept counts: it is really rendered. */
  readonly fresh?: boolean
  /** Also says with which tools, how isolated, under which options. */
  readonly explain?: boolean
}

type EngineContext = Pick<RenderContext, 'limits' | 'subject'> & Partial<Pick<RenderContext, 'overrides'>>

interface Made {
  readonly render: Render
  readonly from: RenderedSource['from']
  /** The plan that gave it: a wider one than was asked for where files were missing. */
  readonly plan: RenderPlan
}

interface Work {
  readonly plan: RenderPlan
  readonly key: string
  readonly context: EngineContext
  readonly fresh: boolean
}

const CLOSING = new HoldfastError(problem('HF1009', 'the render was cancelled: Holdfast is ending'))
const NOTHING: Render = { objects: [], digest: '', problems: [] }

export class RenderEngine {
  readonly #options: EngineOptions
  readonly #sandbox: Sandbox
  readonly #store: RenderStore | null
  readonly #cache: RenderCache
  readonly #memory = new RenderMemory()
  readonly #shared = new SharedWork<Made>()
  readonly #queue: Turns
  #swept: Promise<unknown> | null = null

  constructor(options: EngineOptions) {
    const { limits, tools, disk } = options
    this.#options = options
    this.#sandbox = new Sandbox({ tools, limits, ...(disk === undefined ? {} : { log: disk.log }) })
    const directory = disk === undefined ? null : join(disk.cacheDir, 'renders')
    this.#store =
      disk === undefined || directory === null
        ? null
        : new RenderStore({ directory, maxBytes: limits.diskCacheBytes, log: disk.log })
    this.#cache = new RenderCache(limits.cacheBytes, this.#store)
    this.#queue = new Turns({ slots: limits.renders, spare: limits.spareRenders })
  }

  /** Throws HF1009–HF1011; rejects with the signal's reason as soon as it aborts. */
  async render(plan: RenderPlan, context: EngineContext, request: EngineRequest = {}): Promise<SourceRender> {
    const begin = this.#options.clock.now()
    const { fresh = false } = request
    const key = renderKey(plan, this.#options.version)
    // Who asks for a fresh one is not content with one that began before.
    const made = await this.#shared.join(fresh ? `${key}/fresh` : key, request.signal, (signal) =>
      this.#narrowThenWide({ plan, key, context, fresh }, signal),
    )
    const { render, from } = made
    const names = made.plan.tools.map(({ name }) => name).join(', ')
    const how = {
      type: plan.type,
      key,
      ...filesRead(made.plan.files),
      tool: names === '' ? null : names,
      from,
      tookMs: this.#options.clock.now() - begin,
    }
    const explained =
      request.explain === true ? { explanation: await explain(made.plan, this.#sandbox, context.overrides ?? []) } : {}
    return { ...render, problems: [...made.plan.problems, ...render.problems], how: { ...how, ...explained } }
  }

  /** Ends what runs and what waits; resolves when nothing is left of it. */
  async close(): Promise<void> {
    this.#shared.abort(CLOSING)
    await this.#shared.idle()
    await this.#store?.idle()
  }

  /** The plan itself; the wider one where the tool misses files. That it was needed is remembered. */
  async #narrowThenWide(work: Work, signal: AbortSignal): Promise<Made> {
    const { plan, key } = work
    if (plan.wider === undefined) return this.#known(work, signal)
    const mark = `${key}/wider`
    if (!work.fresh && (await this.#cache.get(mark)) !== undefined) {
      return this.#known(this.#workOf(await plan.wider(), work), signal)
    }
    try {
      return await this.#known(work, signal)
    } catch (error) {
      const isTools = error instanceof HoldfastError && error.problem.code === 'HF1009'
      if (!isTools || signal.aborted) throw error
      const wider = await plan.wider().catch(() => plan)
      // The failure is the tool's own where there is nothing more to read.
      if (wider.files.length <= plan.files.length) throw error
      const made = await this.#known(this.#workOf(wider, work), signal)
      await this.#cache.put(mark, NOTHING)
      return made
    }
  }

  #workOf(plan: RenderPlan, work: Work): Work {
    return { ...work, plan, key: renderKey(plan, this.#options.version) }
  }

  async #known(work: Work, signal: AbortSignal): Promise<Made> {
    const { plan, key, context } = work
    const kept = await this.#cache.get(key)
    if (kept !== undefined && !work.fresh) return { ...kept, plan }
    const render = await this.#queue.run(context.subject.repository ?? '', signal, () => this.#make(work, kept, signal))
    await this.#cache.put(key, render)
    return { render, from: 'render', plan }
  }

  async #make({ plan, key, context }: Work, kept: Kept | undefined, signal: AbortSignal): Promise<Render> {
    await this.#sweepOnce()
    const { limits, subject } = context
    const access = plan.type === 'Plugin' ? 'write' : 'read'
    const work = new Workspace({ files: plan.files, limits, sandbox: this.#sandbox, access, subject, signal })
    try {
      const { texts, problems } = await plan.run(work)
      const read = await readFiles(texts, limits.inlineBytes)
      if (read.broken !== null) throw new HoldfastError(read.broken)
      const unread = [...problems, ...read.unread]
      if (this.#options.unread !== 'is-told') refuse(unread)
      const changed = await this.#changed(key, read, kept)
      const digest = digestOf(read)
      return { objects: read.objects, digest, problems: [...problems, ...read.problems, ...changed] }
    } finally {
      await work.remove()
    }
  }

  /** Holds a render against what the same key gave before. */
  async #changed(key: string, read: DigestedResult, kept: Kept | undefined): Promise<Problem[]> {
    const marks = marksOf(read.objects, read.digests)
    const digest = digestOf(read)
    const earlier = this.#memory.get(key) ?? (kept === undefined ? undefined : await rememberedOf(kept.render))
    this.#memory.set(key, { digest, marks })
    if (earlier === undefined) return []
    const found = changeProblem(earlier, { digest, marks, objects: read.objects }, kept?.render)
    return found === null ? [] : [found]
  }

  #sweepOnce(): Promise<unknown> {
    this.#swept ??= sweepFolders()
    return this.#swept
  }
}

const OTHERS_NAMED = 5

/** Throws the first, which names the places of the others. */
function refuse([first, ...others]: readonly Problem[]): void {
  if (first === undefined) return
  if (others.length === 0) throw new HoldfastError(first)
  const places = others
    .slice(0, OTHERS_NAMED)
    .map(({ subject: { file = '', line } }) => (line ? `${file}:${line}` : file))
  const more = others.length > OTHERS_NAMED ? ` and ${others.length - OTHERS_NAMED} more` : ''
  throw new HoldfastError({ ...first, message: `${first.message}; ${places.join(', ')}${more} cannot be read either` })
}

function filesRead(files: RenderPlan['files']): Pick<RenderedSource, 'files' | 'refFiles'> {
  const others = files.flatMap((file) => ((homeOf(file)?.ref ?? '') === '' ? [] : [homeOf(file) as Home]))
  return { files: files.map(nameOf), ...(others.length === 0 ? {} : { refFiles: others }) }
}

function digestOf({ digests }: Pick<DigestedResult, 'digests'>): string {
  return createHash('sha256').update(digests.join('\n')).digest('hex')
}

/** Of a render that an earlier process made. */
async function rememberedOf({ objects, digest }: Render): Promise<Remembered> {
  return { digest, marks: marksOf(objects, await inSlices(objects, objectDigest)) }
}
