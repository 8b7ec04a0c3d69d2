// Whatever stands in a dump, `holdfast diff` answers, and what it does not say is so.
import '../../kit/seed.ts'
import fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DriftReport } from '../../../src/core/record/index.ts'
import { command } from './command.ts'

const DESIRED = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 80}]}]}
---
apiVersion: example.com/v1
kind: Cart
metadata: {name: main, namespace: shop}
spec: {wheels: [{id: 1}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: last, namespace: shop}
`

let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'holdfast-garbage-'))
  await writeFile(join(cwd, 'desired.yaml'), DESIRED)
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

async function report(stdin: string): Promise<{ report: DriftReport; exit: number }> {
  const env = { HOLDFAST_DATA_DIR: join(cwd, 'data'), KUBECONFIG: '/dev/null' }
  const said = await command(['diff', 'desired.yaml', '--live', '-', '--all', '-o', 'json'], { cwd, env, stdin })
  expect(said.err).toBe('')
  return { report: JSON.parse(said.out) as DriftReport, exit: said.exit }
}

const anything = fc.jsonValue({ maxDepth: 3 })
const odd = fc.oneof(
  anything,
  fc.constantFrom(['f:spec', {}], [{}], [null], { wheels: { id: 1 } }, [{ manager: 7 }], '\u0000', -0),
)
const like = (kind: object): fc.Arbitrary<object> =>
  fc
    .record({ spec: odd, data: odd, status: odd, managedFields: odd, labels: odd, extra: odd }, { requiredKeys: [] })
    .map(({ managedFields, labels, ...rest }) => {
      const more = {
        ...(managedFields === undefined ? {} : { managedFields }),
        ...(labels === undefined ? {} : { labels }),
      }
      const { metadata, ...given } = kind as { metadata: object }
      return { ...given, metadata: { ...metadata, ...more }, ...rest }
    })
const item = fc.oneof(
  like({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } }),
  like({ apiVersion: 'example.com/v1', kind: 'Cart', metadata: { name: 'main', namespace: 'shop' } }),
  like({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'carts.example.com' },
  }),
  like({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web', namespace: 'shop' } }),
  like({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'a' },
  }),
  like({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
  anything,
)

test('objects made of anything', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 5 }), async (items) => {
      const last = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'last', namespace: 'shop' } }
      const { report: said, exit } = await report(
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...items, last] }),
      )
      expect(said.summary.objects).toBe(3)
      expect(said.problems.filter(({ code }) => code === 'HF7004')).toEqual([])
      // What stands behind the garbage is found all the same.
      const told = said.objects.find(({ ref }) => ref.name === 'last')
      expect(said.problems.some(({ code }) => code === 'HF1003') || told?.status === 'Synced').toBe(true)
      expect(exit).toBe(said.summary.unknown > 0 || said.problems.some(({ severity }) => severity === 'error') ? 2 : 1)
    }),
    { numRuns: 50 },
  )
})

test('text of any kind', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        anything.map((value) => JSON.stringify(value)),
      ),
      async (text) => {
        const { report: said, exit } = await report(text)
        expect(exit).toBe(2)
        expect(said.summary).toMatchObject({ objects: 3, unknown: 3 })
      },
    ),
    { numRuns: 50 },
  )
})
