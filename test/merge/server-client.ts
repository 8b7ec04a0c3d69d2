import { request } from 'node:https'
import type { JsonMap } from '../../src/core/kube/index.ts'
import type { ControlPlane } from '../../tools/control-plane.mjs'
import type { Answer, Call, Server } from './server-run.ts'

export function client({ url, ca, adminToken }: ControlPlane): Server {
  return ({ method, path, body, contentType = 'application/json' }: Call) =>
    new Promise<Answer>((resolve, reject) => {
      const headers = { authorization: `Bearer ${adminToken}`, 'content-type': contentType }
      const sent = request(new URL(path, url), { method, ca, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, body: text.startsWith('{') ? (JSON.parse(text) as JsonMap) : {} })
        })
      })
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
}

/** Asks until the answer is there: new kinds are served a moment after their definition is stored. */
export async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + 20_000
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() > end) throw new Error('the server never came to serve the kind')
  }
}
