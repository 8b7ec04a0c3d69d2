// What would the server make of the desired object?
import { formatRef, groupOf, isMap, type KubeObject, versionOf } from '../../core/kube/index.ts'
import type { DryRunAnswer, KindInfo } from '../../ports/cluster-reader.ts'
import type { Discovery } from './discovery.ts'
import { refusal } from './errors.ts'
import type { HttpAnswer, HttpClient } from './http.ts'
import { writeJson } from './json.ts'
import { collectionPath, objectPath } from './paths.ts'
import { bodyOf } from './read-json.ts'

const QUERY = { dryRun: 'All', fieldManager: 'holdfast' } as const
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
/** A random name of this length does not occur inside other text by chance. */
const UNMISTAKABLE = 8

export interface DryRunTools {
  readonly http: HttpClient
  readonly discovery: Discovery
  readonly random: () => number
}

interface Question {
  readonly kind: KindInfo
  readonly desired: KubeObject
  readonly live: KubeObject
  readonly name: string
  readonly namespace: string
}

function refused(answer: HttpAnswer, question: Question): DryRunAnswer {
  const { kind, desired, name, namespace } = question
  const ref = { group: kind.group, kind: kind.kind, namespace, name }
  const { problem } = refusal(answer, { action: 'write', ref, sent: desired })
  return { state: 'refused', message: problem.message }
}

function put(http: HttpClient, question: Question): Promise<HttpAnswer> {
  const { kind, desired, live, name, namespace } = question
  const { resourceVersion, uid } = live.metadata
  const body = writeJson({ ...desired, metadata: { ...desired.metadata, resourceVersion, uid } })
  const path = objectPath(kind, { namespace, name }, QUERY)
  return http.send({ method: 'PUT', path, body, verb: 'dry-run', kind: kind.kind })
}

function create(http: HttpClient, question: Question, probe: string): Promise<HttpAnswer> {
  const { kind, desired, namespace } = question
  const { resourceVersion: _version, uid: _uid, ...metadata } = desired.metadata
  const body = writeJson({ ...desired, metadata: { ...metadata, name: probe } })
  const path = collectionPath(kind, namespace, QUERY)
  return http.send({ method: 'POST', path, body, verb: 'dry-run', kind: kind.kind })
}

/** As long as the real name, so that what depends on the length (truncated names, limits) comes out the same. */
function probeName(name: string, random: () => number): string {
  return Array.from(name, () => LETTERS[Math.floor(random() * LETTERS.length)] ?? 'x').join('')
}

/** Puts the real name back wherever the server or a webhook copied the probe's. */
function renamed(value: unknown, names: { probe: string; real: string }): unknown {
  const { probe, real } = names
  if (typeof value === 'string') {
    if (value === probe) return real
    return probe.length >= UNMISTAKABLE ? value.replaceAll(probe, real) : value
  }
  if (Array.isArray(value)) return value.map((item) => renamed(item, names))
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renamed(item, names)]))
}

function answered(answer: HttpAnswer, http: HttpClient): KubeObject | null {
  return answer.status === 200 || answer.status === 201 ? (bodyOf(answer, http.origin) as unknown as KubeObject) : null
}

/**
 * A dry-run PUT over the live object; where the kind does not let itself be replaced (Pod, Job) or the PUT is forbidden,
 * a dry-run create under another name. Every refusal is an answer; only no answer at all throws HoldfastError.
 */
export async function dryRun(
  tools: DryRunTools,
  pair: { desired: KubeObject; live: KubeObject },
): Promise<DryRunAnswer> {
  const { http, discovery, random } = tools
  const { desired, live } = pair
  const name = desired.metadata.name ?? ''
  const namespace = desired.metadata.namespace ?? ''
  const gvk = { group: groupOf(desired.apiVersion), version: versionOf(desired.apiVersion), kind: desired.kind }
  const kind = await discovery.resolve(gvk, { object: formatRef({ ...gvk, namespace, name }) })
  const question: Question = { kind, desired, live, name, namespace }
  const replaced = await put(http, question)
  const whole = answered(replaced, http)
  if (whole !== null) return { state: 'answered', object: whole, way: 'put' }
  if (replaced.status !== 422 && replaced.status !== 403) return refused(replaced, question)
  const probe = probeName(name, random)
  const created = await create(http, question, probe)
  const fresh = answered(created, http)
  if (fresh === null) return refused(replaced, question)
  return { state: 'answered', object: renamed(fresh, { probe, real: name }) as KubeObject, way: 'create' }
}
