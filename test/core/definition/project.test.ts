import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AppDefinition,
  DEFAULT_PROJECT,
  parseApplication,
  parseProject,
  parseSettings,
  type ProjectDefinition,
  projectAllowsApp,
  projectAllowsObject,
} from '../../../src/core/definition/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'

function project(spec: object, metadata: object = {}): KubeObject {
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject', metadata: { name: 'team', ...metadata }, spec }
}

function parsed(spec: object): ProjectDefinition {
  const { value, problems } = parseProject(
    project({ sourceRepos: ['*'], destinations: [{ server: '*', namespace: '*' }], ...spec }),
  )
  if (value === null) throw new Error(JSON.stringify(problems))
  return value
}

function app(repoURL: string, namespace = 'prod'): AppDefinition {
  const spec = { source: { repoURL, path: 'a' }, destination: { server: 'https://kubernetes.default.svc', namespace } }
  const object = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'a' }, spec }
  const { value } = parseApplication(object)
  if (value === null) throw new Error('no definition')
  return value
}

describe('parseProject', () => {
  it('reads what it permits and lets through what restricts nothing', () => {
    const spec = {
      description: 'x',
      roles: [{ name: 'r', policies: [] }],
      orphanedResources: { warn: true },
      syncWindows: [],
      permitOnlyProjectScopedClusters: false,
      clusterResourceWhitelist: [{ group: '', kind: 'Namespace', name: 'team-*' }],
      signatureKeys: [{ keyID: '4aee18f83afdeb23' }],
    }
    const { value, problems } = parseProject(project(spec, { annotations: { 'holdfast.dev/mode': 'enforce' } }))
    expect(problems).toEqual([])
    expect(value).toMatchObject({
      name: 'team',
      mode: 'enforce',
      sourceRepos: [],
      clusterResourceWhitelist: [{ group: '', kind: 'Namespace', name: 'team-*' }],
      namespaceResourceWhitelist: null,
      signatureKeys: ['4AEE18F83AFDEB23'],
    })
  })
  it.each(['x', '', 'main', 5])('refuses %j as the id of a key: it would let nothing through', (keyID) => {
    const result = parseProject(project({ signatureKeys: [{ keyID }] }))
    expect(result.value).toBeNull()
    expect(result.problems.at(-1)?.message).toContain('spec.signatureKeys[0].keyID must be')
  })
  it.each([
    ['syncWindows', [{ kind: 'deny' }]],
    ['sourceIntegrity', { git: {} }],
    ['destinationServiceAccounts', [{ server: '*' }]],
    ['permitOnlyProjectScopedClusters', true],
    ['sourceNamespaces', ['x']],
  ])('refuses %s by name', (field, value) => {
    const result = parseProject(project({ [field]: value }))
    expect(result.value).toBeNull()
    expect(result.problems).toMatchObject([{ code: 'HF2002', message: `spec.${field} is not supported yet` }])
  })
  it('never throws and changes nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (junk) => {
        const object = project({ destinations: junk, sourceRepos: junk, clusterResourceWhitelist: junk })
        const before = structuredClone(object)
        parseProject(object)
        parseProject(junk as unknown as KubeObject)
        parseSettings(junk as unknown as KubeObject)
        expect(object).toEqual(before)
      }),
    )
  })
})

// requirements: [S003-19]
describe('projectAllowsApp', () => {
  it.each<[string[], string, boolean]>([
    [['*'], 'https://git.example/a.git', true],
    [[], 'https://git.example/a.git', false],
    [['https://git.example/org/*'], 'https://git.example/org/a.git', true],
    [['https://git.example/org/*'], 'https://git.example/org/a/b', false],
    [['https://git.example/a'], 'https://GIT.example/a.git', true],
    [['git@git.example:org/a.git'], 'ssh://git@git.example/org/a', true],
    [['*', '!https://git.example/secret'], 'https://git.example/secret.git', false],
    [['*', '!https://git.example/secret'], 'https://git.example/open', true],
    [['!https://git.example/secret'], 'https://git.example/open', true],
  ])('repositories %j, %s: %s', (sourceRepos, repoURL, allowed) => {
    const problems = projectAllowsApp(parsed({ sourceRepos }), app(repoURL))
    expect(problems.map(({ code }) => code)).toEqual(allowed ? [] : ['HF2003'])
  })
  it('looks at the repository of every source, those with only a ref included, and names the one', () => {
    const source = { repoURL: 'https://git.example/open', path: 'a' }
    const sources = [source, { repoURL: 'https://git.example/secret', ref: 'values' }]
    const { value } = parseApplication({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'a' },
      spec: { project: 'team', sources, destination: { server: 'https://kubernetes.default.svc', namespace: 'prod' } },
    })
    if (value === null) throw new Error('no definition')
    const problems = projectAllowsApp(parsed({ sourceRepos: ['https://git.example/open'] }), value)
    expect(problems).toMatchObject([{ code: 'HF2003', subject: { path: 'spec.sources[1].repoURL' } }])
    expect(problems[0]?.message).toContain('https://git.example/secret of spec.sources[1].repoURL')
  })
  const server = 'https://kubernetes.default.svc'
  it.each<[object[], string, boolean]>([
    [[{ server: '*', namespace: '*' }], 'prod', true],
    [[], 'prod', false],
    [[{ server, namespace: 'prod' }], 'prod', true],
    [[{ server, namespace: 'prod' }], 'dev', false],
    [[{ name: 'in-cluster', namespace: 'pr*' }], 'prod', true],
    [[{ server: 'https://other', namespace: '*' }], 'prod', false],
    [
      [
        { server: '*', namespace: '*' },
        { server: '*', namespace: '!kube-system' },
      ],
      'kube-system',
      false,
    ],
    [[{ server: '*', namespace: '!kube-system' }], 'prod', true],
    [
      [
        { server: '*', namespace: '*' },
        { server: `!${server}`, namespace: '*' },
      ],
      'prod',
      false,
    ],
    [
      [
        { server: '*', namespace: '*' },
        { name: '!in-cluster', namespace: '*' },
      ],
      'prod',
      false,
    ],
  ])('destinations %j, %s: %s', (destinations, namespace, allowed) => {
    const problems = projectAllowsApp(parsed({ destinations }), app('https://git.example/a', namespace))
    expect(problems.map(({ code }) => code)).toEqual(allowed ? [] : ['HF2003'])
  })
  it('lets the default project do everything', () => {
    expect(projectAllowsApp(DEFAULT_PROJECT, app('https://any.example/a', 'any'))).toEqual([])
    expect(
      projectAllowsObject(DEFAULT_PROJECT, { group: '', kind: 'Namespace', namespace: '', name: 'a' }, 'Cluster'),
    ).toBeNull()
  })
})

