// The engine on its own: plans made by hand, tools that are scripts of the test.
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SOURCE_LIMITS, type SourceLimits } from '../../../../src/adapters/source/index.ts'
import { RenderEngine, type SourceRender } from '../../../../src/adapters/source/render/engine.ts'
import type { RenderPlan } from '../../../../src/adapters/source/render/plan.ts'
import { type Tool, ToolFinder } from '../../../../src/adapters/source/render/tools.ts'
import type { ToolCall, Workspace } from '../../../../src/adapters/source/render/workspace.ts'
import type { Log } from '../../../../src/ports/log.ts'

export interface Said {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface EngineBench {
  readonly cacheDir: string
  readonly said: Said[]
  /** Another engine on the same cache, as after a restart. */
  engine(options?: { limits?: Partial<SourceLimits>; path?: string; version?: string }): RenderEngine
  /** A program that Node runs; no PATH and no shell is needed for it. */
  tool(name: string, script: string): Promise<Tool>
  end(): Promise<void>
}

const clock = { now: () => Date.now(), monotonic: () => performance.now(), after: () => ({ cancel: () => undefined }) }

export async function engineBench(): Promise<EngineBench> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'holdfast-engine-'))
  const said: Said[] = []
  const tell =
    (level: string) =>
    (fields: object, message: string): void => {
      said.push({ level, message, fields: fields as Said['fields'] })
    }
  const log: Log = {
    ...{ debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') },
    child: () => log,
  }
  const engines: RenderEngine[] = []
  const finder = new ToolFinder({})
  return {
    ...{ cacheDir, said },
    engine: ({ limits, path, version } = {}) => {
      const made = new RenderEngine({
        clock,
        limits: { ...SOURCE_LIMITS, ...limits },
        tools: new ToolFinder({ PATH: path ?? process.env['PATH'] }),
        disk: { cacheDir, log },
        ...(version === undefined ? {} : { version }),
      })
      engines.push(made)
      return made
    },
    tool: async (name, script) => {
      const file = join(cacheDir, `${name}.mjs`)
      await writeFile(file, `#!${process.execPath}\n${script}\n`)
      await chmod(file, 0o755)
      return finder.at(name, file)
    },
    end: async () => {
      await Promise.all(engines.map((engine) => engine.close()))
      await rm(cacheDir, { recursive: true, force: true })
    },
  }
}

export interface PlanOptions extends Partial<Omit<RenderPlan, 'files' | 'run'>> {
  readonly files?: Readonly<Record<string, string>>
  readonly run?: (work: Workspace) => Promise<string>
}

export function planOf({ files = {}, run = async () => '', ...rest }: PlanOptions = {}): RenderPlan {
  return {
    ...{ type: 'Directory', parts: [], tools: [], problems: [], ...rest },
    files: Object.entries(files).map(([path, text]) => ({
      path,
      id: createHash('sha256').update(text).digest('hex'),
      read: async () => Buffer.from(text),
    })),
    run: async (work) => ({ texts: [{ file: 'made.yaml', text: await run(work), lines: 'none' }], problems: [] }),
  }
}

/** A plan that calls one tool. */
export function callOf(tool: Tool, call: Partial<ToolCall> = {}, options: PlanOptions = {}): RenderPlan {
  return planOf({ ...options, tools: [tool], run: (work) => work.call(tool, { args: [], ...call }) })
}

export function renderWith(
  engine: RenderEngine,
  plan: RenderPlan,
  { repository = 'https://git.example/a', limits = {}, ...request }: RequestOptions = {},
): Promise<SourceRender> {
  const context = { limits: { ...SOURCE_LIMITS, ...limits }, subject: { repository, path: 'web' } }
  return engine.render(plan, context, request)
}

export interface RequestOptions {
  readonly repository?: string
  readonly limits?: Partial<SourceLimits>
  readonly signal?: AbortSignal
  readonly fresh?: boolean
  readonly explain?: boolean
}

/** A promise and what settles it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}
