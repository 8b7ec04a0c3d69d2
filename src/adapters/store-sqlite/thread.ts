import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openEngine } from './engine.ts'
import { failureOf } from './failure.ts'
import type { Engine, Request, Response } from './protocol.ts'

// Entry of the thread that owns the database. Requests are served strictly one after another, in the order they came.

async function answer(engine: Engine, request: Request): Promise<Response> {
  try {
    const method = engine[request.method] as (argument: unknown) => Promise<unknown>
    return { id: request.id, state: 'done', value: await method(request.argument) }
  } catch (error) {
    return { id: request.id, state: 'failed', failure: failureOf(error) }
  }
}

async function serve(port: MessagePort, file: string): Promise<void> {
  let engine: Engine
  try {
    engine = await openEngine(file)
  } catch (error) {
    port.postMessage({ id: 0, state: 'failed', failure: failureOf(error) } satisfies Response)
    port.close()
    return
  }
  let last = Promise.resolve()
  port.on('message', (request: Request) => {
    last = last.then(async () => {
      port.postMessage(await answer(engine, request))
      if (request.method === 'close') port.close()
    })
  })
  port.postMessage({ id: 0, state: 'done', value: null } satisfies Response)
}

if (parentPort) void serve(parentPort, (workerData as { file: string }).file)
