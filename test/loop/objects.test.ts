import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { auditLine, BORN } from '../kit/audit-events.ts'
import type { ApplyStep } from '../../src/core/plan/index.ts'
import type { ApplyOutcome } from '../../src/loop/steps/index.ts'
import { oneObject } from './support/one-object.ts'

const DECLARED: KubeObject = {
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace: 'prod' } },
  data: { colour: 'blue' },
}

/** Declared blue, live red, and with a beat that some controller writes all the time. */
function beating(version: number): KubeObject {
  return {
    ...DECLARED,
    metadata: {
      ...{ name: 'web', namespace: 'prod', uid: 'u1', resourceVersion: String(version) },
      creationTimestamp: new Date(BORN).toISOString(),
    },
    data: { colour: 'red', beat: String(version) },
  }
}

describe('what is remembered of an object that differs for weeks', () => {
  it('are the differences that are there, not those that were', async () => {
    const { tracked, seen } = await oneObject(DECLARED)
    for (let version = 1; version <= 500; version += 1) await seen(beating(version))
    expect(tracked.evaluation?.fields).toHaveLength(2)
    expect(tracked.firstSeen.size).toBe(2)
  })

  it('is what made the differences, and not all that was written since', async () => {
    const { audit, tracked, seen } = await oneObject(DECLARED)
    audit.listen()
    audit.deliveriesKnown()
    await seen({ ...beating(1), data: { colour: 'blue' } })
    const subject = { object: beating(1), resource: 'configmaps' }
    const colour = { user: 'alice', at: 2, version: '2', sent: { data: { colour: 'red' } } }
    audit.take(auditLine(subject, { ...colour, manager: 'kubectl-patch', stored: { data: { colour: 'red' } } }))
    await seen({ ...beating(2), data: { colour: 'red' } })
    for (let version = 3; version <= 500; version += 1) {
      const { data } = beating(version)
      const beat = { user: 'system:serviceaccount:prod:beat', at: version, manager: 'beat', version: String(version) }
      audit.take(auditLine(subject, { ...beat, sent: { data: { beat: String(version) } }, stored: { data } }))
      await seen(beating(version))
    }
    const authors = tracked.evaluation?.fields.map(({ field, cause }) => [field.at, cause.actor.user])
    expect(authors).toEqual([
      ['.data.beat', 'system:serviceaccount:prod:beat'],
      ['.data.colour', 'alice'],
    ])
    expect(tracked.facts.length).toBeLessThan(10)
  })
})

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('a new revision that comes into force while the one before is written', () => {
  it('is not taken for written', async () => {
    let answer: (outcome: ApplyOutcome) => void = () => {}
    const asked: string[] = []
    const apply = ({ body }: ApplyStep): Promise<ApplyOutcome> => {
      asked.push(JSON.stringify(body.data))
      return new Promise((resolve) => {
        answer = resolve
      })
    }
    const { tracked, declare, seen } = await oneObject(DECLARED, { mode: 'enforce', apply })
    tracked.enforced = true
    void seen({ ...beating(1), data: { colour: 'red' } })
    await settled()
    declare({ ...DECLARED, data: { colour: 'green' } }, 'next')
    answer({ state: 'done', object: { ...beating(2), data: { colour: 'blue' } }, requests: 1 })
    await settled()
    expect(asked[0]).toBe('{"colour":"blue"}')
    expect(tracked.applied).toBe('digest')
  })
})
