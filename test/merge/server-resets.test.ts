import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Json, type JsonMap, isMap } from '../../src/core/kube/index.ts'
import {
  applyObject,
  emptyObject,
  type Endpoint,
  FieldSet,
  resetFields,
  schemaFromCrd,
  updateObject,
  type Versions,
} from '../../src/core/merge/index.ts'
import { isProblem } from '../../src/core/problem/index.ts'
import { BinariesUnavailable } from '../../tools/binaries.mjs'
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.mjs'
import { builtIn, DATA } from './built-in.ts'
import { manifestOf } from './manifests.ts'
import { client, until } from './server-client.ts'
import type { Server } from './server-run.ts'

const MERGE_PATCH = 'application/merge-patch+json'
const TIME = '2026-01-01T00:00:00Z'
const condition = { type: 'Tested', status: 'True', reason: 'R', message: 'm', lastTransitionTime: TIME }
const conditions = [condition]
const updated = [{ ...condition, lastUpdateTime: TIME }]
const probed = [{ ...condition, lastProbeTime: TIME }]
const beaten = [{ ...condition, lastHeartbeatTime: TIME }]
const allocated = { request: 'gpu', driver: 'x.test', pool: 'p', device: 'd0' }
const cpu = { cpu: '4' }

/** A change of spec and one of status, by kind. */
const CHANGES: Readonly<Record<string, { spec: JsonMap; status: JsonMap }>> = {
  '/v1/Namespace': { spec: { finalizers: ['example.com/f'] }, status: { conditions } },
  '/v1/Node': { spec: { unschedulable: true }, status: { capacity: cpu, allocatable: cpu, conditions: beaten } },
  '/v1/PersistentVolume': { spec: { mountOptions: ['ro'] }, status: { message: 'm' } },
  '/v1/PersistentVolumeClaim': {
    spec: { volumeName: 'made' },
    status: { capacity: { storage: '5Gi' }, conditions: probed },
  },
  '/v1/Pod': { spec: { activeDeadlineSeconds: 5 }, status: { message: 'm', conditions: probed } },
  '/v1/ReplicationController': { spec: { replicas: 4 }, status: { replicas: 1, conditions } },
  '/v1/ResourceQuota': { spec: { hard: { pods: '11' } }, status: { hard: { pods: '11' }, used: { pods: '1' } } },
  '/v1/Service': { spec: { selector: { app: 'other' } }, status: { conditions } },
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': {
    spec: { failurePolicy: 'Ignore' },
    status: { observedGeneration: 1, conditions },
  },
  'apiextensions.k8s.io/v1/CustomResourceDefinition': {
    spec: { names: { shortNames: ['ty'] } },
    status: { storedVersions: ['v1'], conditions },
  },
  'apiregistration.k8s.io/v1/APIService': { spec: { versionPriority: 11 }, status: { conditions } },
  'apps/v1/DaemonSet': { spec: { minReadySeconds: 3 }, status: { numberReady: 1, conditions } },
  'apps/v1/Deployment': { spec: { replicas: 4 }, status: { replicas: 1, conditions: updated } },
  'apps/v1/ReplicaSet': { spec: { replicas: 4 }, status: { replicas: 1, conditions } },
  'apps/v1/StatefulSet': { spec: { replicas: 4 }, status: { replicas: 1, conditions } },
  'autoscaling/v2/HorizontalPodAutoscaler': { spec: { maxReplicas: 6 }, status: { currentReplicas: 1, conditions } },
  'batch/v1/CronJob': { spec: { suspend: true }, status: { lastScheduleTime: TIME } },
  'batch/v1/Job': { spec: { parallelism: 3 }, status: { active: 1, startTime: TIME } },
  'certificates.k8s.io/v1/CertificateSigningRequest': {
    spec: { usages: ['server auth'] },
    status: { conditions: [{ type: 'Failed', status: 'True', reason: 'R', message: 'm' }] },
  },
  'flowcontrol.apiserver.k8s.io/v1/FlowSchema': { spec: { matchingPrecedence: 7 }, status: { conditions } },
  'flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration': {
    spec: { limited: { nominalConcurrencyShares: 6 } },
    status: { conditions },
  },
  'networking.k8s.io/v1/Ingress': {
    spec: { ingressClassName: 'other' },
    status: { loadBalancer: { ingress: [{ ip: '10.2.3.4' }] } },
  },
  'networking.k8s.io/v1/ServiceCIDR': { spec: {}, status: { conditions } },
  'policy/v1/PodDisruptionBudget': { spec: { minAvailable: 3 }, status: { currentHealthy: 1, conditions } },
  'resource.k8s.io/v1/ResourceClaim': { spec: {}, status: { allocation: { devices: { results: [allocated] } } } },
  'storage.k8s.io/v1/VolumeAttachment': { spec: {}, status: { attached: true } },
}

