// Structured merge of an 11 KB Deployment, beside the Go library where its oracle is built:
//   (cd tools/oracle && go build -o /tmp/oracle .) && npx tsx bench/merge/bench.ts /tmp/oracle
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Json, JsonMap } from '../../src/core/kube/index.ts'
import {
  compareTyped,
  decodeFieldsV1,
  encodeFieldsV1,
  fieldSetOf,
  mergeTyped,
  type SchemaData,
  schemaFromData,
} from '../../src/core/merge/index.ts'
import { deployment } from './deployment.ts'

const GVK = { group: 'apps', version: 'v1', kind: 'Deployment' }
const COMPONENT = 'io.k8s.api.apps.v1.Deployment'
const ROUNDS = 5000

interface Row {
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

/** Microseconds per call; the median of nine runs. */
function measure(run: () => unknown): number {
  for (let index = 0; index < ROUNDS / 5; index++) run()
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now()
    for (let index = 0; index < ROUNDS / 9; index++) run()
    return ((performance.now() - start) * 1000) / (ROUNDS / 9)
  })
  return times.sort((a, b) => a - b)[4] as number
}

const data = JSON.parse(
  readFileSync(new URL('../../data/kubernetes/1.35/schemas.json', import.meta.url), 'utf8'),
) as SchemaData
const type = schemaFromData(data, GVK)?.root
if (type === undefined) throw new Error('no schema')
const [one, same, other] = [deployment(), copy(deployment()), changed()]
const fields = encodeFieldsV1(fieldSetOf(one, type))
const rows: Row[] = [
  { what: 'compare, equal', operation: 'compare', lhs: one, rhs: same, run: () => compareTyped(one, same, type) },
  {
    what: 'compare, one image differs',
    operation: 'compare',
    lhs: one,
    rhs: other,
    run: () => compareTyped(one, other, type),
  },
  { what: 'merge, equal', operation: 'merge', lhs: one, rhs: same, run: () => mergeTyped(one, same, type) },
  {
    what: 'merge, one image differs',
    operation: 'merge',
    lhs: one,
    rhs: other,
    run: () => mergeTyped(one, other, type),
  },
  { what: 'field set of the object', operation: 'fieldset', lhs: one, rhs: same, run: () => fieldSetOf(one, type) },
  { what: 'decode its managedFields', operation: 'decode', lhs: one, rhs: same, run: () => decodeFieldsV1(fields) },
]

/** Microseconds per call of the Go library on one thread; null without the oracle. */
function goTimes(oracle: string | undefined, openApi: string | undefined): (number | null)[] {
  if (oracle === undefined || openApi === undefined) return rows.map(() => null)
  const { components } = JSON.parse(readFileSync(openApi, 'utf8')) as { components: { schemas: Json } }
  const requests = [
    { op: 'schema', schema: 's', schemas: components.schemas },
    ...rows.map(({ operation, lhs, rhs }) => ({
      op: 'bench',
      text: operation,
      schema: 's',
      type: COMPONENT,
      lhs,
      rhs,
      set: fields,
      count: ROUNDS,
    })),
  ]
  const input = requests.map((request) => JSON.stringify(request)).join('\n')
  const { stdout } = spawnSync(oracle, {
    input,
    encoding: 'utf8',
    env: { ...process.env, GOMAXPROCS: '1' },
    maxBuffer: 1 << 28,
  })
  const answers = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { nanos?: number; error?: string })
  return answers.slice(1).map(({ nanos, error }) => {
    if (nanos === undefined) throw new Error(error ?? 'no answer')
    return nanos / 1000
  })
}

const theirs = goTimes(process.argv[2], process.argv[3])
console.log(
  `Deployment of ${JSON.stringify(one).length} bytes, ${fieldSetOf(one, type).size} fields; microseconds per call`,
)
for (const [index, { what, run }] of rows.entries()) {
  const ours = measure(run)
  const go = theirs[index] ?? null
  const beside = go === null ? '' : `  Go ${go.toFixed(1).padStart(7)}  ${(go / ours).toFixed(1).padStart(5)} x`
  console.log(`${what.padEnd(28)} ${ours.toFixed(1).padStart(7)}${beside}`)
}
