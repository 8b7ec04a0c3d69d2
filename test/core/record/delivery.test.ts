// Whose is what keeps Git's state from being brought in? Nobody is accused of it, and no object.
// requirements: [S002-42]
import { describe, expect, it } from 'vitest'
import { type ProblemCode, problem } from '../../../src/core/problem/index.ts'
import { driftExitCode, driftReport, type ReportContext } from '../../../src/core/record/index.ts'

const reportOf = (code: ProblemCode, context: ReportContext = { app: 'argocd/web' }) =>
  driftReport({ objects: [], problems: [problem(code, 'no answer', {})], include: 'all', context })

describe('the report of a delivery that fails', () => {
  it.each([
    ['HF1001', 'source', 'GitUnreachable'],
    ['HF1005', 'auth', 'GitAuthFailed'],
    ['HF1011', 'render', 'ToolMissing'],
    ['HF4001', 'cluster', 'ClusterUnreachable'],
    ['HF4002', 'cluster', 'Forbidden'],
    ['HF4003', 'cluster', 'AdmissionDenied'],
  ] as const)('%s is the controller’s and the infrastructure’s', (code, failure, reason) => {
    const report = reportOf(code)
    const owner = { kind: 'controller', name: 'controller and infrastructure' }
    expect(report.problems[0]?.delivery).toMatchObject({ class: 'delivery-failure', failure, reason, ownedBy: owner })
    expect([report.objects, report.causes, report.summary.outOfSync]).toEqual([[], [], 0])
  })

  it.each(['HF1003', 'HF1004', 'HF4005'] as const)('%s is mended by a commit', (code) => {
    expect(reportOf(code).problems[0]?.delivery?.ownedBy).toMatchObject({ kind: 'git', name: 'Git review process' })
  })

  it('leaves the question open, and other problems are none', () => {
    expect(driftExitCode(reportOf('HF1001'))).toBe(2)
    expect(reportOf('HF3012').problems[0]).not.toHaveProperty('delivery')
    expect(reportOf('HF1003', { live: 'dump.yaml' }).problems[0]).not.toHaveProperty('delivery')
  })
})
