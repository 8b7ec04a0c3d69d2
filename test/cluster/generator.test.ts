// What moved: Git, the live state, or what is made of Git. A remote base, a plugin and a restart, on a real API server.
import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DriftReport } from '../../src/core/record/index.ts'
import type { Running } from '../../src/main/run.ts'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'
import { command, type Said } from '../surfaces/cli/command.ts'

const deployment = (name: string, replicas: number): string =>
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "registry.example/app:1"}]}
`
const WEB = '/apis/apps/v1/namespaces/shop/deployments/web'
const MANUAL = { syncPolicy: { syncOptions: ['CreateNamespace=true'] } }

let world: World | undefined
let running: Running | undefined
let env: Readonly<Record<string, string | undefined>>
let base: Repository
let shop: Repository
const plugin = (): string => join((world as World).directory, 'made.yaml')

interface Status {
  readonly sync?: { readonly status?: string; readonly revision?: string }
  readonly conditions?: readonly { readonly type: string; readonly message: string }[]
}
const statusOf = (app: unknown): Status => (app as { status?: Status }).status ?? {}
const warningOf = (app: unknown): string =>
  statusOf(app).conditions?.find(({ type }) => type === 'RenderChangedWarning')?.message ?? ''
const holdfast = (...args: string[]): Promise<Said> => command(args, { cwd: (world as World).directory, env })

const printed = (value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {key: ${value}}\n`

beforeAll(async () => {
  world = await makeWorld('what moved')
  if (world === undefined) return
  env = {
    PATH: process.env['PATH'],
    HOME: world.directory,
    KUBECONFIG: world.plane.kubeconfig,
    HOLDFAST_KUSTOMIZE: process.env['HOLDFAST_KUSTOMIZE'],
    HOLDFAST_DATA_DIR: join(world.directory, 'data'),
  }
  base = await world.git.createRepository('base')
  shop = await world.git.createRepository('shop')
  await base.commit({ 'kustomization.yaml': 'resources: [web.yaml]\n', 'web.yaml': deployment('web', 2) }, 'base')
  await shop.commit(
    {
      'kustomization.yaml': `resources: ["${base.url}?ref=main", own.yaml]\n`,
      'own.yaml': deployment('own', 2),
    },
    'shop',
  )
  await writeFile(plugin(), printed('one'))
  await world.editor.create('/api/v1/namespaces/argocd/configmaps', {
    metadata: { name: 'argocd-cm' },
    data: { 'timeout.reconciliation': '0s' },
  })
  await world.editor.create('/api/v1/namespaces/argocd/configmaps', {
    metadata: { name: 'holdfast-plugins' },
    data: {
      made: `command: [/bin/sh, -c, "/bin/cat ${plugin()}"]\n`,
    },
  })
  running = await world.start()
}, 1_200_000)
afterAll(() => world?.close())

/** Of one field, as `holdfast diff` tells it to a program. */
async function fieldOf(
  app: string,
  name: string,
  path: string,
): Promise<DriftReport['objects'][0]['fields'][0] | undefined> {
  const { out } = await holdfast('diff', app, '-o', 'json')
  const report = JSON.parse(out) as DriftReport
  return report.objects.find(({ ref }) => ref.name === name)?.fields.find((field) => field.path === path)
}

async function move(replicas: number): Promise<string> {
  return base.commit({ 'web.yaml': deployment('web', replicas) }, `base at ${replicas}`)
}

