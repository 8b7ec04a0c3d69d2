import { existsSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatPath, type Json, type JsonMap } from '../../src/core/kube/index.ts'
import {
  applyObject,
  compileSchema,
  decodeFieldsV1,
  emptyObject,
  FieldSet,
  type OpenApiDocument,
  resetFields,
  type SchemaData,
  schemaDataFrom,
  type TypeData,
  updateObject,
  type Versions,
} from '../../src/core/merge/index.ts'
import { isProblem } from '../../src/core/problem/index.ts'
import { BinariesUnavailable } from '../../tools/binaries.mjs'
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.mjs'
import { agree, digestOf } from './agree.ts'
import { answers } from './answers.ts'
import { builtIn, DATA } from './built-in.ts'
import { CONTENTS, manifestOf, NOT_STORED } from './manifests.ts'
import { ask, type Request } from './oracle.ts'
import { type RealObject, realRequests } from './real-objects.ts'
import { client } from './server-client.ts'
import type { Server } from './server-run.ts'

const BINARY = process.env['HOLDFAST_MERGE_ORACLE'] ?? ''
const KINDS = Object.keys(CONTENTS)

/** What the server puts into new objects after it has noted who owns what. */
const ADDED_LATER: Readonly<Record<string, readonly string[]>> = {
  '/v1/Namespace': ['.spec.finalizers'],
  '/v1/PersistentVolume': ['.metadata.finalizers', '.metadata.finalizers[="kubernetes.io/pv-protection"]'],
  '/v1/PersistentVolumeClaim': ['.metadata.finalizers', '.metadata.finalizers[="kubernetes.io/pvc-protection"]'],
  '/v1/Pod': ['.spec.preemptionPolicy', '.spec.priority', '.spec.serviceAccount', '.spec.serviceAccountName'],
  '/v1/Service': ['.spec.clusterIP', '.spec.clusterIPs', '.spec.ipFamilies', '.spec.ipFamilyPolicy'],
  'batch/v1/Job': [
    '.spec.selector',
    '.spec.template.metadata.labels["batch.kubernetes.io/controller-uid"]',
    '.spec.template.metadata.labels["batch.kubernetes.io/job-name"]',
    '.spec.template.metadata.labels.controller-uid',
    '.spec.template.metadata.labels.job-name',
  ],
  'storage.k8s.io/v1/VolumeAttributesClass': [
    '.metadata.finalizers',
    '.metadata.finalizers[="kubernetes.io/vac-protection"]',
  ],
}

/** The objects as the server last answered them. */
const made = new Map<string, JsonMap>()
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

function versionOf(key: string): { group: string; version: string; kind: string; apiVersion: string } {
  const [group = '', version = '', kind = ''] = key.split('/')
  return { group, version, kind, apiVersion: group === '' ? version : `${group}/${version}` }
}

function collectionOf(key: string): string {
  const { group, version } = versionOf(key)
  const { resource, namespaced } = DATA.resources[key] as { resource: string; namespaced: boolean }
  return `${group === '' ? '/api' : `/apis/${group}`}/${version}/${namespaced ? 'namespaces/default/' : ''}${resource}`
}

function versionsOf(key: string): Versions {
  const ignored = resetFields(versionOf(key), '')
  return { type: () => builtIn(key).root, convert: (value: Json) => value, ignored: () => ignored }
}

function managedFieldsOf(object: JsonMap): readonly JsonMap[] {
  return ((object['metadata'] as JsonMap)['managedFields'] ?? []) as readonly JsonMap[]
}

function setOf(entry: JsonMap | undefined): FieldSet {
  const set = decodeFieldsV1(entry?.['fieldsV1'])
  return isProblem(set) ? FieldSet.EMPTY : set
}

const texts = (set: FieldSet): string[] => [...set.paths()].map(formatPath)

interface Made {
  readonly server: Server
  readonly live: JsonMap
  readonly path: string
}

