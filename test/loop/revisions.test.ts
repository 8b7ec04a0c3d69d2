import { describe, expect, it } from 'vitest'
import { parseApplication } from '../../src/core/definition/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { recall } from '../../src/loop/definitions.ts'
import { knownRevisions } from '../../src/loop/revisions.ts'
import { newApp } from '../../src/loop/state.ts'

const git = (name: string, more: object = {}): object => ({
  repoURL: `https://git.example/${name}.git`,
  path: '.',
  ...more,
})
const chart = { repoURL: 'https://charts.example', chart: 'web', targetRevision: '^1.0.0' }
const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]

function application(sources: readonly object[], status: object = {}): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'app', namespace: 'argocd' },
    spec: { project: 'default', destination: { server: 'https://kubernetes.default.svc' }, sources },
    status,
  } as unknown as KubeObject
}

/** The revisions that an application falls back to after its sources became others. */
function fallback(before: readonly object[], revisions: readonly string[], now: readonly object[]): unknown {
  const app = newApp('argocd/app')
  recall(app, application(now, { sync: { revisions, comparedTo: { source: { repoURL: '' }, sources: before } } }))
  const { value } = parseApplication(application(now))
  return knownRevisions(value?.sources ?? [], app)?.map(({ revision }) => revision) ?? null
}

describe('revisions that were known before', () => {
  it.each<[title: string, before: object[], revisions: string[], now: object[], known: string[] | null]>([
    ['the same sources', [git('a'), git('b')], [A, B], [git('a'), git('b')], [A, B]],
    ['in another order', [git('a'), git('b')], [A, B], [git('b'), git('a')], [B, A]],
    ['one less', [git('a'), git('b')], [A, B], [git('b')], [B]],
    ['one more that is new', [git('a')], [A], [git('a'), git('b')], null],
    ['one more of a known repository', [git('a')], [A], [git('a'), git('a', { path: 'x' })], [A, A]],
    ['another one in the same place', [git('a')], [A], [git('b')], null],
    ['another branch', [git('a')], [A], [git('a', { targetRevision: 'v2' })], null],
    ['a chart beside a repository', [chart, git('a')], ['1.2.3', A], [git('a'), chart], [A, '1.2.3']],
    ['another chart', [chart], ['1.2.3'], [{ ...chart, chart: 'db' }], null],
    ['a status that fits nothing', [git('a')], [A, B], [git('a')], null],
    ['a status without sources', [], [A], [git('a')], null],
  ])('%s', (_, before, revisions, now, known) => {
    expect(fallback(before, revisions, now)).toEqual(known)
  })
  it('one source of before is found among several', () => {
    const app = newApp('argocd/app')
    recall(app, application([git('b'), git('a')], { sync: { revision: A, comparedTo: { source: git('a') } } }))
    const { value } = parseApplication(application([git('a')]))
    expect(knownRevisions(value?.sources ?? [], app)?.map(({ revision }) => revision)).toEqual([A])
  })
})