describe('a difference', () => {
  it('is told to come of a patch, of a commit, or of a render that changed at the same commit [S004-45] [S004-46]', async () => {
    if (world === undefined) return
    const { editor } = world
    await editor.create(APPS, world.application('shop', shop, { spec: MANUAL }))
    await world.untilApp('shop', (app) => statusOf(app).sync?.status === 'OutOfSync')
    expect(await holdfast('app', 'sync', 'shop')).toMatchObject({ exit: 0 })
    const synced = await world.untilApp('shop', (app) => statusOf(app).sync?.status === 'Synced')
    const revision = statusOf(synced).sync?.revision ?? ''

    await editor.patch('merge', `${WEB.replace(/web$/, 'own')}`, { spec: { replicas: 7 } }, 'kubectl-patch')
    await world.untilApp('shop', (app) => statusOf(app).sync?.status === 'OutOfSync')
    expect((await fieldOf('shop', 'own', '.spec.replicas'))?.cause).toMatchObject({
      source: 'live',
      mechanism: 'manual',
      actor: { manager: 'kubectl-patch' },
    })

    const moved = await move(3)
    await holdfast('app', 'get', 'shop', '--refresh')
    const told = await world.untilApp('shop', (app) => warningOf(app) !== '', 80_000)
    expect(statusOf(told).sync?.revision).toBe(revision)
    expect(warningOf(told)).toContain('apps/Deployment shop/web')
    expect(warningOf(told)).not.toContain('shop/own')
    expect(warningOf(told)).toMatch(new RegExp(`base\\.git at main moved from [0-9a-f]{12} to ${moved.slice(0, 12)}`))
    expect((await fieldOf('shop', 'web', '.spec.replicas'))?.cause).toMatchObject({
      source: 'generator',
      mechanism: 'generator',
      means: 'generator',
      fixBelongsIn: 'repository',
      actor: { user: null },
    })
    // Two causes at once: each keeps its own.
    expect((await fieldOf('shop', 'own', '.spec.replicas'))?.cause.source).toBe('live')
    const explained = await holdfast('explain', 'deploy/web', '--app', 'shop')
    expect(explained.out).toContain('rendered otherwise, though Git did not change')
    expect(explained.out).toContain(`to ${moved.slice(0, 12)}`)

    await shop.commit({ 'own.yaml': deployment('own', 4) }, 'own at 4')
    await holdfast('app', 'get', 'shop', '--refresh')
    await editor.patch('merge', WEB, { spec: { replicas: 2 } }, 'nobody')
    expect((await fieldOf('shop', 'own', '.spec.replicas'))?.cause.source).toBe('live')
    expect(await holdfast('app', 'sync', 'shop')).toMatchObject({ exit: 0 })
    await world.untilApp('shop', (app) => statusOf(app).sync?.status === 'Synced' && warningOf(app) === '')
    await shop.commit({ 'own.yaml': deployment('own', 5) }, 'own at 5')
    expect((await fieldOf('shop', 'own', '.spec.replicas'))?.cause).toMatchObject({ source: 'git', means: 'git' })
  }, 150_000)

  it('is the generator’s after a restart as well, noticed before it or by it [S004-46]', async () => {
    if (world === undefined || running === undefined) return
    await holdfast('app', 'sync', 'shop')
    await world.untilApp('shop', (app) => statusOf(app).sync?.status === 'Synced')
    await world.stop(running)
    const moved = await move(5)
    const before = await fieldOf('shop', 'web', '.spec.replicas')
    expect(before?.cause).toMatchObject({ source: 'generator' })
    running = await world.start()
    const told = await world.untilApp('shop', (app) => warningOf(app) !== '', 30_000)
    expect(warningOf(told)).toContain(`to ${moved.slice(0, 12)}`)
    await world.stop(running)
    running = await world.start()
    const { loop } = running
    await expect
      .poll(
        () => {
          const app = loop.apps.all().find(({ key }) => key === 'argocd/shop')
          const web = [...(app?.objects.values() ?? [])].find(({ ref }) => ref.name === 'web')
          return web?.evaluation?.fields.map(({ cause }) => cause.source)
        },
        { timeout: 20_000 },
      )
      .toEqual(['generator'])
    const { body } = await world.editor.get(`${APPS}/shop`)
    expect(warningOf(body)).toContain(`to ${moved.slice(0, 12)}`)
  }, 150_000)

  it('of a plugin that prints something else is the generator’s, is healed, and leaves a record [S004-45] [S004-46]', async () => {
    if (world === undefined) return
    const own = await world.git.createRepository('made')
    await own.commit({ 'README.md': 'made\n' }, 'begin')
    const source = { repoURL: own.url, targetRevision: 'HEAD', path: '.', plugin: { name: 'made' } }
    await world.editor.create(APPS, world.application('made', own, { spec: { source } }))
    await world.untilApp('made', (app) => statusOf(app).sync?.status === 'Synced')
    await writeFile(plugin(), printed('two'))
    await holdfast('app', 'get', 'made', '--hard-refresh')
    const { body } = await world.editor.until(
      '/api/v1/namespaces/made/configmaps/made',
      ({ body: live }) => live.data?.key === 'two',
    )
    expect(body.data.key).toBe('two')
    const { body: events } = await world.editor.until(
      '/api/v1/namespaces/argocd/events?fieldSelector=involvedObject.name=made,reason=RenderChanged',
      ({ body: found }) => found.items?.length > 0,
    )
    expect(events.items[0].message).toMatch(
      /ConfigMap made\/made; the same files, options and tools gave something else/,
    )
  }, 60_000)
})
