import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http'
import { listenOnLoopback } from '../../../../tools/loopback.mjs'

export interface Front {
  readonly url: string
  stop(): void
}

/** A server before another: what `answer` does not answer (false) goes on to `target`. */
export async function startFront(
  target: string,
  answer: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<Front> {
  const server = createServer((request, response) => {
    if (answer(request, response)) return
    const { method, headers, url = '' } = request
    const onward = forward(target + url, { method, headers }, (reply) => {
      reply.pipe(response.writeHead(reply.statusCode ?? 500, reply.headers))
    })
    onward.on('error', () => response.writeHead(502).end())
    request.pipe(onward)
  })
  const port = await listenOnLoopback(server, 0)
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
