// Commits of which nobody tells: found within the interval, and each delivered as a whole.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureBinaries } from '../../tools/binaries.mjs'
import { APPS, makeWorld, type World } from '../kit/world.ts'

const SETTINGS = '/api/v1/namespaces/pair/configmaps/pair'
/** Takes a while, so that commits arrive in the middle of renders. */
const TEMPLATE = `{{- range until 200000 }}{{ end -}}
apiVersion: v1
kind: ConfigMap
metadata: {name: pair}
data: {one: "{{ .Values.one }}", two: "{{ .Files.Get "two.txt" }}"}
`
const filesOf = (number: number): Record<string, string> => ({
  'Chart.yaml': 'apiVersion: v2\nname: pair\nversion: 1.0.0\n',
  'values.yaml': `one: ${number}\n`,
  'two.txt': String(number),
  'templates/pair.yaml': TEMPLATE,
})

let world: World | undefined
beforeAll(async () => {
  const tools = await ensureBinaries(['helm']).catch((error: unknown) => {
    if (process.env['CI'] === 'true') throw error
    return null
  })
  world = tools === null ? undefined : await makeWorld('commits of which nobody tells')
  if (world === undefined || tools === null) return
  process.env['HOLDFAST_HELM'] = tools.helm
  await world.editor.create('/api/v1/namespaces/argocd/configmaps', {
    metadata: { name: 'argocd-cm' },
    data: { 'timeout.reconciliation': '1s', 'timeout.reconciliation.jitter': '0s' },
  })
  await world.start()
}, 1_200_000)
afterAll(() => world?.close())

interface Status {
  readonly sync?: { readonly status?: string; readonly revision?: string }
  readonly history?: readonly { readonly revision?: string }[]
}

describe('a repository that is polled', () => {
  it('a commit is delivered without a webhook, and only whole: two files of one object are of one commit [S000-06] [S000-07]', async () => {
    if (world === undefined) return
    const { editor, git } = world
    const repository = await git.createRepository('pair')
    const commits = [await repository.commit(filesOf(0), '0')]
    await editor.create(APPS, world.application('pair', repository))
    const isAt = (commit: string | undefined) => (app: { status?: unknown }) => {
      const { sync } = (app.status ?? {}) as Status
      return sync?.status === 'Synced' && sync.revision === commit
    }
    await world.untilApp('pair', isAt(commits[0]))
    const seen = new Set<string>()
    const pushing = (async () => {
      for (let number = 1; number <= 8; number += 1)
        commits.push(await repository.commit(filesOf(number), String(number)))
    })()
    const { status } = (await Promise.all([
      pushing,
      editor.until(SETTINGS, ({ body }) => {
        seen.add(`${body.data.one}=${body.data.two}`)
        return body.data.one === '8'
      }),
    ]).then(() => world?.untilApp('pair', isAt(commits.at(-1))))) as { status: unknown }
    for (const pair of seen) expect(pair).toMatch(/^(\d)=\1$/)
    const { history = [] } = status as Status
    for (const { revision } of history) expect(commits).toContain(revision)
    expect((await editor.get(SETTINGS)).body.data).toEqual({ one: '8', two: '8' })
  }, 90_000)
})
