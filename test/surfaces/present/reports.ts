import { driftReport, type DriftReport, type ReportField, type ReportObject } from '../../../src/core/record/index.ts'
import { causeOf, NOBODY } from '../../../src/core/classify/index.ts'
import { type Problem, problem } from '../../../src/core/problem/index.ts'

const kubectl: ReportField['cause'] = causeOf({
  class: 'desired-configuration',
  actor: {
    user: null,
    manager: 'kubectl-edit',
    operation: 'Update',
    subresource: null,
    time: '2026-01-01T10:00:00Z',
    kind: 'person',
  },
  means: 'kubectl',
  tool: 'kubectl edit',
  mechanism: 'manual',
  source: 'live',
  confidence: 'likely',
})
const nobody: ReportField['cause'] = {
  ...kubectl,
  actor: NOBODY,
  means: 'unknown',
  tool: null,
  mechanism: 'unknown',
  source: 'unknown',
  fixBelongsIn: 'incident-process',
  confidence: 'unknown',
}
const alice: ReportField['cause'] = {
  ...kubectl,
  actor: {
    user: 'alice@example.com',
    manager: 'kubectl',
    operation: 'Update',
    subresource: 'scale',
    time: '2026-01-01T10:00:00Z',
    kind: 'person',
  },
  tool: 'kubectl scale',
  owner: 'team-web',
  confidence: 'certain',
}
const explained = {
  intended: true,
  class: 'defaulting',
  mechanism: 'defaulting',
  ownedBy: { kind: 'kubernetes', name: 'kube-apiserver', source: 'builtin/default', runbook: null },
} as const
const observed: ReportField['verdict'] = {
  response: 'heal',
  permitted: false,
  because: 'mode-observe',
  rule: 'builtin/application-permissions',
  severity: 'warning',
}
const healed: ReportField['verdict'] = { ...observed, permitted: true, because: 'drift', severity: 'critical' }

export function field(changes: Partial<ReportField> & Pick<ReportField, 'path'>): ReportField {
  return {
    pointer: '/spec/replicas',
    change: 'changed',
    concern: 'configuration',
    fingerprint: '3f2a9c',
    firstSeen: '2026-01-01T10:00:01Z',
    cause: kubectl,
    ownedBy: { kind: 'git', name: null, source: 'builtin/declared-in-git', runbook: null },
    verdict: observed,
    ...changes,
  }
}

export function deployment(changes: Partial<ReportObject> = {}): ReportObject {
  return {
    ref: { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'prod', name: 'web' },
    status: 'OutOfSync',
    difference: 'changed',
    fields: [],
    ignored: [],
    ...changes,
  }
}

const synced = (name: string): ReportObject =>
  deployment({
    ref: { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'prod', name },
    status: 'Synced',
    difference: null,
  })

const init = (name: string, image: string) => ({ name, image, args: ['--wait', 'for the database to answer'] })

const reordered = deployment({
  fields: [
    field({
      path: '.spec.template.spec.initContainers',
      desired: [init('migrate', 'm:1'), init('seed', 's:1')],
      live: [init('seed', 's:1'), init('migrate', 'm:1')],
    }),
    field({
      path: '.spec.template.spec.containers',
      desired: [init('web', 'w:1'), init('log', 'l:1')],
      live: [init('log', 'l:2'), init('web', 'w:1')],
    }),
  ],
})

const changed = deployment({
  origin: { file: 'apps/web/deploy.yaml', line: 3 },
  fields: [
    field({
      path: '.spec.template.spec.containers[name="web"].image',
      pointer: '/spec/template/spec/containers/0/image',
      desired: 'web:1',
      live: 'web:2',
    }),
    field({
      path: '.spec.template.spec.containers[name="debug"]',
      pointer: '/spec/template/spec/containers/1',
      change: 'added',
      live: { name: 'debug', image: 'busybox', securityContext: { privileged: true } },
      cause: nobody,
      verdict: healed,
    }),
    field({
      path: '.metadata.labels["team.example.com/owner"]',
      pointer: '/metadata/labels/team.example.com~1owner',
      change: 'removed',
      desired: 'web',
    }),
    field({ path: '.spec.replicas', desired: 3, live: 0, cause: alice }),
    field({
      path: '.metadata.annotations["example.com/notes"]',
      pointer: '/metadata/annotations/example.com~1notes',
      desired: 'the first version of a text that is rather long for one line',
      live: 'the second version of a text that is rather long\nand has two lines',
    }),
  ],
  ignored: [
    {
      path: '.spec.progressDeadlineSeconds',
      pointer: '/spec/progressDeadlineSeconds',
      rule: 'builtin/apps-deployment-defaults',
      desired: null,
      live: 600,
      ...explained,
    },
  ],
})

