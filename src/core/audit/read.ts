// One audit event → the fact that it is.
import { groupOf, isMap, type Json, type JsonMap } from '../kube/index.ts'
import { type Asked, glance, isNoise, isWrite, withoutBodies } from './head.ts'
import type { Imprinter } from './imprint.ts'
import { patchImprint } from './touch.ts'
import type { AuditMutation, AuditReading, AuditTarget, AuditVerb, Fact } from './types.ts'

export interface AuditReader {
  readonly imprinter: Imprinter
  /** Of which objects more is kept than who wrote when: what was written. */
  wants(asked: Pick<AuditTarget, 'group' | 'resource' | 'namespace' | 'name'>): boolean
}

const DROPPED: AuditReading = { kind: 'dropped' }
const GARBAGE: AuditReading = { kind: 'garbage' }
const MAX_TEXT = 1_024
const MAX_ITEMS = 5_000
const MAX_LISTED = 32
/** As long as the server lets a manager's name be. */
const MAX_MANAGER = 128

const text = (value: Json | undefined): string => (typeof value === 'string' ? value.slice(0, MAX_TEXT) : '')
const mapOf = (value: Json | undefined): JsonMap => (isMap(value) ? value : {})
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])
const textsOf = (value: Json | undefined): readonly string[] =>
  listOf(value)
    .slice(0, MAX_LISTED)
    .map(text)
    .filter((one) => one !== '')

function timeOf(value: Json | undefined): number {
  const time = Date.parse(text(value))
  return Number.isNaN(time) ? 0 : time
}

function queryOf(event: JsonMap): URLSearchParams {
  const uri = typeof event.requestURI === 'string' ? event.requestURI : ''
  const question = uri.indexOf('?')
  return new URLSearchParams(question < 0 ? '' : uri.slice(question + 1))
}

/** Without a name given, the server takes what stands before the first slash of the user agent. */
function managerOf(query: URLSearchParams, userAgent: string): string {
  const given = query.get('fieldManager') ?? ''
  return (given === '' ? (userAgent.split('/')[0] ?? '') : given).slice(0, MAX_MANAGER)
}

function pointersOf(annotation: string | undefined): readonly string[] | null {
  if (annotation === undefined) return null
  try {
    const { patch } = mapOf(JSON.parse(annotation) as Json)
    return Array.isArray(patch) ? (patch as readonly Json[]).map((one) => text(mapOf(one).path)) : null
  } catch {
    return null
  }
}

const MUTATION = 'mutation.webhook.admission.k8s.io/'
const PATCH = 'patch.webhook.admission.k8s.io/'

function mutationOf(name: string, annotations: JsonMap): AuditMutation | null {
  try {
    const { configuration, webhook, mutated } = mapOf(JSON.parse(text(annotations[name])) as Json)
    if (mutated !== true) return null
    const patch = annotations[PATCH + name.slice(MUTATION.length)]
    return {
      configuration: text(configuration),
      webhook: text(webhook),
      pointers: pointersOf(typeof patch === 'string' ? patch : undefined),
    }
  } catch {
    return null
  }
}

function mutationsOf(annotations: JsonMap): readonly AuditMutation[] {
  const names = Object.keys(annotations).filter((name) => name.startsWith(MUTATION))
  return names.map((name) => mutationOf(name, annotations)).filter((one) => one !== null)
}

interface Bodies {
  readonly event: JsonMap
  readonly verb: AuditVerb
  readonly target: AuditTarget
}

function targetOf(event: JsonMap): AuditTarget {
  const ref = mapOf(event.objectRef)
  const answered = mapOf(mapOf(event.responseObject).metadata)
  return {
    group: text(ref.apiGroup),
    version: text(ref.apiVersion),
    resource: text(ref.resource),
    subresource: text(ref.subresource),
    namespace: text(ref.namespace),
    // What a generateName became stands in the answer alone.
    name: text(ref.name) || text(answered.name),
  }
}

