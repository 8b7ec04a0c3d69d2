import { Worker } from 'node:worker_threads'
import { HoldfastError } from '../../core/problem/index.ts'
import { failureOf, type Failure, storeProblem } from './failure.ts'
import type { Answer, Argument, Method, Request, Response } from './protocol.ts'

/** A memory bound for the thread: the store needs a few MB, a defect in it must not take the process along. */
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 }

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** The main thread's end of the thread that owns the database. */
export interface Connection {
  call<M extends Method>(method: M, argument: Argument<M>): Promise<Answer<M>>
  /** False once the thread has gone; every call is refused from then on. */
  isAlive(): boolean
  close(): Promise<void>
}

function startThread(file: string): Worker {
  const options = { workerData: { file }, resourceLimits: LIMITS, name: 'holdfast-store' }
  const fromSource = import.meta.url.endsWith('.ts')
  return new Worker(new URL(fromSource ? './from-source.mjs' : './thread.js', import.meta.url), options)
}

/** Starts the thread and opens the database in it. Rejects with HF7001. */
export async function connect(file: string): Promise<Connection> {
  const worker = startThread(file)
  const waiting = new Map<number, Waiting>()
  let gone: Failure | null = null
  let lastId = 0
  const unavailable = (failure: Failure): HoldfastError => new HoldfastError(storeProblem(failure, file))
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const end = (failure: Failure): void => {
    gone ??= failure
    for (const entry of waiting.values()) entry.reject(unavailable(gone))
    waiting.clear()
  }
  worker.on('error', (error) => end(failureOf(error)))
  worker.once('exit', () => end({ message: 'it is closed', code: '' }))
  worker.on('message', (response: Response) => {
    const entry = waiting.get(response.id)
    waiting.delete(response.id)
    // The store alone keeps no process running; an unanswered call does.
    if (waiting.size === 0) worker.unref()
    if (response.state === 'done') entry?.resolve(response.value)
    else entry?.reject(unavailable(response.failure))
  })
  const call = <M extends Method>(method: M, argument: Argument<M>): Promise<Answer<M>> => {
    if (gone) return Promise.reject(unavailable(gone))
    lastId += 1
    const id = lastId
    return new Promise<Answer<M>>((resolve, reject) => {
      waiting.set(id, { resolve: (value) => resolve(value as Answer<M>), reject })
      worker.ref()
      worker.postMessage({ id, method, argument } satisfies Request)
    })
  }
  await new Promise<unknown>((resolve, reject) => waiting.set(0, { resolve, reject }))
  return {
    call,
    isAlive: () => gone === null,
    close: async () => {
      if (!gone) await call('close', undefined).catch(() => worker.terminate())
      worker.ref()
      await exited
    },
  }
}
