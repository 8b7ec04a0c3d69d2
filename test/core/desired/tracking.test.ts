import { describe, expect, it } from 'vitest'
import { type AppDefinition, parseSettings, type Settings } from '../../../src/core/definition/index.ts'
import { appTrackingName, parseTrackingId, readTracking, trackingIdOf } from '../../../src/core/desired/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'

const settings = parseSettings(null).value as Settings

function live(id: string, metadata: object = {}): KubeObject {
  const annotations = { 'argocd.argoproj.io/tracking-id': id }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'prod', annotations, ...metadata },
  }
}

describe('tracking marks', () => {
  it('names applications outside the control plane with their namespace', () => {
    const app = (namespace: string) => ({ namespace, name: 'shop' }) as AppDefinition
    expect(appTrackingName(app('argocd'), 'argocd')).toBe('shop')
    expect(appTrackingName(app('team'), 'argocd')).toBe('team_shop')
  })
  it('reads back what it writes', () => {
    const ref = { group: 'apps', kind: 'Deployment', namespace: 'prod', name: 'system:web' }
    expect(parseTrackingId(trackingIdOf('team_shop', ref))).toEqual({ app: 'team_shop', ...ref })
  })
  it.each<[string, object, Partial<Settings>, object | null]>([
    ['shop:apps/Deployment:prod/web', {}, {}, { app: 'shop', selfReferencing: true }],
    ['shop:apps/Deployment:prod/api', {}, {}, { app: 'shop', selfReferencing: false }],
    ['shop:apps/Deployment:dev/web', {}, {}, { app: 'shop', selfReferencing: false }],
    ['shop:extensions/Deployment:prod/web', {}, {}, { app: 'shop', selfReferencing: false }],
    ['shop:apps/Deployment:dev/web', { namespace: undefined }, {}, { app: 'shop', selfReferencing: true }],
    ['shop', {}, {}, null],
    ['', {}, {}, null],
    ['shop:apps/Deployment:prod/web', {}, { installationID: 'i' }, null],
    ['x', { annotations: undefined }, {}, null],
    [
      'x',
      { labels: { 'app.kubernetes.io/instance': 'shop' } },
      { trackingMethod: 'label' },
      { app: 'shop', selfReferencing: true },
    ],
    ['shop:apps/Deployment:prod/web', {}, { trackingMethod: 'label' }, null],
    [
      'shop:apps/Deployment:prod/web',
      {},
      { trackingMethod: 'annotation+label' },
      { app: 'shop', selfReferencing: true },
    ],
  ])('%j %j %j', (id, metadata, part, expected) => {
    expect(readTracking(live(id, metadata), { ...settings, ...part })).toEqual(expected)
  })
})
