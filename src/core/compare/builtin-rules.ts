// The shipped rules: what servers and controllers put into objects without being asked. Data, one table per area.
// Facts: `kubectl explain`, and objects read back from kube-apiserver and kube-controller-manager 1.35.
import type { BuiltinRule } from './rule.ts'
import { BOOKKEEPING } from './rules-bookkeeping.ts'
import { OTHER_RULES } from './rules-other.ts'
import { POD_RULES } from './rules-pods.ts'
import { WORKLOAD_RULES } from './rules-workloads.ts'

export const BUILTIN_RULES: readonly BuiltinRule[] = [...BOOKKEEPING, ...POD_RULES, ...WORKLOAD_RULES, ...OTHER_RULES]

/** Where the pod spec of a kind stands. */
export const POD_SPEC: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  PodTemplate: ['template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  'apps/Deployment': ['spec', 'template', 'spec'],
  'apps/StatefulSet': ['spec', 'template', 'spec'],
  'apps/DaemonSet': ['spec', 'template', 'spec'],
  'apps/ReplicaSet': ['spec', 'template', 'spec'],
  'batch/Job': ['spec', 'template', 'spec'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}
