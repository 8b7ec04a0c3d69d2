// Whatever people do to an object, one heal brings it back: claim and apply as a model of the server carries them out.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate, evaluateObject, foldApp, type ObjectSnapshot } from '../../src/core/evaluate/index.ts'
import type { Json, JsonMap, KubeObject } from '../../src/core/kube/index.ts'
import { applyObject, updateObject, type Versions } from '../../src/core/merge/index.ts'
import type { ApplyStep } from '../../src/core/plan/index.ts'
import { schemaOfKind } from '../core/compare/read-case.ts'
import { appOf, type Given, snapshotOf } from '../core/evaluate/snapshot.ts'

const schema = schemaOfKind({ group: 'apps', version: 'v1', kind: 'Deployment' })
const versions: Versions = { type: () => schema.root, convert: (value: Json) => value }
const common = { empty: {}, version: 'apps/v1', versions }
const APPLIED = '2026-01-01T00:00:00Z'

const text = fc.constantFrom('a', 'b', 'c')
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const labels = fc.dictionary(text, text, { minKeys: 1, maxKeys: 3 })
const keyed = <T extends object>(name: string, rest: fc.Arbitrary<T>) =>
  fc.uniqueArray(
    fc.tuple(text, rest).map(([key, more]) => ({ [name]: key, ...more })),
    { minLength: 1, maxLength: 3, selector: (item) => (item as unknown as Record<string, string>)[name] },
  )
const without = <T extends object>(value: T): T => JSON.parse(JSON.stringify(value)) as T
const container = fc.record({
  image: text,
  args: optional(fc.array(text, { minLength: 1, maxLength: 2 })),
  env: optional(keyed('name', fc.record({ value: text }))),
  securityContext: optional(fc.constantFrom({ privileged: true }, { runAsUser: 0 })),
})
const deployment: fc.Arbitrary<KubeObject> = fc
  .record({
    labels,
    spec: fc.record({
      replicas: optional(fc.integer({ min: 0, max: 3 })),
      paused: optional(fc.boolean()),
      template: fc.record({
        metadata: fc.record({ labels }),
        spec: fc.record({
          hostNetwork: optional(fc.constant(true)),
          nodeSelector: optional(labels),
          containers: keyed('name', container),
          volumes: optional(keyed('name', fc.record({ configMap: fc.record({ name: text }) }))),
          tolerations: optional(fc.array(fc.record({ key: text }), { minLength: 1, maxLength: 2 })),
        }),
      }),
    }),
  })
  .map(({ labels: found, spec }) =>
    without({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'prod', labels: found },
      spec,
    }),
  )

const stored = (object: JsonMap): KubeObject => {
  const live = object as unknown as KubeObject
  return { ...live, metadata: { ...live.metadata, uid: 'u-1', resourceVersion: '7' } }
}

function applied(live: KubeObject | null, body: KubeObject): KubeObject {
  const { uid: _, resourceVersion: __, ...metadata } = body.metadata
  const answer = applyObject({
    ...common,
    live: live as unknown as JsonMap | null,
    applied: { ...body, metadata } as unknown as JsonMap,
    manager: 'holdfast',
    time: APPLIED,
    force: true,
  })
  if (!('state' in answer) || answer.state !== 'applied') throw new Error('a forced apply has no conflict')
  return stored(answer.object)
}

type Edit = { readonly to: KubeObject; readonly manager: string; readonly wipe: boolean }

function edited(live: KubeObject, { to, manager, wipe }: Edit): KubeObject {
  const { managedFields } = live.metadata
  const next = { ...to, metadata: { ...to.metadata, managedFields: wipe ? [] : managedFields } }
  const [before, after] = [live, next] as unknown as [JsonMap, JsonMap]
  return stored(updateObject({ ...common, live: before, next: after, manager, time: '2026-01-02T00:00:00Z' }))
}

