import { describe, expect, it } from 'vitest'
import { HoldfastError, problem } from '../../src/core/problem/index.ts'
import { Kinds } from '../../src/loop/kinds.ts'
import type { ClusterReader, KindInfo, WatchEvent } from '../../src/ports/cluster-reader.ts'
import { schemaOfKind } from '../core/compare/read-case.ts'

const CONFIG_MAPS: KindInfo = {
  ...{ group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps' },
  ...{ namespaced: true, verbs: ['list'], subresources: [] },
}

function watching(ready: Promise<void>) {
  let tell: (event: WatchEvent) => void = () => {}
  const reader = {
    kind: () => Promise.resolve(CONFIG_MAPS),
    schema: (query: KindInfo) => Promise.resolve(schemaOfKind(query)),
    watch: (_: KindInfo, onEvent: (event: WatchEvent) => void) => {
      tell = onEvent
      return { ready, isFresh: () => true, known: () => undefined, stop: () => {} }
    },
  } as unknown as ClusterReader
  return { kinds: new Kinds({ reader }, () => {}), tell: (event: WatchEvent) => tell(event) }
}

describe('a kind that is watched', () => {
  it('may be asked for after every push, for years', { timeout: 5_000 }, async () => {
    const { kinds } = watching(Promise.resolve())
    const runtime = await kinds.load(CONFIG_MAPS)
    if (runtime === undefined) throw new Error('not served')
    for (let push = 0; push < 50_000; push += 1) await kinds.watch(runtime)
    expect(runtime.refused).toBeNull()
  })

  it('is not waited for once the server refuses it', async () => {
    const { kinds, tell } = watching(new Promise(() => {}))
    const runtime = await kinds.load(CONFIG_MAPS)
    if (runtime === undefined) throw new Error('not served')
    const both = Promise.all([kinds.watch(runtime), kinds.watch(runtime)])
    tell({ type: 'trouble', error: new HoldfastError(problem('HF4010', 'forbidden')) })
    await both
    expect(runtime.refused?.code).toBe('HF4010')
  })
})
