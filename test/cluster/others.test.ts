// Other writers: an autoscaler that may, a controller that may not, admission that rewrites.
// requirements: [S000-43, S002-63, S001-05]
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPS, makeWorld, type World } from '../kit/world.ts'

const NS = 'others'
const DEPLOYMENT = `/apis/apps/v1/namespaces/${NS}/deployments/web`
const SETTINGS = `/api/v1/namespaces/${NS}/configmaps/settings`
const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example.com/web:v1"}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 6
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: fast, level: "1"}
`

let world: World | undefined
beforeAll(async () => {
  world = await makeWorld('other writers')
  if (world === undefined) return
  const repository = await world.git.createRepository('others')
  await repository.commit({ 'all.yaml': MANIFESTS }, 'first')
  await world.start()
  await world.editor.create(APPS, world.application('others', repository))
  await world.untilApp(
    'others',
    ({ status }) => (status as never as { sync?: { status: string } })?.sync?.status === 'Synced',
  )
}, 1_200_000)
afterAll(() => world?.close())

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('an autoscaler', () => {
  it('may scale within its bounds; a heal of another field keeps its replicas', async () => {
    if (world === undefined) return
    const { editor } = world
    await editor.patch('merge', `${DEPLOYMENT}/scale`, { spec: { replicas: 4 } }, 'kube-controller-manager')
    await editor.patch('strategic', DEPLOYMENT, {
      spec: { template: { spec: { hostNetwork: true, containers: [{ name: 'web', image: 'evil:1' }] } } },
    })
    const healed = await editor.until(
      DEPLOYMENT,
      ({ body }) =>
        body.spec.template.spec.hostNetwork === undefined &&
        body.spec.template.spec.containers[0].image === 'registry.example.com/web:v1',
    )
    expect(healed.body.spec.replicas).toBe(4)
  })

  it('does not excuse a scale outside its bounds', async () => {
    if (world === undefined) return
    await world.editor.patch('merge', `${DEPLOYMENT}/scale`, { spec: { replicas: 0 } }, 'kubectl')
    await world.editor.until(DEPLOYMENT, ({ body }) => body.spec.replicas >= 2)
  })
})

describe('a controller that rewrites a field', () => {
  it('is bounded and named, and slows no other field', async () => {
    if (world === undefined) return
    const { editor } = world
    let fighting = true
    let rewrites = 0
    const fight = (async () => {
      while (fighting) {
        const { body } = await editor.get(SETTINGS)
        if (body.data.mode !== 'slow') {
          await editor.patch('merge', SETTINGS, { data: { mode: 'slow' } }, 'stubborn-controller')
          rewrites += 1
        }
        await after(5)
      }
    })()
    await world.untilApp('others', ({ status }) =>
      ((status as never as { conditions?: { message: string }[] }).conditions ?? []).some(
        ({ message }) => message.startsWith('HF6001') && message.includes('stubborn-controller'),
      ),
    )
    const soFar = rewrites
    await after(3_000)
    expect(rewrites - soFar).toBeLessThan(6)
    await editor.patch('merge', SETTINGS, { data: { level: '9' } }, 'kubectl-edit')
    await editor.until(SETTINGS, ({ body }) => body.data.level === '1', { ms: 2_000 })
    fighting = false
    await fight
    await editor.until(SETTINGS, ({ body }) => body.data.mode === 'fast', { ms: 20_000 })
  }, 60_000)
})
