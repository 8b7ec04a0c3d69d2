// A pod that somebody changed while it runs stands in no Git: it is held to the template that it was made from.
// requirements: [S003-02]
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DriftReport, ReportObject } from '../../src/core/record/index.ts'
import { APPS, makeWorld, type World } from '../kit/world.ts'
import { command } from '../surfaces/cli/command.ts'

const NS = 'pods'
const PODS = `/api/v1/namespaces/${NS}/pods`

const workload = (kind: string, name: string, more: string): string =>
  `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n  ${more}\n  selector: {matchLabels: {app: ${name}}}\n  template:\n    metadata: {labels: {app: ${name}, tier: front}}\n    spec: {containers: [{name: app, image: 'registry.example.com/app:v1', resources: {requests: {cpu: 10m}}}]}\n`

let world: World | undefined

beforeAll(async () => {
  world = await makeWorld('pods', { controllers: true })
  if (world === undefined) return
  const { editor, git } = world
  const repository = await git.createRepository('pods')
  await repository.commit(
    {
      'web.yaml': workload('Deployment', 'web', 'replicas: 3'),
      'db.yaml': workload('StatefulSet', 'db', 'replicas: 1'),
    },
    'first',
  )
  await world.start()
  await editor.create(APPS, world.application('pods', repository))
  await editor.until(PODS, ({ body }) => body.items?.length === 4, { ms: 60_000, what: 'four pods' })
}, 1_200_000)
afterAll(() => world?.close())

async function pods(): Promise<readonly ReportObject[]> {
  const { plane, directory } = world as World
  const env = {
    PATH: process.env['PATH'],
    HOME: directory,
    KUBECONFIG: plane.kubeconfig,
    HOLDFAST_DATA_DIR: join(directory, 'cli-data'),
  }
  const said = await command(['diff', 'pods', '-o', 'json'], { cwd: directory, env })
  const { objects } = JSON.parse(said.out) as DriftReport
  return objects.filter(({ ref }) => ref.kind === 'Pod')
}

async function names(app: string): Promise<string[]> {
  const { body } = await (world as World).editor.get(`${PODS}?labelSelector=app%3D${app}`)
  return body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name).sort()
}

const deviating = ({ status }: { status?: Record<string, unknown> }): string[] =>
  ((status?.['conditions'] ?? []) as { type: string; message: string }[])
    .filter(({ type }) => type === 'DeviatingPodWarning')
    .map(({ message }) => message)

const image = (value: string): object => ({ spec: { containers: [{ name: 'app', image: value }] } })

describe('pods', () => {
  it('that nobody touched are no news', async () => {
    if (world === undefined) return
    expect(await pods()).toEqual([])
  })

  it('whose image, containers or labels were changed are told under their workload, with the author', async () => {
    if (world === undefined) return
    const { editor } = world
    const [first = '', second = '', third = ''] = await names('web')
    const [db = ''] = await names('db')
    // Within the second of its making nothing tells a write in the maker's name from the making.
    const made = Date.parse((await editor.get(`${PODS}/${second}`)).body.metadata.creationTimestamp)
    while (Date.now() < made + 1_100) await new Promise((resolve) => setTimeout(resolve, 50))
    await editor.patch('strategic', `${PODS}/${first}`, image('registry.example.com/app:hotfix'), 'kubectl-set')
    // Bookkeeping that is wiped, or written in the maker's name, hides nothing.
    await editor.patch(
      'strategic',
      `${PODS}/${second}`,
      image('registry.example.com/app:miner'),
      'kube-controller-manager',
    )
    await editor.patch('strategic', `${PODS}/${db}`, image('registry.example.com/app:wiped'))
    await editor.patch('merge', `${PODS}/${db}`, { metadata: { managedFields: [{}] } })
    const debug = { spec: { ephemeralContainers: [{ name: 'debugger', image: 'busybox' }] } }
    await editor.patch('strategic', `${PODS}/${third}/ephemeralcontainers`, debug, 'kubectl-debug')
    await editor.patch('json', `${PODS}/${third}`, [{ op: 'remove', path: '/metadata/labels/tier' }], 'kubectl-label')
    const told = await pods()
    const lines = told.flatMap(({ ref, fields }) =>
      fields.map(
        ({ path, change, cause, verdict }) =>
          `${ref.name} ${change} ${path} ${cause.actor.manager} ${verdict.response}`,
      ),
    )
    const at = '.spec.containers[name="app"].image'
    expect(lines.sort()).toEqual(
      [
        `${first} changed ${at} kubectl-set alert`,
        `${second} changed ${at} kube-controller-manager alert`,
        `${db} changed ${at} null alert`,
        `${third} added .spec.ephemeralContainers kubectl-debug alert`,
        `${third} removed .metadata.labels.tier null alert`,
      ].sort(),
    )
    expect(told.find(({ ref }) => ref.name === first)?.message).toMatch(
      /^Pod pods\/web-\S+ does not follow the template of apps\/Deployment pods\/web \(ReplicaSet web-[0-9a-f]+\) any more\.$/,
    )
    // The controller tells the same, when it looks next: here because somebody asks.
    await world.refresh('pods')
    const app = await world.untilApp('pods', (seen) => deviating(seen).length === 4)
    expect(deviating(app).join('\n')).toContain(
      `Pod pods/${first} does not follow the template of apps/Deployment pods/web (ReplicaSet ${first.replace(/-[^-]+$/, '')}) any more. ${at} changed by kubectl-set.`,
    )
    expect(app.status['sync']).toMatchObject({ status: 'Synced' })
    // Reported, and left alone.
    const { body } = await editor.get(`${PODS}/${first}`)
    expect(body.spec.containers[0].image).toBe('registry.example.com/app:hotfix')
    const { body: events } = await editor.get('/api/v1/namespaces/argocd/events')
    const drift = events.items.filter(({ reason }: { reason: string }) => reason === 'DriftDetected')
    expect(drift.map(({ message }: { message: string }) => message).join('\n')).toContain(`Pod pods/${first}`)
  }, 60_000)

  it('are forgotten when they are gone', async () => {
    if (world === undefined) return
    for (const name of await names('web')) await world.editor.remove(`${PODS}/${name}`)
    await world.editor.remove(`${PODS}/${(await names('db'))[0]}`)
    await world.refresh('pods')
    await world.untilApp('pods', (seen) => deviating(seen).length === 0)
    expect(await pods()).toEqual([])
  }, 60_000)
})
