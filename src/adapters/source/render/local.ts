// Renders what lies on this machine, without Git: a chart, a kustomization, a plain directory, one file, or text.
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'
import {
  DEFAULT_SOURCE_SETTINGS,
  type DirectoryOptions,
  type SourceDefinition,
  type SourceSettings,
} from '../../../core/definition/index.ts'
import type { Origin, Rendered, RenderedSource } from '../../../core/desired/index.ts'
import { HoldfastError, problem, type Problem } from '../../../core/problem/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { RenderRequest } from '../../../ports/source.ts'
import type { Environment } from '../environment.ts'
import { LocalTrees } from '../files/local-trees.ts'
import type { SourceFiles } from '../files/trees.ts'
import { SOURCE_LIMITS, type SourceLimits } from '../limits.ts'
import { NOTHING_OUTSIDE } from '../outside.ts'
import { environmentOf } from './build-environment.ts'
import { contextOf } from './context.ts'
import { readTexts } from './directory.ts'
import { RenderEngine } from './engine.ts'
import type { RenderContext, RenderPlan } from './plan.ts'
import { planRender } from './planners.ts'
import { readFiles } from './read-files.ts'
import { joinRenders } from './rendered.ts'
import { ToolFinder } from './tools.ts'

export interface LocalOptions {
  /** PATH, HOLDFAST_KUSTOMIZE and the like. */
  readonly env: Environment
  readonly clock: Clock
  /** What relative paths start from; default the working directory. Origins keep the path as it was given. */
  readonly cwd?: string
  /** `plain` reads the files as they are, whatever they make together. */
  readonly as: 'source' | 'plain'
  /** Options as in an Application; where it lies and which revision do not count. */
  readonly source: SourceDefinition
  readonly app?: RenderRequest['app']
  readonly cluster?: RenderRequest['cluster']
  readonly settings?: SourceSettings
  readonly limits?: Partial<SourceLimits>
  /** Asks for `RenderedSource.explanation`. */
  readonly explain?: boolean
  /** Real path of the directory that nothing may leave; default that of the machine. */
  readonly root?: string
  /** Real path of the repository's own directory, below `root`: what `/file` starts from; default `root`. */
  readonly top?: string
  /** By their `ref`: real paths of other sources' repositories. */
  readonly refs?: ReadonlyMap<string, string>
  /** Texts that stand for those of the files of these real paths. */
  readonly edits?: ReadonlyMap<string, string>
}

const NOBODY: RenderRequest['app'] = { name: 'release-name', namespace: 'default', project: 'default' }
const NO_CLUSTER: RenderRequest['cluster'] = { version: '', apiVersions: [] }
const NO_JSONNET: DirectoryOptions['jsonnet'] = { extVars: [], tlas: [], libs: [] }
const WHOLE: DirectoryOptions = {
  ...{ recurse: true, include: '', exclude: '', disableExtensionFilter: false },
  jsonnet: NO_JSONNET,
}

function refused(path: string, error: unknown): HoldfastError {
  const { code } = error as NodeJS.ErrnoException
  const why = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read' : `cannot be read (${code})`
  const action = 'Name a file or a directory that can be read.'
  return new HoldfastError(problem('HF1004', `${path} ${why}`, { file: path }, action))
}

interface Naming {
  /** As it was given. */
  readonly path: string
  /** The root, with a slash at its end. */
  readonly root: string
  /** Where that is, from the root, without the first slash. */
  readonly at: string
}

/** Paths below what was named keep the name that was given; others become absolute. */
function nameAs(file: string, { path, root, at }: Naming): string {
  if (file === at) return path
  if (file.startsWith(`${at}/`)) return `${path.replace(/\/$/, '')}${file.slice(at.length)}`
  return `${root}${file}`
}

function problemAs({ subject, ...rest }: Problem, { naming, options }: Pick<Call, 'naming' | 'options'>): Problem {
  const { file, repository = '' } = subject
  if (file === undefined || file.startsWith('/')) return { ...rest, subject }
  const isOther = [...(options.refs?.values() ?? [])].includes(repository)
  if (isOther) return { ...rest, subject: { ...subject, file: `${repository}/${file}` } }
  const name = nameAs(file, naming)
  return { ...rest, message: rest.message.replaceAll(file, name), subject: { ...subject, file: name } }
}

function originAs(origin: Origin, naming: Naming): Origin {
  return { ...origin, file: nameAs(origin.file, naming) }
}

function sourceAs(
  { files, refFiles = [], explanation, ...rest }: RenderedSource,
  { naming, options }: Pick<Call, 'naming' | 'options'>,
): RenderedSource {
  const others = new Map(
    refFiles.map(({ ref, file }) => [`$${ref}/${file}`, `${options.refs?.get(ref) ?? ''}/${file}`]),
  )
  const named = { ...rest, files: files.map((file) => others.get(file) ?? nameAs(file, naming)) }
  if (explanation === undefined) return named
  const overrides = explanation.overrides.map((override) => ({ ...override, file: nameAs(override.file, naming) }))
  return { ...named, explanation: { ...explanation, overrides } }
}

