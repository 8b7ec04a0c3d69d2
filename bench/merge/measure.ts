// Structured merge of an 11 KB Deployment, beside the Go library where Go is there to build its oracle.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Json, JsonMap } from '../../src/core/kube/index.ts'
import {
  compareTyped,
  compileSchema,
  decodeFieldsV1,
  encodeFieldsV1,
  fieldSetOf,
  mergeTyped,
  type OpenApiDocument,
  type SchemaData,
  schemaFromData,
} from '../../src/core/merge/index.ts'
import { startControlPlane } from '../../tools/control-plane.mjs'
import { createScratch, removeScratch } from '../../tools/scratch.mjs'
import { deployment } from './deployment.ts'

const GVK = { group: 'apps', version: 'v1', kind: 'Deployment' }
const COMPONENT = 'io.k8s.api.apps.v1.Deployment'
const ROUNDS = 5000
/** How many times the Go library is to be beaten. */
const RATIO = 3
const EQUAL_US = 100

export interface Row {
  readonly what: string
  readonly value: string
  readonly budget?: string
  readonly kept?: boolean
}

interface Call {
  readonly what: string
  readonly operation: 'compare' | 'merge' | 'fieldset' | 'decode'
  readonly lhs: Json
  readonly rhs: Json
  readonly run: () => unknown
}

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

function changed(): JsonMap {
  const object = copy(deployment()) as { spec: { template: { spec: { containers: { image: string }[] } } } }
  const container = object.spec.template.spec.containers[1]
  if (container !== undefined) container.image = 'registry.example.com/team/service-1:2.0.0'
  return object as unknown as JsonMap
}

