// Renders what lies on this machine, without Git: a kustomization, a plain directory, one file, or text.
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import type { DirectoryOptions } from '../../core/definition/index.ts'
import type { Rendered } from '../../core/desired/index.ts'
import { canonicalJson, type Json } from '../../core/kube/index.ts'
import { HoldfastError, problem, type Problem } from '../../core/problem/index.ts'
import type { Environment } from './environment.ts'
import { directoryFilter } from './files.ts'
import { findProgram, kustomizeProgram, runKustomize } from './kustomize.ts'
import { KUSTOMIZATION_FILES } from './kustomize-closure.ts'
import { SOURCE_LIMITS, type SourceLimits } from './limits.ts'
import { type FileText, readFiles, type ReadResult } from './read-files.ts'

export interface LocalOptions {
  /** PATH and HOLDFAST_KUSTOMIZE. */
  readonly env: Environment
  /** What relative paths start from; default the working directory. Origins keep the path as it was given. */
  readonly cwd?: string
  /** `plain` reads the files as they are, kustomization or not, and `recurse` holds. */
  readonly as: 'source' | 'plain'
  readonly directory?: DirectoryOptions
  readonly limits?: Partial<SourceLimits>
}

interface Call {
  /** As it was given, for messages. */
  readonly path: string
  readonly at: string
  readonly options: LocalOptions
  readonly limits: SourceLimits
}

const WHOLE: DirectoryOptions = { recurse: true, include: '', exclude: '' }
const FLAT: DirectoryOptions = { recurse: false, include: '', exclude: '' }
const DEEPEST = 64

function fail(code: 'HF1004' | 'HF1010' | 'HF1013', message: string, file: string, action?: string): HoldfastError {
  return new HoldfastError(problem(code, message, { file }, action))
}

function refused(path: string, error: unknown): HoldfastError {
  const { code } = error as NodeJS.ErrnoException
  const why = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read' : `cannot be read (${code})`
  return fail('HF1004', `${path} ${why}`, path, 'Name a file or a directory that can be read.')
}

/** Relative paths of the files below `at`, sorted; links are followed, a directory inside itself is left at a bound. */
async function listFiles(call: Call, below: string, options: { recurse: boolean }): Promise<string[]> {
  if (below.split('/').length > DEEPEST) return []
  const found: string[] = []
  const entries = await readdir(join(call.at, below), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const here = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(call.at, here))))) found.push(here)
    else if (entry.isDirectory() && options.recurse && entry.name !== '.git')
      found.push(...(await listFiles(call, here, options)))
    if (found.length > call.limits.renderFiles)
      throw fail('HF1010', `${call.path} holds more than ${call.limits.renderFiles} files`, call.path)
  }
  return found
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** The texts, as far as the limits let them in. */
async function readTexts(call: Call, files: readonly { file: string; at: string }[]): Promise<ReadResult> {
  const texts: FileText[] = []
  const problems: Problem[] = []
  let bytes = 0
  for (const { file, at } of files) {
    const content = await readFile(at).catch((error: unknown) => {
      problems.push(refused(file, error).problem)
      return null
    })
    if (content === null) continue
    if (content.length > call.limits.fileBytes) {
      const message = `${file} has ${content.length} bytes; a file may have ${call.limits.fileBytes}`
      problems.push(problem('HF1010', message, { file }))
      continue
    }
    bytes += content.length
    if (bytes > call.limits.renderBytes)
      throw fail('HF1010', `${call.path} holds more than ${call.limits.renderBytes} bytes of manifests`, call.path)
    texts.push({ file, text: content.toString('utf8') })
  }
  const read = await readFiles(texts, call.limits.inlineBytes)
  return { objects: read.objects, problems: [...problems, ...read.problems] }
}

async function plainDirectory(call: Call, directory: DirectoryOptions): Promise<ReadResult> {
  const wanted = directoryFilter(directory)
  const names = (await listFiles(call, '', directory)).filter((name) => wanted(name))
  return readTexts(
    call,
    names.map((name) => ({ file: join(call.path, name), at: join(call.at, name) })),
  )
}

async function kustomization(call: Call): Promise<ReadResult> {
  const { env } = call.options
  const text = await runKustomize({
    target: call.at,
    directory: call.at,
    words: 'shown',
    limits: call.limits,
    program: await kustomizeProgram(env),
    prlimit: await findProgram('prlimit', env),
    subject: { path: call.path },
  })
  const file = join(call.path, 'kustomization.yaml')
  const read = await readFiles([{ file, text }], call.limits.inlineBytes)
  // Lines of the output say nothing about the files.
  return { objects: read.objects.map(({ object }) => ({ object, origin: { file, line: 0 } })), problems: read.problems }
}

function rendered(type: Rendered['type'], read: ReadResult): Rendered {
  const digest = createHash('sha256')
    .update(canonicalJson(read.objects as unknown as Json))
    .digest('hex')
  return { revision: '', type, objects: read.objects, digest, problems: read.problems }
}

/**
 * The objects of a local path. `source`: a directory with a kustomization is built, any other read as Argo CD reads a
 * plain directory. Throws HF1004 (no such path), HF1009, HF1010, HF1011, HF1013; files that cannot be used are problems.
 */
export async function renderLocal(path: string, options: LocalOptions): Promise<Rendered> {
  const at = isAbsolute(path) ? path : resolve(options.cwd ?? '.', path)
  const call: Call = { path, at, options, limits: { ...SOURCE_LIMITS, ...options.limits } }
  const found = await stat(at).catch((error: unknown) => {
    throw refused(path, error)
  })
  if (!found.isDirectory()) return rendered('Directory', await readTexts(call, [{ file: path, at }]))
  const names = await readdir(at).catch((error: unknown) => {
    throw refused(path, error)
  })
  if (options.as === 'plain') return rendered('Directory', await plainDirectory(call, options.directory ?? WHOLE))
  if (names.some((name) => KUSTOMIZATION_FILES.includes(name))) return rendered('Kustomize', await kustomization(call))
  if (names.includes('Chart.yaml'))
    throw fail('HF1013', `${path} holds a Helm chart; charts are not supported yet`, path)
  return rendered('Directory', await plainDirectory(call, options.directory ?? FLAT))
}

/** The objects of one text, such as standard input; `name` stands for the file in messages. */
export async function renderText(text: string, name: string): Promise<Rendered> {
  return rendered('Directory', await readFiles([{ file: name, text }], SOURCE_LIMITS.inlineBytes))
}
