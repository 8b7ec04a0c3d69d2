// Whatever is in the log, in whatever order: a wrong author is never named.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Fact, FactIndex, Imprinter, readAuditEvent } from '../../src/core/audit/index.ts'
import { bareContext, classifyField, ownershipOf, type Window } from '../../src/core/classify/index.ts'
import type { FieldChange } from '../../src/core/compare/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { auditLine, BORN, type EventWords } from '../kit/audit-events.ts'

type Data = Readonly<Record<string, string>>

interface Write {
  readonly user: string
  readonly how: 'merge' | 'json' | 'put' | 'apply'
  readonly values: Readonly<Record<string, string | null>>
  readonly level: 'Metadata' | 'Request' | 'RequestResponse'
  readonly manager: string
  /** Is it in the log? */
  readonly logged: boolean
  /** Was the object known to be delivered when it was read? Else its bodies were not looked at. */
  readonly wanted: boolean
  /** Seconds since the one before. */
  readonly after: number
}

const NAMES = ['a', 'b', 'c'] as const
const START: Data = { a: '0', b: '0', c: '0' }

function writes(logged: fc.Arbitrary<boolean>): fc.Arbitrary<readonly Write[]> {
  return fc.array(
    fc.record({
      user: fc.constantFrom('alice', 'bob', 'carol'),
      how: fc.constantFrom('merge', 'json', 'put', 'apply'),
      values: fc.dictionary(fc.constantFrom(...NAMES), fc.option(fc.constantFrom('0', '1', '2')), { minKeys: 1 }),
      level: fc.constantFrom('Metadata', 'Request', 'RequestResponse'),
      manager: fc.constantFrom('kubectl-edit', 'ci'),
      logged,
      wanted: fc.boolean(),
      after: fc.constantFrom(0.1, 1, 20),
    }),
    { minLength: 1, maxLength: 8 },
  ) as fc.Arbitrary<readonly Write[]>
}

interface State {
  readonly data: Data
  readonly version: number
  readonly at: number
}

/** What happened: the truth that the log tells parts of. */
interface Story {
  readonly states: readonly State[]
  readonly events: readonly { words: EventWords; logged: boolean; wanted: boolean }[]
  /** Who changed each name last. */
  readonly authors: Readonly<Record<string, string>>
  /** Who wrote there what stands there, since it has stood there. */
  readonly writers: Readonly<Record<string, ReadonlySet<string>>>
  readonly owners: Readonly<Record<string, string>>
  readonly times: Readonly<Record<string, number>>
}

function sentBy({ how, values }: Write, next: Data): unknown {
  if (how === 'put') return { apiVersion: 'v1', kind: 'ConfigMap', data: next }
  if (how === 'apply') return { apiVersion: 'v1', kind: 'ConfigMap', data: values }
  if (how === 'merge') return { data: values }
  return Object.entries(values).map(([name, value]) =>
    value === null ? { op: 'remove', path: `/data/${name}` } : { op: 'add', path: `/data/${name}`, value },
  )
}

function changed(before: Data, { values, how }: Write): Data {
  const entries = Object.entries({ ...before, ...values }).filter(([, value]) => value !== null)
  const kept =
    how === 'apply' ? entries.filter(([name]) => values[name] !== null || before[name] === undefined) : entries
  return Object.fromEntries(kept) as Data
}

function tell(all: readonly Write[]): Story {
  const states: State[] = [{ data: START, version: 1, at: 0 }]
  const events: { words: EventWords; logged: boolean; wanted: boolean }[] = []
  const [authors, owners, times]: [Record<string, string>, Record<string, string>, Record<string, number>] = [
    {},
    {},
    {},
  ]
  const writers: Record<string, Set<string>> = {}
  for (const write of all) {
    // An apply says only what it has; to leave something out is not to take it away from others.
    const said: Write =
      write.how === 'apply'
        ? { ...write, values: Object.fromEntries(Object.entries(write.values).filter(([, value]) => value !== null)) }
        : write
    const before = states.at(-1) as State
    const next = changed(before.data, said)
    const at = before.at + write.after
    const names = NAMES.filter((name) => before.data[name] !== next[name])
    const version = names.length === 0 ? before.version : before.version + 1
    for (const name of names) {
      authors[name] = write.user
      owners[name] = write.manager
      writers[name] = new Set()
    }
    const mentioned = said.how === 'put' ? NAMES : NAMES.filter((name) => Object.hasOwn(said.values, name))
    for (const name of mentioned) writers[name]?.add(write.user)
    if (names.length > 0) times[write.manager] = at
    states.push({ data: next, version, at })
    const { level, user, manager, how } = said
    const bodies = level === 'Metadata' ? {} : { sent: sentBy(said, next) }
    const stored = level === 'RequestResponse' ? { stored: { data: next }, version: String(version) } : {}
    const based = how === 'put' ? { based: String(before.version) } : {}
    const verb = how === 'put' ? 'update' : 'patch'
    events.push({
      logged: write.logged,
      wanted: write.wanted,
      words: {
        user,
        manager,
        at,
        level,
        verb,
        ...bodies,
        ...stored,
        ...based,
        ...(how === 'apply' ? { query: 'force=true' } : {}),
      },
    })
  }
  return { states, events, authors, writers, owners, times }
}

