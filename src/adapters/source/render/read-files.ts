// Texts → objects; large inputs in a thread, so that the loop is never held up.
import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { RenderedObject } from '../../../core/desired/index.ts'
import { canonicalJson } from '../../../core/kube/index.ts'
import { problem, type Problem } from '../../../core/problem/index.ts'
import { readObjects, YAML_LIMITS, type YamlLimits } from '../../../core/yaml/index.ts'
import { LFS_VERSION } from '../files/lfs-pointer.ts'
import { pack, type PackedObject, unpack } from './packed.ts'
import { inSlices } from './slices.ts'

export interface FileText {
  readonly file: string
  readonly text: string
  /** A tool made the text: its lines say nothing about the repository. */
  readonly lines?: 'none'
}

export interface ReadResult {
  readonly objects: readonly RenderedObject[]
  readonly problems: readonly Problem[]
  /** Something that a tool printed and that is no object at all: what it printed counts whole or not at all. */
  readonly broken: Problem | null
  /** What could not be read at all of files as they lie in a repository; among the problems. */
  readonly unread: readonly Problem[]
}

/** With the hash of every object, in their order: made where they are read, so that nobody walks them again. */
export interface DigestedResult extends ReadResult {
  readonly digests: readonly string[]
}

/** What the thread sends for one file. */
export interface ThreadAnswer {
  readonly objects: readonly PackedObject[]
  readonly problems: readonly Problem[]
  readonly broken: Problem | null
  readonly unread: readonly Problem[]
  readonly digests: readonly string[]
}

const EMPTY: DigestedResult = { objects: [], problems: [], broken: null, unread: [], digests: [] }
/** Argo CD leaves out files of plain directories that hold this mark. */
export const SKIP_MARK = '+argocd:skip-file-rendering'
/** Aliases that a small file may add on the main thread; one that adds more is read in the thread. */
const INLINE_YAML: YamlLimits = { ...YAML_LIMITS, aliasWeight: 100_000 }

export function objectDigest({ object }: RenderedObject): string {
  return createHash('sha256').update(canonicalJson(object)).digest('base64')
}

/** A document that was read and is no object keeps out itself alone; what another holds nobody knows. */
function isUnread({ code }: Problem): boolean {
  return code !== 'HF1012'
}

function readFile({ file, text, lines }: FileText, limits: YamlLimits): DigestedResult {
  const isMade = lines === 'none'
  if (!isMade && text.includes(SKIP_MARK)) return EMPTY
  if (!isMade && LFS_VERSION.test(text)) {
    const message = `${file} is a pointer to a file of Git LFS, which is not enabled for the repository`
    const action = 'Set enableLfs: "true" in the Secret of the repository, or keep manifests out of Git LFS.'
    return { ...EMPTY, problems: [problem('HF1013', message, { file }, action)] }
  }
  // Nobody can mend what a tool made of other people's templates; Kubernetes' own reader takes it as it is.
  const lenient: YamlLimits = isMade ? { ...limits, repeatedKeys: 'last' } : limits
  const read = readObjects(text, { file, limits: lenient, from: isMade ? 'output' : 'file' })
  const told = isMade ? { broken: read.broken, unread: [] } : { broken: null, unread: read.problems.filter(isUnread) }
  return { ...read, ...told, digests: read.objects.map(objectDigest) }
}

/** The thread's work: one file at a time, in the form that is cheapest to hand over. */
export function readForThread(file: FileText): ThreadAnswer {
  const { objects, ...rest } = readFile(file, YAML_LIMITS)
  return { ...rest, objects: objects.map(pack) }
}

function joined(parts: readonly DigestedResult[]): DigestedResult {
  return {
    objects: parts.flatMap(({ objects }) => objects),
    problems: parts.flatMap(({ problems }) => problems),
    broken: parts.find(({ broken }) => broken !== null)?.broken ?? null,
    unread: parts.flatMap(({ unread }) => unread),
    digests: parts.flatMap(({ digests }) => digests),
  }
}

const THREAD_MS = 60_000
const THREAD_MEMORY_MB = 512

function answersOfThread(files: readonly FileText[]): Promise<readonly ThreadAnswer[]> {
  const fromSource = import.meta.url.endsWith('.ts')
  const worker = new Worker(
    new URL(fromSource ? './read-thread-from-source.mjs' : './read-thread.js', import.meta.url),
    {
      workerData: files,
      resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB },
      name: 'holdfast-read',
    },
  )
  return new Promise((resolve) => {
    const answers: ThreadAnswer[] = []
    const failed = (why: string): void => {
      const limit = problem('HF1010', `the manifests could not be read: ${why}`)
      resolve([{ objects: [], digests: [], problems: [limit], broken: null, unread: [limit] }])
    }
    const timer = setTimeout(() => {
      void worker.terminate()
      failed(`it took longer than ${THREAD_MS / 1000} s`)
    }, THREAD_MS)
    worker.on('message', (answer: ThreadAnswer) => answers.push(answer))
    worker.once('error', (error) => failed(error.message))
    worker.once('exit', () => {
      clearTimeout(timer)
      if (answers.length === files.length) resolve(answers)
      else failed('the reading thread ended')
    })
  })
}

async function inThread(files: readonly FileText[]): Promise<DigestedResult> {
  const parts: DigestedResult[] = []
  for (const answer of await answersOfThread(files))
    parts.push({ ...answer, objects: await inSlices(answer.objects, unpack) })
  return joined(parts)
}

/** Reads every file, also beside one that cannot be read: whether the others count then is for the caller to say. */
export async function readFiles(files: readonly FileText[], inlineBytes: number): Promise<DigestedResult> {
  const size = files.reduce((sum, { text }) => sum + text.length, 0)
  if (size > inlineBytes) return inThread(files)
  const parts = await inSlices(files, (file) => readFile(file, INLINE_YAML))
  const isHeavy = parts.some(({ problems }) => problems.some(({ code }) => code === 'HF1008'))
  return isHeavy ? inThread(files) : joined(parts)
}
