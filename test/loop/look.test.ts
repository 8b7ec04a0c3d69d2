import { describe, expect, it } from 'vitest'
import { HoldfastError, problem } from '../../src/core/problem/index.ts'
import { Evidence } from '../../src/loop/evidence.ts'
import { lookUntilAnswered } from '../../src/loop/look.ts'
import type { KindRuntime } from '../../src/loop/kinds.ts'
import { FakeClock } from '../adapters/kube-http/support/fake-clock.ts'

const AUTOSCALERS = 'autoscaling/HorizontalPodAutoscaler'

/** A server that fails so often before it answers. */
function asking(failures: number, code: 'HF4001' | 'HF4010') {
  const clock = new FakeClock()
  const kinds = {
    load: () => {
      failures -= 1
      if (failures >= 0) return Promise.reject(new HoldfastError(problem(code, 'no answer')))
      return Promise.resolve({ refused: null } as KindRuntime)
    },
    watch: () => Promise.resolve(),
  }
  const evidence = new Evidence(() => {})
  const tools = { kinds, clock, log: { warn() {} }, isStopped: () => false }
  void evidence.learn([AUTOSCALERS], (kind) => lookUntilAnswered(tools, kind))
  const after = async (ms: number): Promise<boolean> => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
    clock.advance(ms)
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
    return evidence.known.has(AUTOSCALERS)
  }
  return { after }
}

describe('a kind that may explain others', () => {
  it('is not known while the server gives no answer, and asked for until it does', async () => {
    const { after } = asking(3, 'HF4001')
    expect(await after(0)).toBe(false)
    expect(await after(1_000)).toBe(false)
    expect(await after(2_000)).toBe(false)
    expect(await after(4_000)).toBe(true)
  })

  it('is not waited for where it may not be read', async () => {
    const { after } = asking(10, 'HF4010')
    expect(await after(0)).toBe(true)
  })
})