function liveOf({ states, owners, times }: Story): KubeObject {
  const { data, version } = states.at(-1) as State
  const second = (manager: string): string =>
    new Date(Math.floor((BORN + (times[manager] ?? 0) * 1_000) / 1_000) * 1_000).toISOString().replace('.000Z', 'Z')
  const owning = Object.keys(times).filter((manager) =>
    NAMES.some((name) => owners[name] === manager && data[name] !== undefined),
  )
  const entries = owning.map((manager) => ({
    manager,
    operation: 'Update' as const,
    time: second(manager),
    fieldsV1: {
      'f:data': Object.fromEntries(
        NAMES.filter((name) => owners[name] === manager && data[name] !== undefined).map((name) => [`f:${name}`, {}]),
      ),
    },
  }))
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'web',
      namespace: 'prod',
      uid: 'u-1',
      resourceVersion: String(version),
      creationTimestamp: new Date(BORN - 60_000).toISOString(),
      managedFields: entries,
    },
    data,
  }
}

const imprinter = new Imprinter('law')

function factsOf(live: KubeObject, events: Story['events']): readonly Fact[] {
  const index = new FactIndex()
  for (const { words, logged, wanted } of events) {
    if (!logged) continue
    const reading = readAuditEvent(auditLine({ object: live, resource: 'configmaps' }, words), {
      imprinter,
      wants: () => wanted,
    })
    if (reading.kind !== 'fact') throw new Error(`${JSON.stringify(words)} is no fact`)
    index.add(reading.fact, { wanted: true, now: 0 })
  }
  return index.of({ group: '', resource: 'configmaps', namespace: 'prod', name: 'web' })
}

function changeOf(name: string, live: KubeObject): FieldChange | null {
  const value = (live.data as Data)[name]
  if (value === START[name]) return null
  const path = [
    { kind: 'field', name: 'data' },
    { kind: 'field', name },
  ] as const
  const at = `.data.${name}`
  return value === undefined
    ? { path, at, pointer: `/data/${name}`, change: 'removed', desired: '0' }
    : { path, at, pointer: `/data/${name}`, change: 'changed', desired: '0', live: value }
}

/** Somebody looks every time, or never: then the difference came about since the last time it was not there. */
function windowOf(name: string, { states }: Story): Window {
  const last = states.length - 1
  const value = states[last]?.data[name]
  let from = last
  while (from > 0 && states[from - 1]?.data[name] === value) from -= 1
  const [before, until] = [states[from - 1] as State, states[from] as State]
  return {
    afterVersion: String(before.version),
    afterTime: BORN + before.at * 1_000,
    untilVersion: String(until.version),
    untilTime: BORN + until.at * 1_000,
  }
}

interface Named {
  readonly name: string
  readonly author: string
  readonly writers: readonly string[]
  readonly user: string | null
  readonly confidence: string
}

function namedIn(story: Story, looks: 'always' | 'never', facts: readonly Fact[], live: KubeObject): Named[] {
  return NAMES.flatMap((name) => {
    const field = changeOf(name, live)
    if (field === null) return []
    const window = looks === 'always' ? windowOf(name, story) : null
    const all = { facts, collections: [], isOurs: () => false, imprinter }
    const { actor, confidence } = classifyField(field, ownershipOf(live), {
      ...bareContext(REF, live),
      audit: { facts: all, window },
    })
    const writers = [...(story.writers[name] ?? [])]
    return [{ name, author: story.authors[name] ?? '', writers, user: actor.user, confidence }]
  })
}

const REF = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'prod', name: 'web' }
const LOOKS = ['always', 'never'] as const

describe.each(LOOKS)('attribution, looking %s', (looks) => {
  it('a log that tells everything never makes anybody the author of another’s edit', () => {
    fc.assert(
      fc.property(writes(fc.constant(true)), (all) => {
        const story = tell(all)
        const live = liveOf(story)
        for (const { author, user } of namedIn(story, looks, factsOf(live, story.events), live))
          if (user !== null) expect(user).toBe(author)
      }),
      { numRuns: 3_000 },
    )
  })

  it('a log that tells half of it makes nobody certain but who wrote there what stands there', () => {
    fc.assert(
      fc.property(writes(fc.boolean()), (all) => {
        const story = tell(all)
        const live = liveOf(story)
        for (const { writers, user, confidence } of namedIn(story, looks, factsOf(live, story.events), live))
          if (user !== null && confidence === 'certain') expect(writers).toContain(user)
      }),
      { numRuns: 3_000 },
    )
  })

  it('order and repetition change nothing', () => {
    fc.assert(
      fc.property(writes(fc.boolean()), fc.infiniteStream(fc.nat()), (all, keys) => {
        const story = tell(all)
        const live = liveOf(story)
        const facts = factsOf(live, story.events)
        const shuffled = facts
          .map((fact) => ({ fact, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ fact }) => fact)
        expect(namedIn(story, looks, shuffled, live)).toEqual(namedIn(story, looks, facts, live))
      }),
      { numRuns: 1_000 },
    )
  })
})

it('with every write told whole, every author is known to who looks', () => {
  fc.assert(
    fc.property(writes(fc.constant(true)), (all) => {
      const story = tell(all.map((write) => ({ ...write, level: 'RequestResponse' as const, wanted: true })))
      const live = liveOf(story)
      for (const { author, user } of namedIn(story, 'always', factsOf(live, story.events), live))
        expect(user).toBe(author)
    }),
    { numRuns: 2_000 },
  )
})
