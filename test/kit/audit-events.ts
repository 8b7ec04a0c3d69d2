// Audit events as the API server writes them, from a few words.
import type { KubeObject } from '../../src/core/kube/index.ts'

export interface EventWords {
  readonly id?: string
  readonly user: string
  readonly as?: string
  readonly verb?: 'create' | 'update' | 'patch' | 'delete' | 'deletecollection' | 'get'
  /** Seconds after the object was made. */
  readonly at: number
  readonly manager?: string
  readonly agent?: string
  readonly query?: string
  readonly subresource?: string
  readonly name?: string
  readonly uid?: string
  /** resourceVersion that the request is guarded by. */
  readonly based?: string
  readonly sent?: unknown
  /** The object as stored; `metadata` is completed. */
  readonly stored?: Partial<KubeObject> | null
  readonly version?: string
  readonly answer?: unknown
  readonly code?: number
  readonly stage?: string
  readonly level?: 'Metadata' | 'Request' | 'RequestResponse'
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Subject {
  readonly object: KubeObject
  readonly resource: string
}

export const BORN = Date.parse('2026-01-01T00:00:00Z')

function levelOf({ level, sent, stored, answer }: EventWords): string {
  if (level !== undefined) return level
  if (stored !== undefined || answer !== undefined) return 'RequestResponse'
  return sent === undefined ? 'Metadata' : 'Request'
}

function pathOf({ object, resource }: Subject, { name, subresource, verb }: EventWords): string {
  const { apiVersion, metadata } = object
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const where = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
  const many = verb === 'deletecollection' || verb === 'create'
  const what = many ? '' : `/${name ?? metadata.name}`
  return `${root}${where}/${resource}${what}${subresource === undefined ? '' : `/${subresource}`}`
}

function storedObject({ object }: Subject, words: EventWords): object | undefined {
  const { stored, uid, version, name } = words
  if (stored === undefined || stored === null) return undefined
  const { apiVersion, kind, metadata } = object
  const own = { name: name ?? metadata.name, namespace: metadata.namespace, uid: uid ?? metadata.uid }
  return { apiVersion, kind, ...stored, metadata: { ...own, resourceVersion: version ?? '', ...stored.metadata } }
}

function refOf({ object, resource }: Subject, { verb, name, uid, based, subresource }: EventWords): object {
  const { apiVersion, metadata } = object
  const [first = '', second] = apiVersion.split('/')
  return {
    resource,
    namespace: metadata.namespace,
    ...(verb === 'deletecollection' ? {} : { name: name ?? metadata.name }),
    // Only an update says in its reference which object it is about.
    ...(verb === 'update' ? { uid: uid ?? metadata.uid } : {}),
    ...(second === undefined ? {} : { apiGroup: first }),
    apiVersion: second ?? first,
    ...(based === undefined ? {} : { resourceVersion: based }),
    ...(subresource === undefined ? {} : { subresource }),
  }
}

let count = 0

/** One event, its members in the API server's order. */
export function auditEvent(subject: Subject, words: EventWords): object {
  const { user, as, verb = 'patch', manager = 'kubectl-edit', agent, query = '', code = 200 } = words
  const when = (ms: number): string => new Date(BORN + words.at * 1_000 + ms).toISOString().replace('Z', '000Z')
  const fieldManager = verb === 'delete' || verb === 'deletecollection' ? [] : [`fieldManager=${manager}`]
  const questions = [...fieldManager, ...(query === '' ? [] : [query])].join('&')
  count += 1
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: levelOf(words),
    auditID: words.id ?? `id-${count}`,
    stage: words.stage ?? 'ResponseComplete',
    requestURI: `${pathOf(subject, words)}${questions === '' ? '' : `?${questions}`}`,
    verb,
    user: { username: user, groups: ['system:authenticated'] },
    ...(as === undefined ? {} : { impersonatedUser: { username: as } }),
    sourceIPs: ['10.0.0.7'],
    userAgent: agent ?? 'kubectl/v1.35.0 (linux/amd64) kubernetes/abc',
    objectRef: refOf(subject, words),
    responseStatus: { metadata: {}, code },
    ...(words.sent === undefined ? {} : { requestObject: words.sent }),
    responseObject: words.answer ?? storedObject(subject, words),
    requestReceivedTimestamp: when(-5),
    stageTimestamp: when(0),
    annotations: { 'authorization.k8s.io/decision': 'allow', ...words.annotations },
  }
}

export const auditLine = (subject: Subject, words: EventWords): string => JSON.stringify(auditEvent(subject, words))