let plane: ControlPlane | null = null
let skipped = ''

beforeAll(async () => {
  try {
    plane = await startControlPlane({ controllers: false })
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }
    await client(plane)({ method: 'POST', path: '/api/v1/namespaces/default/serviceaccounts', body: account })
  } catch (error) {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    skipped = error.message
    console.warn(`SKIPPED, real API server: ${skipped}`)
  }
}, 900_000)

afterAll(async () => {
  await plane?.stop()
})

/** As RFC 7386 has it. */
function patched(value: Json | undefined, patch: Json): Json {
  if (!isMap(patch)) return patch
  const members = Object.entries(patch).map(
    ([name, member]) => [name, patched(isMap(value) ? value[name] : undefined, member as Json)] as const,
  )
  return { ...(isMap(value) ? value : {}), ...Object.fromEntries(members) }
}

/** What the writers of this test own; the server's own controllers may come in between. */
function ownership(object: JsonMap): string[] {
  const entries = ((object['metadata'] as JsonMap)['managedFields'] ?? []) as readonly JsonMap[]
  return entries
    .filter((it) => /^(ann|bob|carl|dora)$/.test(String(it['manager'])))
    .map((it) =>
      [it['manager'], it['operation'], it['apiVersion'], it['subresource'], JSON.stringify(it['fieldsV1'])].join(' '),
    )
    .sort()
}

/** The server itself writes the conditions of a FlowSchema a moment after its creation. */
function settled(server: Server, path: string): Promise<JsonMap> {
  return until(async () => {
    const { body } = await server({ method: 'GET', path })
    return isMap(body['status']) && Array.isArray(body['status']['conditions']) ? body : null
  })
}

interface Subject {
  readonly server: Server
  readonly path: string
  readonly empty: JsonMap
  versions(endpoint: Endpoint): Versions
}

/** One merge patch through an endpoint; answers what is stored, after ownership was found as predicted. */
async function patch(
  subject: Subject,
  live: JsonMap,
  write: { manager: string; endpoint: Endpoint; body: JsonMap },
): Promise<JsonMap> {
  const { manager, endpoint, body } = write
  const path = `${subject.path}${endpoint === '' ? '' : `/${endpoint}`}?fieldManager=${manager}`
  const answer = await subject.server({ method: 'PATCH', path, body, contentType: MERGE_PATCH })
  expect([answer.status, answer.status === 200 ? '' : answer.body['message']]).toEqual([200, ''])
  const version = String(live['apiVersion'])
  const predicted = updateObject({
    live,
    next: patched(live, body) as JsonMap,
    empty: subject.empty,
    version,
    manager,
    subresource: endpoint,
    time: TIME,
    versions: subject.versions(endpoint),
  })
  expect(ownership(predicted)).toEqual(ownership(answer.body))
  return answer.body
}

async function walk(subject: Subject, live: JsonMap, changes: { spec: JsonMap; status: JsonMap }): Promise<void> {
  const annotations = (name: string) => ({ annotations: { [name]: 'x' }, labels: { [name]: 'x' } })
  const first = await patch(subject, live, {
    manager: 'bob',
    endpoint: '',
    body: { metadata: annotations('main'), status: changes.status },
  })
  const second = await patch(subject, first, {
    manager: 'carl',
    endpoint: 'status',
    body: { metadata: annotations('status'), spec: changes.spec, status: changes.status },
  })
  await patch(subject, second, { manager: 'dora', endpoint: '', body: { ...changes, metadata: annotations('both') } })
}