async function create(server: Server, key: string): Promise<Made> {
  const body = manifestOf(key)
  const collection = collectionOf(key)
  const answer = await server({ method: 'POST', path: `${collection}?fieldManager=ann`, body })
  expect([answer.status, answer.status === 201 ? '' : answer.body['message']]).toEqual([201, ''])
  return { server, live: answer.body, path: `${collection}/${String((body['metadata'] as JsonMap)['name'])}` }
}

/** The writer's set as it is predicted for a create, beside the one that the server wrote. */
function ownedByCreator(key: string, live: JsonMap): { ours: FieldSet; theirs: FieldSet } {
  const { managedFields: _, ...metadata } = live['metadata'] as JsonMap
  const predicted = updateObject({
    live: null,
    next: { ...live, metadata },
    empty: emptyObject(builtIn(key)),
    version: versionOf(key).apiVersion,
    manager: 'ann',
    time: '2026-01-01T00:00:00Z',
    versions: versionsOf(key),
  })
  return { ours: setOf(managedFieldsOf(predicted)[0]), theirs: setOf(managedFieldsOf(live)[0]) }
}

/** As it is, with another label and without the annotation, and as it is again. */
function applications(key: string): JsonMap[] {
  const whole = manifestOf(key)
  const { annotations: _, ...metadata } = whole['metadata'] as JsonMap
  return [whole, { ...whole, metadata: { ...metadata, labels: { app: 'other' } } }, whole]
}

/** Of the two who write here: the server's own controllers may come in between. */
function ownership(object: JsonMap): string[] {
  return managedFieldsOf(object)
    .filter((it) => it['manager'] === 'ann' || it['manager'] === 'holdfast')
    .map((it) => [it['manager'], it['operation'], JSON.stringify(it['fieldsV1'])].join(' '))
    .sort()
}

async function applyAll(key: string, created: Made): Promise<void> {
  let live = created.live
  for (const applied of applications(key)) {
    const predicted = applyObject({
      live,
      applied,
      empty: emptyObject(builtIn(key)),
      version: versionOf(key).apiVersion,
      manager: 'holdfast',
      force: true,
      time: '2026-01-01T00:00:00Z',
      versions: versionsOf(key),
    })
    const answer = await created.server({
      method: 'PATCH',
      path: `${created.path}?fieldManager=holdfast&force=true`,
      body: applied,
      contentType: 'application/apply-patch+yaml',
    })
    expect([answer.status, answer.status === 200 ? '' : answer.body['message']]).toEqual([200, ''])
    if (isProblem(predicted) || predicted.state !== 'applied') throw new Error('predicted to be refused')
    expect(ownership(predicted.object)).toEqual(ownership(answer.body))
    live = answer.body
  }
  made.set(key, live)
}

async function documentOf(server: Server, groupVersion: string): Promise<OpenApiDocument> {
  const [group, version] = groupVersion.split('/')
  const path = group === '' ? `/openapi/v3/api/${version}` : `/openapi/v3/apis/${groupVersion}`
  return (await server({ method: 'GET', path })).body as OpenApiDocument
}

const groupVersions = [...new Set(Object.keys(DATA.kinds).map((key) => key.slice(0, key.lastIndexOf('/'))))]

/** A type without what OpenAPI v2 leaves out. */
function withoutDefaults(type: TypeData): TypeData {
  if (typeof type === 'string' || 'ref' in type) return type
  if ('items' in type) return { ...type, items: withoutDefaults(type.items) }
  if ('any' in type) return type
  const { defaults: _, zero: __, values, ...rest } = type
  const fields = Object.entries(type.fields).map(([name, field]) => [name, withoutDefaults(field)] as const)
  return {
    ...rest,
    fields: Object.fromEntries(fields),
    ...(values === undefined ? {} : { values: withoutDefaults(values) }),
  }
}

function bare(data: SchemaData): SchemaData {
  const definitions = Object.entries(data.definitions).map(([name, type]) => [name, withoutDefaults(type)] as const)
  return { kinds: data.kinds, definitions: Object.fromEntries(definitions) }
}

