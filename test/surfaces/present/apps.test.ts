import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import {
  type AppDetail,
  appJson,
  appListJson,
  appListText,
  appListYaml,
  type AppRow,
  appText,
  appYaml,
} from '../../../src/surfaces/cli/present/index.ts'
import { expectGolden } from './golden.ts'

const row = (changes: Partial<AppRow> = {}): AppRow => ({
  namespace: 'argocd',
  name: 'web',
  project: 'default',
  destination: { server: 'https://kubernetes.default.svc', namespace: 'prod' },
  sync: 'Synced',
  health: 'Healthy',
  revision: '0123456789012345678901234567890123456789',
  mode: 'enforce',
  syncPolicy: 'Auto-Prune',
  repoURL: 'https://git.example.com/team/web.git',
  path: 'apps/web',
  targetRevision: 'main',
  comparedAt: '2026-01-01T10:00:00Z',
  ...changes,
})

const rows = [
  row(),
  row({
    name: 'payments-api',
    sync: 'OutOfSync',
    health: 'Degraded',
    mode: 'observe',
    syncPolicy: 'Manual',
  }),
  row({ name: 'two-sources', revision: `${'a'.repeat(40)} ${'b'.repeat(40)}` }),
  row({ name: 'new', mode: null, sync: 'Unknown', health: 'Unknown', revision: '', comparedAt: null }),
  row({
    name: 'evil\u001b[31m\nname',
    project: 'x'.repeat(300),
    revision: 'v1\u202e.0',
    destination: { server: '', namespace: '' },
  }),
]

const detail: AppDetail = {
  ...row({ sync: 'OutOfSync' }),
  sources: [
    { repoURL: 'https://git.example.com/team/web.git', path: 'apps/web', targetRevision: 'main', ref: '' },
    { repoURL: 'https://git.example.com/team/values.git', path: '', targetRevision: 'v1', ref: 'values' },
  ],
  conditions: [
    {
      type: 'ComparisonError',
      reason: 'RenderFailed',
      message: 'HF1003: apps/web/a.yaml:7\nunexpected end',
      lastTransitionTime: '2026-01-01T09:00:00Z',
    },
  ],
  resources: [
    {
      ref: { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'prod', name: 'web' },
      sync: 'OutOfSync',
      health: 'Progressing',
      message: '1 of 3 updated',
    },
    {
      ref: { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'prod', name: 'web' },
      sync: 'Synced',
      health: null,
      message: '',
    },
  ],
  operation: { phase: 'Succeeded', message: 'successfully synced', finishedAt: '2026-01-01T09:30:00Z' },
}

describe('app list', () => {
  it('is a table', () => expectGolden('apps/list', appListText(rows, { color: 'never' })))
  it('says so when there is none', () => expect(appListText([], { color: 'never' })).toBe('(no applications)\n'))
  it('lines its columns up in colour too', () => {
    const coloured = appListText(rows, { color: 'always' })
    expect(coloured).toContain('\u001b[32mHealthy')
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(appListText(rows, { color: 'never' }))
  })
  it('says the same in JSON and YAML', () => {
    const expected = { apiVersion: 'holdfast.dev/v1alpha1', kind: 'ApplicationSummaryList', items: rows }
    expect(JSON.parse(appListJson(rows))).toEqual(expected)
    expect(load(appListYaml(rows))).toEqual(expected)
  })
})

describe('app get', () => {
  it('shows status, conditions and resources', () => expectGolden('apps/get', appText(detail, { color: 'never' })))
  it('does without any of them', () => {
    expectGolden(
      'apps/get-new',
      appText(
        {
          ...row({ revision: '', mode: null, comparedAt: null }),
          sources: [{ repoURL: 'https://git.example.com/team/web.git', path: '', targetRevision: 'HEAD', ref: '' }],
          conditions: [],
          resources: [],
          operation: null,
        },
        { color: 'never' },
      ),
    )
  })
  it('says the same in JSON and YAML', () => {
    expect(JSON.parse(appJson(detail))).toEqual({
      apiVersion: 'holdfast.dev/v1alpha1',
      kind: 'ApplicationSummary',
      ...detail,
    })
    expect(load(appYaml(detail))).toEqual(JSON.parse(appJson(detail)))
  })
})
