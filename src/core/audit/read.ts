// One audit event → the fact that it is.
import { groupOf, isMap, type Json, type JsonMap } from '../kube/index.ts'
import { type Glance, glance, isNoise, isWrite } from './head.ts'
import type { Imprinter } from './imprint.ts'
import { type Body, type Outline, outlineOf } from './outline.ts'
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

/** Without a name given, the server takes what stands before the first slash of the user agent, else `unknown`. */
function managerOf(query: URLSearchParams, userAgent: string): string {
  const given = (query.get('fieldManager') ?? '') || (userAgent.split('/')[0] ?? '')
  return given === '' ? 'unknown' : given.slice(0, MAX_MANAGER)
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

interface Written extends Outline {
  readonly line: string
  readonly verb: AuditVerb
  readonly target: AuditTarget
}

function targetOf({ event, answered }: Outline): AuditTarget {
  const ref = mapOf(event.objectRef)
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

const deletes = ({ verb, target }: Written): boolean =>
  verb === 'delete' || verb === 'deletecollection' || target.subresource === 'eviction'

/** The object that was written, where the answer is that object. */
function storedOf(written: Written): Body | null {
  const { answered } = written
  return answered.shape !== 'map' || answered.kind === 'Status' || deletes(written) ? null : answered
}

/** A Scale tells the object's uid and resourceVersion, and of the object itself only its replicas. */
function stateOf({ target }: Written, stored: Body | null): Body | null {
  if (stored === null || target.subresource === 'scale') return null
  return groupOf(text(stored.apiVersion)) === target.group ? stored : null
}

/** What a deletion was asked and answered is short, or a list that is looked through. */
function parsed({ line }: Written, { shape, from, to }: Body): JsonMap {
  return shape === 'map' ? mapOf(JSON.parse(line.slice(from, to)) as Json) : {}
}

function uidOf(written: Written): string {
  const { event, verb, answered } = written
  const inMetadata = verb === 'deletecollection' ? '' : text(answered.uid)
  const known = text(mapOf(event.objectRef).uid) || inMetadata
  return known === '' && deletes(written) ? text(mapOf(parsed(written, answered).details).uid) : known
}

function itemsOf(written: Written): Fact['items'] {
  if (written.verb !== 'deletecollection') return null
  const { items } = parsed(written, written.answered)
  if (!Array.isArray(items)) return null
  return (items as readonly Json[]).slice(0, MAX_ITEMS).map((item) => {
    const { name, uid } = mapOf(mapOf(item).metadata)
    return { name: text(name), uid: text(uid) }
  })
}

function sentAs({ sent, verb }: Written): Fact['sentAs'] {
  if (verb !== 'patch') return 'whole'
  return sent.shape === 'list' ? 'json' : 'partial'
}

/** Of the patches only an apply says which object it is. */
function isApply({ sent, verb }: Written, query: URLSearchParams): boolean | null {
  if (verb !== 'patch') return false
  if (sent.shape === 'map') return sent.apiVersion !== '' && sent.kind !== ''
  if (sent.shape === 'list') return false
  return query.get('force') === null ? null : true
}

function isDryRun(written: Written, query: URLSearchParams): boolean {
  if (query.has('dryRun')) return true
  if (!deletes(written)) return false
  const sent = parsed(written, written.sent)
  return [sent.dryRun, mapOf(sent.deleteOptions).dryRun].some((one) => Array.isArray(one) && one.length > 0)
}

function writtenBodies(written: Written, imprinter: Imprinter): Pick<Fact, 'sent' | 'after' | 'afterVersion'> {
  const { line, sent } = written
  const state = stateOf(written, storedOf(written))
  return {
    sent: deletes(written) || sent.shape === 'none' ? null : sentImprint(written, imprinter),
    after: state === null ? null : imprintOf(line, state, imprinter),
    afterVersion: state === null ? '' : text(state.apiVersion),
  }
}

function imprintOf(line: string, { shape, from, to, imprint }: Body, imprinter: Imprinter): string {
  if (shape === 'map') return imprint ?? imprinter.ofText(line, from).imprint
  return patchImprint(JSON.parse(line.slice(from, to)) as readonly Json[], imprinter)
}

const STRING_DATA = /^\/stringData(?=\/|$)/
const base64 = (value: Json | undefined): Json | undefined =>
  typeof value === 'string' ? Buffer.from(value, 'utf8').toString('base64') : value
const encoded = (map: JsonMap): JsonMap =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, base64(value) ?? null]))