describe('what an endpoint resets nobody owns through it', () => {
  test.each(Object.keys(CHANGES))('%s', async (key) => {
    if (plane === null) return expect(skipped).not.toBe('')
    const server = client(plane)
    const [group = '', version = '', kind = ''] = key.split('/')
    const { resource, namespaced } = DATA.resources[key] as { resource: string; namespaced: boolean }
    const collection = `${group === '' ? '/api' : `/apis/${group}`}/${version}/${namespaced ? 'namespaces/default/' : ''}${resource}`
    const body = manifestOf(key)
    const made = await server({ method: 'POST', path: `${collection}?fieldManager=ann`, body })
    expect(made.status).toBe(201)
    const path = `${collection}/${String((body['metadata'] as JsonMap)['name'])}`
    const live = kind === 'FlowSchema' ? await settled(server, path) : made.body
    const versions = (endpoint: Endpoint): Versions => ({
      type: () => builtIn(key).root,
      convert: (value) => value,
      ignored: () => resetFields({ group, kind }, endpoint),
    })
    try {
      const changes = CHANGES[key] as { spec: JsonMap; status: JsonMap }
      await walk({ server, path, empty: emptyObject(builtIn(key)), versions }, live, changes)
    } finally {
      await server({ method: 'DELETE', path: `${path}?gracePeriodSeconds=0` })
    }
  })

  test('a custom resource with a status subresource, in two versions', async (context) => {
    if (plane === null) return context.skip(skipped)
    const server = client(plane)
    const crd = customKind()
    await server({ method: 'POST', path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', body: crd })
    const collection = (version: string) => `/apis/resets.test/${version}/namespaces/default/gauges`
    for (const version of ['v1', 'v2'])
      await until(async () =>
        (await server({ method: 'GET', path: collection(version) })).status === 200 ? true : null,
      )
    const type = (version: string) => schemaFromCrd(crd, version.slice('resets.test/'.length), DATA)?.root
    const subjectIn = (written: string): Subject => ({
      server,
      path: `${collection(written)}/one`,
      empty: {},
      versions: (endpoint) => ({
        type,
        convert: (value, _from, to) => ({ ...(value as JsonMap), apiVersion: to }),
        ignored: (version) =>
          endpoint === '' && version !== `resets.test/${written}`
            ? FieldSet.EMPTY
            : resetFields({ group: 'resets.test', kind: 'Gauge' }, endpoint),
      }),
    })
    const body = (version: string, more: JsonMap): JsonMap => ({
      apiVersion: `resets.test/${version}`,
      kind: 'Gauge',
      metadata: { name: 'one', namespace: 'default' },
      ...more,
    })
    let live = (
      await server({
        method: 'POST',
        path: `${collection('v1')}?fieldManager=ann`,
        body: body('v1', { spec: { size: 1 }, status: { size: 9 } }),
      })
    ).body
    expect(live['status']).toBeUndefined()
    const changes = { spec: { size: 2, parts: ['a'] }, status: { size: 2 } }
    await walk(subjectIn('v1'), live, changes)
    live = (await server({ method: 'GET', path: `${collection('v2')}/one` })).body
    await walk(subjectIn('v2'), live, { spec: { size: 3 }, status: { size: 3 } })
    await applyBoth(subjectIn('v1'), body)
    await applyBoth(subjectIn('v2'), body)
  })
})

/** Applies spec and status through both endpoints, then less of both. */
async function applyBoth(subject: Subject, body: (version: string, more: JsonMap) => JsonMap): Promise<void> {
  const version = subject.path.includes('/v1/') ? 'v1' : 'v2'
  let live = (await subject.server({ method: 'GET', path: subject.path })).body
  const less = { spec: { parts: ['b'] }, status: { level: 1 } }
  for (const more of [{ spec: { size: 5, parts: ['b'] }, status: { size: 5, level: 1 } }, less]) {
    for (const endpoint of ['', 'status'] as const) {
      const applied = body(version, more)
      const path = `${subject.path}${endpoint === '' ? '' : '/status'}?fieldManager=dora&force=true`
      const contentType = 'application/apply-patch+yaml'
      const answer = await subject.server({ method: 'PATCH', path, body: applied, contentType })
      expect(answer.status).toBe(200)
      const predicted = applyObject({
        live,
        applied,
        empty: {},
        version: `resets.test/${version}`,
        manager: 'dora',
        subresource: endpoint,
        force: true,
        time: TIME,
        versions: subject.versions(endpoint),
      })
      if (isProblem(predicted) || predicted.state !== 'applied') throw new Error('predicted to be refused')
      expect(ownership(predicted.object)).toEqual(ownership(answer.body))
      live = answer.body
    }
  }
}

function customKind(): JsonMap {
  const part = { type: 'object', properties: { size: { type: 'integer' }, level: { type: 'integer' } } }
  const properties = { parts: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' } }
  const spec = { ...part, properties: { ...part.properties, ...properties } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gauges.resets.test' },
    spec: {
      group: 'resets.test',
      scope: 'Namespaced',
      names: { plural: 'gauges', kind: 'Gauge' },
      versions: ['v1', 'v2'].map((name) => ({
        name,
        served: true,
        storage: name === 'v1',
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec, status: part } } },
      })),
    },
  }
}
