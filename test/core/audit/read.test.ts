// One audit event in, one fact out; a stream of bytes in, events out.
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import {
  EventListReader,
  type Fact,
  FactIndex,
  Imprinter,
  LineReader,
  readAuditEvent,
} from '../../../src/core/audit/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'
import { auditEvent, auditLine, type EventWords } from '../../kit/audit-events.ts'

/** Nothing else tells what is held. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

interface Case {
  readonly title: string
  readonly event: EventWords
  readonly fact?: Partial<Fact>
  readonly dropped?: boolean
}

const cases = load(readFileSync(new URL('../../cases/audit/events.yaml', import.meta.url), 'utf8')) as Case[]
const object: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'prod', uid: 'u-1' },
}
const subject = { object, resource: 'deployments' }
const reader = { imprinter: new Imprinter('k'), wants: () => true }
const onlyHeads = { ...reader, wants: () => false }

/** As a collector writes it that sorts what it passes on. */
const sorted = (line: string): string => {
  const event = JSON.parse(line) as Record<string, unknown>
  return JSON.stringify(Object.fromEntries(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1))))
}

describe('audit events', () => {
  it.each(cases)('$title', ({ event, fact, dropped }) => {
    for (const line of [auditLine(subject, event), sorted(auditLine(subject, event))]) {
      const reading = readAuditEvent(line, reader)
      if (dropped === true) expect(reading).toEqual({ kind: 'dropped' })
      else expect(reading).toMatchObject({ kind: 'fact', fact })
    }
  })

  it('noise is dropped by its first bytes, whatever follows', () => {
    const lease = { ...object, apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }
    const line = auditLine({ object: lease, resource: 'leases' }, { user: 'node', verb: 'update', at: 1 })
    expect(readAuditEvent(`${line.slice(0, 400)} and no JSON`, reader)).toEqual({ kind: 'dropped' })
  })

  it('of an object that nobody asks after only who and when is kept', () => {
    const words = { id: 'x', user: 'alice', at: 1, sent: { spec: { a: 'b' } }, stored: { spec: {} }, version: '9' }
    const [all, heads] = [reader, onlyHeads].map((one) => readAuditEvent(auditLine(subject, words), one))
    expect(heads).toMatchObject({ kind: 'fact', fact: { auditID: 'x', user: 'alice', sent: null, after: null } })
    expect(all).toMatchObject({ kind: 'fact', fact: { auditID: 'x', user: 'alice', resourceVersion: '9' } })
  })

  it('no value of a body stays', () => {
    const secret = { ...object, apiVersion: 'v1', kind: 'Secret' }
    const sent = { data: { password: 'aHVudGVyMg==' }, stringData: { token: 'hunter2' } }
    const patch = [{ op: 'add', path: '/data/password', value: 'aHVudGVyMg==' }]
    for (const body of [sent, patch]) {
      const words = { user: 'alice', at: 1, sent: body, stored: { data: { password: 'aHVudGVyMg==' } }, version: '9' }
      const reading = readAuditEvent(auditLine({ object: secret, resource: 'secrets' }, words), reader)
      expect(reading.kind).toBe('fact')
      expect(JSON.stringify(reading)).not.toMatch(/aHVudGVyMg|hunter2/)
    }
  })

  it('survives anything', () => {
    const line = auditLine(subject, { user: 'alice', at: 1, sent: { spec: {} }, stored: { spec: {} } })
    fc.assert(
      fc.property(fc.json(), fc.nat(line.length), fc.string(), (json, at, noise) => {
        for (const text of [json, noise, line.slice(0, at), `${line.slice(0, at)}${noise}${line.slice(at)}`])
          expect(['fact', 'dropped', 'garbage']).toContain(readAuditEvent(text, reader).kind)
        const event = { ...(JSON.parse(line) as object), user: JSON.parse(json), requestObject: JSON.parse(json) }
        expect(['fact', 'dropped', 'garbage']).toContain(readAuditEvent(JSON.stringify(event), reader).kind)
      }),
      { numRuns: 500 },
    )
    expect(readAuditEvent('{"user":'.repeat(100_000), reader).kind).toBe('garbage')
  })
})