function dataOf(minor: string): SchemaData {
  const file = new URL(`../../data/kubernetes/${minor}/schemas.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as SchemaData
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

/** Microseconds per call; the median of nine runs. */
function time(run: () => unknown): number {
  for (let index = 0; index < ROUNDS / 5; index++) run()
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now()
    for (let index = 0; index < ROUNDS / 9; index++) run()
    return ((performance.now() - start) * 1000) / (ROUNDS / 9)
  })
  return times.sort((a, b) => a - b)[4] as number
}

/** Bytes allocated per call; few enough calls for no collection to come in between. */
function allocated(run: () => unknown): number {
  const calls = 50
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < calls; index++) run()
  return Math.max(0, (process.memoryUsage().heapUsed - before) / calls)
}

function calls(): Call[] {
  const type = schemaFromData(dataOf('1.35'), GVK)?.root
  if (type === undefined) throw new Error('no schema')
  const [one, same, other] = [deployment(), copy(deployment()), changed()]
  const fields = encodeFieldsV1(fieldSetOf(one, type))
  const row = (what: string, operation: Call['operation'], rhs: Json, run: () => unknown): Call => ({
    ...{ what, operation, lhs: one, rhs, run },
  })
  return [
    row('compare, equal', 'compare', same, () => compareTyped(one, same, type)),
    row('compare, one image differs', 'compare', other, () => compareTyped(one, other, type)),
    row('merge, equal', 'merge', same, () => mergeTyped(one, same, type)),
    row('merge, one image differs', 'merge', other, () => mergeTyped(one, other, type)),
    row('field set of the object', 'fieldset', same, () => fieldSetOf(one, type)),
    row('decode its managedFields', 'decode', same, () => decodeFieldsV1(fields)),
  ]
}

async function publishedDocument(): Promise<OpenApiDocument> {
  const plane = await startControlPlane({ controllers: false })
  try {
    const headers = { authorization: `Bearer ${plane.adminToken}` }
    const url = new URL('/openapi/v3/apis/apps/v1', plane.url)
    return await new Promise((resolve, reject) => {
      get(url, { ca: plane.ca, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as OpenApiDocument))
      }).on('error', reject)
    })
  } finally {
    await plane.stop()
  }
}

/** Microseconds per call of the Go library on one thread; null where there is no Go. */
async function goTimes(all: readonly Call[], document: OpenApiDocument): Promise<number[] | null> {
  const scratch = await createScratch('holdfast-bench')
  try {
    const oracle = join(scratch, 'oracle')
    const cwd = fileURLToPath(new URL('../../tools/oracle/', import.meta.url))
    if (spawnSync('go', ['build', '-o', oracle, '.'], { cwd, env: { ...process.env, GOWORK: 'off' } }).status !== 0)
      return null
    const set = encodeFieldsV1(
      fieldSetOf(all[0]?.lhs ?? {}, schemaFromData(dataOf('1.35'), GVK)?.root ?? { kind: 'untyped' }),
    )
    const requests = [
      { op: 'schema', schema: 's', schemas: document.components?.schemas },
      ...all.map(({ operation, lhs, rhs }) => ({
        ...{ op: 'bench', text: operation, schema: 's', type: COMPONENT, lhs, rhs, set, count: ROUNDS },
      })),
    ]
    const input = requests.map((request) => JSON.stringify(request)).join('\n')
    const env = { ...process.env, GOMAXPROCS: '1' }
    const { stdout } = spawnSync(oracle, { input, encoding: 'utf8', env, maxBuffer: 1 << 28 })
    const answers = stdout.trimEnd().split('\n').slice(1)
    return answers.map((line) => (JSON.parse(line) as { nanos: number }).nanos / 1000)
  } finally {
    await removeScratch(scratch)
  }
}

function rowOf({ what, operation, run }: Call, theirs: number | undefined): Row {
  const ours = time(run)
  const ratio = theirs === undefined ? null : theirs / ours
  const isBound = operation === 'compare' || operation === 'merge'
  const limit = what === 'compare, equal' ? EQUAL_US : Number.POSITIVE_INFINITY
  const bytes = Math.round(allocated(run)).toLocaleString('en')
  const beside = ratio === null ? '' : `, Go ${(ratio * ours).toFixed(0)} µs: ${ratio.toFixed(1)} ×`
  const value = `${ours.toFixed(1)} µs${beside}, ${bytes} bytes`
  if (!isBound) return { what, value }
  return {
    ...{ what, value },
    budget: `≥ ${RATIO} × Go${limit === EQUAL_US ? `, < ${EQUAL_US} µs` : ''}`,
    kept: ours < limit && (ratio === null || ratio >= RATIO),
  }
}

interface Containers {
  spec: { template: { spec: { containers: { name: string; image: string }[] } } }
}

/** The same one change in an object of ten times as many containers: memory must go by the change. */
function growthRow(what: string, operation: (left: Json, right: Json) => unknown): Row {
  const bytes = [1, 10].map((times) => {
    const left = copy(deployment()) as unknown as Containers
    const pod = left.spec.template.spec
    pod.containers = Array.from({ length: times }, (_, copyOf) =>
      pod.containers.map((it) => ({ ...it, name: `${it.name}-${copyOf}` })),
    ).flat()
    const right = copy(left)
    const changed = right.spec.template.spec.containers[1]
    if (changed !== undefined) changed.image = 'registry.example.com/team/service-1:2.0.0'
    const run = () => operation(left as unknown as Json, right as unknown as Json)
    for (let index = 0; index < ROUNDS / 5; index++) run()
    return allocated(run)
  })
  const [small = 0, large = 0] = bytes
  return {
    what,
    value: bytes.map((it) => `${Math.round(it).toLocaleString('en')} bytes`).join(', '),
    budget: '< 3 × the small one',
    kept: large < 3 * Math.max(small, 1000),
  }
}

/** Every type that a value of the kind can reach, each definition once. */
function visitAll(data: SchemaData): number {
  let schemas = 0
  for (const key of Object.keys(data.kinds)) {
    const [group = '', version = '', kind = ''] = key.split('/')
    const schema = schemaFromData(data, { group, version, kind })
    if (schema === null) continue
    kept.push(schema)
    walk(schema.root, new Set())
    schemas++
  }
  return schemas
}

const kept: unknown[] = []

function walk(type: ReturnType<typeof typeOf>, seen: Set<unknown>): void {
  if (type === undefined || seen.has(type)) return
  seen.add(type)
  if (type.kind === 'list') walk(type.item, seen)
  if (type.kind === 'map') for (const name of [...type.names, '']) walk(type.field(name), seen)
}

function typeOf(data: SchemaData) {
  return schemaFromData(data, GVK)?.root
}

function memoryRow(minor: string): Row {
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const schemas = visitAll(dataOf(minor))
  collectGarbage()
  const megabytes = (process.memoryUsage().heapUsed - before) / 2 ** 20
  kept.length = 0
  const value = `${megabytes.toFixed(1)} MB, ${schemas} kinds`
  return { what: `all kinds of ${minor}, every type visited`, value, budget: '< 20 MB', kept: megabytes < 20 }
}

function compileRow(document: OpenApiDocument): Row {
  const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ControllerRevision']
  const times = kinds.map((kind) => {
    const start = performance.now()
    compileSchema(document, { ...GVK, kind })
    return performance.now() - start
  })
  const slowest = Math.max(...times)
  return {
    what: 'a schema from OpenAPI, first call',
    value: `${slowest.toFixed(1)} ms`,
    budget: '< 5 ms',
    kept: slowest < 5,
  }
}

export async function measure(): Promise<Row[]> {
  const document = await publishedDocument()
  const compiled = compileRow(document)
  const all = calls()
  const theirs = await goTimes(all, document)
  const type = typeOf(dataOf('1.35')) ?? { kind: 'untyped' }
  return [
    ...all.map((call, index) => rowOf(call, theirs?.[index])),
    growthRow('compare, one image of 4, of 40 differs', (left, right) => compareTyped(left, right, type)),
    growthRow('merge, one image of 4, of 40 differs', (left, right) => mergeTyped(left, right, type)),
    compiled,
    memoryRow('1.35'),
    memoryRow('1.33'),
  ]
}
