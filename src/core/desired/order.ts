import type { ObjectRef } from '../kube/index.ts'

/** Argo CD's order of kinds within a wave; kinds not named here come last. */
const KINDS = [
  'Namespace',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodSecurityPolicy',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'SecretList',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleList',
  'ClusterRoleBinding',
  'ClusterRoleBindingList',
  'Role',
  'RoleList',
  'RoleBinding',
  'RoleBindingList',
  'Service',
  'DaemonSet',
  'Pod',
  'ReplicationController',
  'ReplicaSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'StatefulSet',
  'Job',
  'CronJob',
  'IngressClass',
  'Ingress',
  'APIService',
] as const

const RANK: ReadonlyMap<string, number> = new Map(KINDS.map((kind, index) => [kind, index]))

/** Wave, rank of the kind, then names that make the order total. Compare with `compareApplyOrder`. */
export type ApplyOrder = readonly [wave: number, kind: number, namespace: string, name: string, groupKind: string]

/** Where an object stands in the order of applying. */
export function applyOrder(ref: Omit<ObjectRef, 'version'>, wave: number): ApplyOrder {
  return [wave, RANK.get(ref.kind) ?? KINDS.length, ref.namespace, ref.name, `${ref.group}/${ref.kind}`]
}

export function compareApplyOrder(a: ApplyOrder, b: ApplyOrder): number {
  for (let index = 0; index < a.length; index++) {
    const left = a[index] ?? 0
    const right = b[index] ?? 0
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}
