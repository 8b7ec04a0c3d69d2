import { describe, expect, it } from 'vitest'
import { parseApplication } from '../../../src/core/definition/index.ts'
import type { Evaluation } from '../../../src/core/evaluate/index.ts'
import { problem } from '../../../src/core/problem/index.ts'
import {
  applicationStatus,
  conditionTimesIn,
  describeProblem,
  type OperationState,
  type StatusInput,
} from '../../../src/core/record/index.ts'

const destination = { server: 'https://kubernetes.default.svc', namespace: 'prod' }
const ignoreDifferences = [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }]
const web = { repoURL: 'https://git.example/a.git', path: './web/', helm: { valueFiles: ['prod.yaml'] } }
const values = { repoURL: 'https://git.example/b.git', targetRevision: 'main', ref: 'values' }

const operation: OperationState = {
  phase: 'Succeeded',
  message: 'successfully synced',
  startedAt: '2026-01-01T00:00:00.123Z',
  finishedAt: '2026-01-01T00:00:02.456Z',
  revisions: ['aaa', 'bbb'],
  automated: false,
  initiatedBy: 'ann',
  prune: true,
  resources: [],
}

function statusOf(spec: object, more: Partial<StatusInput> = {}): Record<string, unknown> {
  const { value: definition } = parseApplication({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'a', namespace: 'argocd' },
    spec: { project: 'default', destination, ...spec },
  })
  if (definition === null) throw new Error('no definition')
  const evaluation = {
    status: 'Synced',
    health: { status: 'Healthy', message: '' },
    objects: [],
  } as unknown as Evaluation
  return applicationStatus({
    definition,
    evaluation,
    compared: null,
    revisions: ['aaa', 'bbb'],
    sourceTypes: ['Helm', 'Directory'],
    operation: null,
    history: [],
    problems: [],
    since: new Map(),
    now: '2026-01-01T00:01:00.789Z',
    namespace: 'argocd',
    ...more,
  })
}

const entry = {
  id: 3,
  revisions: ['aaa', 'bbb'],
  deployStartedAt: operation.startedAt,
  deployedAt: '2026-01-01T00:00:02.456Z',
  automated: true,
}
const deployed = {
  id: 3,
  deployStartedAt: '2026-01-01T00:00:00Z',
  deployedAt: '2026-01-01T00:00:02Z',
  initiatedBy: { automated: true },
}

