import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { decideTakeover, type TakeoverWish } from '../../src/loop/decide-takeover.ts'
import type { AnnotationRequest } from '../../src/loop/steps/index.ts'

const REF = { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', namespace: 'argocd', name: 'web' }
const NAME = 'holdfast.dev/takeover'

function toolsWith(annotations: Record<string, string> | null) {
  const asked: AnnotationRequest[] = []
  const object: KubeObject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'argocd', resourceVersion: '7', annotations: annotations ?? {} },
  }
  const annotate = (request: AnnotationRequest): Promise<KubeObject> => {
    asked.push(request)
    return Promise.resolve(object)
  }
  const reader = { get: () => Promise.resolve(annotations === null ? null : object) }
  return { asked, tools: { reader, clock: { now: () => Date.parse('2026-01-02T03:04:05.678Z') }, annotate } }
}

const wish = (part: Partial<TakeoverWish>): TakeoverWish => ({
  ref: REF,
  decision: 'heal',
  managers: [],
  paths: [],
  ...part,
})

describe('decideTakeover', () => {
  it.each([
    [{}, wish({}), '[{"decision":"heal"}]'],
    [{}, wish({ decision: 'accept' }), '[{"decision":"accept","asOf":"2026-01-02T03:04:05Z"}]'],
    [
      { [NAME]: 'heal' },
      wish({ decision: 'accept', managers: ['helm'], paths: ['.data', '.spec'] }),
      '[{"decision":"accept","manager":"helm","path":".data","asOf":"2026-01-02T03:04:05Z"},{"decision":"accept","manager":"helm","path":".spec","asOf":"2026-01-02T03:04:05Z"},{"decision":"heal"}]',
    ],
    [
      { [NAME]: '[{decision: accept, manager: helm}, {decision: accept}]' },
      wish({ managers: ['helm'] }),
      '[{"decision":"heal","manager":"helm"},{"decision":"accept"}]',
    ],
  ])('%j: %j', async (annotations, wanted, value) => {
    const { asked, tools } = toolsWith(annotations)
    await decideTakeover(tools, wanted)
    expect(asked).toEqual([{ ref: REF, resourceVersion: '7', name: NAME, value }])
  })

  it('overwrites nothing that it cannot read, and says when there is no Application', async () => {
    const { asked, tools } = toolsWith({ [NAME]: '[{decision: heal, managr: x}]' })
    await expect(decideTakeover(tools, wish({}))).rejects.toMatchObject({ problem: { code: 'HF2001' } })
    await expect(decideTakeover(toolsWith(null).tools, wish({}))).rejects.toMatchObject({ problem: { code: 'HF7003' } })
    expect(asked).toEqual([])
  })
})
