// Writes to the cluster, always as field manager `holdfast`.
import { formatRef, type KubeObject, type ObjectRef, refOf } from '../../core/kube/index.ts'
import type { KindInfo } from '../../ports/cluster-reader.ts'
import type { ClusterWriter, JsonPatch } from '../../ports/cluster-writer.ts'
import type { Discovery } from './discovery.ts'
import { type Asked, isKindGone, refusal, statusOf } from './errors.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from './http.ts'
import { writeJson } from './json.ts'
import { laneOf } from './lane.ts'
import { collectionPath, objectPath } from './paths.ts'
import { bodyOf } from './read-json.ts'

const MANAGER = { fieldManager: 'holdfast' } as const
/** Unknown and duplicate fields are refused rather than dropped. An apply refuses them by itself, with a 500. */
const STRICT = { ...MANAGER, fieldValidation: 'Strict' } as const

interface Write extends Omit<HttpRequest, 'path'> {
  readonly ref: ObjectRef
  readonly path: (kind: KindInfo) => string
  readonly sent?: KubeObject
}

export interface WriterParts {
  readonly http: HttpClient
  readonly discovery: Discovery
}

export class KubeWriter implements ClusterWriter {
  readonly #parts: WriterParts

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  apply(object: KubeObject): Promise<KubeObject> {
    const ref = refOf(object)
    return this.#write({
      ref,
      verb: 'apply',
      method: 'PATCH',
      path: (kind) => objectPath(kind, ref, { ...STRICT, force: 'true' }),
      contentType: 'application/apply-patch+yaml',
      body: writeJson(object),
      sent: object,
    })
  }

  jsonPatch(ref: ObjectRef, patch: JsonPatch): Promise<KubeObject> {
    return this.#write({
      ref,
      verb: 'patch',
      method: 'PATCH',
      path: (kind) => objectPath(kind, ref, MANAGER),
      contentType: 'application/json-patch+json',
      body: writeJson(patch),
    })
  }

  mergePatch(ref: ObjectRef, patch: object, options: { subresource?: string } = {}): Promise<KubeObject> {
    return this.#write({
      ref,
      verb: 'patch',
      method: 'PATCH',
      path: (kind) => objectPath(kind, { ...ref, ...options }, MANAGER),
      contentType: 'application/merge-patch+json',
      body: writeJson(patch),
    })
  }

  create(object: KubeObject): Promise<KubeObject> {
    const ref = refOf(object)
    return this.#write({
      ref,
      verb: 'create',
      method: 'POST',
      path: (kind) => collectionPath(kind, ref.namespace, STRICT),
      body: writeJson(object),
      sent: object,
    })
  }

  update(object: KubeObject): Promise<KubeObject> {
    const ref = refOf(object)
    return this.#write({
      ref,
      verb: 'update',
      method: 'PUT',
      path: (kind) => objectPath(kind, ref, STRICT),
      body: writeJson(object),
      sent: object,
    })
  }

  async remove(ref: ObjectRef, options: Parameters<ClusterWriter['remove']>[1]): Promise<boolean> {
    const { uid, resourceVersion, propagation } = options
    const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy: propagation }
    const answer = await this.#send({
      ref,
      verb: 'delete',
      method: 'DELETE',
      path: (kind) => objectPath(kind, ref, MANAGER),
      body: writeJson(body),
    })
    if (answer.status < 300) return true
    if (answer.status === 404 && !isKindGone(statusOf(404, answer.text))) return false
    throw this.#refused(answer, { action: 'write', ref })
  }

  async #write(write: Write): Promise<KubeObject> {
    const answer = await this.#send(write)
    if (answer.status === 200 || answer.status === 201) {
      return bodyOf(answer, this.#parts.http.origin) as unknown as KubeObject
    }
    const { ref, sent } = write
    throw this.#refused(answer, { action: 'write', ref, ...(sent === undefined ? {} : { sent }) })
  }

  async #send(write: Write): Promise<HttpAnswer> {
    const { ref, path, sent: _sent, ...request } = write
    const kind = await this.#parts.discovery.resolve(ref, { object: formatRef(ref) })
    return this.#parts.http.send({ ...request, path: path(kind), kind: ref.kind, lane: laneOf(ref, request) })
  }

  #refused(answer: HttpAnswer, asked: Asked): Error {
    if (answer.status === 404 && isKindGone(statusOf(404, answer.text))) this.#parts.discovery.invalidate()
    return refusal(answer, asked)
  }
}
