import { describe, expect, expectTypeOf, it } from 'vitest'
import { type KubeObject, refKey, refOf } from '../../../src/core/kube/index.ts'
import { type DeleteStep, permitPrune, type PruneObservation, type PrunePermit } from '../../../src/core/plan/index.ts'
import { isProblem } from '../../../src/core/problem/index.ts'

const object: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'old', namespace: 'prod', uid: 'u-1' },
}
const ref = refOf(object)
const seen: PruneObservation = {
  ref,
  uid: 'u-1',
  desired: { complete: true, keys: new Set(['/ConfigMap/prod/new']), renderedAt: 100 },
  listed: { keys: new Set([refKey(ref)]), takenAt: 101 },
  confirmed: object,
  marked: true,
}
const other = (metadata: object): KubeObject => ({ ...object, metadata: { ...object.metadata, ...metadata } })

/** requirements: [S002-164, S002-159, S004-23] */
const refused: [reason: string, change: Partial<PruneObservation>][] = [
  ['the render is not complete', { desired: { ...seen.desired, complete: false } }],
  ['Git declares it', { desired: { ...seen.desired, keys: new Set([refKey(ref)]) } }],
  ['the list is older than the render', { listed: { ...seen.listed, takenAt: 99 } }],
  ['does not contain it', { listed: { ...seen.listed, keys: new Set() } }],
  ['it is gone', { confirmed: null }],
  ['another object has its name now', { confirmed: other({ uid: 'u-2' }) }],
  ['another object has its name now', { confirmed: other({ uid: undefined }) }],
  ['the server returned another object', { confirmed: other({ name: 'older' }) }],
  ['the server returned another object', { confirmed: other({ namespace: 'dev' }) }],
  ['tracking mark', { marked: false }],
  [
    'Shop main looks after it',
    {
      confirmed: other({
        ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Shop', name: 'main', uid: 'u-9', controller: true }],
      }),
    },
  ],
]

describe('permitPrune', () => {
  it('permits what is complete, listed after the render, confirmed and marked', () => {
    expect(isProblem(permitPrune(seen))).toBe(false)
    expect(isProblem(permitPrune({ ...seen, listed: { ...seen.listed, takenAt: 100 } }))).toBe(false)
  })

  it.each(refused)('refuses: %s', (reason, change) => {
    const answer = permitPrune({ ...seen, ...change })
    expect(answer).toMatchObject({ code: 'HF6003', subject: { object: 'ConfigMap prod/old' } })
    expect(JSON.stringify(answer)).toContain(reason)
  })

  it('is the only way to a delete', () => {
    expectTypeOf(permitPrune).returns.extract<PrunePermit>().toEqualTypeOf<PrunePermit>()
    // @ts-expect-error a permit cannot be written down
    const forged: PrunePermit = {}
    // @ts-expect-error a delete step cannot be built without a permit
    const step: DeleteStep = { kind: 'delete', ref, uid: 'u-1', propagation: 'Background' }
    // @ts-expect-error an observation that does not say whether the render is complete mints nothing
    const partial: PruneObservation = { ...seen, desired: { keys: new Set<string>(), renderedAt: 1 } }
    expect([forged, step, partial]).toHaveLength(3)
  })
})