describe('streams of events', () => {
  const events = [
    auditEvent(subject, { user: 'a"\\', at: 1, sent: { note: '}{"items":[{' } }),
    auditEvent(subject, { user: 'Grüße \u2028', at: 2, sent: [{ op: 'add', path: '/a\\', value: '\\\\"' }] }),
    auditEvent(subject, { user: 'b', at: 3 }),
  ]
  const never = (): void => expect.unreachable()
  const pieces = (text: string, cuts: readonly number[]): Buffer[] => {
    const bytes = Buffer.from(text)
    const at = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
    return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
  }

  it('a list is read item by item, wherever it is cut', () => {
    const list = JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items: events })
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
        const found: unknown[] = []
        const whole = new EventListReader((text) => found.push(JSON.parse(text)), never)
        for (const piece of pieces(list, cuts)) whole.push(piece)
        expect(found).toEqual(events.map((event) => JSON.parse(JSON.stringify(event)) as unknown))
        expect(whole.isWhole).toBe(true)
      }),
    )
  })

  it('lines are read one by one, wherever they are cut; one that is too long is skipped', () => {
    const text = events.map((event) => JSON.stringify(event)).join('\n')
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
        const found: unknown[] = []
        const lines = new LineReader((line) => found.push(JSON.parse(line)), never)
        for (const piece of pieces(text, cuts)) lines.push(piece)
        expect(found).toHaveLength(2)
        lines.end()
        expect(found).toHaveLength(3)
      }),
    )
    const found: string[] = []
    let tooLong = 0
    const lines = new LineReader(
      (line) => found.push(line),
      () => (tooLong += 1),
    )
    for (let index = 0; index < 20; index += 1) lines.push(Buffer.alloc(1 << 20, 0x78))
    lines.push(Buffer.from('\nshort\n'))
    expect([found, tooLong]).toEqual([['short'], 1])
  })
})

describe('the index of facts', () => {
  const factOf = (words: EventWords): Fact => {
    const reading = readAuditEvent(auditLine(subject, words), reader)
    if (reading.kind !== 'fact') throw new Error('no fact')
    return reading.fact
  }
  const place = { group: 'apps', resource: 'deployments', namespace: 'prod' }

  it('a million facts stay within its bounds, and those that are wanted outlive the others', () => {
    const index = new FactIndex({ wanted: 100, others: 1_000, bytes: 1 << 20, perObject: 8 })
    const fact = factOf({ user: 'alice', at: 1 })
    index.add(fact, { wanted: true, now: 0 })
    for (let count = 0; count < 1_000_000; count += 1) {
      const target = { ...fact.target, name: `pod-${count % 5_000}` }
      index.add({ ...fact, auditID: String(count), target }, { wanted: false, now: 1 })
    }
    expect(index.size).toBeLessThanOrEqual(1_100)
    expect(index.bytes).toBeLessThanOrEqual(1 << 20)
    expect(index.of({ ...place, name: 'web' })).toEqual([fact])
  })

  it('lets go of what was written to one object over and over while an older fact of another one stays', async () => {
    const index = new FactIndex({ perObject: 8 })
    index.add(factOf({ user: 'alice', at: 1, name: 'quiet' }), { wanted: true, now: 0 })
    const fact = factOf({ user: 'bob', at: 2 })
    const facts: WeakRef<Fact>[] = []
    for (let count = 0; count < 20_000; count += 1) {
      const written = { ...fact, auditID: String(count) }
      facts.push(new WeakRef(written))
      index.add(written, { wanted: true, now: 1 })
    }
    // Until the end of a task nothing that a WeakRef was made for is let go of.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    expect(facts.filter((one) => one.deref() !== undefined).length).toBeLessThan(2_000)
    expect(index.of({ ...place, name: 'quiet' })).toHaveLength(1)
  })

  it('counts everything that a client or a webhook may make long', () => {
    const fact = factOf({ user: 'alice', at: 1 })
    const long = 'x'.repeat(1_000)
    const many = Array.from({ length: 32 }, () => long)
    const mutation = { configuration: 'c', webhook: 'w', pointers: many }
    const all: Fact = {
      ...fact,
      ...{ groups: many, sourceIPs: many, mutations: [mutation] },
      selector: { labels: long, fields: long },
    }
    const index = new FactIndex()
    index.add(all, { wanted: true, now: 0 })
    expect(index.bytes).toBeGreaterThan(98_000)
  })

  it('takes each event once, forgets after a time, and keeps a deletion before what was written after it', () => {
    const index = new FactIndex({ perObject: 3, ttlMs: 1_000 })
    const deletion = factOf({ user: 'alice', verb: 'delete', at: 1 })
    expect([0, 1].map((now) => index.add(deletion, { wanted: true, now }))).toEqual([true, false])
    for (let at = 2; at < 9; at += 1) index.add(factOf({ user: 'bob', at }), { wanted: true, now: at })
    const kept = index.of({ ...place, name: 'web' })
    expect([kept.length, kept[0]]).toEqual([3, deletion])
    index.add(factOf({ user: 'carol', at: 9, name: 'other' }), { wanted: true, now: 5_000 })
    expect(index.of({ ...place, name: 'web' })).toEqual([])
  })
})