const missing = deployment({
  ref: { group: '', version: 'v1', kind: 'Service', namespace: 'prod', name: 'web' },
  difference: 'missing',
  cause: nobody,
  verdict: { ...observed, permitted: true, because: 'drift' },
  origin: { file: 'apps/web/service.yaml', line: 1 },
})
const extra = deployment({
  ref: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', namespace: '', name: 'old' },
  difference: 'extra',
  cause: { ...nobody, class: 'orphan' },
  verdict: { ...observed, response: 'prune', because: 'prune-off', severity: 'info' },
})
const unknown = deployment({
  ref: { group: 'example.com', version: 'v1', kind: 'Widget', namespace: 'prod', name: 'w' },
  status: 'Unknown',
  difference: null,
  message: 'The kind is not served by this cluster',
})
const problems: readonly Problem[] = [
  problem('HF3001', 'ConfigMap prod/a is declared twice', {
    object: 'ConfigMap prod/a',
    file: 'apps/web/a.yaml',
    line: 20,
  }),
  problem('HF1003', 'unexpected end of the stream within a flow collection', { file: 'apps/web/broken.yaml', line: 7 }),
]

const EVIL =
  '`x` | ```\n# h1 <img src=x onerror=alert(1)> </td> [a](javascript:b) @all #1 \u001b[31mred\u001b[0m \u009b2J \u202egnp.exe \u200b\u0000 & "q" \'s\' ]]> \ud800 \u{e0041} \ufffe'
const hostile = deployment({
  ref: { group: 'evil.example.com', version: 'v1', kind: 'Kind`|<b>', namespace: 'n\u001b[2J', name: 'a\nb' },
  message: EVIL,
  origin: { file: '../..//etc/\u202e weird name%.yaml', line: 0 },
  fields: [
    field({
      path: `.data[${JSON.stringify(EVIL)}]`,
      desired: EVIL,
      live: `${EVIL}!`,
      cause: { ...kubectl, actor: { ...kubectl.actor, manager: EVIL, user: '`' } },
    }),
    field({ path: '.spec.big', desired: 9_007_199_254_740_993n, live: 9_007_199_254_740_992 }),
    field({ path: '.spec.emoji', desired: 'grüße \u{1f600}', live: '日本語' }),
    field({
      path: '.spec.huge',
      desired: 'x'.repeat(1_048_576),
      live: `${'y'.repeat(399)}\u{1f600}${'y'.repeat(1_000)}`,
    }),
    field({
      path: '.spec.list',
      change: 'added',
      live: Array.from({ length: 2_000 }, (_, index) => ({ name: `item-${index}` })),
    }),
    field({ path: '', change: 'removed', desired: {} }),
    field({ path: '.spec.null', desired: null, live: '' }),
    field({ path: '.spec.yes', desired: 'yes', live: '0644' }),
    field({
      path: '.spec.proto',
      change: 'added',
      live: JSON.parse('{"__proto__":{"a":1},"constructor":"c"}') as ReportField['live'] & object,
    }),
  ],
  ignored: [
    { path: `.x[${JSON.stringify(EVIL)}]`, pointer: `/x/${EVIL}`, rule: EVIL, desired: null, live: EVIL, ...explained },
  ],
})
const secret = deployment({
  ref: { group: '', version: 'v1', kind: 'Secret', namespace: 'prod', name: 'db' },
  fields: [
    field({
      path: '.data.password',
      pointer: '/data/password',
      desired: { masked: 'hmac:0123456789ab' },
      live: { masked: 'hmac:ba9876543210' },
    }),
    field({ path: '.data.extra', pointer: '/data/extra', change: 'added', live: { masked: 'hmac:00ff00ff00ff' } }),
  ],
})

/** Reports by the name of their golden folder. */
export const REPORTS: Readonly<Record<string, DriftReport>> = {
  clean: driftReport({ objects: [synced('a'), synced('b')], problems: [], include: 'different' }),
  changed: driftReport({
    objects: [synced('a'), changed, synced('b')],
    problems: [],
    include: 'different',
    context: { app: 'argocd/web', revision: '0123456789012345678901234567890123456789', schemas: ['builtin 1.35'] },
  }),
  reordered: driftReport({ objects: [reordered], problems: [], include: 'different' }),
  'whole-objects': driftReport({ objects: [unknown, missing, extra, synced('a')], problems, include: 'all' }),
  hostile: driftReport({
    objects: [hostile],
    problems: [problem('HF1009', EVIL, { file: EVIL, line: 3 }, EVIL)],
    include: 'different',
  }),
  secret: driftReport({ objects: [secret], problems: [], include: 'different' }),
}
