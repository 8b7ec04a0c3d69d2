// Looking for changed pods costs what was changed, not what runs.
// requirements: [S003-02]
import { describe, expect, it } from 'vitest'
import { indexRules } from '../../src/core/compare/index.ts'
import { parseSettings, type Settings } from '../../src/core/definition/index.ts'
import type { ObjectEvaluation } from '../../src/core/evaluate/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { HoldfastError, problem } from '../../src/core/problem/index.ts'
import { Pods, type PodsTools } from '../../src/loop/pods.ts'
import { type AppState, newApp, ObjectIndex } from '../../src/loop/state.ts'
import { FakeClock } from '../adapters/kube-http/support/fake-clock.ts'
import { schemaOfKind } from '../core/compare/read-case.ts'

const ROUND = 181_000
const MADE = '2026-01-01T00:00:00Z'
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'app:v1' }] } }
const schema = schemaOfKind({ group: '', version: 'v1', kind: 'Pod' })
const rules = indexRules('Pod')
const controller = (kind: string, name: string): object[] => [
  { apiVersion: 'apps/v1', kind, name, uid: name, controller: true },
]
const maker = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web-1', namespace: 'prod', uid: 'web-1', ownerReferences: controller('Deployment', 'web') },
  spec: { template },
} as unknown as KubeObject

const entry = (manager: string, fieldsV1: object, time = '2026-01-01T00:05:00Z'): object => ({
  ...{ manager, operation: 'Update', apiVersion: 'v1', time, fieldsType: 'FieldsV1', fieldsV1 },
})
const IMAGE = { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:image': {} } } } }
const LABEL = { 'f:metadata': { 'f:labels': { 'f:role': {} } } }

function pod(index: number): KubeObject {
  const name = `web-1-${index}`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name, namespace: 'prod', uid: name, resourceVersion: '1', creationTimestamp: MADE },
      labels: { app: 'web' },
      ownerReferences: controller('ReplicaSet', 'web-1'),
      managedFields: [entry('kube-controller-manager', IMAGE, MADE)],
    },
    spec: { containers: [{ name: 'app', image: 'app:v1' }] },
  } as unknown as KubeObject
}

/** Somebody wrote to it. */
function written(index: number, by: { manager: string; fields: object; image?: string; version?: string }): KubeObject {
  const { metadata } = pod(index)
  // A value that somebody changed is no longer its maker's.
  const made = by.fields === IMAGE ? [] : (metadata.managedFields ?? [])
  const managedFields = [...made, entry(by.manager, by.fields)]
  return {
    ...pod(index),
    metadata: { ...metadata, resourceVersion: by.version ?? '2', managedFields },
    spec: { containers: [{ name: 'app', image: by.image ?? 'app:v1' }] },
  } as unknown as KubeObject
}

interface Cluster {
  readonly pods: Map<string, KubeObject>
  /** `list Pod`, `get Pod`, `get ReplicaSet`: how often. */
  readonly requests: Record<string, number>
  forbidden: boolean
}

