import type { Json, JsonMap } from '../../src/core/kube/index.ts'
import { isMap } from '../../src/core/kube/index.ts'
import {
  applyObject,
  type ObjectApplied,
  scaleObject,
  updateObject,
  type Versions,
} from '../../src/core/merge/index.ts'
import { isProblem, type Problem } from '../../src/core/problem/index.ts'
import type { ServerStep } from './server-script.ts'

const GROUP = 'merge.test'

export interface Answer {
  readonly status: number
  readonly body: JsonMap
}
export interface Call {
  readonly method: string
  readonly path: string
  readonly body?: Json
  readonly contentType?: string
}
export type Server = (call: Call) => Promise<Answer>

const MERGE_PATCH = 'application/merge-patch+json'

function at(object: Json | undefined, ...names: readonly string[]): Json | undefined {
  return names.reduce<Json | undefined>((value, name) => (isMap(value) ? value[name] : undefined), object)
}

function bodyOf(step: ServerStep, name: string): JsonMap {
  const metadata = { ...(step.body['metadata'] as JsonMap), name, namespace: 'default' }
  return { ...step.body, apiVersion: `${GROUP}/${step.version}`, kind: 'Gadget', metadata }
}

async function send(server: Server, step: ServerStep, at: { name: string; live: JsonMap | null }): Promise<Answer> {
  const collection = `/apis/${GROUP}/${step.version}/namespaces/default/gadgets`
  const path = `${collection}/${at.name}`
  const who = `fieldManager=${step.manager}`
  const body = bodyOf(step, at.name)
  const metadata = body['metadata'] as JsonMap
  switch (step.op) {
    case 'apply':
      return server({
        method: 'PATCH',
        path: `${path}?${who}&force=${step.force}`,
        body,
        contentType: 'application/apply-patch+yaml',
      })
    case 'put': {
      if (at.live === null) return server({ method: 'POST', path: `${collection}?${who}`, body })
      const resourceVersion = (at.live['metadata'] as JsonMap)['resourceVersion']
      return server({
        method: 'PUT',
        path: `${path}?${who}`,
        body: { ...body, metadata: { ...metadata, resourceVersion } },
      })
    }
    case 'merge':
      return server({ method: 'PATCH', path: `${path}?${who}`, body: step.body, contentType: MERGE_PATCH })
    case 'wipe': {
      const wiped = { ...step.body, metadata: { ...(step.body['metadata'] as JsonMap), managedFields: [{}] } }
      return server({ method: 'PATCH', path: `${path}?${who}`, body: wiped, contentType: MERGE_PATCH })
    }
    case 'scale': {
      const patch = { spec: { replicas: replicasOf(step) } }
      const scaled = await server({
        method: 'PATCH',
        path: `${path}/scale?${who}`,
        body: patch,
        contentType: MERGE_PATCH,
      })
      return scaled.status < 300 ? server({ method: 'GET', path }) : scaled
    }
    default:
      return step.op satisfies never
  }
}

function replicasOf(step: ServerStep): number {
  const spec = step.body['spec']
  const replicas = isMap(spec) ? spec['replicas'] : undefined
  return typeof replicas === 'number' ? replicas : 0
}

type Expected = ObjectApplied | { readonly state: 'stored'; readonly object: JsonMap } | Problem

/** What this project says the server makes of the step; `stored` is the server's object, less what is asked. */
function expect(
  step: ServerStep,
  at: { name: string; live: JsonMap | null; stored: JsonMap; versions: Versions },
): Expected {
  const version = `${GROUP}/${step.version}`
  const live = at.live === null ? null : { ...at.live, apiVersion: version }
  const empty = { apiVersion: version, kind: 'Gadget' }
  const time = new Date().toISOString().replace(/\.\d+/, '')
  const write = { live, empty, version, manager: step.manager, time, versions: at.versions }
  if (step.op === 'apply') return applyObject({ ...write, applied: bodyOf(step, at.name), force: step.force })
  if (step.op === 'scale') {
    const paths = new Map(['v1', 'v2'].map((it) => [`${GROUP}/${it}`, ['spec', 'replicas']] as const))
    const scaled = scaleObject({
      live: live as JsonMap,
      replicas: replicasOf(step),
      manager: step.manager,
      version,
      paths,
    })
    return isProblem(scaled) ? scaled : { state: 'stored', object: scaled }
  }
  const { managedFields: _, ...metadata } = (at.stored['metadata'] ?? {}) as JsonMap
  const sent = step.op === 'wipe' ? { ...metadata, managedFields: [{}] } : metadata
  return { state: 'stored', object: updateObject({ ...write, next: { ...at.stored, metadata: sent } }) }
}

/** Entries without times, in an order that does not depend on them. */
function ownership(object: JsonMap): string[] {
  const entries = (at(object, 'metadata', 'managedFields') ?? []) as readonly JsonMap[]
  return entries
    .map((it) =>
      JSON.stringify([it['manager'], it['operation'], it['apiVersion'], it['subresource'] ?? '', it['fieldsV1']]),
    )
    .sort()
}

/** The part of the object that a client writes, with the port defaults that the server fills in. */
function content(object: JsonMap): unknown {
  const spec = at(object, 'spec')
  const ports = at(spec, 'ports')
  const filled = Array.isArray(ports)
    ? (ports as readonly JsonMap[]).map((port) => ({ protocol: 'TCP', ...port }))
    : ports
  return {
    spec: isMap(spec) ? { ...spec, ...(filled === undefined ? {} : { ports: filled }) } : spec,
    labels: at(object, 'metadata', 'labels') ?? {},
    annotations: at(object, 'metadata', 'annotations') ?? {},
  }
}

/** A container that was emptied is null after an apply; where the schema does not allow null the server then refuses. */
function isNullRefusal(answer: Answer): boolean {
  return answer.status === 422 && /must be of type \w+: "null"/.test(String(answer.body['message']))
}

interface Finding {
  readonly step: ServerStep
  readonly server: unknown
  readonly ours: unknown
}

function judge(step: ServerStep, answer: Answer, expected: Expected): Finding | null {
  const causes = at(answer.body, 'details', 'causes')
  if (isProblem(expected)) return answer.status >= 400 ? null : { step, server: answer.status, ours: expected.message }
  if (expected.state === 'conflict') {
    const [server, ours] = [
      answer.status === 409 && Array.isArray(causes) ? causes.length : answer.status,
      expected.conflicts.length,
    ]
    return server === ours ? null : { step, server, ours }
  }
  if (answer.status >= 300)
    return isNullRefusal(answer) ? null : { step, server: answer.body['message'], ours: 'stored' }
  const [server, ours] = [answer.body, expected.object].map((object) => ({
    ownership: ownership(object),
    content: content(object),
  }))
  return sameText(server, ours) ? null : { step, server, ours }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isMap(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}

function sameText(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

/** Puts one script to the server, each step judged on what the server had before it; answers the disagreements. */
export async function runOnServer(
  server: Server,
  script: readonly ServerStep[],
  at: { name: string; versions: Versions },
): Promise<Finding[]> {
  const findings: Finding[] = []
  let live: JsonMap | null = null
  for (const step of script) {
    if (live === null && step.op !== 'apply' && step.op !== 'put') continue
    const answer = await send(server, step, { name: at.name, live })
    const finding = judge(step, answer, expect(step, { ...at, live, stored: answer.body }))
    if (finding !== null) findings.push(finding)
    if (answer.status < 300) live = answer.body
  }
  return findings
}
