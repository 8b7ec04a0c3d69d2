// Whom to ask: what Git says of the object, not what somebody wrote onto it.
import { expect, it } from 'vitest'
import { evaluateObject } from '../../../src/core/evaluate/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'
import { appOf, snapshotOf } from './snapshot.ts'

const configMap = (labels: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', namespace: 'prod', labels },
})
const asked = (git: Record<string, string>, live: Record<string, string>) => {
  const given = { desired: configMap(git), live: configMap(live) }
  return evaluateObject(appOf(given), snapshotOf(given)).owner?.name ?? null
}

it('asks whom Git names, whatever the live object says', () => {
  expect(asked({ team: 'payments' }, { team: 'mallory' })).toBe('payments')
})

it('asks nobody whom only the live object names', () => {
  expect(asked({ app: 'web' }, { app: 'web', team: 'mallory' })).toBeNull()
})