/** What is sent as `stringData` of a Secret is stored as `data`, and stands there. */
function asStored(sent: Json): Json {
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

function sentImprint({ line, sent, target }: Written, imprinter: Imprinter): string {
  if (target.group !== '' || target.resource !== 'secrets') return imprintOf(line, sent, imprinter)
  const stored = asStored(JSON.parse(line.slice(sent.from, sent.to)) as Json)
  return Array.isArray(stored) ? patchImprint(stored as readonly Json[], imprinter) : imprinter.text(stored)
}

/** An apply of what is not there makes it, and a patch it is all the same. */
function isCreating({ event, verb, target }: Written): boolean {
  return verb === 'patch' && target.subresource === '' && mapOf(event.responseStatus).code === 201
}

const UNKNOWN_BODIES = { sent: null, after: null, afterVersion: '' } as const

function factOf(written: Written, query: URLSearchParams, reader: AuditReader): Fact {
  const { event, verb, target } = written
  const user = mapOf(event.user)
  const other = mapOf(event.impersonatedUser)
  const userAgent = text(event.userAgent)
  const stored = storedOf(written)
  return {
    auditID: text(event.auditID),
    verb: target.subresource === 'eviction' ? 'delete' : isCreating(written) ? 'create' : verb,
    target,
    uid: uidOf(written),
    resourceVersion: text(stored?.resourceVersion),
    generation: stored?.generation ?? 0,
    basedOn: text(mapOf(event.objectRef).resourceVersion),
    received: timeOf(event.requestReceivedTimestamp),
    time: timeOf(event.stageTimestamp),
    user: text(user.username),
    groups: textsOf(user.groups),
    impersonatedUser: text(other.username) || null,
    sourceIPs: textsOf(event.sourceIPs),
    userAgent,
    manager: managerOf(query, userAgent),
    apply: isApply(written, query),
    sentAs: sentAs(written),
    ...(reader.wants(target) ? writtenBodies(written, reader.imprinter) : UNKNOWN_BODIES),
    mutations: mutationsOf(mapOf(event.annotations)),
    selector:
      verb === 'deletecollection'
        ? { labels: query.get('labelSelector') ?? '', fields: query.get('fieldSelector') ?? '' }
        : null,
    items: itemsOf(written),
  }
}

function ofEvent(line: string, outline: Outline, reader: AuditReader): AuditReading {
  const { event } = outline
  if (typeof event.auditID !== 'string') return GARBAGE
  const verb = text(event.verb)
  if (event.stage !== 'ResponseComplete' || !isWrite(verb)) return DROPPED
  const target = targetOf(outline)
  const code = mapOf(event.responseStatus).code
  if (typeof code === 'number' && code >= 300) return DROPPED
  if (target.resource === '' || isNoise(target.resource, target.subresource)) return DROPPED
  const written: Written = { ...outline, line, verb: verb as AuditVerb, target }
  const query = queryOf(event)
  if (isDryRun(written, query)) return DROPPED
  if (event.auditID === '' || text(mapOf(event.user).username) === '') return GARBAGE
  return { kind: 'fact', fact: factOf(written, query, reader) }
}

/** A creation may give no name yet, and of a deletion the body is of no use: these are looked at afterwards. */
const isWanted = ({ verb, asked }: Glance, reader: AuditReader): boolean =>
  (verb === 'update' || verb === 'patch') && asked.name !== '' && reader.wants(asked)

/** Reads one event of an audit log. Never throws; what is of no use is dropped before it is parsed where possible. */
export function readAuditEvent(line: string, reader: AuditReader): AuditReading {
  const seen = glance(line)
  if (seen === 'drop') return DROPPED
  try {
    const imprinter = seen !== 'look' && isWanted(seen, reader) ? reader.imprinter : null
    return ofEvent(line, outlineOf(line, imprinter), reader)
  } catch {
    return GARBAGE
  }
}