// requirements: [S001-13]
describe('applicationStatus', () => {
  it.each<[title: string, spec: object, more: Partial<StatusInput>, expected: object]>([
    [
      'one source: as it is written, with one revision and one type',
      { source: web, ignoreDifferences },
      { operation, history: [entry] },
      {
        sync: { status: 'Synced', revision: 'aaa', comparedTo: { source: web, destination, ignoreDifferences } },
        health: { status: 'Healthy' },
        resources: [],
        conditions: [],
        sourceType: 'Helm',
        controllerNamespace: 'argocd',
        reconciledAt: '2026-01-01T00:01:00Z',
        history: [{ ...deployed, revision: 'aaa', source: web }],
        operationState: {
          phase: 'Succeeded',
          message: 'successfully synced',
          startedAt: '2026-01-01T00:00:00Z',
          finishedAt: '2026-01-01T00:00:02Z',
          operation: { initiatedBy: { username: 'ann' }, sync: { revision: 'aaa', prune: true } },
          syncResult: { revision: 'aaa', source: web, resources: [] },
        },
      },
    ],
    [
      'several sources: lists, in their order',
      { sources: [web, values] },
      { operation, history: [entry] },
      {
        sync: { status: 'Synced', revisions: ['aaa', 'bbb'], comparedTo: { sources: [web, values], destination } },
        health: { status: 'Healthy' },
        resources: [],
        conditions: [],
        sourceTypes: ['Helm', 'Directory'],
        controllerNamespace: 'argocd',
        reconciledAt: '2026-01-01T00:01:00Z',
        history: [{ ...deployed, revisions: ['aaa', 'bbb'], sources: [web, values] }],
        operationState: {
          phase: 'Succeeded',
          message: 'successfully synced',
          startedAt: '2026-01-01T00:00:00Z',
          finishedAt: '2026-01-01T00:00:02Z',
          operation: { initiatedBy: { username: 'ann' }, sync: { revisions: ['aaa', 'bbb'], prune: true } },
          syncResult: { revision: '', revisions: ['aaa', 'bbb'], sources: [web, values], resources: [] },
        },
      },
    ],
  ])('%s', (_title, spec, more, expected) => {
    expect(statusOf(spec, more)).toEqual(expected)
  })

  it('pairs revisions with the sources that they are of, not with those that were listed since', () => {
    const compared = { multiSource: true, sources: [{ written: values }, { written: web }] } as unknown as NonNullable<
      StatusInput['compared']
    >
    expect(statusOf({ source: web }, { compared })['sync']).toEqual({
      status: 'Synced',
      revisions: ['aaa', 'bbb'],
      comparedTo: { sources: [values, web], destination },
    })
  })

  it('says which sources an earlier deployment had, where that is known', () => {
    const before = { ...web, path: 'old' }
    const { history } = statusOf(
      { source: web },
      {
        history: [
          { ...entry, sources: [before] },
          { ...entry, id: 4 },
        ],
      },
    )
    expect(history).toMatchObject([{ source: before }, { source: web }])
  })

  it('keeps the form of an earlier deployment when the Application has changed to several sources since', () => {
    const { history } = statusOf(
      { sources: [web, values] },
      { history: [{ ...entry, revisions: ['old'], sources: [web] }] },
    )
    expect(history).toMatchObject([{ revisions: ['old'], sources: [web] }])
  })

  it('has a revision and a type before anything is known', () => {
    const status = statusOf({ source: web }, { revisions: [], sourceTypes: [] })
    expect(status).toMatchObject({ sync: { revision: '' }, sourceType: '' })
  })

  it.each([
    ['HF1001', 'ComparisonError', '[delivery failure: source]'],
    ['HF1005', 'ComparisonError', '[delivery failure: auth]'],
    ['HF1009', 'ComparisonError', '[delivery failure: render]'],
    ['HF1010', 'ComparisonError', '[delivery failure: limits]'],
    ['HF1014', 'UnrepeatableRenderWarning', '[delivery failure: render]'],
  ] as const)('[S002-64] [S002-65] [S002-66] tells delivery failures apart: %s', (code, type, note) => {
    const { conditions } = statusOf({ source: web }, { problems: [problem(code, 'it failed')] })
    expect(conditions).toMatchObject([{ type, message: expect.stringMatching(/^HF\d+ [A-Z]\w+: it failed\. /) }])
    expect((conditions as { message: string }[])[0]?.message.endsWith(note)).toBe(true)
  })
  it('says nothing of the kind where delivery did not fail', () => {
    const { conditions } = statusOf({ source: web }, { problems: [problem('HF3001', 'declared twice')] })
    expect(JSON.stringify(conditions)).not.toContain('delivery failure')
  })

  it('says the reason beside the message, where there is one', () => {
    const problems = [problem('HF1005', 'refused'), problem('HF2001', 'no destination')]
    const { conditions } = statusOf({ source: web }, { problems })
    expect((conditions as { reason?: string }[]).map(({ reason }) => reason)).toEqual(['GitAuthFailed', undefined])
  })

  it('keeps the time of a condition that lasts, whatever revisions and ages it names', () => {
    const at = (note: string, now: string, since = new Map<string, string>()) =>
      statusOf({ source: web }, { problems: [{ ...problem('HF1009', 'a template'), note }], now, since })
    const first = at(
      'Revision abc is not delivered; revision def rendered 5 s ago stays in force.',
      '2026-01-01T00:00:00Z',
    )
    const later = at(
      'Revision 123 is not delivered; revision def rendered 3 min ago stays in force.',
      '2026-01-01T00:03:00Z',
      new Map(conditionTimesIn(first)),
    )
    expect(later['conditions']).toMatchObject([
      { lastTransitionTime: '2026-01-01T00:00:00Z', message: expect.stringContaining('3 min ago') },
    ])
  })
})

describe('what a tool said at length', () => {
  const long = [
    'Error: template: web/templates/a.yaml:3: it failed',
    '',
    'Use --debug flag to render out invalid YAML',
    ...Array.from({ length: 60 }, (_, line) => `at frame ${line} of the template that calls it`),
  ]
  const said = describeProblem(
    problem('HF1009', long.join('\n'), { app: 'argocd/web', file: 'web/templates/a.yaml', line: 3 }),
  )

  it('is one line that ends with what to do, shortened between lines, and says how to see the rest', () => {
    expect(said).not.toContain('\n')
    expect(said).toMatch(/^HF1009: Error: template: web\/templates\/a.yaml:3: it failed; at frame 0 of/)
    expect(said).toMatch(
      /at frame \d+ of the template that calls it … \(\d+ more characters; all of it: holdfast render argocd\/web\)/,
    )
    expect(said).toMatch(/Run the render locally on this revision; the message is the tool’s own\.$/)
    expect(said.length).toBeLessThan(1_400)
  })

  it('is cut between words where its first line is too long', () => {
    const words = describeProblem(problem('HF4003', 'denied because '.repeat(200)))
    expect(words).toMatch(/(denied|because) … \(\d+ more characters\)\./)
  })
})
