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

const FLUX = 'kustomize.toolkit.fluxcd.io'

async function fluxIsThere({ editor }: World): Promise<string> {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  await editor.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: `kustomizations.${FLUX}` },
    spec: {
      group: FLUX,
      names: {
        kind: 'Kustomization',
        plural: 'kustomizations',
        singular: 'kustomization',
        listKind: 'KustomizationList',
      },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  })
  const path = `/apis/${FLUX}/v1/namespaces/${NS}/kustomizations`
  await editor.until(path, ({ status }) => status === 200)
  return path
}

// requirements: [S002-235]
describe('another tool that delivers the same object', () => {
  it('is named in a condition beside the application, once it is there; what it changes is healed all the same', async () => {
    if (world === undefined) return
    const { editor } = world
    const shared = (app: unknown): string =>
      ((app as { status?: { conditions?: { type: string; message: string }[] } }).status?.conditions ?? [])
        .filter(({ type }) => type === 'SharedResourceWarning')
        .map(({ message }) => message)
        .join()
    const labels = { [`${FLUX}/name`]: 'apps', [`${FLUX}/namespace`]: NS }
    const change = { metadata: { labels }, data: { mode: 'slow' } }
    // Marks of one that is not there are a difference, and nothing more.
    await editor.patch('merge', SETTINGS, change, 'kustomize-controller')
    await editor.until(SETTINGS, ({ body }) => body.data.mode === 'fast' && body.metadata.labels === undefined)
    await after(1_500)
    expect(shared((await editor.get(`${APPS}/others`)).body)).toBe('')
    const path = await fluxIsThere(world)
    await editor.create(path, {
      apiVersion: `${FLUX}/v1`,
      kind: 'Kustomization',
      metadata: { name: 'apps' },
      status: { inventory: { entries: [{ id: `${NS}_settings__ConfigMap`, v: 'v1' }] } },
    })
    await editor.patch('merge', SETTINGS, change, 'kustomize-controller')
    const told = await world.untilApp('others', (app) => shared(app) !== '')
    expect(shared(told)).toContain(
      `ConfigMap ${NS}/settings is declared by Application argocd/others and is delivered by Kustomization ${NS}/apps as well.`,
    )
    await editor.until(SETTINGS, ({ body }) => body.data.mode === 'fast' && body.metadata.labels === undefined)
    expect(shared((await editor.get(`${APPS}/others`)).body)).toContain(`Kustomization ${NS}/apps`)
    await editor.remove(`${path}/apps`)
  }, 30_000)
})

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
    const told = ({ status }: { status?: unknown }): boolean =>
      ((status as { conditions?: { type: string; message: string }[] }).conditions ?? []).some(
        ({ type, message }) =>
          type === 'FieldFight' &&
          /^HF6001: .*\.data\.mode between stubborn-controller and holdfast \(rewritten \d+ times\)/.test(message),
      )
    await world.untilApp('others', told)
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