describe('projectAllowsObject', () => {
  const role = { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', namespace: '', name: 'team-a' }
  const quota = { group: '', kind: 'ResourceQuota', namespace: 'prod', name: 'q' }
  it.each<[object, typeof role, 'Namespaced' | 'Cluster', boolean]>([
    [{}, role, 'Cluster', false],
    [{ clusterResourceWhitelist: [{ group: '*', kind: '*' }] }, role, 'Cluster', true],
    [{ clusterResourceWhitelist: [{ group: '*', kind: 'ClusterRole', name: 'team-*' }] }, role, 'Cluster', true],
    [{ clusterResourceWhitelist: [{ group: '*', kind: 'ClusterRole', name: 'other-*' }] }, role, 'Cluster', false],
    [
      {
        clusterResourceWhitelist: [{ group: '*', kind: '*' }],
        clusterResourceBlacklist: [{ group: '*', kind: 'ClusterRole' }],
      },
      role,
      'Cluster',
      false,
    ],
    [{}, quota, 'Namespaced', true],
    [{ namespaceResourceWhitelist: [] }, quota, 'Namespaced', false],
    [{ namespaceResourceWhitelist: [{ group: '', kind: 'ResourceQuota' }] }, quota, 'Namespaced', true],
    [{ namespaceResourceBlacklist: [{ group: '', kind: 'Resource*' }] }, quota, 'Namespaced', false],
    [{ destinations: [{ server: '*', namespace: 'dev' }] }, quota, 'Namespaced', false],
  ])('%j, %j %s: %s', (spec, ref, scope, allowed) => {
    const found = projectAllowsObject(parsed(spec), ref, scope)
    expect(found?.code ?? null).toBe(allowed ? null : 'HF2003')
  })
})

describe('parseSettings', () => {
  const cm = (data: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-cm' },
    data,
  })
  const defaults = {
    trackingMethod: 'annotation',
    instanceLabelKey: 'app.kubernetes.io/instance',
    installationID: '',
    reconciliationMs: 120_000,
    reconciliationJitterMs: 60_000,
  }
  it.each<[object, object | null, string[]]>([
    [{}, {}, []],
    [{ 'timeout.reconciliation': '0' }, { reconciliationMs: 0 }, []],
    [
      { 'timeout.reconciliation': '0s', 'timeout.reconciliation.jitter': '5s' },
      { reconciliationMs: 0, reconciliationJitterMs: 5000 },
      [],
    ],
    [{ 'timeout.reconciliation': '3 min' }, {}, ['HF2008']],
    [
      {
        'application.resourceTrackingMethod': 'annotation+label',
        'application.instanceLabelKey': 'x.io/app',
        installationID: 'i',
      },
      { trackingMethod: 'annotation+label', instanceLabelKey: 'x.io/app', installationID: 'i' },
      [],
    ],
    [{ 'application.resourceTrackingMethod': 'labels' }, null, ['HF2008']],
    [{ 'application.instanceLabelKey': 'a b' }, null, ['HF2008']],
    [
      {
        'resource.customizations.ignoreDifferences.all': 'x',
        'resource.exclusions': 'x',
        'resource.customizations.ignoreResourceUpdates.all': 'x',
        url: 'x',
      },
      {},
      ['HF2008', 'HF2008'],
    ],
  ])('%j', (data, expected, codes) => {
    const { value, problems } = parseSettings(cm(data))
    if (expected === null) expect(value).toBe(null)
    else expect(value).toMatchObject({ ...defaults, ...expected })
    expect(problems.map(({ code }) => code)).toEqual(codes)
  })
  it('leaves what concerns sources to parseSourceSettings', () => {
    const data = { 'kustomize.buildOptions': '--enable-helm', 'kustomize.path.v1': '/bin/k', 'helm.enable': 'false' }
    expect(parseSettings(cm(data)).problems).toEqual([])
  })
  it('has defaults without argocd-cm', () => {
    expect(parseSettings(null)).toMatchObject({ value: defaults, problems: [] })
  })
})
