import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json, JsonMap } from '../../src/core/kube/index.ts'
import {
  applyObject,
  compileSchema,
  DEDUCED,
  emptyObject,
  updateObject,
  type OpenApiDocument,
  type SchemaData,
  schemaFromCrd,
  schemaFromData,
  type Versions,
} from '../../src/core/merge/index.ts'
import { isProblem } from '../../src/core/problem/index.ts'
import { BinariesUnavailable } from '../../tools/binaries.mjs'
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.mjs'
import { SEED } from './seed.ts'
import { GADGETS } from './server-kinds.ts'
import { client, until } from './server-client.ts'
import { runOnServer } from './server-run.ts'
import { serverScript } from './server-script.ts'

const SCRIPTS = Number(process.env['HOLDFAST_MERGE_SCRIPTS'] ?? 60)
const DATA = JSON.parse(
  readFileSync(new URL('../../data/kubernetes/1.35/schemas.json', import.meta.url), 'utf8'),
) as SchemaData

const POD = {
  metadata: { labels: { a: 'b' } },
  spec: {
    restartPolicy: 'Never',
    containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }], env: [{ name: 'E' }] }],
  },
}
const ALWAYS = { ...POD, spec: { ...POD.spec, restartPolicy: 'Always', volumes: [{ name: 'v', emptyDir: {} }] } }
/** Kinds to which nothing is added between the tracking of ownership and the store. */
const CREATED: readonly { apiVersion: string; kind: string; resource: string; content: JsonMap }[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps', content: { data: { k: 'v' } } },
  { apiVersion: 'v1', kind: 'Secret', resource: 'secrets', content: { data: { k: 'dg==' } } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    resource: 'deployments',
    content: { spec: { selector: { matchLabels: { a: 'b' } }, template: ALWAYS } },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    resource: 'cronjobs',
    content: {
      spec: { schedule: '* * * * *', jobTemplate: { metadata: { labels: { a: 'b' } }, spec: { template: POD } } },
    },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    resource: 'networkpolicies',
    content: { spec: { podSelector: {}, ingress: [{}] } },
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    resource: 'poddisruptionbudgets',
    content: { spec: { minAvailable: '50%', selector: { matchLabels: { a: 'b' } } } },
  },
]

let plane: ControlPlane | null = null
let skipped = ''

beforeAll(async () => {
  try {
    plane = await startControlPlane({ controllers: false })
  } catch (error) {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    skipped = error.message
    console.warn(`SKIPPED, real API server: ${skipped}`)
  }
}, 900_000)

afterAll(async () => {
  await plane?.stop()
})

