// Texts → objects; large inputs in a thread, so that the loop is never held up.
import { Worker } from 'node:worker_threads'
import type { RenderedObject } from '../../core/desired/index.ts'
import { problem, type Problem } from '../../core/problem/index.ts'
import { readObjects } from '../../core/yaml/index.ts'

export interface FileText {
  readonly file: string
  readonly text: string
}

export interface ReadResult {
  readonly objects: readonly RenderedObject[]
  readonly problems: readonly Problem[]
}

/** Reads every file; one that cannot be read loses none of the others. */
export function readAll(files: readonly FileText[]): ReadResult {
  const read = files.map(({ file, text }) => readObjects(text, { file }))
  return { objects: read.flatMap(({ objects }) => objects), problems: read.flatMap(({ problems }) => problems) }
}

const THREAD_MS = 60_000
const THREAD_MEMORY_MB = 512

function inThread(files: readonly FileText[]): Promise<ReadResult> {
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
    const failed = (why: string): void =>
      resolve({ objects: [], problems: [problem('HF1010', `the manifests could not be read: ${why}`)] })
    const timer = setTimeout(() => {
      void worker.terminate()
      failed(`it took longer than ${THREAD_MS / 1000} s`)
    }, THREAD_MS)
    worker.once('message', (result: ReadResult) => resolve(result))
    worker.once('error', (error) => failed(error.message))
    worker.once('exit', () => {
      clearTimeout(timer)
      failed('the reading thread ended')
    })
  })
}

export function readFiles(files: readonly FileText[], inlineBytes: number): Promise<ReadResult> {
  const size = files.reduce((sum, { text }) => sum + text.length, 0)
  return size <= inlineBytes ? Promise.resolve(readAll(files)) : inThread(files)
}