/** The object that was written, where the answer is that object. */
function storedOf({ event, verb, target }: Bodies): JsonMap | null {
  const answer = event.responseObject
  if (!isMap(answer) || answer.kind === 'Status' || verb === 'delete' || verb === 'deletecollection') return null
  if (target.subresource === 'eviction') return null
  return answer
}

/** A Scale tells the object's uid and resourceVersion, and of the object itself only its replicas. */
function stateOf(bodies: Bodies, stored: JsonMap | null): JsonMap | null {
  if (stored === null || bodies.target.subresource === 'scale') return null
  return groupOf(text(stored.apiVersion)) === bodies.target.group ? stored : null
}

function uidOf({ event, verb }: Bodies): string {
  const answer = mapOf(event.responseObject)
  const inMetadata = verb === 'deletecollection' ? '' : text(mapOf(answer.metadata).uid)
  return text(mapOf(event.objectRef).uid) || inMetadata || text(mapOf(answer.details).uid)
}

function itemsOf({ event, verb }: Bodies): Fact['items'] {
  const answer = event.responseObject
  if (verb !== 'deletecollection' || !isMap(answer) || !Array.isArray(answer.items)) return null
  return (answer.items as readonly Json[]).slice(0, MAX_ITEMS).map((item) => {
    const { name, uid } = mapOf(mapOf(item).metadata)
    return { name: text(name), uid: text(uid) }
  })
}

function sentAs({ event, verb }: Bodies): Fact['sentAs'] {
  if (verb !== 'patch') return 'whole'
  return Array.isArray(event.requestObject) ? 'json' : 'partial'
}

/** Of the patches only an apply says which object it is. */
function isApply({ event, verb }: Bodies, query: URLSearchParams): boolean | null {
  if (verb !== 'patch') return false
  const sent = event.requestObject
  if (isMap(sent)) return typeof sent.apiVersion === 'string' && typeof sent.kind === 'string'
  if (Array.isArray(sent)) return false
  return query.get('force') === null ? null : true
}

function isDryRun({ event, verb }: Bodies, query: URLSearchParams): boolean {
  if (query.has('dryRun')) return true
  if (verb !== 'delete' && verb !== 'deletecollection' && text(mapOf(event.objectRef).subresource) !== 'eviction')
    return false
  const sent = mapOf(event.requestObject)
  return [sent.dryRun, mapOf(sent.deleteOptions).dryRun].some((one) => Array.isArray(one) && one.length > 0)
}

function writtenBodies(bodies: Bodies, imprinter: Imprinter): Pick<Fact, 'sent' | 'after' | 'afterVersion'> {
  const { event, verb, target } = bodies
  const deletes = verb === 'delete' || verb === 'deletecollection' || target.subresource === 'eviction'
  const sent = event.requestObject
  const state = stateOf(bodies, storedOf(bodies))
  return {
    sent: deletes || sent === undefined || sent === null ? null : imprintOf(asStored(sent, target), imprinter),
    after: state === null ? null : imprinter.text(state),
    afterVersion: state === null ? '' : text(state.apiVersion),
  }
}

function imprintOf(sent: Json, imprinter: Imprinter): string {
  return Array.isArray(sent) ? patchImprint(sent as readonly Json[], imprinter) : imprinter.text(sent)
}

const STRING_DATA = /^\/stringData(?=\/|$)/
const base64 = (value: Json | undefined): Json | undefined =>
  typeof value === 'string' ? Buffer.from(value, 'utf8').toString('base64') : value
const encoded = (map: JsonMap): JsonMap =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, base64(value) ?? null]))

/** What is sent as `stringData` of a Secret is stored as `data`, and stands there. */
function asStored(sent: Json, { group, resource }: AuditTarget): Json {
  if (group !== '' || resource !== 'secrets') return sent
  if (Array.isArray(sent)) return (sent as readonly Json[]).map(operationAsStored)
  if (!isMap(sent) || !isMap(sent.stringData)) return sent
  const { stringData, ...rest } = sent
  return { ...rest, data: { ...mapOf(rest.data), ...encoded(stringData) } }
}

