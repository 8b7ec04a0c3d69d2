// What happened while no watch could be held is found when one can be again, without anything happening in Git.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Running } from '../../src/main/run.ts'
import { type Cable, layCable } from '../kit/cable.ts'
import { APPS, makeWorld, type Repository, type World } from '../kit/world.ts'

const map = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "1", b: "1"}\n`

interface Status {
  readonly sync?: { readonly status: string; readonly revision: string }
  readonly history?: readonly object[]
  readonly resources?: readonly { readonly name: string; readonly status: string }[]
}
const statusOf = (app: unknown): Status => (app as { status?: Status }).status ?? {}
const isSynced = (app: unknown): boolean => statusOf(app).sync?.status === 'Synced'

let world: World | undefined
let cable: Cable | undefined
let running: Running
let repository: Repository

beforeAll(async () => {
  world = await makeWorld('cut watches')
  if (world === undefined) return
  const { plane, directory, git, editor } = world
  cable = await layCable({ url: plane.url, kubeconfig: plane.kubeconfig, directory })
  repository = await git.createRepository('cut')
  await repository.commit({ 'a.yaml': map('changed'), 'b.yaml': map('deleted'), 'c.yaml': map('untouched') }, 'first')
  running = await world.start({ kubeconfig: cable.kubeconfig })
  await editor.create(APPS, world.application('healed', repository))
  const reported = { syncPolicy: { automated: { selfHeal: false }, syncOptions: ['CreateNamespace=true'] } }
  await editor.create(APPS, world.application('reported', repository, { spec: reported }))
  for (const name of ['healed', 'reported']) await world.untilApp(name, isSynced, 30_000)
}, 1_200_000)
afterAll(async () => {
  await cable?.close()
  await world?.close()
})

const maps = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`
const differing = (app: unknown): string[] =>
  (statusOf(app).resources ?? []).filter(({ status }) => status === 'OutOfSync').map(({ name }) => name)

// requirements: [S000-08]
describe('a watch that is cut', () => {
  it.each([
    'at once',
    'after a while',
  ])('is made again, and what was changed meanwhile is told and healed: %s', async (when) => {
    if (world === undefined || cable === undefined) return
    const { editor } = world
    const before = statusOf(await world.untilApp('reported', isSynced))
    const untouched = (await editor.get(`${maps('healed')}/untouched`)).body.metadata
    cable.cut()
    for (const namespace of ['healed', 'reported']) {
      const edited = await editor.patch('merge', `${maps(namespace)}/changed`, { data: { a: '2', added: when } })
      expect([edited.status, (await editor.remove(`${maps(namespace)}/deleted`)).status]).toEqual([200, 200])
    }
    if (when === 'after a while') {
      // Nobody can have heard of it: it stays, and the controller says that it does not see.
      await sleep(3_000)
      expect((await editor.get(`${maps('healed')}/changed`)).body.data).toEqual({ a: '2', b: '1', added: when })
      expect(running.loop.notReady().join()).toContain('watches are not live')
    }
    cable.restore()
    await editor.until(`${maps('healed')}/changed`, ({ body }) => JSON.stringify(body.data) === '{"a":"1","b":"1"}')
    await editor.until(`${maps('healed')}/deleted`, ({ status }) => status === 200)
    await world.untilApp('healed', isSynced)
    const seen = await world.untilApp('reported', (app) => differing(app).length === 2)
    expect(differing(seen)).toEqual(['changed', 'deleted'])
    expect(statusOf(seen).sync?.revision).toBe(before.sync?.revision)
    expect((await editor.get(`${maps('reported')}/changed`)).body.data.a).toBe('2')
    expect((await editor.get(`${maps('healed')}/untouched`)).body.metadata).toEqual(untouched)
    // Back to Git's state by hand: told as well.
    await editor.patch('merge', `${maps('reported')}/changed`, { data: { a: '1', added: null } })
    await editor.create(maps('reported'), { metadata: { name: 'deleted' }, data: { a: '1', b: '1' } })
    await world.untilApp('reported', (app) => !differing(app).includes('changed'))
    await editor.patch('merge', `${APPS}/reported`, { operation: { sync: {} } })
    await world.untilApp('reported', isSynced)
  }, 90_000)
})