function watching(count: number): {
  cluster: Cluster
  app: AppState
  told: string[]
  pods: Pods
  conditions: () => string[]
  after: (ms: number) => Promise<void>
} {
  const cluster: Cluster = { pods: new Map(), requests: {}, forbidden: false }
  for (let index = 0; index < count; index += 1) cluster.pods.set(`web-1-${index}`, pod(index))
  const count1 = (what: string): void => void (cluster.requests[what] = (cluster.requests[what] ?? 0) + 1)
  const reader = {
    list: async ({ kind, keep = () => true }: { kind: string; keep?: (one: KubeObject) => boolean }) => {
      count1(`list ${kind}`)
      if (cluster.forbidden) throw new HoldfastError(problem('HF4010', 'pods is forbidden'))
      return { items: [...cluster.pods.values()].filter(keep), resourceVersion: '1' }
    },
    get: async ({ kind, name }: { kind: string; name: string }) => {
      count1(`get ${kind}`)
      return kind === 'Pod' ? (cluster.pods.get(name) ?? null) : maker
    },
  }
  const clock = new FakeClock()
  const app = newApp('argocd/web')
  app.renderedAt = 1
  const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'prod', name: 'web' }
  new ObjectIndex().track(app, ref).desired = {} as NonNullable<ReturnType<ObjectIndex['track']>['desired']>
  const told: string[] = []
  const tools = {
    deps: { reader, clock, log: { debug: () => {}, warn: () => {} }, options: { digestKey: 'k' } },
    kinds: { load: async () => ({ schema, rules: rules }) },
    settings: () => parseSettings(null).value as Settings,
    apps: () => [app],
    reporting: {
      status: { touch: () => {} },
      deviated: (_: AppState, { ref: { name } }: ObjectEvaluation) => told.push(name),
    },
  } as unknown as PodsTools
  const pods = new Pods(tools)
  const conditions = (): string[] => app.podProblems.map(({ code, message }) => `${code} ${message}`)
  const after = async (ms: number): Promise<void> => {
    clock.advance(ms)
    // What a look awaits, one turn each.
    for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  return { cluster, app, told, pods, conditions, after }
}

const HOTFIX = { manager: 'kubectl-set', fields: IMAGE, image: 'app:hotfix' }
const SAID =
  'HF3012 Pod prod/web-1-7 does not follow the template of apps/Deployment prod/web (ReplicaSet web-1) any more. .spec.containers[name="app"].image changed by kubectl-set.'

describe('looking for changed pods', () => {
  it('of 5,000 reads those that somebody touched, and what made them once', async () => {
    const { cluster, pods, app, told, conditions, after } = watching(5_000)
    cluster.pods.set('web-1-7', written(7, HOTFIX))
    pods.compared(app)
    await after(3_000)
    expect(cluster.requests).toEqual({ 'list Pod': 1, 'get Pod': 1, 'get ReplicaSet': 1 })
    expect(conditions()).toEqual([SAID])
    expect(told).toEqual(['web-1-7'])
  })

  it('reads a pod that was touched and still follows once, until it changes again', async () => {
    const { cluster, pods, app, conditions, after } = watching(1_000)
    for (let index = 0; index < 1_000; index += 1)
      cluster.pods.set(`web-1-${index}`, written(index, { manager: 'operator', fields: LABEL }))
    pods.compared(app)
    await after(3_000)
    expect(cluster.requests).toEqual({ 'list Pod': 1, 'get Pod': 1_000, 'get ReplicaSet': 1 })
    cluster.pods.set('web-1-7', written(7, { ...HOTFIX, version: '3' }))
    await after(ROUND)
    expect(cluster.requests).toEqual({ 'list Pod': 2, 'get Pod': 1_001, 'get ReplicaSet': 2 })
    expect(conditions()).toEqual([SAID])
  })

  it('tells a change once, and its end by the condition', async () => {
    const { cluster, pods, app, told, conditions, after } = watching(10)
    pods.compared(app)
    await after(3_000)
    expect(conditions()).toEqual([])
    cluster.pods.set('web-1-7', written(7, HOTFIX))
    for (const _ of [1, 2]) await after(ROUND)
    expect([conditions(), told]).toEqual([[SAID], ['web-1-7']])
    cluster.pods.delete('web-1-7')
    await after(ROUND)
    expect([conditions(), told]).toEqual([[], ['web-1-7']])
  })

  it('says where it may not look, and what it saw there last', async () => {
    const { cluster, pods, app, conditions, after } = watching(10)
    cluster.pods.set('web-1-7', written(7, HOTFIX))
    pods.compared(app)
    await after(3_000)
    cluster.forbidden = true
    for (const _ of [1, 2]) await after(ROUND)
    expect(conditions()).toEqual([SAID, 'HF3014 pods is forbidden (Pod in prod)'])
    cluster.forbidden = false
    await after(ROUND)
    expect(conditions()).toEqual([SAID])
  })
})
