// Audit events while it is not known yet which objects are delivered, as after every start.
// requirements: [S001-54, S002-95]
import { expect, it } from 'vitest'
import { type KubeObject, type ObjectRef, refKey } from '../../src/core/kube/index.ts'
import { Audit } from '../../src/loop/audit.ts'
import type { Kinds } from '../../src/loop/kinds.ts'
import { newApp, ObjectIndex, type Tracked } from '../../src/loop/state.ts'
import { auditLine, type EventWords } from '../kit/audit-events.ts'

const REF: ObjectRef = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'prod', name: 'web' }
const OBJECT = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace: 'prod', uid: 'u-1' } }

/** Time that passes when it is told to. */
class Time {
  #now = 0
  #due: { at: number; run: () => void }[] = []
  readonly clock = {
    now: () => this.#now,
    monotonic: () => this.#now,
    after: (ms: number, run: () => void) => {
      const one = { at: this.#now + ms, run }
      this.#due.push(one)
      return { cancel: () => void (this.#due = this.#due.filter((other) => other !== one)) }
    },
  }
  pass(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#due = this.#due.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = end
  }
}

function bench() {
  const time = new Time()
  const index = new ObjectIndex()
  const info = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps' }
  const kinds = { get: () => ({ info }), kindOf: () => 'ConfigMap' } as unknown as Kinds
  const nothing = (): void => {}
  const audit = new Audit({
    ...{ clock: time.clock, kinds, index, digestKey: 'k' },
    ...{ onNews: nothing, onLate: nothing, onGarbage: nothing },
  })
  const track = (): Tracked => index.track(newApp('argocd/web'), REF)
  const take = (words: EventWords): void =>
    audit.take(auditLine({ object: OBJECT as KubeObject, resource: 'configmaps' }, words))
  const facts = () => audit.factsFor(index.get(refKey(REF))[0] as Tracked)?.facts ?? []
  return { time, audit, track, take, facts }
}

const edit = (id: string, at: number): EventWords => ({
  ...{ id, at, user: 'alice', version: String(at) },
  ...{ sent: { data: { a: id } }, stored: { data: { a: id } } },
})

it('waits until it is known what is delivered, then reads the bodies of what came in before, in its order', () => {
  const { time, audit, track, take, facts } = bench()
  audit.listen()
  for (let at = 1; at <= 50; at += 1) take(edit(`before-${at}`, at))
  expect(audit.counts.facts).toBe(0)
  track()
  audit.deliveriesKnown()
  take(edit('after', 60))
  time.pass(0)
  expect(facts().map(({ auditID }) => auditID)).toEqual([
    ...Array.from({ length: 50 }, (_, index) => `before-${index + 1}`),
    'after',
  ])
  expect(facts().every(({ sent, after }) => sent !== null && after !== null)).toBe(true)
})

it('waits for so long only: then what nobody is known to deliver is kept with its resourceVersion, without its bodies', () => {
  const { time, audit, track, take, facts } = bench()
  audit.listen()
  take(edit('before', 1))
  time.pass(29_999)
  expect(audit.counts.facts).toBe(0)
  time.pass(1)
  expect(audit.counts.facts).toBe(1)
  track()
  take(edit('after', 60))
  expect(facts()).toMatchObject([
    { auditID: 'before', resourceVersion: '1', sent: null, after: null },
    { auditID: 'after', resourceVersion: '60' },
  ])
  expect(facts()[1]?.after).not.toBeNull()
})

it('holds back so much only: the oldest are read at once', () => {
  const { audit, take } = bench()
  audit.listen()
  for (let at = 1; at <= 40; at += 1) take({ ...edit(`large-${at}`, at), sent: { data: { a: 'x'.repeat(500_000) } } })
  const { facts } = audit.counts
  expect(facts).toBeGreaterThan(0)
  expect(facts).toBeLessThan(20)
})

it('counts what is of no use, and holds none of it', () => {
  const { audit, take } = bench()
  audit.listen()
  for (let at = 1; at <= 100; at += 1) take({ user: 'node', verb: 'get', at })
  expect(audit.counts).toMatchObject({ dropped: 100, facts: 0 })
})
