// One page of a list.
import { isMap, type KubeObject } from '../../core/kube/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { KindInfo } from '../../ports/cluster-reader.ts'
import { refusal, statusOf } from './errors.ts'
import type { HttpClient } from './http.ts'
import { collectionPath } from './paths.ts'
import { bodyOf } from './read-json.ts'
import { objectOf } from './watch-line.ts'

export const PAGE_LIMIT = 500
const SMALLEST_PAGE = 50
/** A page is parsed in one go: about so many bytes keep that under 10 ms. */
const PAGE_BYTES = 1 << 20
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

/** The continue token is too old: the list has to begin again. */
export class PageExpired extends Error {}

export interface PageQuery {
  readonly kind: KindInfo
  /** '' = all namespaces. */
  readonly namespace: string
  /** 0 = everything at once. */
  readonly limit: number
  readonly token: string
  readonly form: 'full' | 'metadata'
}

export interface Page {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
  /** '' on the last page. */
  readonly token: string
  /** What to ask for next, so that big objects come in smaller pages. */
  readonly nextLimit: number
}

/** Items of a list carry no kind of their own, and a metadata list carries a stand-in. */
function named(kind: KindInfo, items: readonly unknown[]): KubeObject[] {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
  return items.map((item) => {
    const object = objectOf(item)
    if (object === null) {
      throw new HoldfastError(
        problem('HF4001', `The list of ${kind.resource} has an item without name or resourceVersion.`),
      )
    }
    return Object.assign(object, { apiVersion, kind: kind.kind })
  })
}

function nextLimit(limit: number, bytes: number): number {
  if (limit === 0 || bytes <= PAGE_BYTES) return limit
  return Math.max(SMALLEST_PAGE, Math.floor((limit * PAGE_BYTES) / bytes))
}

/** Throws PageExpired, or HoldfastError. */
export async function readPage(http: HttpClient, query: PageQuery): Promise<Page> {
  const { kind, namespace, limit, token, form } = query
  const path = collectionPath(kind, namespace, {
    limit: limit === 0 ? undefined : String(limit),
    continue: token === '' ? undefined : token,
  })
  const accept = form === 'metadata' ? METADATA_ONLY : 'application/json'
  const answer = await http.send({ method: 'GET', path, accept, verb: 'list', kind: kind.kind, lane: 'bulk' })
  if (answer.status === 410) throw new PageExpired(statusOf(410, answer.text).message)
  if (answer.status !== 200) {
    const ref = { group: kind.group, kind: kind.kind, namespace, name: '*' }
    throw refusal(answer, { action: 'read', ref })
  }
  const body = bodyOf(answer, http.origin)
  const metadata = isMap(body['metadata']) ? body['metadata'] : {}
  const { resourceVersion, continue: next } = metadata
  const items = body['items'] ?? []
  if (typeof resourceVersion !== 'string' || !Array.isArray(items)) {
    throw new HoldfastError(
      problem('HF4001', `${http.origin} answered the list of ${kind.resource} with something else.`),
    )
  }
  return {
    items: named(kind, items),
    resourceVersion,
    token: typeof next === 'string' ? next : '',
    nextLimit: nextLimit(limit, answer.text.length),
  }
}