describe('against a real API server', () => {
  test('scripts of apply, update, patch and scale by several managers in two versions', async (context) => {
    if (plane === null) return context.skip(skipped)
    const server = client(plane)
    await server({ method: 'POST', path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', body: GADGETS })
    for (const version of ['v1', 'v2']) {
      const path = `/apis/merge.test/${version}/namespaces/default/gadgets`
      await until(async () => ((await server({ method: 'GET', path })).status === 200 ? true : null))
    }
    const versions: Versions = {
      type: (version) => schemaFromCrd(GADGETS, version.slice('merge.test/'.length), DATA)?.root,
      convert: (value: Json, _from, to) => (value === null ? null : { ...(value as JsonMap), apiVersion: to }),
    }
    const scripts = fc.sample(serverScript, { seed: SEED, numRuns: SCRIPTS })
    for (const [index, script] of scripts.entries()) {
      expect(await runOnServer(server, script, { name: `gadget-${index}`, versions })).toEqual([])
    }
  }, 900_000)

  test.each(CREATED)('a create of $kind is owned as predicted', async (object) => {
    if (plane === null) return expect(skipped).not.toBe('')
    const server = client(plane)
    const [group = '', version = ''] = object.apiVersion.includes('/')
      ? object.apiVersion.split('/')
      : ['', object.apiVersion]
    const schema = schemaFromData(DATA, { group, version, kind: object.kind })
    if (schema === null) throw new Error('no schema')
    const path = `${group === '' ? '/api' : `/apis/${group}`}/${version}/namespaces/default/${object.resource}?fieldManager=ann`
    const { apiVersion, kind, content } = object
    const { body } = await server({
      method: 'POST',
      path,
      body: { apiVersion, kind, metadata: { name: 'created', labels: { a: 'b' } }, ...content },
    })
    const { managedFields, ...metadata } = body['metadata'] as JsonMap
    const made = updateObject({
      live: null,
      next: { ...body, metadata },
      empty: emptyObject(schema),
      version: apiVersion,
      manager: 'ann',
      time: String((managedFields as readonly JsonMap[])[0]?.['time']),
      versions: { type: () => schema.root, convert: (value: Json) => value },
    })
    expect((made['metadata'] as JsonMap)['managedFields']).toEqual(managedFields)
    expect(
      JSON.stringify(((made['metadata'] as JsonMap)['managedFields'] as readonly JsonMap[])[0]?.['fieldsV1']),
    ).toBe(JSON.stringify((managedFields as readonly JsonMap[])[0]?.['fieldsV1']))
  })

  test.each([
    ['the same', 'i:1', false, {}],
    ['another image', 'i:2', false, {}],
    ['a value that someone changed meanwhile', 'i:1', false, { spec: { replicas: 7 } }],
    ['with force', 'i:2', true, { spec: { replicas: 7 } }],
  ])('kubectl moves from client-side to server-side apply: %s', async (name, image, force, edit) => {
    if (plane === null) return expect(skipped).not.toBe('')
    const server = client(plane)
    const root = '/apis/apps/v1/namespaces/default/deployments'
    const object = `upgrade-${name.replaceAll(' ', '-')}`
    const config = (withImage: string) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: object, annotations: { note: '<&>' } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: withImage }] } },
      },
    })
    const annotations = {
      note: '<&>',
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(config('i:1')),
    }
    const first = { ...config('i:1'), metadata: { name: object, annotations } }
    const live = (await server({ method: 'POST', path: `${root}?fieldManager=kubectl-client-side-apply`, body: first }))
      .body
    const edited = (
      await server({
        method: 'PATCH',
        path: `${root}/${object}?fieldManager=kubectl-edit`,
        body: edit,
        contentType: 'application/merge-patch+json',
      })
    ).body
    expect(live['kind']).toBe('Deployment')
    const answer = await server({
      method: 'PATCH',
      path: `${root}/${object}?fieldManager=kubectl&force=${force}`,
      body: config(image),
      contentType: 'application/apply-patch+yaml',
    })
    const schema = schemaFromData(DATA, { group: 'apps', version: 'v1', kind: 'Deployment' })
    const ours = applyObject({
      live: edited,
      applied: config(image),
      force,
      empty: {},
      version: 'apps/v1',
      manager: 'kubectl',
      time: '2026-01-01T00:00:00Z',
      versions: { type: () => schema?.root, convert: (value: Json) => value },
    })
    if (isProblem(ours)) throw new Error(ours.message)
    if (ours.state === 'conflict') {
      expect([answer.status, (answer.body['details'] as { causes: object[] }).causes.length]).toEqual([
        409,
        ours.conflicts.length,
      ])
      return
    }
    expect(answer.status).toBe(200)
    const [mine, theirs] = [ours.object, answer.body].map((it) => it['metadata'] as JsonMap) as [JsonMap, JsonMap]
    expect(mine['annotations']).toEqual(theirs['annotations'])
    const fields = (metadata: JsonMap) =>
      (metadata['managedFields'] as readonly JsonMap[])
        .map((it) => [it['manager'], it['operation'], it['apiVersion'], JSON.stringify(it['fieldsV1'])].join(' '))
        .sort()
    expect(fields(mine)).toEqual(fields(theirs))
    expect((ours.object['spec'] as JsonMap)['replicas']).toBe((answer.body['spec'] as JsonMap)['replicas'])
  })

  test('more updaters than are kept', async (context) => {
    if (plane === null) return context.skip(skipped)
    const server = client(plane)
    const path = '/api/v1/namespaces/default/configmaps'
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'crowd' }, data: { first: '' } }
    let live = (await server({ method: 'POST', path: `${path}?fieldManager=first`, body })).body
    for (let index = 0; index < 14; index++) {
      const patch = { data: { [`k${index}`]: 'v' } }
      const answer = await server({
        method: 'PATCH',
        path: `${path}/crowd?fieldManager=m${index}`,
        body: patch,
        contentType: 'application/merge-patch+json',
      })
      const { managedFields, ...metadata } = answer.body['metadata'] as JsonMap
      const times = (managedFields as readonly JsonMap[]).map((it) => String(it['time'])).sort()
      const made = updateObject({
        live,
        next: { ...answer.body, metadata },
        empty: {},
        version: 'v1',
        manager: `m${index}`,
        time: String(times.at(-1)),
        versions: { type: () => DEDUCED.root, convert: (value: Json) => value },
      })
      expect((made['metadata'] as JsonMap)['managedFields']).toEqual(managedFields)
      live = answer.body
    }
    expect(
      (live['metadata'] as { managedFields: { manager: string }[] }).managedFields.map((it) => it.manager),
    ).toContain('ancient-changes')
  })

  test('the schema read from a CRD is the one that the server publishes for it', async (context) => {
    if (plane === null) return context.skip(skipped)
    const server = client(plane)
    for (const version of ['v1', 'v2']) {
      const gvk = { group: 'merge.test', version, kind: 'Gadget' }
      const published = await until(async () => {
        const { body } = await server({ method: 'GET', path: `/openapi/v3/apis/merge.test/${version}` })
        return compileSchema(body as OpenApiDocument, gvk)
      })
      expect(schemaFromCrd(GADGETS, version, DATA)?.digest).toBe(published.digest)
    }
  }, 60_000)

  test('the shipped schemas are those of the server', async (context) => {
    if (plane === null) return context.skip(skipped)
    const server = client(plane)
    for (const groupVersion of ['apps/v1', 'batch/v1', 'networking.k8s.io/v1', 'apiextensions.k8s.io/v1']) {
      const [group = '', version = ''] = groupVersion.split('/')
      const { body } = await server({ method: 'GET', path: `/openapi/v3/apis/${groupVersion}` })
      for (const kind of Object.keys(DATA.kinds).filter((it) => it.startsWith(`${groupVersion}/`))) {
        const gvk = { group, version, kind: kind.slice(groupVersion.length + 1) }
        expect([kind, schemaFromData(DATA, gvk)?.digest]).toEqual([
          kind,
          compileSchema(body as OpenApiDocument, gvk)?.digest,
        ])
      }
    }
  }, 60_000)
})
