// Applications as people publish them, unchanged: their hosts lead to the local Git server by git's own `insteadOf`.
// requirements: [S000-21, S000-26, S002-160, S002-170, S002-171, S004-14, S001-18]
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readYaml } from '../../src/core/yaml/index.ts'
import { APPS, makeWorld, type World } from '../kit/world.ts'

const HOSTS = {
  infra: 'https://github.com/org/infra-manifests.git',
  apps: 'https://git.example.com/platform/apps.git',
  platform: 'https://github.com/acme/platform-config.git',
} as const

const deployment = (name: string, replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "registry.example.com/${name}:v1.2.0"}]}
`
const PAYMENTS = `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: payments-api-prod
  namespace: argocd
spec:
  project: payments
  source:
    repoURL: https://github.com/acme/platform-config.git
    targetRevision: main
    path: services/payments/prod
  destination:
    server: https://kubernetes.default.svc
    namespace: payments
  syncPolicy:
    automated:
      enabled: true
      prune: true
      selfHeal: true
      allowEmpty: false
    syncOptions:
      - CreateNamespace=true
      - PruneLast=true
      - RespectIgnoreDifferences=true
      - ApplyOutOfSyncOnly=true
  revisionHistoryLimit: 10
`

/** The Application of a case of `test/core/definition`: its second document. */
async function published(name: string): Promise<object> {
  const text = await readFile(new URL(`../core/definition/applications/${name}.yaml`, import.meta.url), 'utf8')
  return readYaml(text, { file: name }).documents[1]?.value as object
}

let world: World | undefined
beforeAll(async () => {
  world = await makeWorld('published Applications')
  if (world === undefined) return
  const { git } = world
  const infra = await git.createRepository('infra')
  await infra.commit({ 'apps/api-service/all.yaml': deployment('api-service', 3) }, 'api')
  const apps = await git.createRepository('apps')
  await apps.commit(
    {
      'apps/checkout/base/kustomization.yaml': 'resources: [deployment.yaml]\n',
      'apps/checkout/base/deployment.yaml': deployment('checkout-api', 3),
      'apps/checkout/overlays/prod/kustomization.yaml': 'resources: [../../base]\ncommonLabels: {tier: gold}\n',
    },
    'checkout',
  )
  const platform = await git.createRepository('platform')
  await platform.commit({ 'services/payments/prod/all.yaml': deployment('payments-api', 2) }, 'payments')
  const urls = { infra: infra.url, apps: apps.url, platform: platform.url }
  process.env['GIT_CONFIG_COUNT'] = '3'
  for (const [index, name] of (['infra', 'apps', 'platform'] as const).entries()) {
    process.env[`GIT_CONFIG_KEY_${index}`] = `url.${urls[name]}.insteadOf`
    process.env[`GIT_CONFIG_VALUE_${index}`] = HOSTS[name]
  }
  await world.editor.create('/api/v1/namespaces', { metadata: { name: 'prod' } })
  await world.start()
}, 1_200_000)
afterAll(async () => {
  delete process.env['GIT_CONFIG_COUNT']
  await world?.close()
})

const replicasOf = async (path: string): Promise<number> => (await (world as World).editor.get(path)).body.spec.replicas

/** How many ignore rules the last comparison was made under. */
const comparedRules = (status: unknown): number =>
  (status as { sync?: { comparedTo?: { ignoreDifferences?: unknown[] } } } | undefined)?.sync?.comparedTo
    ?.ignoreDifferences?.length ?? 0

describe('published Applications', () => {
  it.each([
    {
      name: 'automated-with-create-namespace',
      app: 'production-api-service',
      path: '/apis/apps/v1/namespaces/prod-namespace/deployments/api-service',
    },
    { name: 'payments', app: 'payments-api-prod', path: '/apis/apps/v1/namespaces/payments/deployments/payments-api' },
    {
      name: 'prune-and-self-heal',
      app: 'checkout-api',
      path: '/apis/apps/v1/namespaces/prod/deployments/checkout-api',
    },
  ])('$name is delivered and healed', async ({ name, app, path }) => {
    if (world === undefined) return
    const { editor } = world
    const object = name === 'payments' ? readYaml(PAYMENTS, { file: name }).documents[0]?.value : await published(name)
    expect((await editor.create(APPS, object)).status).toBe(201)
    await world.untilApp(
      app,
      ({ status }) => (status as never as { sync?: { status: string } })?.sync?.status === 'Synced',
    )
    const before = await replicasOf(path)
    await editor.patch('merge', `${path}/scale`, { spec: { replicas: 7 } }, 'kubectl')
    await editor.until(path, ({ body }) => body.spec.replicas === before && body.metadata.generation >= 3)
  })

  it('scoped ignore rules: replicas stay, everything else is looked at, nothing is synced unasked', async () => {
    if (world === undefined) return
    const { editor } = world
    const path = '/apis/apps/v1/namespaces/prod/deployments/checkout-api'
    const wanted = (await published('scoped-ignore-rules')) as { spec: object }
    const { body } = await editor.get(`${APPS}/checkout-api`)
    const answer = await editor.send('PUT', `${APPS}/checkout-api`, { body: { ...body, spec: wanted.spec } })
    expect(answer.status).toBe(200)
    // From here on the new rules are the ones in force.
    await world.untilApp('checkout-api', ({ status }) => comparedRules(status) === 2)
    await editor.patch('merge', `${path}/scale`, { spec: { replicas: 9 } }, 'kubectl')
    await editor.patch('strategic', path, {
      spec: { template: { spec: { containers: [{ name: 'app', image: 'other:1' }] } } },
    })
    await world.untilApp(
      'checkout-api',
      ({ status }) => (status as never as { sync?: { status: string } })?.sync?.status === 'OutOfSync',
    )
    expect((await editor.get(path)).body.spec.template.spec.containers[0].image).toBe('other:1')
    await editor.patch('merge', `${APPS}/checkout-api`, { operation: { initiatedBy: { username: 'jane' }, sync: {} } })
    await editor.until(
      path,
      (live) => live.body.spec.template.spec.containers[0].image === 'registry.example.com/checkout-api:v1.2.0',
    )
    expect(await replicasOf(path)).toBe(9)
  })

  it.each([
    'fragment-with-self-heal',
    'fragment-with-ignore-rules',
    'fragment-without-self-heal',
  ])('%s is refused by the API server with the missing fields named', async (name) => {
    if (world === undefined) return
    const { status, body } = await world.editor.create(APPS, { ...(await published(name)) })
    expect(status).toBe(422)
    for (const field of ['spec.project', 'spec.destination']) expect(body.message).toContain(field)
  })
})