function carriedOut(live: KubeObject, step: ApplyStep): KubeObject {
  const claim = step.claim?.find(({ path }) => path === '/metadata/managedFields')
  const managedFields = claim === undefined ? live.metadata.managedFields : claim.value
  const claimed = { ...live, metadata: { ...live.metadata, managedFields } } as KubeObject
  return applied(claimed, step.body)
}

const edit = fc.record({ to: deployment, manager: fc.constantFrom('kubectl-edit', 'x', 'helm'), wipe: fc.boolean() })
const given = (desired: KubeObject, live: KubeObject, more: Partial<Given> = {}): Given => ({
  desired,
  live,
  form: true,
  history: { enforced: true },
  ...more,
})
const judged = (input: Given) => evaluateObject(appOf(input), snapshotOf(input))

describe('one heal', () => {
  it('undoes any sequence of edits, leaves no other owner of what Git declares, and asks for no second', () => {
    fc.assert(
      fc.property(deployment, fc.array(edit, { maxLength: 3 }), (desired, edits) => {
        const live = edits.reduce(edited, applied(null, desired))
        const first = judged(given(desired, live))
        if (first.step === null) {
          expect(first.fields).toEqual([])
          return
        }
        const healed = carriedOut(live, first.step)
        const second = judged(given(desired, healed))
        expect(second.fields.map(({ field }) => `${field.change} ${field.at}`)).toEqual([])
        expect(second.step).toBeNull()
        expect(healed.spec).toEqual(desired.spec)
      }),
      { numRuns: 300 },
    )
  })

  it('leaves what is ignored as it is, whoever owns it', () => {
    const ignore = [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }]
    fc.assert(
      fc.property(deployment, deployment, edit, (applies, desired, change) => {
        const live = edited(applied(null, applies), change)
        const first = judged(given(desired, live, { ignore }))
        if (first.step === null) return
        const healed = carriedOut(live, first.step)
        const replicas = (object: KubeObject): unknown => (object.spec as JsonMap).replicas
        expect(replicas(healed)).toEqual(replicas(live))
        expect(judged(given(desired, healed, { ignore })).fields).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('after Git moved on removes what left it, and nothing that stayed', () => {
    fc.assert(
      fc.property(deployment, deployment, (before, desired) => {
        const permissions = { pending: true, selfHeal: false }
        const first = judged(given(desired, applied(null, before), { permissions }))
        if (first.step === null) {
          expect(first.fields).toEqual([])
          return
        }
        expect(first.step.claim).toBeNull()
        expect(carriedOut(applied(null, before), first.step).spec).toEqual(desired.spec)
      }),
      { numRuns: 200 },
    )
  })
})

describe('the whole', () => {
  const named = (object: KubeObject, index: number): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, name: `web-${index}` },
  })
  const object: fc.Arbitrary<Given> = fc.oneof(
    fc.tuple(deployment, deployment).map(([desired, live]) => given(desired, stored(live as unknown as JsonMap))),
    deployment.map((desired) => ({ desired, live: null })),
    deployment.map((live) => ({ desired: null, live })),
    deployment.map((desired) => ({ desired, unknown: true })),
    deployment.map((desired) => ({ desired, live: desired, contender: 'argocd/other' })),
  )
  it('is the fold of its objects, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(object, { maxLength: 5 }),
        fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
        (all, order) => {
          const app = appOf({ desired: null })
          const objects: ObjectSnapshot[] = all.map((one, index) =>
            snapshotOf({
              ...one,
              desired: one.desired === null ? null : named(one.desired, index),
              live: one.live === null || one.live === undefined ? null : named(one.live, index),
            }),
          )
          const whole = evaluate({ app, objects, trouble: [] })
          const shuffled = objects
            .map((snapshot, index) => ({ snapshot, rank: order[index] ?? 0 }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ snapshot }) => evaluateObject(app, snapshot))
          expect(foldApp(app, shuffled)).toEqual(whole)
          const { inSync, outOfSync, unknown } = whole.counts
          expect(inSync + outOfSync + unknown).toBe(objects.length)
        },
      ),
      { numRuns: 100 },
    )
  })
})