interface Call {
  readonly options: LocalOptions
  readonly limits: SourceLimits
  readonly naming: Naming
  readonly files: SourceFiles
}

function sourceAt(call: Call): SourceDefinition {
  const { options, naming } = call
  return { ...options.source, repoURL: 'file:///', targetRevision: 'HEAD', path: naming.at, ref: '', chart: '' }
}

function refsOf({ options, files }: Call): ReadonlyMap<string, SourceFiles> {
  return new Map([...(options.refs ?? [])].map(([name, root]) => [name, { ...files, root, repository: root }]))
}

async function contextFor(call: Call): Promise<RenderContext> {
  const { options, naming, files, limits } = call
  const { app = NOBODY, cluster = NO_CLUSTER, settings = DEFAULT_SOURCE_SETTINGS, env } = options
  const source = sourceAt(call)
  const revised = { source: options.as === 'plain' ? { ...source, type: 'directory' as const } : source, revision: '' }
  const context = await contextOf({
    revised,
    request: { sources: [revised], app, cluster, sourceRepos: null },
    ...{ files, refs: refsOf(call), subject: { path: naming.path }, settings, limits },
    outside: NOTHING_OUTSIDE,
    tools: new ToolFinder(env),
  })
  if (options.as === 'plain') return { ...context, source: { ...context.source, directory: WHOLE } }
  // Tools are told of the Application's source, not of where it lies here.
  const environment = environmentOf({ source: options.source, revision: '' }, { app })
  const top = relative(files.root, options.top ?? files.root).split('/')
  return { ...context, environment, top: top.filter((name) => name !== '') }
}

/** Its paths say nothing about the content: nothing is kept. */
function engineFor({ options, limits }: Call, tools: ToolFinder): RenderEngine {
  return new RenderEngine({ clock: options.clock, limits, tools, unread: 'is-told' })
}

function asked({ options }: Call): { explain: boolean } {
  return { explain: options.explain === true }
}

async function renderDirectory(call: Call): Promise<Rendered> {
  const context = await contextFor(call)
  const render = await engineFor(call, context.tools).render(await planRender(context), context, asked(call))
  return joinRenders([{ index: 0, revision: '', render }], [])
}

async function renderFile(call: Call, id: string): Promise<Rendered> {
  const { limits, naming, files } = call
  const input = { path: naming.at, id, read: () => files.trees.blob(id) }
  const plan: RenderPlan = {
    ...{ type: 'Directory', files: [input], parts: [], tools: [], problems: [] },
    run: () => readTexts([input], limits),
  }
  const render = await engineFor(call, new ToolFinder(call.options.env)).render(
    plan,
    { limits, subject: {} },
    asked(call),
  )
  return joinRenders([{ index: 0, revision: '', render }], [])
}

/**
 * The objects of a local path. `source`: a directory is rendered as the same directory of a repository would be. Throws
 * HF1004 (no such path) and what a render throws; files that cannot be used are problems.
 */
export async function renderLocal(path: string, options: LocalOptions): Promise<Rendered> {
  const given = isAbsolute(path) ? path : resolve(options.cwd ?? '.', path)
  await stat(given).catch((error: unknown) => {
    throw refused(path, error)
  })
  const limits = { ...SOURCE_LIMITS, ...options.limits }
  const trees = new LocalTrees(limits.fileBytes, options.edits)
  const { root = '/' } = options
  const top = root.replace(/\/?$/, '/')
  const place = await trees.locate(root, (given === root ? '' : given.slice(top.length)).split('/'))
  if (place.kind === 'outside' || !`${given}/`.startsWith(top)) throw refused(path, { code: 'out of the tree' })
  if (place.kind !== 'tree' && place.kind !== 'blob') throw refused(path, { code: 'ENOENT' })
  const naming = { path, root: top, at: place.path.join('/') }
  const files: SourceFiles = { trees, root, repository: path, revision: '' }
  const call: Call = { options, limits, naming, files }
  try {
    const rendered = place.kind === 'tree' ? await renderDirectory(call) : await renderFile(call, place.id)
    return {
      ...rendered,
      sources: rendered.sources.map((source) => sourceAs(source, call)),
      objects: rendered.objects.map(({ object, origin }) => ({ object, origin: originAs(origin, naming) })),
      problems: rendered.problems.map((found) => problemAs(found, call)),
    }
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw refused(path, error)
    throw new HoldfastError(problemAs(error.problem, call), { cause: error })
  }
}

/** The objects of one text, such as standard input; `name` stands for the file in messages. */
export async function renderText(text: string, name: string): Promise<Rendered> {
  const read = await readFiles([{ file: name, text }], SOURCE_LIMITS.inlineBytes)
  const digest = createHash('sha256').update(read.digests.join('\n')).digest('hex')
  return { revision: '', sources: [], objects: read.objects, digest, problems: read.problems }
}
