// Sources as people deliver from them, each seen to arrive in a real cluster: pushes, credentials, charts, several sources.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureBinaries } from '../../tools/binaries.mjs'
import { startChartRepository } from '../../tools/chart-repository.mjs'
import { writeChart } from '../../tools/helm.mjs'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'

const configMap = (name: string, data = '1'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "${data}"}\n`
const TEMPLATE =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-settings"}\ndata: {color: {{ .Values.color | quote }}}\n'
const CHART = {
  'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.3\n',
  'values.yaml': 'color: grey\n',
  'templates/settings.yaml': TEMPLATE,
}

interface Status {
  readonly sync?: { readonly status?: string; readonly revision?: string; readonly revisions?: readonly string[] }
  readonly sourceTypes?: readonly string[]
  readonly conditions?: readonly { readonly message: string }[]
  readonly history?: readonly { readonly revisions?: readonly string[]; readonly sources?: readonly object[] }[]
}
const statusOf = (app: unknown): Status => (app as { status?: Status }).status ?? {}
const isSynced = (app: unknown): boolean => statusOf(app).sync?.status === 'Synced'
const says = (text: string) => (app: unknown) =>
  (statusOf(app).conditions ?? []).some(({ message }) => message.includes(text))

let world: World | undefined
let repository: Repository
let address = ''
beforeAll(async () => {
  const tools = await ensureBinaries(['helm', 'jsonnet']).catch((error: unknown) => {
    if (process.env['CI'] === 'true') throw error
    return null
  })
  world = tools === null ? undefined : await makeWorld('sources')
  if (world === undefined || tools === null) return
  process.env['HOLDFAST_HELM'] = tools.helm
  process.env['HOLDFAST_JSONNET'] = tools.jsonnet
  repository = await world.git.createRepository('team/sources')
  await repository.commit({ 'README.md': 'sources\n' }, 'begin')
  // Nothing is polled: what arrives was told of.
  await world.editor.create('/api/v1/namespaces/argocd/configmaps', {
    metadata: { name: 'argocd-cm' },
    data: { 'timeout.reconciliation': '0s' },
  })
  address = (await world.start()).address
}, 1_200_000)
afterAll(() => world?.close())

const within = (folder: string, files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [`${folder}/${file}`, text]))

async function bring(name: string, files: Record<string, string>, spec: object = {}): Promise<void> {
  const { editor } = world as World
  await repository.commit(within(name, files), name)
  const application = (world as World).application(name, repository, { path: name, spec })
  const created = await editor.create(APPS, application)
  expect(created.status, JSON.stringify(created.body)).toBe(201)
}

describe('sources', () => {
  it('a push is delivered within a second of its webhook [S000-07]', async () => {
    if (world === undefined) return
    await bring('pushed', { 'a.yaml': configMap('a') })
    await world.untilApp('pushed', isSynced)
    await repository.commit({ 'pushed/b.yaml': configMap('b') }, 'b')
    const answer = await fetch(`${address}/api/webhook`, {
      method: 'POST',
      headers: { 'x-gitea-event': 'push' },
      body: JSON.stringify({ repository: { ssh_url: repository.url.replace(/^http:\/\/([^/:]+):\d+\//, 'git@$1:') } }),
    })
    expect([answer.status, await answer.text()]).toEqual([200, '1 application will look\n'])
    await world.editor.until('/api/v1/namespaces/pushed/configmaps/b', ({ status }) => status === 200, { ms: 5_000 })
  })

  it('credentials come from a repository Secret, and a wrong password is told as one [S000-24]', async () => {
    if (world === undefined) return
    const { editor, git } = world
    const closed = await git.createRepository('team/closed')
    await closed.commit({ 'a.yaml': configMap('secret-a') }, 'begin')
    git.requireCredentials({ username: 'robot', password: 'correct-horse' })
    const secret = (password: string) => ({
      metadata: { name: 'closed', labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
      stringData: { type: 'git', url: closed.url, username: 'robot', password },
    })
    try {
      await editor.create('/api/v1/namespaces/argocd/secrets', secret('wrong-horse'))
      await editor.create(APPS, world.application('closed', closed))
      const refused = await world.untilApp('closed', says('HF1005'))
      expect(JSON.stringify(refused)).not.toContain('wrong-horse')
      await editor.patch('merge', '/api/v1/namespaces/argocd/secrets/closed', {
        stringData: { password: 'correct-horse' },
      })
      await world.untilApp('closed', isSynced)
      expect((await editor.get('/api/v1/namespaces/closed/configmaps/secret-a')).status).toBe(200)
    } finally {
      git.requireCredentials(undefined)
    }
  })

  it('a chart in Git with values and parameters [S002-15]', async () => {
    if (world === undefined) return
    await bring('charted', CHART, {
      source: {
        ...{ repoURL: repository.url, targetRevision: 'HEAD', path: 'charted' },
        helm: { values: 'color: blue\n', parameters: [{ name: 'color', value: 'green' }] },
      },
    })
    const { editor } = world
    await world.untilApp('charted', isSynced)
    const live = await editor.get('/api/v1/namespaces/charted/configmaps/charted-settings')
    expect(live.body.data).toEqual({ color: 'green' })
  })

  it('a chart of a chart repository with values from Git: two sources, two revisions', async () => {
    if (world === undefined) return
    const { editor } = world
    const charts = await startChartRepository({
      charts: [await writeChart(world.directory, { name: 'web', version: '1.2.3', files: CHART })],
    })
    try {
      const commit = await repository.commit({ 'envs/prod.yaml': 'color: red\n' }, 'values')
      const { spec, ...rest } = world.application('several', repository) as { spec: object }
      const { source: _, ...others } = spec as { source: object }
      const sources = [
        {
          repoURL: charts.url,
          chart: 'web',
          targetRevision: '^1.0.0',
          helm: { valueFiles: ['$values/envs/prod.yaml'] },
        },
        { repoURL: repository.url, targetRevision: 'HEAD', ref: 'values' },
      ]
      const created = await editor.create(APPS, { ...rest, spec: { ...others, sources } })
      expect(created.status, JSON.stringify(created.body)).toBe(201)
      const app = await world.untilApp('several', isSynced)
      const live = await editor.get('/api/v1/namespaces/several/configmaps/several-settings')
      expect(live.body.data).toEqual({ color: 'red' })
      expect(statusOf(app).sync?.revisions).toEqual(['1.2.3', commit])
      expect(statusOf(app).sourceTypes?.[0]).toBe('Helm')
      expect(statusOf(app).history?.at(-1)).toMatchObject({ revisions: ['1.2.3', commit], sources })
      await editor.patch('merge', '/api/v1/namespaces/several/configmaps/several-settings', {
        data: { color: 'black' },
      })
      await editor.until(
        '/api/v1/namespaces/several/configmaps/several-settings',
        ({ body }) => body.data.color === 'red',
      )
    } finally {
      await charts.stop()
    }
  })

  it('Jsonnet and plain files in one directory [S002-16]', async () => {
    if (world === undefined) return
    await bring(
      'mixed',
      {
        'plain.yaml': configMap('plain'),
        'made.jsonnet':
          '{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "made"}, data: {env: std.extVar("env")}}',
      },
      {
        source: {
          ...{ repoURL: repository.url, targetRevision: 'HEAD', path: 'mixed' },
          directory: { jsonnet: { extVars: [{ name: 'env', value: 'prod' }] } },
        },
      },
    )
    await world.untilApp('mixed', isSynced)
    const live = await world.editor.get('/api/v1/namespaces/mixed/configmaps/made')
    expect(live.body.data).toEqual({ env: 'prod' })
  })

  it('options of a kustomization, from the Application', async () => {
    if (world === undefined) return
    const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example/web:1"}]}
`
    await bring(
      'options',
      { 'kustomization.yaml': 'resources: [web.yaml]\n', 'web.yaml': deployment },
      {
        source: {
          ...{ repoURL: repository.url, targetRevision: 'HEAD', path: 'options' },
          kustomize: {
            ...{ namePrefix: 'eu-', images: ['registry.example/web:2'], commonLabels: { team: 'shop' } },
            replicas: [{ name: 'web', count: 3 }],
          },
        },
      },
    )
    const live = await world.editor.until(
      '/apis/apps/v1/namespaces/options/deployments/eu-web',
      ({ status }) => status === 200,
    )
    expect(live.body.spec.replicas).toBe(3)
    expect(live.body.spec.template.spec.containers[0].image).toBe('registry.example/web:2')
    expect(live.body.metadata.labels.team).toBe('shop')
  })

  it('a commit that cannot be rendered leaves the last good one in force, and says its age', async () => {
    if (world === undefined) return
    const { editor } = world
    await bring('broken', CHART)
    await world.untilApp('broken', isSynced)
    await repository.commit({ 'broken/templates/settings.yaml': '{{ .Values.color' }, 'a template that ends too early')
    await world.refresh('broken')
    await world.untilApp('broken', says('stays in force'))
    await editor.patch('merge', '/api/v1/namespaces/broken/configmaps/broken-settings', { data: { color: 'black' } })
    await editor.until('/api/v1/namespaces/broken/configmaps/broken-settings', ({ body }) => body.data.color === 'grey')
  })
})
