// A read whose answer is a JSON map, or the refusal as an error.
import { isMap, type JsonMap, type ObjectRef } from '../../core/kube/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import { refusal } from './errors.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from './http.ts'
import { parseJson } from './json.ts'

/** The answer's body. Throws HoldfastError HF4001 when it is no JSON map (a proxy's page, a cut answer). */
export function bodyOf(answer: HttpAnswer, origin: string): JsonMap {
  let body: unknown
  try {
    body = parseJson(answer.text)
  } catch {
    body = null
  }
  if (isMap(body)) return body
  throw new HoldfastError(problem('HF4001', `${origin} answered ${answer.status} with something that is not JSON.`))
}

export interface JsonRead extends Omit<HttpRequest, 'method'> {
  readonly ref?: Omit<ObjectRef, 'version'>
}

export async function readJson(http: HttpClient, request: JsonRead): Promise<JsonMap> {
  const answer = await http.send({ ...request, method: 'GET' })
  if (answer.status !== 200) {
    throw refusal(answer, { action: 'read', ...(request.ref === undefined ? {} : { ref: request.ref }) })
  }
  return bodyOf(answer, http.origin)
}
