// Two replicas that enforce: one leads and tells, the other follows what it tells, and goes on from there.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Running } from '../../src/main/run.ts'
import { APPS, makeWorld, type World } from '../kit/world.ts'

const MAP = '/api/v1/namespaces/pair/configmaps/pair'
const EVENTS = '/api/v1/namespaces/argocd/events?limit=500'
const text = (value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pair}\ndata: {value: "${value}"}\n`

interface App {
  readonly metadata: { readonly annotations?: Record<string, string> }
  readonly status?: {
    readonly sync?: { readonly revision?: string; readonly status?: string }
    readonly history?: readonly { readonly id: number; readonly revision: string }[]
    readonly operationState?: { readonly phase: string; readonly syncResult?: { readonly revision: string } }
  }
}

let world: World | undefined
beforeAll(async () => {
  world = await makeWorld('two replicas')
}, 1_200_000)
afterAll(() => world?.close())

it('what was synced under one leader stays told under the next', async () => {
  if (world === undefined) return
  const { editor, git, directory } = world
  const repository = await git.createRepository('pair')
  const commits = [await repository.commit({ 'pair.yaml': text('0') }, '0')]
  const replicas: Running[] = []
  for (const name of ['a', 'b'])
    replicas.push(await world.start({ dataDir: join(directory, name), identity: `${name}/here/1/x` }))
  await editor.create(APPS, world.application('pair', repository))
  const isSynced = (app: unknown): boolean => {
    const { metadata, status = {} } = app as App
    const revisions = (status.history ?? []).map(({ revision }) => revision)
    return (
      metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined &&
      JSON.stringify(revisions) === JSON.stringify(commits) &&
      status.sync?.revision === commits.at(-1) &&
      status.operationState?.syncResult?.revision === commits.at(-1)
    )
  }
  const deliver = async (value: string): Promise<void> => {
    commits.push(await repository.commit({ 'pair.yaml': text(value) }, value))
    await world?.refresh('pair')
    await world?.untilApp('pair', isSynced)
  }
  await world.untilApp('pair', isSynced)
  await deliver('1')
  await deliver('2')
  await world.stop(replicas[0] as Running)
  await editor.patch('merge', MAP, { data: { value: 'by hand' } }, 'kubectl-edit')
  await editor.until(MAP, ({ body }) => body.data.value === '2')
  expect(isSynced((await editor.get(`${APPS}/pair`)).body)).toBe(true)
  await deliver('3')
  const { body } = await editor.get(EVENTS)
  const synced = (body.items as { reason: string }[]).filter(({ reason }) => reason === 'SyncSucceeded')
  expect(synced).toHaveLength(commits.length)
}, 60_000)