function operationAsStored(operation: Json): Json {
  if (!isMap(operation) || !STRING_DATA.test(text(operation.path))) return operation
  const { value } = operation
  const path = text(operation.path).replace(STRING_DATA, '/data')
  return value === undefined
    ? { ...operation, path }
    : { ...operation, path, value: isMap(value) ? encoded(value) : (base64(value) ?? null) }
}

/** An apply of what is not there makes it, and a patch it is all the same. */
function isCreating({ event, verb, target }: Bodies): boolean {
  return verb === 'patch' && target.subresource === '' && mapOf(event.responseStatus).code === 201
}

const UNKNOWN_BODIES = { sent: null, after: null, afterVersion: '' } as const

function factOf(bodies: Bodies, reader: AuditReader): Fact {
  const { event, verb, target } = bodies
  const query = queryOf(event)
  const user = mapOf(event.user)
  const other = mapOf(event.impersonatedUser)
  const userAgent = text(event.userAgent)
  const stored = mapOf(mapOf(storedOf(bodies)).metadata)
  const evicts = target.subresource === 'eviction'
  return {
    auditID: text(event.auditID),
    verb: evicts ? 'delete' : isCreating(bodies) ? 'create' : verb,
    target,
    uid: uidOf(bodies),
    resourceVersion: text(stored.resourceVersion),
    generation: typeof stored.generation === 'number' ? stored.generation : 0,
    basedOn: text(mapOf(event.objectRef).resourceVersion),
    received: timeOf(event.requestReceivedTimestamp),
    time: timeOf(event.stageTimestamp),
    user: text(user.username),
    groups: textsOf(user.groups),
    impersonatedUser: text(other.username) || null,
    sourceIPs: textsOf(event.sourceIPs),
    userAgent,
    manager: managerOf(query, userAgent),
    apply: isApply(bodies, query),
    sentAs: sentAs(bodies),
    ...(reader.wants(target) ? writtenBodies(bodies, reader.imprinter) : UNKNOWN_BODIES),
    mutations: mutationsOf(mapOf(event.annotations)),
    selector:
      verb === 'deletecollection'
        ? { labels: query.get('labelSelector') ?? '', fields: query.get('fieldSelector') ?? '' }
        : null,
    items: itemsOf(bodies),
  }
}

function ofEvent(event: JsonMap, reader: AuditReader): AuditReading {
  const verb = text(event.verb)
  if (event.stage !== 'ResponseComplete' || !isWrite(verb)) return DROPPED
  const target = targetOf(event)
  const code = mapOf(event.responseStatus).code
  if (typeof code === 'number' && code >= 300) return DROPPED
  if (target.resource === '' || isNoise(target.resource, target.subresource)) return DROPPED
  const bodies: Bodies = { event, verb: verb as AuditVerb, target }
  if (isDryRun(bodies, queryOf(event))) return DROPPED
  if (text(event.auditID) === '' || text(mapOf(event.user).username) === '') return GARBAGE
  return { kind: 'fact', fact: factOf(bodies, reader) }
}

/** `deletecollection` and creations by generateName name nobody before they are parsed. */
function bodiesUnwanted(asked: Asked, reader: AuditReader): boolean {
  return asked.name !== '' && !reader.wants(asked)
}

/** Reads one event of an audit log. Never throws; what is of no use is dropped before it is parsed where possible. */
export function readAuditEvent(line: string, reader: AuditReader): AuditReading {
  const seen = glance(line)
  if (seen === 'drop') return DROPPED
  try {
    const short = seen !== 'look' && bodiesUnwanted(seen, reader) ? withoutBodies(line) : null
    const event = JSON.parse(short ?? line) as Json
    if (!isMap(event) || typeof event.auditID !== 'string') return GARBAGE
    return ofEvent(event, reader)
  } catch {
    return GARBAGE
  }
}
