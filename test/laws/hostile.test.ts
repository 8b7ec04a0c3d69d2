import fc from 'fast-check'
import { expect, it } from 'vitest'
import { evaluateObject } from '../../src/core/evaluate/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { reportObject } from '../../src/core/record/index.ts'
import { appOf, snapshotOf } from '../core/evaluate/snapshot.ts'
import { anything, frozen, KINDS, kindOf } from './objects.ts'

const body = fc.record({ spec: anything, data: anything, status: anything, labels: anything, annotations: anything })
const metadata = { name: 'x', namespace: 'n', uid: 'u-1', resourceVersion: '7' }

/** As a server or a repository may send it: the envelope is there, everything in it may be anything. */
const object = (name: string) =>
  fc.tuple(body, anything, fc.boolean()).map(([{ labels, annotations, ...rest }, managedFields, listed]) => {
    const { apiVersion, kind } = kindOf(name)
    const owned = { managedFields: listed ? [managedFields] : managedFields }
    return {
      ...rest,
      apiVersion,
      kind,
      metadata: { ...metadata, labels, annotations, ...owned },
    } as unknown as KubeObject
  })

it.each(KINDS)('nothing in a %s makes its evaluation or its report fail', (name) => {
  fc.assert(
    fc.property(object(name), object(name), fc.option(object(name), { nil: undefined }), (desired, live, form) => {
      const given = frozen({ desired, live, ...(form === undefined ? {} : { form }), history: { enforced: true } })
      const evaluation = evaluateObject(appOf(given), snapshotOf(given))
      expect(reportObject(evaluation, { digestKey: 'key' }).status).toBe(evaluation.status)
    }),
    { numRuns: 60 },
  )
})