describe('every built-in kind on a real API server', () => {
  test('has a manifest or is not stored', () => {
    expect([...KINDS, ...NOT_STORED].sort()).toEqual(Object.keys(DATA.kinds).sort())
  })

  test.each(KINDS)('%s: created and applied, owned as predicted', async (key) => {
    if (plane === null) return expect(skipped).not.toBe('')
    const created = await create(client(plane), key)
    try {
      const { ours, theirs } = ownedByCreator(key, created.live)
      expect(texts(ours.difference(theirs))).toEqual(ADDED_LATER[key] ?? [])
      expect(texts(theirs.difference(ours))).toEqual([])
      await applyAll(key, created)
    } finally {
      await created.server({ method: 'DELETE', path: `${created.path}?gracePeriodSeconds=0` })
    }
  })

  test('what /openapi/v2 says of all kinds is what /openapi/v3 says, but for defaults', async (context) => {
    if (plane === null) return context.skip(skipped)
    const server = client(plane)
    const v2 = (await server({ method: 'GET', path: '/openapi/v2' })).body as OpenApiDocument
    const [from2, from3] = [
      bare(schemaDataFrom([v2])),
      bare(schemaDataFrom(await Promise.all(groupVersions.map((it) => documentOf(server, it))))),
    ] as [SchemaData, SchemaData]
    expect(Object.keys(from3.kinds).sort()).toEqual(Object.keys(DATA.kinds).sort())
    for (const [key, name] of Object.entries(from3.kinds)) {
      expect([key, from2.kinds[key]]).toEqual([key, name])
      expect(compileSchema(v2, versionOf(key))?.root.kind).toBe('map')
    }
    for (const name of Object.keys(from3.definitions))
      expect([name, from2.definitions[name]]).toEqual([name, from3.definitions[name]])
  }, 60_000)

  test.skipIf(!existsSync(BINARY))(
    'everything that the server holds is seen by the Go libraries as it is here',
    async () => {
      if (plane === null) return
      const server = client(plane)
      const recorded: RealObject[] = []
      for (const groupVersion of groupVersions) {
        const { components } = await documentOf(server, groupVersion)
        const schema: Request = { op: 'schema', schema: groupVersion, schemas: components?.schemas }
        for (const key of KINDS.filter((it) => it.slice(0, it.lastIndexOf('/')) === groupVersion))
          recorded.push(...putToOracle(schema, key, await listOf(server, key)))
      }
      expect(recorded.map(({ kind }) => kind).sort()).toEqual([...KINDS].sort())
      if (process.env['HOLDFAST_MERGE_RECORD'] === 'yes') record(recorded)
    },
    300_000,
  )
})

/** Judges all objects of a kind; what is to be recorded is the one that was made here. */
function putToOracle(schema: Request, key: string, listed: readonly JsonMap[]): RealObject[] {
  const stored = made.get(key)
  const objects = stored === undefined ? listed : [stored, ...listed]
  const requests = objects.map((object) => realRequests(key, object))
  const theirs = ask(BINARY, [schema, ...requests.flat()]).slice(1)
  const ours = answers(requests.flat())
  const wrong = requests.flat().filter((_, index) => !agree(ours[index] ?? {}, theirs[index] ?? {}))
  expect(wrong.slice(0, 2)).toEqual([])
  const digests = theirs.slice(0, requests[0]?.length ?? 0).map(digestOf)
  return stored === undefined ? [] : [{ kind: key, object: stored, answers: digests }]
}

function record(objects: readonly RealObject[]): void {
  const lines = objects.map((it) => `${JSON.stringify(it)}\n`)
  writeFileSync(new URL('../cases/merge/real.jsonl', import.meta.url), lines.join(''))
}

async function listOf(server: Server, key: string): Promise<JsonMap[]> {
  const { apiVersion, kind } = versionOf(key)
  const path = collectionOf(key).replace('/namespaces/default', '')
  const { body } = await server({ method: 'GET', path })
  return ((body['items'] ?? []) as readonly JsonMap[]).map((item) => ({ apiVersion, kind, ...item }))
}
