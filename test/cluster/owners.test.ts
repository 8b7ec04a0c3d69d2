// Whose fields and objects are whose, as the installation says: the controller keeps to it, and to every change of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'

const NS = '/api/v1/namespaces/argocd'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/owned/deployments'
const deployment = (replicas: number): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example/web:1"}]}
`
const FIELDS = `
- { kind: Deployment, namespace: owned, jsonPointers: [/spec/replicas], owner: controller, by: queue-scaler }
- { kind: Deployment, namespace: owned, jsonPointers: [/spec/paused], owner: nobody }
`
const isSynced = (app: unknown): boolean =>
  (app as { status?: { sync?: { status: string } } }).status?.sync?.status === 'Synced'

let world: World | undefined
let repository: Repository
beforeAll(async () => {
  world = await makeWorld('owners')
  if (world === undefined) return
  repository = await world.git.createRepository('owners')
  await repository.commit({ 'owned/web.yaml': deployment(2), CODEOWNERS: '*.yaml @web-team\n' }, 'begin')
  await world.editor.create(`${NS}/configmaps`, { metadata: { name: 'holdfast-ownership' }, data: { fields: FIELDS } })
  await world.start()
  await world.editor.create(APPS, world.application('owned', repository, { path: 'owned' }))
  await world.untilApp('owned', isSynced)
}, 1_200_000)
afterAll(() => world?.close())

/** Of the Events on the Application, the newest that says this. */
async function told(reason: string, text: string): Promise<string> {
  const { editor } = world as World
  const said = (body: { items: { reason: string; message: string }[] }): string | undefined =>
    body.items.findLast((one) => one.reason === reason && one.message.includes(text))?.message
  const answer = await editor.until(`${NS}/events`, ({ body }) => said(body) !== undefined, {
    what: `${reason} ${text}`,
  })
  return said(answer.body) ?? ''
}

const scale = (replicas: number): Promise<unknown> =>
  (world as World).editor.patch('merge', `${DEPLOYMENTS}/web`, { spec: { replicas } }, 'queue-scaler')

describe('the controller', () => {
  it("leaves a controller's own field to it and heals the others, asking whom CODEOWNERS names", async () => {
    if (world === undefined) return
    const { editor } = world
    await scale(5)
    await editor.patch('merge', `${DEPLOYMENTS}/web`, {
      metadata: { labels: { extra: 'x' } },
      spec: { minReadySeconds: 9 },
    })
    await editor.until(`${DEPLOYMENTS}/web`, ({ body }) => body.spec.minReadySeconds !== 9)
    expect((await editor.get(`${DEPLOYMENTS}/web`)).body.spec.replicas).toBe(5)
    expect(await told('DriftDetected', 'minReadySeconds')).toMatch(/; ask @web-team$/)
    // Git's own change of the field does not take it away from its owner either.
    await repository.commit({ 'owned/web.yaml': deployment(3).replace('web:1', 'web:2') }, 'other')
    await world.refresh('owned')
    await editor.until(`${DEPLOYMENTS}/web`, ({ body }) => body.spec.template.spec.containers[0].image.endsWith(':2'))
    expect((await editor.get(`${DEPLOYMENTS}/web`)).body.spec.replicas).toBe(5)
  }, 60_000)

  it("calls an edit of what is nobody's critical", async () => {
    if (world === undefined) return
    await world.editor.patch('merge', `${DEPLOYMENTS}/web`, { spec: { paused: true } })
    expect(await told('DriftDetected', '.spec.paused')).toContain('.spec.paused added by kubectl-edit (critical)')
    await world.editor.until(`${DEPLOYMENTS}/web`, ({ body }) => body.spec.paused !== true)
  }, 60_000)

  it("asks whom the Application's mark names as soon as it is there", async () => {
    if (world === undefined) return
    const annotations = { 'holdfast.dev/owner': 'team-web', 'holdfast.dev/contact': '#web' }
    await world.editor.patch('merge', `${APPS}/owned`, { metadata: { annotations } })
    await world.editor.patch('merge', `${DEPLOYMENTS}/web`, { spec: { minReadySeconds: 8 } })
    expect(await told('DriftDetected', 'team-web')).toMatch(/; ask team-web \(#web\)$/)
  }, 60_000)

  it('stays with what it read when the declaration can no longer be used, and heals when it is withdrawn', async () => {
    if (world === undefined) return
    const { editor } = world
    await editor.patch('merge', `${NS}/configmaps/holdfast-ownership`, {
      data: { fields: FIELDS.replace('kind', 'knid') },
    })
    await new Promise((resolve) => setTimeout(resolve, 11_000))
    await scale(6)
    await editor.patch('merge', `${DEPLOYMENTS}/web`, { spec: { minReadySeconds: 7 } })
    await editor.until(`${DEPLOYMENTS}/web`, ({ body }) => body.spec.minReadySeconds !== 7)
    expect((await editor.get(`${DEPLOYMENTS}/web`)).body.spec.replicas).toBe(6)
    await editor.remove(`${NS}/configmaps/holdfast-ownership`)
    await editor.until(`${DEPLOYMENTS}/web`, ({ body }) => body.spec.replicas === 3)
  }, 60_000)
})
