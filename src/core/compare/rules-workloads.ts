// What the server and controllers fill into workloads around their pod templates.
import { allocated, type BuiltinRule, defaulted, made, type ValueTest } from './rule.ts'

const UID: ValueTest = { is: 'equal-to', path: ['metadata', 'uid'] }
const NAME: ValueTest = { is: 'equal-to', path: ['metadata', 'name'] }
const JOB = ['batch/Job']
const DEPLOYMENT = ['apps/Deployment']
const STATEFUL = ['apps/StatefulSet']
const DAEMON = ['apps/DaemonSet']
const CRON = ['batch/CronJob']
const RC = ['ReplicationController']

const IDENTITY = {
  id: 'job-identity',
  kinds: JOB,
  reason: 'identifies the Job’s pods',
  owner: 'kube-controller-manager',
}
const JOB_LABELS = ['metadata.labels', 'spec.template.metadata.labels', 'spec.selector.matchLabels']
const jobLabels = (...names: string[]): string[] => JOB_LABELS.flatMap((at) => names.map((name) => `${at}."${name}"`))

/** A Job or controller without labels of its own gets those of its template. */
const templateLabels = (kinds: readonly string[], path: string): BuiltinRule => ({
  ...defaulted(kinds, path),
  value: { is: 'same-member', path: ['spec', 'template', 'metadata', 'labels'] },
  unlessDesired: path.split('.').slice(0, -1),
})

const FAILURE_STATUS = 'podFailurePolicy.rules.*.onPodConditions.*.status'

/** The template of a CronJob gets none of these but the last: its Jobs do. */
const JOB_DEFAULTS: readonly BuiltinRule[] = [
  defaulted(JOB, 'spec.parallelism', 1),
  defaulted(JOB, 'spec.completions', 1),
  defaulted(JOB, 'spec.backoffLimit', 6),
  defaulted(JOB, 'spec.completionMode', 'NonIndexed'),
  defaulted(JOB, 'spec.suspend', false),
  defaulted(JOB, 'spec.manualSelector', false),
  { ...defaulted(JOB, 'spec.podReplacementPolicy', 'Failed'), whenDesired: ['spec', 'podFailurePolicy'] },
  {
    ...defaulted(JOB, 'spec.podReplacementPolicy', 'TerminatingOrFailed'),
    unlessDesired: ['spec', 'podFailurePolicy'],
  },
  defaulted(JOB, `spec.${FAILURE_STATUS}`, 'True'),
  defaulted(CRON, `spec.jobTemplate.spec.${FAILURE_STATUS}`, 'True'),
]

const ROLLING = { maxSurge: '25%', maxUnavailable: '25%' }
const ROLLING_DAEMON = { maxSurge: 0, maxUnavailable: 1 }

const STATEFUL_DEFAULTS: readonly BuiltinRule[] = [
  defaulted(STATEFUL, 'spec.podManagementPolicy', 'OrderedReady'),
  defaulted(STATEFUL, 'spec.serviceName', ''),
  defaulted(STATEFUL, 'spec.ordinals.start', 0),
  defaulted(STATEFUL, 'spec.updateStrategy', { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }),
  defaulted(STATEFUL, 'spec.updateStrategy.type', 'RollingUpdate'),
  defaulted(STATEFUL, 'spec.updateStrategy.rollingUpdate', { partition: 0 }),
  defaulted(STATEFUL, 'spec.updateStrategy.rollingUpdate.partition', 0),
  defaulted(STATEFUL, 'spec.persistentVolumeClaimRetentionPolicy', { whenDeleted: 'Retain', whenScaled: 'Retain' }),
  defaulted(STATEFUL, 'spec.persistentVolumeClaimRetentionPolicy.whenDeleted', 'Retain'),
  defaulted(STATEFUL, 'spec.persistentVolumeClaimRetentionPolicy.whenScaled', 'Retain'),
  defaulted(STATEFUL, 'spec.volumeClaimTemplates.*.apiVersion', 'v1'),
  defaulted(STATEFUL, 'spec.volumeClaimTemplates.*.kind', 'PersistentVolumeClaim'),
  defaulted(STATEFUL, 'spec.volumeClaimTemplates.*.spec.volumeMode', 'Filesystem'),
  defaulted(STATEFUL, 'spec.volumeClaimTemplates.*.status', { phase: 'Pending' }),
  defaulted(STATEFUL, 'spec.volumeClaimTemplates.*.status.phase', 'Pending'),
]

export const WORKLOAD_RULES: readonly BuiltinRule[] = [
  ...made({ ...IDENTITY, value: UID }, ...jobLabels('controller-uid', 'batch.kubernetes.io/controller-uid')),
  ...made({ ...IDENTITY, value: NAME }, ...jobLabels('job-name', 'batch.kubernetes.io/job-name')),
  defaulted([...DEPLOYMENT, ...STATEFUL, 'apps/ReplicaSet', ...RC], 'spec.replicas', 1),
  defaulted([...DEPLOYMENT, ...STATEFUL, ...DAEMON], 'spec.revisionHistoryLimit', 10),
  defaulted(DEPLOYMENT, 'spec.progressDeadlineSeconds', 600),
  defaulted(DEPLOYMENT, 'spec.strategy', { type: 'RollingUpdate', rollingUpdate: ROLLING }),
  defaulted(DEPLOYMENT, 'spec.strategy.type', 'RollingUpdate'),
  defaulted(DEPLOYMENT, 'spec.strategy.rollingUpdate', ROLLING),
  defaulted(DEPLOYMENT, 'spec.strategy.rollingUpdate.maxSurge', '25%'),
  defaulted(DEPLOYMENT, 'spec.strategy.rollingUpdate.maxUnavailable', '25%'),
  ...STATEFUL_DEFAULTS,
  defaulted(DAEMON, 'spec.updateStrategy', { type: 'RollingUpdate', rollingUpdate: ROLLING_DAEMON }),
  defaulted(DAEMON, 'spec.updateStrategy.type', 'RollingUpdate'),
  defaulted(DAEMON, 'spec.updateStrategy.rollingUpdate', ROLLING_DAEMON),
  defaulted(DAEMON, 'spec.updateStrategy.rollingUpdate.maxSurge', 0),
  defaulted(DAEMON, 'spec.updateStrategy.rollingUpdate.maxUnavailable', 1),
  ...JOB_DEFAULTS,
  { ...allocated(JOB, 'spec.selector'), reason: 'generated from the Job’s uid' },
  { ...allocated(JOB, 'spec.selector.matchLabels'), reason: 'generated from the Job’s uid' },
  templateLabels([...JOB, ...RC], 'metadata.labels.*'),
  templateLabels(RC, 'spec.selector.*'),
  defaulted(['apps/ControllerRevision'], 'revision', 0),
  defaulted(CRON, 'spec.concurrencyPolicy', 'Allow'),
  defaulted(CRON, 'spec.suspend', false),
  defaulted(CRON, 'spec.successfulJobsHistoryLimit', 3),
  defaulted(CRON, 'spec.failedJobsHistoryLimit', 1),
  defaulted(CRON, 'spec.jobTemplate.metadata', {}),
]
