import { describe, expect, it } from 'vitest'
import { parseApplication } from '../../src/core/definition/index.ts'
import { Precedence } from '../../src/loop/precedence.ts'
import { type AppState, newApp } from '../../src/loop/state.ts'
import { FakeClock } from '../adapters/kube-http/support/fake-clock.ts'

const REPOSITORY = 'https://git.example.com/fleet.git'

/** In force at revision `old`, its folder named after it. */
function appOf(name: string): AppState {
  const app = newApp(`argocd/${name}`)
  const source = { repoURL: REPOSITORY, targetRevision: 'main', path: name }
  const destination = { server: 'https://kubernetes.default.svc', namespace: name }
  const { value: definition } = parseApplication({
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name, namespace: 'argocd' } },
    spec: { project: 'default', source, destination },
  })
  app.definition = definition
  app.compared = definition
  app.revision = 'old'
  app.renderedAt = 1
  return app
}

/** A push that touched the folders `touched`; each look says when it may go on. */
function push(touched: readonly string[]) {
  const clock = new FakeClock()
  const source = {
    isSame: ({ source: { path } }: { source: { path: string } }) =>
      path === 'broken' ? Promise.reject(new Error('no such tree')) : Promise.resolve(!touched.includes(path)),
  }
  const precedence = new Precedence({ source, clock })
  const went: string[] = []
  const look = (app: AppState, revision = 'new'): Promise<void> =>
    precedence
      .turn(
        app,
        (app.definition?.sources ?? []).map((one) => ({ source: one, revision })),
      )
      .then(() => void went.push(app.key.slice('argocd/'.length)))
  const settle = async (ms = 0): Promise<string[]> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    clock.advance(ms)
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    return went.splice(0)
  }
  return { precedence, look, settle }
}

describe('after a push', () => {
  it('those whose folder it touched go first, the others when all of these are done', async () => {
    const { precedence, look, settle } = push(['c', 'd'])
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(appOf) as [AppState, AppState, AppState, AppState]
    for (const app of [a, b, c, d]) void look(app)
    expect(await settle()).toEqual(['c', 'd'])
    precedence.over(c)
    expect(await settle()).toEqual([])
    precedence.over(d)
    expect(await settle()).toEqual(['a', 'b'])
  })

  it('nobody waits longer than a second', async () => {
    const { look, settle } = push(['c'])
    for (const name of ['a', 'c']) void look(appOf(name))
    expect(await settle()).toEqual(['c'])
    expect(await settle(999)).toEqual([])
    expect(await settle(1)).toEqual(['a'])
  })

  it('that touched none of their folders, and another one, hold nobody up', async () => {
    const { look, settle } = push(['c'])
    void look(appOf('c'), 'newest')
    for (const name of ['a', 'b']) void look(appOf(name))
    expect((await settle()).sort()).toEqual(['a', 'b', 'c'])
  })

  it('where there is no telling whether it did, the application goes first', async () => {
    const { look, settle } = push([])
    const unknown = appOf('unknown')
    unknown.compared = null
    for (const app of [appOf('broken'), unknown]) void look(app)
    expect((await settle()).sort()).toEqual(['broken', 'unknown'])
  })
})
