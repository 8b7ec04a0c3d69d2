import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import {
  bareContext,
  type CauseContext,
  classifyField,
  type Delivery,
  NOTHING_PENDING,
  ownershipOf,
} from '../../../src/core/classify/index.ts'
import type { ChangeKind } from '../../../src/core/compare/index.ts'
import { type FieldPath, type Json, type KubeObject, pathKey, refOf } from '../../../src/core/kube/index.ts'

interface Given {
  readonly change: ChangeKind
  readonly path: readonly (string | Record<string, Json>)[]
  /** null = that side lacks it. */
  readonly desired: Json | null
  readonly live: Json | null
  readonly managers: Record<string, object>
  readonly labels?: Record<string, string>
  readonly annotations?: Record<string, string>
  readonly ownerReferences?: KubeObject['metadata']['ownerReferences']
  readonly autoscalers?: CauseContext['neighbours']['autoscalers']
  readonly webhooks?: readonly string[]
  readonly delivery?: Partial<Delivery>
  readonly owners?: CauseContext['owners']
  readonly release?: CauseContext['release']
}
interface Case extends Partial<Given> {
  readonly title: string
  readonly expect: Record<string, unknown> & { readonly evidence?: readonly string[] }
}

const file = new URL('../../cases/classify/causes.yaml', import.meta.url)
const { base, cases } = load(readFileSync(file, 'utf8')) as { base: Partial<Given>; cases: Case[] }

const pathOf = (path: Given['path']): FieldPath =>
  path.map((step) => (typeof step === 'string' ? { kind: 'field', name: step } : { kind: 'key', fields: step }))

function liveOf({ managers, labels, annotations, ownerReferences }: Given): KubeObject {
  const managedFields = Object.entries(managers).map(([name, fieldsV1]) => {
    const [manager, operation, subresource, time] = name.split('|')
    const said = { ...(subresource ? { subresource } : {}), ...(time ? { time } : {}) }
    return { manager, operation, apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1, ...said }
  })
  const metadata = { name: 'web', namespace: 'prod', labels, annotations, ownerReferences, managedFields }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata } as KubeObject
}

function told(given: Given): Record<string, unknown> {
  const live = liveOf(given)
  const path = pathOf(given.path)
  const field = {
    ...{ path, at: pathKey(path), pointer: '', change: given.change },
    ...(given.desired === null ? {} : { desired: given.desired }),
    ...(given.live === null ? {} : { live: given.live }),
  }
  const context: CauseContext = {
    ...bareContext(refOf(live), live),
    neighbours: { autoscalers: given.autoscalers ?? [] },
    webhooks: given.webhooks ?? [],
    delivery: { ...NOTHING_PENDING, ...given.delivery },
    ...(given.owners === undefined ? {} : { owners: given.owners }),
    ...(given.release === undefined ? {} : { release: given.release }),
  }
  const { actor, evidence, ...cause } = classifyField(field, ownershipOf(live), context)
  return { ...actor, ...cause, evidence: evidence.map(({ detail }) => detail) }
}

describe('the cause of a difference', () => {
  it.each(cases)('$title', ({ expect: expected, ...given }) => {
    const { evidence = [], ...rest } = expected
    const found = told({ ...base, ...given } as Given)
    expect(found).toMatchObject(rest)
    expect(found.evidence).toEqual(expect.arrayContaining([...evidence]))
  })
})
