import { describe, expect, it } from 'vitest'
import { CALM, fightsNow, noteHeal, noteRewrite } from '../../../src/core/decide/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'
import { conditionsOf, conditionTimesIn, fightProblem } from '../../../src/core/record/index.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
const madeBy = (...references: object[]): KubeObject =>
  ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ownerReferences: references } }) as unknown as KubeObject

function rewritten(times: number, opponent = 'shop-operator') {
  let state = CALM
  for (let index = 0; index < times; index += 1)
    state = noteRewrite(noteHeal(state, NOW + index), { opponent, wrote: 'a' }, NOW + index)
  return state
}

function conditionAfter(times: number, live: KubeObject | null = null) {
  const fights = fightsNow(new Map([['.spec.replicas', rewritten(times)]]), NOW + times)
  const [condition] = conditionsOf([fightProblem({ app: 'argocd/shop', ref, fights, live })])
  return condition ?? { type: '', message: '' }
}

// requirements: [S002-34]
describe('a fight', () => {
  it('is a condition FieldFight with the field, both managers and the count', () => {
    expect(conditionAfter(3)).toMatchObject({
      type: 'FieldFight',
      message: expect.stringContaining('.spec.replicas between shop-operator and holdfast (rewritten 3 times)'),
    })
  })

  it('names every field that is fought over, within bounds', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const states = new Map(names.map((name) => [`.data.${name}`, rewritten(3, `ctl-${name}`)]))
    const calm = new Map([...states, ['.data.calm', rewritten(2)] as const])
    const { message } = fightProblem({ app: '', ref, fights: fightsNow(calm, NOW + 3), live: null })
    expect(message).toContain('.data.a between ctl-a and holdfast')
    expect(message).toContain('.data.e between ctl-e and holdfast (rewritten 3 times) and 2 more.')
    expect(message).not.toContain('calm')
  })

  it('that goes on is the same one', () => {
    const told = (times: number) => ({ ...conditionAfter(times), lastTransitionTime: `T${times}` })
    const [three, four] = [told(3), told(4)]
    expect(three.message).not.toBe(four.message)
    const keys = [three, four].map((one) => [...conditionTimesIn({ conditions: [one] }).keys()])
    expect(keys[0]).toEqual(keys[1])
  })

  // requirements: [S002-254]
  it('over what an operator makes is ended by managing the parent alone', () => {
    const live = madeBy({ kind: 'Other', name: 'x' }, { kind: 'Shop', name: 'main', controller: true })
    expect(conditionAfter(3, live).message).toContain(
      'Deployment shop/web is made by Shop main: manage Shop main alone, and leave what has owner references out of Git.',
    )
    expect(conditionAfter(3, madeBy()).message).not.toContain('manage')
  })
})
