import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it, test } from 'vitest'
import type { Evidence } from '../../../src/core/classify/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'
import {
  autoscalerEvidence,
  cleanText,
  conditionEvidence,
  type DriftRecord,
  eventEvidence,
  investigationOf,
  mergeEvidence,
  oomEvidence,
  revertRisks,
  tierOf,
} from '../../../src/core/record/index.ts'

interface Case {
  readonly title: string
  readonly as: 'event' | 'pod' | 'conditions' | 'autoscaler'
  readonly object: KubeObject
  readonly expect: readonly Evidence[]
}

const file = new URL('../../cases/record/happenings.yaml', import.meta.url)
const { cases } = load(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] }
const READ = {
  event: (object: KubeObject) => [eventEvidence(object)],
  pod: oomEvidence,
  conditions: conditionEvidence,
  autoscaler: (object: KubeObject) => [autoscalerEvidence(object)],
}

test.each(cases.map((one) => [one.title, one] as const))('%s', (_, { as, object, expect: expected }) => {
  expect(READ[as](object)).toEqual(expected)
})

describe('evidence of one record', () => {
  const at = (detail: string, time: string | null): Evidence => ({ source: 'event', detail, time })

  it('is in the order of its times, told once, as it was told last [S001-55]', () => {
    const known = [at('a (2 times), from x', '2026-01-01T00:00:02Z'), at('b', '2026-01-01T00:00:01Z')]
    const merged = mergeEvidence(known, [at('a (3 times), from x', '2026-01-01T00:00:03Z'), at('c', null)])
    expect(merged.map(({ detail }) => detail)).toEqual(['c', 'b', 'a (3 times), from x'])
  })

  it('is bounded: the newest stay', () => {
    const many = Array.from({ length: 500 }, (_, n) => at(`n${n}`, new Date(n * 1_000).toISOString()))
    const merged = mergeEvidence([], many)
    expect(merged).toHaveLength(40)
    expect(merged.at(-1)?.detail).toBe('n499')
  })

  it('takes no time on a long hostile text', () => {
    const begin = performance.now()
    expect(cleanText('token='.repeat(200_000)).length).toBeLessThan(310)
    expect(cleanText(`${'a-'.repeat(500_000)}password`).length).toBeLessThan(310)
    expect(performance.now() - begin).toBeLessThan(500)
  })
})

describe('a record', () => {
  const record: DriftRecord = {
    ...{ id: 'a', app: 'argocd/a', object: 'apps/Deployment prod/web', tier: 'production', opened: '', closed: '' },
    ...{ outcome: 'healed', difference: 'changed', paths: ['.spec.replicas'], actor: 'unknown', confidence: 'unknown' },
    ...{ source: 'unknown', owner: null, evidence: [], gaps: [], notes: [] },
  }

  it('is open to question until the author is known, Git moved, or a person says why [S001-53]', () => {
    expect(investigationOf(record)).toBe('cause not established')
    expect(investigationOf({ ...record, confidence: 'likely' })).toBe('cause established')
    expect(investigationOf({ ...record, source: 'generator' })).toBe('cause established')
    const note = { time: '', by: 'alice', text: 'x', settles: false }
    expect(investigationOf({ ...record, notes: [note] })).toBe('cause not established')
    expect(investigationOf({ ...record, notes: [note, { ...note, settles: true }] })).toBe('cause established')
  })

  it('raises the risk of a revert where pods were killed for lack of memory [S002-252]', () => {
    expect(revertRisks(record)).toEqual([])
    const killed = { ...record, evidence: [{ source: 'pod', detail: 'Pod a', time: null } as const] }
    expect(revertRisks(killed)).toEqual([
      'containers were killed for lack of memory (1): less memory or fewer replicas may kill them again',
    ])
  })

  it('is of production by the name of its namespace', () => {
    const tiers = ['prod', 'production', 'prod-eu', 'shop-prod', 'product', 'preprod', ''].map((namespace) =>
      tierOf({ namespace }),
    )
    expect(tiers.map((tier) => tier === 'production')).toEqual([true, true, true, true, false, false, false])
  })
})
