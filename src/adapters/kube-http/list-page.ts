// One page of a list.
import { isMap, type JsonMap, type KubeObject } from '../../core/kube/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { KindInfo } from '../../ports/cluster-reader.ts'
import { refusal, statusOf } from './errors.ts'
import type { HttpClient } from './http.ts'
import { collectionPath } from './paths.ts'
import { bodyOf } from './read-json.ts'
import { objectOf } from './watch-line.ts'

/** How a list begins; by then the size of the objects is known. */
export const FIRST_PAGE = 100
const LARGEST_PAGE = 500
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
  /** '' = everything. */
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export interface Page {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
  /** '' on the last page. */
  readonly token: string
  /** What to ask for next: up to 500 objects, fewer when they are big. */
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
  if (limit === 0) return 0
  const fitting = Math.floor((limit * PAGE_BYTES) / Math.max(bytes, 1))
  return Math.min(LARGEST_PAGE, Math.max(SMALLEST_PAGE, fitting))
}

async function pageBody(http: HttpClient, query: PageQuery): Promise<{ body: JsonMap; bytes: number }> {
  const { kind, namespace, limit, token, form, labelSelector = '', fieldSelector = '' } = query
  const path = collectionPath(kind, namespace, {
    limit: limit === 0 ? undefined : String(limit),
    continue: token === '' ? undefined : token,
    labelSelector: labelSelector === '' ? undefined : labelSelector,
    fieldSelector: fieldSelector === '' ? undefined : fieldSelector,
  })
  const accept = form === 'metadata' ? METADATA_ONLY : 'application/json'
  const answer = await http.send({ method: 'GET', path, accept, verb: 'list', kind: kind.kind, lane: 'bulk' })
  if (answer.status === 410) throw new PageExpired(statusOf(410, answer.text).message)
  if (answer.status !== 200) {
    throw refusal(answer, { action: 'read', ref: { group: kind.group, kind: kind.kind, namespace, name: '*' } })
  }
  return { body: bodyOf(answer, http.origin), bytes: answer.text.length }
}

/** Throws PageExpired, or HoldfastError. */
export async function readPage(http: HttpClient, query: PageQuery): Promise<Page> {
  const { body, bytes } = await pageBody(http, query)
  const { resourceVersion, continue: token } = isMap(body['metadata']) ? body['metadata'] : {}
  const items = body['items'] ?? []
  if (typeof resourceVersion !== 'string' || !Array.isArray(items)) {
    const { resource } = query.kind
    throw new HoldfastError(problem('HF4001', `${http.origin} answered the list of ${resource} with something else.`))
  }
  return {
    items: named(query.kind, items),
    resourceVersion,
    token: typeof token === 'string' ? token : '',
    nextLimit: nextLimit(query.limit, bytes),
  }
}
