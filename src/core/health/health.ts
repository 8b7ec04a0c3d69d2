import { groupOf, type KubeObject, type ObjectRef } from '../kube/index.ts'
import { apiServiceHealth, autoscalerHealth, claimHealth, ingressHealth, serviceHealth } from './network-and-storage.ts'
import { podHealth } from './pod.ts'
import { textAt, valueAt } from './read.ts'
import { externalSecretHealth, sealedSecretHealth } from './secrets.ts'
import type { Health, HealthStatus } from './types.ts'
import { daemonSetHealth, deploymentHealth, jobHealth, replicaSetHealth, statefulSetHealth } from './workloads.ts'

const CHECKS: ReadonlyMap<string, (object: unknown) => Health> = new Map([
  ['apps/Deployment', deploymentHealth],
  ['apps/DaemonSet', daemonSetHealth],
  ['apps/StatefulSet', statefulSetHealth],
  ['apps/ReplicaSet', replicaSetHealth],
  ['/Pod', podHealth],
  ['/PersistentVolumeClaim', claimHealth],
  ['/Service', serviceHealth],
  ['extensions/Ingress', ingressHealth],
  ['networking.k8s.io/Ingress', ingressHealth],
  ['batch/Job', jobHealth],
  ['autoscaling/HorizontalPodAutoscaler', autoscalerHealth],
  ['apiregistration.k8s.io/APIService', apiServiceHealth],
  ['external-secrets.io/ExternalSecret', externalSecretHealth],
  ['bitnami.com/SealedSecret', sealedSecretHealth],
])

/** Health of a live object by Argo CD's built-in checks; null for a kind without one, which counts as healthy. */
export function healthOf(object: KubeObject): Health | null {
  if (valueAt(object, 'metadata.deletionTimestamp') !== undefined) {
    return { status: 'Progressing', message: 'Pending deletion' }
  }
  const check = CHECKS.get(`${groupOf(textAt(object, 'apiVersion'))}/${textAt(object, 'kind')}`)
  return check === undefined ? null : check(object)
}

export interface ResourceHealth {
  readonly ref: Omit<ObjectRef, 'version'>
  /** Whether the object exists in the cluster. */
  readonly live: boolean
  /** null = the kind has no check. */
  readonly health: Health | null
  /** `argocd.argoproj.io/ignore-healthcheck: "true"` on the live object. */
  readonly ignored?: boolean
}

const BEST_TO_WORST: readonly HealthStatus[] = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown']
const SHOWN_CAUSES = 3

function rank(status: HealthStatus): number {
  return BEST_TO_WORST.indexOf(status)
}

/** A child Application that is missing or unknown says nothing about its parent. */
function counts({ ref, live, health, ignored }: ResourceHealth): boolean {
  if (!live || health === null || ignored === true) return false
  const isApplication = ref.group === 'argoproj.io' && ref.kind === 'Application'
  return !(isApplication && (health.status === 'Missing' || health.status === 'Unknown'))
}

function causeOf({ ref }: ResourceHealth): string {
  const kind = ref.group === '' ? ref.kind : `${ref.group}/${ref.kind}`
  return `${kind}:${ref.namespace === '' ? ref.name : `${ref.namespace}/${ref.name}`}`
}

function nameCauses(causes: readonly ResourceHealth[]): string {
  if (causes.length === 0) return ''
  const named = causes.slice(0, SHOWN_CAUSES).map(causeOf).join(', ')
  const more = causes.length - SHOWN_CAUSES
  return `Caused by ${named}${more > 0 ? ` and ${more} more` : ''}`
}

/**
 * The application's health: the worst of its resources. As in Argo CD since 3.4 a missing resource does not count (the
 * sync status tells of it), unless all are missing; an application without resources is healthy.
 */
export function appHealth(resources: readonly ResourceHealth[]): Health {
  const counting = resources.filter(counts)
  const worst = counting.reduce<HealthStatus>((status, { health }) => {
    return health !== null && rank(health.status) > rank(status) ? health.status : status
  }, 'Healthy')
  if (resources.length > 0 && !resources.some(({ live }) => live)) return { status: 'Missing', message: '' }
  const causes = worst === 'Healthy' ? [] : counting.filter(({ health }) => health?.status === worst)
  return { status: worst, message: nameCauses(causes) }
}
