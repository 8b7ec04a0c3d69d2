// An operator that makes children for a declared object: the parent is Git's, the children are the operator's.
// requirements: [S002-61, S002-81, S002-82, S002-254]
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { command } from '../surfaces/cli/command.ts'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'

const GROUP = 'shop.example.com'
const SHOP = `/apis/${GROUP}/v1/namespaces/operators/shops/main`
const CLUSTER = `/apis/${GROUP}/v1/namespaces/operators/shopclusters/main-eu`
const CHILD = '/api/v1/namespaces/operators/configmaps/main-settings'
const PARENT = `apiVersion: ${GROUP}/v1\nkind: Shop\nmetadata: {name: main}\nspec: {size: 1}\n`
/** What belongs to the operator, rendered into Git by mistake. */
const MISTAKE = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: main-settings}\ndata: {mode: fast}\n'

const crd = (kind: string): object => ({
  metadata: { name: `${kind.toLowerCase()}s.${GROUP}` },
  spec: {
    group: GROUP,
    names: { kind, plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase(), listKind: `${kind}List` },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
})

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
type Conditions = { type: string; message: string }[]
const conditionsOf = (app: unknown): Conditions =>
  (app as { status?: { conditions?: Conditions } }).status?.conditions ?? []
const syncOf = (app: unknown): string | undefined =>
  (app as { status?: { sync?: { status: string } } }).status?.sync?.status

/** Makes the child for its parent and puts it right whenever somebody changes it, as operators do. */
class Operator {
  /** Times at which it had to. */
  readonly corrections: number[] = []
  readonly #world: World
  #running: Promise<void> | null = null
  #stopped = false

  constructor(world: World) {
    this.#world = world
  }

  start(): void {
    this.#stopped = false
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#reconcile()
      await after(20)
    }
  }

  async #reconcile(): Promise<void> {
    const { editor } = this.#world
    const parent = await editor.get(SHOP)
    const child = await editor.get(CHILD)
    if (parent.status !== 200 || (child.status === 200 && child.body.data?.mode === 'slow')) return
    this.corrections.push(Date.now())
    const half = await this.#make(CLUSTER, { apiVersion: `${GROUP}/v1`, kind: 'ShopCluster' }, parent.body)
    await this.#make(CHILD, { apiVersion: 'v1', kind: 'ConfigMap', data: { mode: 'slow' } }, half)
  }

  async #make(path: string, object: object, { kind, metadata }: KubeObject): Promise<KubeObject> {
    const owner = { apiVersion: `${GROUP}/v1`, kind, name: metadata.name, uid: metadata.uid, controller: true }
    const wanted = { ...object, metadata: { name: path.split('/').at(-1), ownerReferences: [owner] } }
    return (await this.#world.editor.patch('apply', path, wanted, 'shop-operator')).body
  }
}

const revisionOf = (app: unknown): string | undefined =>
  (app as { status?: { sync?: { revision: string } } }).status?.sync?.revision

let world: World | undefined
let repository: Repository
let operator: Operator
beforeAll(async () => {
  world = await makeWorld('operators')
  if (world === undefined) return
  for (const kind of ['Shop', 'ShopCluster'])
    await world.editor.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd(kind))
  for (const path of [SHOP, CLUSTER])
    await world.editor.until(path.slice(0, path.lastIndexOf('/')), ({ status }) => status === 200)
  repository = await world.git.createRepository('operators')
  await repository.commit({ 'shop.yaml': PARENT, 'settings.yaml': MISTAKE }, 'parent and, by mistake, child')
  await world.start()
  await world.editor.create(APPS, world.application('operators', repository))
  await world.untilApp('operators', (app) => syncOf(app) === 'Synced')
  operator = new Operator(world)
}, 1_200_000)
afterAll(async () => {
  await operator?.stop()
  await world?.close()
})

describe('a child that is declared as well', () => {
  it('is a fight, told with the field, both managers and the advice to manage the parent alone', async () => {
    if (world === undefined) return
    operator.start()
    const told = await world.untilApp('operators', (app) => conditionsOf(app).some(({ type }) => type === 'FieldFight'))
    const fight = conditionsOf(told).find(({ type }) => type === 'FieldFight')
    expect(fight?.message).toMatch(/\.data\.mode between shop-operator and holdfast \(rewritten \d+ times\)/)
    expect(fight?.message).toContain('manage ShopCluster main-eu alone, and leave what has owner references out of Git')
  })

  it('is healed less and less often while the operator insists', async () => {
    if (world === undefined) return
    await after(8_000)
    const [last = 0, before = 0] = operator.corrections.slice(-2).toReversed()
    expect(last - before).toBeGreaterThan(3_000)
  }, 20_000)

  it('is explained by who made it', async () => {
    if (world === undefined) return
    const env = { KUBECONFIG: world.plane.kubeconfig, HOLDFAST_DATA_DIR: world.directory }
    const said = await command(['explain', 'cm/main-settings', '--app', 'operators'], { cwd: '/', env })
    expect(said.out).toContain('evidence ownerReference: made by ShopCluster main-eu\n')
    expect(said.out).toContain(
      'evidence ownerReference: which is made by Shop main, which Application operators declares\n',
    )
    expect(said.out).toContain('is made by ShopCluster main-eu and is declared as well')
  })

  it('is left alone for good once Git drops it: neither drift, nor pruned, nor written to', async () => {
    if (world === undefined) return
    const { editor } = world
    const { uid } = (await editor.get(CHILD)).body.metadata
    const revision = await repository.commit({ 'shop.yaml': PARENT, 'settings.yaml': null }, 'the parent alone')
    await world.refresh('operators')
    await world.untilApp(
      'operators',
      (one) => revisionOf(one) === revision && syncOf(one) === 'Synced' && conditionsOf(one).length === 0,
    )
    const { length } = operator.corrections
    await editor.patch('merge', CHILD, { data: { mode: 'odd' } }, 'kubectl-edit')
    await after(2_000)
    const child = (await editor.get(CHILD)).body
    expect([child.metadata.uid, child.data.mode]).toEqual([uid, 'slow'])
    expect(operator.corrections.length).toBe(length + 1)
    const { resources } = (await editor.get(`${APPS}/operators`)).body.status as { resources: { name: string }[] }
    expect(resources.map(({ name }) => name)).toEqual(['operators', 'main'])
    const env = { KUBECONFIG: world.plane.kubeconfig, HOLDFAST_DATA_DIR: world.directory }
    expect(await command(['diff', 'operators'], { cwd: '/', env })).toMatchObject({ exit: 0, err: '' })
  }, 30_000)
})
