import { describe, expect, it } from 'vitest'
import { evaluate, evaluateObject, foldApp } from '../../../src/core/evaluate/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'
import { problem } from '../../../src/core/problem/index.ts'
import { appOf, type Given, snapshotOf } from './snapshot.ts'

const map = (name: string, data: object = { a: '1' }): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'prod' },
  data,
})
const synced = (name: string): Given => ({ desired: map(name), live: map(name) })
const changed = (name: string): Given => ({ desired: map(name), live: map(name, { a: '2', b: '3' }) })
const missing = (name: string): Given => ({ desired: map(name), live: null })
const extra = (name: string): Given => ({ desired: null, live: map(name) })
const unknown = (name: string): Given => ({ desired: map(name), unknown: true })
const trouble = [problem('HF4001', 'it could not be read', {})]

/** objects → status, [objects, inSync, outOfSync, unknown, fields] */
const rows: [title: string, objects: Given[], status: string, counts: number[]][] = [
  ['nothing at all', [], 'Synced', [0, 0, 0, 0, 0]],
  ['all in sync', [synced('a'), synced('b')], 'Synced', [2, 2, 0, 0, 0]],
  [
    'fields are counted, whole objects as one each',
    [synced('a'), changed('b'), missing('c'), extra('d')],
    'OutOfSync',
    [4, 1, 3, 0, 4],
  ],
  [
    'what is known to differ is worth more than what is not known',
    [synced('a'), changed('b'), unknown('c')],
    'OutOfSync',
    [3, 1, 1, 1, 2],
  ],
  ['but nothing looks green that was not compared whole', [synced('a'), unknown('b')], 'Unknown', [2, 1, 0, 1, 0]],
]

describe('the fold', () => {
  it.each(rows)('%s', (_, objects, status, counts) => {
    const whole = evaluate({ app: appOf({ desired: null }), objects: objects.map(snapshotOf), trouble: [] })
    expect(whole.status).toBe(status)
    const { inSync, outOfSync, unknown: open, fields } = whole.counts
    expect([whole.counts.objects, inSync, outOfSync, open, fields]).toEqual(counts)
    expect(whole.objects.map(({ ref }) => ref.name)).toEqual(whole.objects.map(({ ref }) => ref.name).toSorted())
  })

  it('is unknown when the whole could not be compared, whatever its objects say', () => {
    const whole = evaluate({ app: appOf({ desired: null }), objects: [snapshotOf(synced('a'))], trouble })
    expect(whole.status).toBe('Unknown')
    expect(whole.problems.map(({ code }) => code)).toEqual(['HF4001'])
  })

  it('is unknown while declared objects were not looked at', () => {
    const given = synced('a')
    const app = appOf(given)
    expect(foldApp(app, [evaluateObject(app, snapshotOf(given))], [], 1).status).toBe('Unknown')
  })

  it('says Missing only of an application that lacks everything', () => {
    const of = (objects: Given[]) =>
      evaluate({ app: appOf({ desired: null }), objects: objects.map(snapshotOf), trouble: [] })
    expect(of([synced('a')]).health.status).toBe('Healthy')
    expect(of([synced('a'), missing('b')]).health.status).toBe('Healthy')
    expect(of([missing('a'), missing('b')]).health.status).toBe('Missing')
  })
})
