import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { formatPath, type Json, type JsonMap } from '../../src/core/kube/index.ts'
import {
  applyObject,
  emptyObject,
  type SchemaData,
  schemaFromData,
  updateObject,
  type Versions,
} from '../../src/core/merge/index.ts'
import { isProblem } from '../../src/core/problem/index.ts'

/** The worked example of docs/reference/merge.md. */
test('two appliers and an editor of one Deployment', () => {
  const data = JSON.parse(
    readFileSync(new URL('../../data/kubernetes/1.35/schemas.json', import.meta.url), 'utf8'),
  ) as SchemaData
  const schema = schemaFromData(data, { group: 'apps', version: 'v1', kind: 'Deployment' })
  if (schema === null) throw new Error('no schema')
  const versions: Versions = {
    type: (version) => (version === 'apps/v1' ? schema.root : undefined),
    convert: (value: Json) => value,
  }
  const common = { empty: emptyObject(schema), version: 'apps/v1', time: '2026-01-02T03:04:05Z', versions }
  const desired = (image: string): JsonMap => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { template: { spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] } } },
  })

  // 1. holdfast applies.
  const first = applyObject({ ...common, live: null, manager: 'holdfast', applied: desired('web:1'), force: false })
  if (isProblem(first) || first.state !== 'applied') throw new Error('refused')

  // 2. Someone edits the image and adds a sidecar.
  const edited = structuredClone(first.object) as { spec: { template: { spec: { containers: object[] } } } }
  edited.spec.template.spec.containers = [
    { name: 'web', image: 'web:2', ports: [{ containerPort: 80 }] },
    { name: 'sidecar', image: 'spy:1' },
  ]
  const live = updateObject({
    ...common,
    live: first.object,
    manager: 'kubectl-edit',
    next: edited as unknown as JsonMap,
  })

  // 3. holdfast applies again: without force a conflict, with force its value; the sidecar is not its own, so it stays.
  const refused = applyObject({ ...common, live, manager: 'holdfast', applied: desired('web:1'), force: false })
  if (isProblem(refused) || refused.state !== 'conflict') throw new Error('no conflict')
  expect(refused.conflicts.map(({ entry, path }) => `${entry.manager} ${formatPath(path)}`)).toEqual([
    'kubectl-edit .spec.template.spec.containers[name="web"].image',
  ])
  const healed = applyObject({ ...common, live, manager: 'holdfast', applied: desired('web:1'), force: true })
  if (isProblem(healed) || healed.state !== 'applied') throw new Error('refused')
  expect(healed.object).toMatchObject({
    spec: { template: { spec: { containers: [{ name: 'web', image: 'web:1' }, { name: 'sidecar' }] } } },
  })
  expect(
    ((healed.object['metadata'] as JsonMap)['managedFields'] as readonly JsonMap[]).map((it) => [
      it['manager'],
      it['operation'],
    ]),
  ).toEqual([
    ['holdfast', 'Apply'],
    ['kubectl-edit', 'Update'],
  ])
})
