import type { JsonMap } from '../../src/core/kube/index.ts'

function container(index: number): JsonMap {
  const probe = {
    httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' },
    periodSeconds: 10,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 3,
  }
  return {
    name: `container-${index}`,
    image: `registry.example.com/team/service-${index}:1.2.${index}`,
    imagePullPolicy: 'IfNotPresent',
    args: ['--verbose', `--shard=${index}`, '--listen=:8080'],
    env: Array.from({ length: 14 }, (_, at) =>
      at % 3 === 0
        ? { name: `SECRET_${at}`, valueFrom: { secretKeyRef: { name: 'credentials', key: `key-${at}` } } }
        : { name: `VARIABLE_${at}`, value: `value of variable ${at}` },
    ),
    ports: [
      { name: 'http', containerPort: 8080 + index, protocol: 'TCP' },
      { name: 'metrics', containerPort: 9090 + index, protocol: 'TCP' },
    ],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
    livenessProbe: probe,
    readinessProbe: probe,
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/service', readOnly: true },
      { name: 'cache', mountPath: '/var/cache' },
    ],
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  }
}

/** A Deployment of about 11 KB as JSON, as a server returns one: four containers, defaults filled in, status. */
export function deployment(): JsonMap {
  const labels = {
    app: 'service',
    'app.kubernetes.io/name': 'service',
    'app.kubernetes.io/part-of': 'platform',
    tier: 'backend',
  }
  const time = '2026-01-02T03:04:05Z'
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'service',
      namespace: 'team',
      uid: '6f1c1f0e-0000-4000-8000-000000000000',
      resourceVersion: '123456',
      generation: 7,
      creationTimestamp: time,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': '7', description: 'x'.repeat(600) },
    },
    spec: {
      replicas: 3,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: 'service' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        metadata: { labels, annotations: { checksum: 'y'.repeat(64) } },
        spec: {
          containers: [0, 1, 2, 3].map(container),
          volumes: [
            { name: 'config', configMap: { name: 'service-config', defaultMode: 420 } },
            { name: 'cache', emptyDir: {} },
          ],
          tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'backend', effect: 'NoSchedule' }],
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 100,
                  podAffinityTerm: {
                    topologyKey: 'kubernetes.io/hostname',
                    labelSelector: { matchLabels: { app: 'service' } },
                  },
                },
              ],
            },
          },
          serviceAccountName: 'service',
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
          terminationGracePeriodSeconds: 30,
          securityContext: { runAsNonRoot: true, fsGroup: 1000 },
        },
      },
    },
    status: {
      observedGeneration: 7,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      updatedReplicas: 3,
      conditions: ['Available', 'Progressing'].map((type) => ({
        type,
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: 'ReplicaSet has successfully progressed.',
        lastUpdateTime: time,
        lastTransitionTime: time,
      })),
    },
  }
}
