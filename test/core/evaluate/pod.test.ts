import { describe, expect, it } from 'vitest'
import { evaluatePod, mayDeviate } from '../../../src/core/evaluate/index.ts'
import type { KubeObject, ManagedFieldsEntry } from '../../../src/core/kube/index.ts'
import { schemaOfKind } from '../compare/read-case.ts'

const MADE = '2026-01-01T00:00:00Z'
const LATER = '2026-01-01T00:05:00Z'
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'app:v1' }] } }
const maker: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web-1', namespace: 'prod', uid: 'r' },
  spec: { template },
}
const workload = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'prod', name: 'web' }
const schema = schemaOfKind({ group: '', version: 'v1', kind: 'Pod' })

const image = { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:image': {} } } } }
const by = (manager: string, time: string, fieldsV1: object = image): ManagedFieldsEntry => ({
  ...{ manager, operation: 'Update', apiVersion: 'v1', time, fieldsType: 'FieldsV1' },
  fieldsV1: fieldsV1 as NonNullable<ManagedFieldsEntry['fieldsV1']>,
})
const pod = (managedFields: readonly ManagedFieldsEntry[], live = 'registry.mirror/app:v1'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1-x', namespace: 'prod', labels: { app: 'web' }, creationTimestamp: MADE, managedFields },
  spec: { containers: [{ name: 'app', image: live }], nodeName: 'n1', hostname: 'web-1-x' },
})
const found = (live: KubeObject): string[] =>
  (
    evaluatePod({ app: 'argocd/web', digestKey: 'k' }, { pod: live, maker, workload, schema, now: 0 })?.fields ?? []
  ).map(({ field, concern }) => `${field.change} ${field.at} ${concern}`)

const CHANGED = ['changed .spec.containers[name="app"].image image']

/** title, managedFields, whether it is worth a look, what is told */
const rows: [title: string, managedFields: readonly ManagedFieldsEntry[], look: boolean, told: readonly string[]][] = [
  ['an image that admission rewrote when the pod was made', [by('kube-controller-manager', MADE)], false, []],
  ['one that somebody set later', [by('kube-controller-manager', MADE, {}), by('kubectl-set', LATER)], true, CHANGED],
  ['one that somebody set in the maker’s name', [by('kube-controller-manager', LATER)], true, CHANGED],
  ['one whose bookkeeping was wiped', [], true, CHANGED],
]

describe('a running pod', () => {
  it.each(rows)('%s', (_, managedFields, look, told) => {
    const live = pod(managedFields)
    expect(mayDeviate(live)).toBe(look)
    expect(found(live)).toEqual(told)
  })

  it('that kubelets, schedulers and autoscalers write to is not worth a look, and what they write is not told', () => {
    const status = { ...by('kubelet', LATER, { 'f:status': {} }), subresource: 'status' }
    const cni = by('multus', LATER, { 'f:metadata': { 'f:annotations': { 'f:x': {} } } })
    const live = pod([by('kube-controller-manager', MADE), status, cni], 'app:v1')
    expect(mayDeviate(live)).toBe(false)
    expect(found(live)).toEqual([])
    const resized = { ...by('vpa-updater', LATER), subresource: 'resize' }
    const given = pod([by('kube-controller-manager', MADE), resized], 'app:v1')
    const containers = [{ name: 'app', image: 'app:v1', resources: { requests: { cpu: '2' } } }]
    const annotated = { ...given.metadata, annotations: { vpaInPlaceUpdated: 'true' } }
    expect(found({ ...given, metadata: annotated, spec: { containers } })).toEqual([])
    expect(found({ ...given, spec: { containers } })).toEqual(['added .spec.containers[name="app"].resources capacity'])
  })
})
