// Audit events + a live object → who made each difference.
import { readdirSync, readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { FactIndex, Imprinter, readAuditEvent } from '../../../src/core/audit/index.ts'
import type { Cause, ObjectFacts } from '../../../src/core/classify/index.ts'
import { evaluateObject } from '../../../src/core/evaluate/index.ts'
import { groupOf, type KubeObject } from '../../../src/core/kube/index.ts'
import { auditLine, BORN, type EventWords } from '../../kit/audit-events.ts'
import { appOf, type Given, snapshotOf } from '../evaluate/snapshot.ts'

interface Case extends Given {
  readonly title: string
  readonly resource: string
  readonly events: readonly EventWords[]
  /** auditIDs of events that were read before anybody was known to deliver the object. */
  readonly unread?: readonly string[]
  /** auditIDs of Holdfast's own writes. */
  readonly ours?: readonly string[]
  /** The look before: its resourceVersion and its second. */
  readonly before?: { readonly version: string; readonly at: number; readonly explained?: readonly string[] }
  /** When live was looked at. */
  readonly now?: number
  /** By path (`object` = the whole): user (as somebody) verb confidence, or managedFields' manager and confidence. */
  readonly expect: Readonly<Record<string, string>>
  /** Part of some evidence, by path. */
  readonly evidence?: Readonly<Record<string, readonly string[]>>
}

const FOLDER = new URL('../../cases/attribute/', import.meta.url)
const cases = readdirSync(FOLDER).map((file) => ({
  name: file.replace('.yaml', ''),
  given: load(readFileSync(new URL(file, FOLDER), 'utf8')) as Case,
}))

const subjectOf = ({ desired, live, resource }: Case) => ({ object: (live ?? desired) as KubeObject, resource })

function factsOf(given: Case, events: readonly EventWords[]): ObjectFacts {
  const { object, resource } = subjectOf(given)
  const imprinter = new Imprinter('key')
  const index = new FactIndex()
  for (const words of events) {
    const wants = (): boolean => given.unread?.includes(words.id ?? '') !== true
    const reading = readAuditEvent(auditLine({ object, resource }, words), { imprinter, wants })
    if (reading.kind === 'fact') index.add(reading.fact, { wanted: true, now: 0 })
  }
  const { namespace = '', name = '' } = object.metadata
  const at = { group: groupOf(object.apiVersion), resource, namespace, name }
  const ours = new Set(given.ours ?? [])
  return {
    facts: index.of(at),
    collections: index.collectionsOf(at),
    isOurs: ({ auditID }) => ours.has(auditID),
    imprinter,
  }
}

function causesOf(given: Case, events = given.events): Map<string, Cause> {
  const snapshot = snapshotOf(given)
  const { before, now } = given
  const look =
    before === undefined
      ? {}
      : {
          before: {
            uid: subjectOf(given).object.metadata.uid ?? '',
            resourceVersion: before.version,
            time: BORN + before.at * 1_000,
            windows: new Map(),
            explained: new Set(before.explained ?? []),
          },
        }
  const evaluation = evaluateObject(appOf(given), {
    ...snapshot,
    history: { ...snapshot.history, ...look },
    now: now === undefined ? snapshot.now : BORN + now * 1_000,
    facts: factsOf(given, events),
  })
  const whole = evaluation.whole === null ? [] : ([['object', evaluation.whole.cause]] as const)
  return new Map([...evaluation.fields.map(({ field, cause }) => [field.at, cause] as const), ...whole])
}

function told({ actor, confidence, means }: Cause): string {
  const who = actor.user === null ? `manager ${actor.manager ?? 'unknown'}` : actor.user
  const as = actor.impersonatedUser === undefined ? '' : ` as ${actor.impersonatedUser}`
  const verb = actor.verb === undefined ? (means === 'admission' ? ' admission' : '') : ` ${actor.verb}`
  return `${who}${as}${verb} ${confidence}`
}

const toldAll = (causes: Map<string, Cause>) =>
  Object.fromEntries([...causes].map(([path, cause]) => [path, told(cause)]))

describe('attribution, by case files', () => {
  it.each(cases)('$name', ({ given }) => {
    const causes = causesOf(given)
    expect(toldAll(causes)).toEqual(given.expect)
    for (const [path, parts] of Object.entries(given.evidence ?? {})) {
      const details = causes.get(path)?.evidence.map(({ source, detail }) => `${source}: ${detail}`)
      for (const part of parts) expect(details?.some((detail) => detail.includes(part))).toBe(true)
    }
  })

  it.each(cases)('$name: in any order, and twice', ({ given }) => {
    const expected = toldAll(causesOf(given))
    expect(toldAll(causesOf(given, [...given.events].reverse()))).toEqual(expected)
    expect(toldAll(causesOf(given, [...given.events, ...given.events]))).toEqual(expected)
  })
})
