import { describe, expect, it } from 'vitest'
import { parseApplication } from '../../src/core/definition/index.ts'
import { evaluateObject } from '../../src/core/evaluate/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { refOf } from '../../src/core/kube/index.ts'
import { type PassTools, pruneExtras } from '../../src/loop/pass.ts'
import { newApp, ObjectIndex } from '../../src/loop/state.ts'
import { appOf, snapshotOf } from '../core/evaluate/snapshot.ts'

const extra = (name: string): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'prod', uid: name, resourceVersion: '1' } },
})

function threeExtras() {
  const index = new ObjectIndex()
  const app = newApp('argocd/web')
  app.definition = parseApplication({
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'web', namespace: 'argocd' } },
    spec: {
      project: 'default',
      source: { repoURL: 'https://git.example.com/org/infra.git', path: 'web' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'prod' },
    },
  }).value
  for (const object of ['a', 'b', 'c'].map(extra))
    index.track(app, refOf(object)).evaluation = evaluateObject(
      appOf({ desired: null }),
      snapshotOf({ desired: null, live: object }),
    )
  return { app, index }
}

describe('what left Git', () => {
  it('is left alone from the moment on in which its Application is deleted', async () => {
    const { app, index } = threeExtras()
    const pruned: string[] = []
    const tools = {
      index,
      objects: { bring: () => Promise.resolve() },
      limit: (run: () => Promise<void>) => run(),
      settings: () => ({}),
      reporting: { pruned: () => {} },
      deps: {
        options: { namespace: 'argocd' },
        steps: {
          prune: ({ ref }: { ref: { name: string } }) => {
            pruned.push(ref.name)
            app.removed = true
            return Promise.resolve({ state: 'done' })
          },
        },
      },
    } as unknown as PassTools
    await pruneExtras(tools, app)
    expect(pruned).toHaveLength(1)
  })
})
