// Audit events taken in: as a cluster sends them, and nothing but writes with both bodies.
import { FactIndex, Imprinter, LineReader, readAuditEvent } from '../../src/core/audit/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { auditLine } from '../../test/kit/audit-events.ts'
import { deployment as bigDeployment } from '../merge/deployment.ts'
import type { Row } from '../rows.mjs'

const EVENTS = 100_000
/** Of 12 KB, with what was stored; of 37 KB, with what was sent and managedFields as well. */
const BODIES = 4_000
const OBJECTS = 2_000
/** Of the writes of a cluster so many are heartbeats. */
const NOISE = 0.95

const deployment = (index: number): KubeObject => {
  const object = bigDeployment() as unknown as KubeObject
  return { ...object, metadata: { ...object.metadata, name: `web-${index}`, namespace: 'shop', uid: `u-${index}` } }
}
/** As the server writes them for whoever applies the whole object: as long as the object itself. */
function fieldsOf(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [`f:${name}`, fieldsOf(member)]))
}
function withBookkeeping(object: KubeObject): KubeObject {
  const { spec } = object as unknown as { spec: { template: { spec: { containers: readonly object[] } } } }
  const containers = spec.template.spec.containers.map((one, index) => [`k:{"name":"c-${index}"}`, fieldsOf(one)])
  const fieldsV1 = { 'f:spec': { ...fieldsOf(spec), 'f:containers': Object.fromEntries(containers) } }
  const entry = { manager: 'helm', operation: 'Update', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1 }
  const managedFields = [entry, { ...entry, manager: 'kube-controller-manager', subresource: 'status' }]
  return { ...object, metadata: { ...object.metadata, managedFields } } as unknown as KubeObject
}
const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace: 'kube-node-lease' } }

function lines(count: number, noise: number, verb: 'patch' | 'update' = 'patch'): Buffer[] {
  const made = verb === 'patch' ? deployment : (index: number) => withBookkeeping(deployment(index))
  const subjects = Array.from({ length: 50 }, (_, index) => made(index))
  return Array.from({ length: count }, (_, index) => {
    if ((index * 7919) % 1_000 < noise * 1_000) {
      const object = { ...lease, metadata: { ...lease.metadata, name: `node-${index % 500}` } }
      const renewed = { spec: { renewTime: new Date(index).toISOString() } }
      return auditLine(
        { object, resource: 'leases' },
        { user: 'node', verb: 'update', at: index, sent: renewed, stored: renewed },
      )
    }
    const object = subjects[index % 50] as KubeObject
    const named = { ...object, metadata: { ...object.metadata, name: `web-${index % OBJECTS}` } }
    const sent = verb === 'patch' ? { spec: { replicas: index } } : named
    return auditLine(
      { object: named, resource: 'deployments' },
      { user: 'alice', verb, at: index, sent, stored: named, version: String(index) },
    )
  }).map((line) => Buffer.from(`${line}\n`))
}

interface Taken {
  readonly perSecond: number
  readonly megabytes: number
  readonly kept: number
}

const ignore = (): void => {}

function take(all: readonly Buffer[], wanted: boolean): Taken {
  const imprinter = new Imprinter('bench')
  const index = new FactIndex()
  const before = process.memoryUsage().rss
  let now = 0
  let most = before
  const reader = new LineReader((line) => {
    const reading = readAuditEvent(line, { imprinter, wants: () => wanted })
    if (reading.kind === 'fact') index.add(reading.fact, { wanted, now })
    now += 1
    if (now % 5_000 === 0) most = Math.max(most, process.memoryUsage().rss)
  }, ignore)
  const started = process.cpuUsage()
  for (const line of all) reader.push(line)
  const { user, system } = process.cpuUsage(started)
  return { perSecond: all.length / ((user + system) / 1e6), megabytes: (most - before) / 2 ** 20, kept: index.size }
}

const row = (what: string, { perSecond, megabytes, kept }: Taken, budget?: number): Row => ({
  what,
  value: `${Math.round(perSecond).toLocaleString('en')} events/s, ${Math.round(megabytes)} MB more, ${kept} kept`,
  ...(budget === undefined
    ? {}
    : { budget: `≥ ${budget.toLocaleString('en')}/s in < 100 MB`, kept: perSecond >= budget && megabytes < 100 }),
})

/** One processor: the reading alone, without files or sockets. */
export function measure(): Row[] {
  const mixed = lines(EVENTS, NOISE)
  take(mixed.slice(0, 20_000), true)
  const usual = take(mixed, true)
  const patches = lines(BODIES, 0)
  const unknown = take(patches, false)
  const known = take(patches, true)
  const updates = take(lines(BODIES, 0, 'update'), true)
  return [
    row('as a cluster sends them: 95 of 100 are heartbeats', usual, 10_000),
    row('patches of 11 KB Deployments that nobody delivers', unknown, 10_000),
    row('patches of 11 KB Deployments that are delivered', known, 10_000),
    row('the same written whole, sent and stored with managedFields', updates),
  ]
}
