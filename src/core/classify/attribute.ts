// Which write of the audit log made a path what it is? Nobody is named where two writes cannot be told apart.
import {
  type AuditMutation,
  type DeletedObject,
  deletedBy,
  type Fact,
  type Imprinter,
  leftAs,
  leftPart,
  mutatedAt,
  type Touch,
  touchOf,
} from '../audit/index.ts'
import type { FieldChange } from '../compare/index.ts'
import { isEmptyValue, isNewerVersion, type KubeObject } from '../kube/index.ts'
import type { OwnedEntry } from './ownership.ts'

/** Between these two states of the object the difference came about. */
export interface Window {
  /** The object was looked at and did not differ there. */
  readonly afterVersion: string
  /** Epoch ms, of the clock of whoever looked. */
  readonly afterTime: number
  /** The object was looked at and did. */
  readonly untilVersion: string
  readonly untilTime: number
}

/** What the audit log has to say of one object. */
export interface ObjectFacts {
  /** Writes to it, and to others that had its name. */
  readonly facts: readonly Fact[]
  /** Deletions of many objects at once, where it was. */
  readonly collections: readonly Fact[]
  /** Is this write Holdfast's own? */
  readonly isOurs: (fact: Fact) => boolean
  readonly imprinter: Imprinter
}

export type Attribution =
  | {
      readonly by: 'author'
      readonly fact: Fact
      readonly confidence: 'certain' | 'likely'
      /** Who wrote there before him, oldest first. */
      readonly earlier: readonly Fact[]
    }
  | { readonly by: 'ours'; readonly fact: Fact }
  /** A webhook wrote there while `fact` was on its way in; null = one of several, or of nothing that is told. */
  | { readonly by: 'admission'; readonly mutation: AuditMutation | null; readonly fact: Fact }
  | { readonly by: 'nobody'; readonly why: string }

export interface AttributionInput {
  readonly field: Pick<FieldChange, 'path' | 'desired' | 'live' | 'change'>
  readonly live: KubeObject
  /** Entries of managedFields, Holdfast's own left out, that own the path. */
  readonly owners: readonly OwnedEntry[]
  /** null = nobody saw the object before it differed. */
  readonly window: Window | null
  readonly facts: ObjectFacts
}

/** How far the clocks of API server and Holdfast may be apart. */
const CLOCKS_MS = 5_000
const SECOND_MS = 1_000
const MOST_EARLIER = 5

interface Candidate {
  readonly fact: Fact
  readonly touch: Touch
  /** After it the path read as it reads now; null = the log does not say. */
  readonly state: boolean | null
}

const principalOf = ({ user, impersonatedUser }: Fact): string => `${user} ${impersonatedUser ?? ''}`

const byId = (a: Fact, b: Fact): number => (a.auditID < b.auditID ? -1 : 1)

/** In the order in which they were stored: by resourceVersion where it is told, the others between these by time. */
function inOrder(facts: readonly Fact[]): readonly Fact[] {
  const told = facts
    .filter(({ resourceVersion }) => resourceVersion !== '')
    .sort((a, b) =>
      a.resourceVersion === b.resourceVersion
        ? a.time - b.time || byId(a, b)
        : isNewerVersion(a.resourceVersion, b.resourceVersion)
          ? 1
          : -1,
    )
  let latest = 0
  const placed = told.map((fact, rank) => {
    latest = Math.max(latest, fact.time)
    return { fact, time: latest, rank }
  })
  const others = facts
    .filter(({ resourceVersion }) => resourceVersion === '')
    .map((fact) => ({ fact, time: fact.time, rank: -1 }))
  return [...placed, ...others]
    .sort((a, b) => a.time - b.time || a.rank - b.rank || byId(a.fact, b.fact))
    .map(({ fact }) => fact)
}

const createdAt = ({ metadata }: KubeObject): number => {
  const time = Date.parse(metadata.creationTimestamp ?? '')
  return Number.isNaN(time) ? 0 : time
}

/** Writes to this very object: of another one under its name, in this cluster or in another, none is taken. */
function ofThisObject({ live, facts: { facts } }: AttributionInput): readonly Fact[] {
  const { uid = '', resourceVersion = '' } = live.metadata
  const created = createdAt(live)
  const since = facts.filter(({ time }) => time >= created - CLOCKS_MS)
  // Its name bears another uid while it lives: what bears no uid may as well be about that other one.
  const confused = since.some((fact) => fact.uid !== '' && fact.uid !== uid && fact.time > created + CLOCKS_MS)
  return since.filter((fact) => {
    if (fact.uid !== '' ? fact.uid !== uid : confused) return false
    return fact.resourceVersion === '' || !isNewerVersion(fact.resourceVersion, resourceVersion)
  })
}

/** It was written before the object was looked at and the path was otherwise: so was all that came before it. */
function isBeforeLook({ resourceVersion }: Fact, window: Window | null): boolean {
  return window !== null && resourceVersion !== '' && !isNewerVersion(resourceVersion, window.afterVersion)
}

function isTooEarly({ resourceVersion, time }: Fact, window: Window | null): boolean {
  if (window === null) return false
  if (resourceVersion !== '') return !isNewerVersion(resourceVersion, window.afterVersion)
  return time < window.afterTime - CLOCKS_MS
}

function isTooLate({ resourceVersion, time }: Fact, window: Window | null): boolean {
  if (window === null) return false
  if (resourceVersion !== '') return isNewerVersion(resourceVersion, window.untilVersion)
  return time > window.untilTime + CLOCKS_MS
}

/** Can it have made what came about between these looks? Of what was there at the first look any write can. */
export function mayHaveMade(fact: Fact, window: Window | null): boolean {
  return !isTooEarly(fact, window) && !isTooLate(fact, window)
}

function candidateOf(fact: Fact, { field, live, facts }: AttributionInput): Candidate {
  const place = { path: field.path, live: isEmptyValue(field.live) ? undefined : field.live }
  const touch = touchOf(fact, place, facts.imprinter)
  const left = leftAs(fact, place, facts.imprinter, live.apiVersion)
  return { fact, touch, state: left ?? (touch === 'set' ? true : null) }
}

const hasManager = ({ manager }: Fact, owners: readonly OwnedEntry[]): boolean =>
  owners.some(({ entry }) => entry.manager === manager)

/** In the second that the bookkeeping names, under the name that it names. */
function isOwner({ manager, time, received }: Fact, owners: readonly OwnedEntry[]): boolean {
  return owners.some(({ entry }) => {
    const at = Date.parse(entry.time ?? '')
    return entry.manager === manager && at >= received - 2 * SECOND_MS && at <= time + SECOND_MS
  })
}

/**
 * Whoever makes a value owns it, since no earlier than then. Who does not found it as it is: the server answers a request
 * that changes nothing with the object, and its log tells it like any other. Bookkeeping that was emptied says nothing,
 * nor do owners of items of their order.
 */
function isContradicted({ manager, received }: Fact, { field, owners }: AttributionInput): boolean {
  const kept = owners.filter(
    ({ entry, paths }) => entry.manager !== 'before-first-apply' && (field.change === 'added' || paths.has(field.path)),
  )
  if (manager === '' || kept.length === 0) return false
  const mayBe = ({ entry }: OwnedEntry): boolean =>
    entry.manager === manager && !(Date.parse(entry.time ?? '') < received - 2 * SECOND_MS)
  return !kept.some(mayBe)
}

/** A person or program asked for this place, not for the object as a whole. */
const isAimed = ({ verb, apply, target }: Fact): boolean =>
  target.subresource === 'scale' || (verb === 'patch' && apply === false)

interface Turn {
  readonly input: AttributionInput
  /** The write after which the path reads as it does. */
  readonly made: Candidate
  /** The last write that left it otherwise. */
  readonly before: Candidate | undefined
}

/** It worked on the state that is known to have been otherwise. */
function isGuarded({ input: { window }, made: { fact }, before }: Turn): boolean {
  return fact.basedOn !== '' && [before?.fact.resourceVersion, window?.afterVersion].includes(fact.basedOn)
}

/** Nothing can have been written to the path since, by whomever: the object is still the one that this write left. */
function isSealed({ made: { fact }, input: { live, window, field } }: Turn): boolean {
  const { resourceVersion, generation } = fact
  if (resourceVersion === '') return false
  if (resourceVersion === live.metadata.resourceVersion || resourceVersion === window?.untilVersion) return true
  // What is not metadata cannot change without a new generation, in kinds that count them.
  const [first] = field.path
  return generation > 0 && generation === live.metadata.generation && first?.kind === 'field' && first.name === 'spec'
}

/** It was otherwise before, and this write was about that place. */
function isProven(turn: Turn): boolean {
  const { made, input } = turn
  if (!isSealed(turn)) return false
  if (made.fact.verb === 'create' || isGuarded(turn)) return true
  if (made.touch === 'maybe') return false
  if (isAimed(made.fact)) return true
  // A whole object repeats what it found: it may have been there for a moment already.
  return made.fact.basedOn === '' && input.window?.untilVersion === made.fact.resourceVersion
}

/** Nobody saw it before: the log has to stand alone, and the bookkeeping must not contradict it. */
function confidenceAlone(turn: Turn): 'certain' | 'likely' | null {
  const { fact, touch } = turn.made
  const { owners } = turn.input
  const sure = isSealed(turn) ? 'certain' : 'likely'
  if (fact.verb === 'create') return sure
  if (isAimed(fact) && touch === 'set') return owners.length === 0 || hasManager(fact, owners) ? sure : null
  return isOwner(fact, owners) ? 'likely' : null
}

const UNLOGGED: Attribution = { by: 'nobody', why: 'the write that made it is not in the audit log' }

/** What was not asked for but came about: a webhook's doing, or a write that is not in the log. */
function notAskedFor({ made, input }: Turn): Attribution {
  const mutation = mutatedAt(made.fact, input.field, input.facts.imprinter)
  return mutation === 'none' ? UNLOGGED : { by: 'admission', mutation, fact: made.fact }
}

function byState(turn: Turn, earlier: readonly Fact[]): Attribution {
  const { made, before, input } = turn
  const { fact, touch } = made
  if (input.facts.isOurs(fact)) return { by: 'ours', fact }
  if (touch === 'no') return notAskedFor(turn)
  // Something else was asked for there: the server writes it its own way, unless a webhook wrote over it.
  if (touch === 'other' && mutatedAt(fact, input.field, input.facts.imprinter) !== 'none') return notAskedFor(turn)
  if (isContradicted(fact, input)) return UNLOGGED
  const known = before !== undefined || input.window !== null
  const confidence = known ? (isProven(turn) ? 'certain' : 'likely') : confidenceAlone(turn)
  return confidence === null ? UNLOGGED : { by: 'author', fact, confidence, earlier }
}

const undecided = (candidates: readonly Candidate[]): Attribution => ({
  by: 'nobody',
  why: `${candidates.length} writes by ${new Set(candidates.map(({ fact }) => principalOf(fact))).size} users may have made it, and the audit log does not tell which`,
})

function onePrincipal(candidates: readonly Candidate[]): boolean {
  return new Set(candidates.map(({ fact }) => principalOf(fact))).size === 1
}

/** The log says who wrote when, but not what. */
function byTime(input: AttributionInput, all: readonly Candidate[], earlier: readonly Fact[]): Attribution | null {
  const { owners, window, facts } = input
  const others = all.filter(({ fact }) => !facts.isOurs(fact))
  const first = all[0]
  if (first === undefined) return null
  if (others.length === 0) return { by: 'ours', fact: first.fact }
  // Without a look at it before, only the bookkeeping says when it was written.
  if (owners.length === 0 && window === null) return undecided(others)
  const fits = ({ fact }: Candidate): boolean => hasManager(fact, owners) && !isContradicted(fact, input)
  const fitting = owners.length === 0 ? others : others.filter(fits)
  const last = fitting.at(-1)
  if (last === undefined) return UNLOGGED
  // The time of an entry is that of its manager's last write, to this path or to another.
  if (window === null && !fitting.some(({ fact }) => isOwner(fact, owners))) return UNLOGGED
  return onePrincipal(fitting) ? { by: 'author', fact: last.fact, confidence: 'likely', earlier } : undecided(fitting)
}

/** Who wrote at the path before, oldest first. */
function writersBefore(
  input: AttributionInput,
  all: readonly Candidate[],
  made: Candidate | undefined,
): readonly Fact[] {
  return all
    .slice(0, made === undefined ? 0 : all.indexOf(made))
    .filter(({ fact, touch }) => (touch === 'set' || touch === 'other') && !input.facts.isOurs(fact))
    .map(({ fact }) => fact)
    .slice(-MOST_EARLIER)
}

/** null: the log says nothing about this path. */
export function attribute(input: AttributionInput): Attribution | null {
  const { window } = input
  const all = inOrder(ofThisObject(input).filter((fact) => !isTooLate(fact, window))).map((fact) =>
    candidateOf(fact, input),
  )
  const otherwise = all.findLastIndex(({ state, fact }) => state === false || isBeforeLook(fact, window))
  const since = all.slice(otherwise + 1).filter(({ fact }) => !isTooEarly(fact, window))
  const made = since.find(({ state }) => state === true)
  if (made === undefined) {
    const candidates = since.filter(({ touch }) => touch !== 'no')
    return byTime(input, candidates, writersBefore(input, all, candidates.at(-1)))
  }
  // What is not told may have been written before it, or have taken it away and put it back since.
  const touching = since.filter((one) => one === made || one.touch !== 'no')
  const untold = touching.some((one) => one !== made && one.state === null)
  if (untold && !onePrincipal(touching)) return undecided(touching)
  const before = all[otherwise]
  const earlier = writersBefore(input, all, made)
  const others = before === undefined ? [] : earlier.filter((fact) => principalOf(fact) !== principalOf(made.fact))
  if (before !== undefined && others.length > 0 && isLeftOver(before, input)) return shared(made, others)
  return byState({ input, made, before }, earlier)
}

/** Part of what stands there, and is not Git's, stood there already when it was still otherwise. */
function isLeftOver({ fact }: Candidate, { field, live, window, facts: { imprinter } }: AttributionInput): boolean {
  if (isTooEarly(fact, window)) return false
  const { path, desired, live: now } = field
  return leftPart(fact, { path, desired, live: now }, { imprinter, apiVersion: live.apiVersion })
}

function shared({ fact }: Candidate, others: readonly Fact[]): Attribution {
  const names = [...new Set([...others, fact].map(({ user, impersonatedUser }) => impersonatedUser ?? user))]
  return { by: 'nobody', why: `written by ${names.join(', then by ')}: what stands there is of neither alone` }
}

export interface DeletionInput {
  readonly object: DeletedObject
  /** When the object was last seen alive, epoch ms; null = never. */
  readonly aliveAt: number | null
  readonly facts: ObjectFacts
}

/** Deletions of this name since it was last made, oldest first: whoever deletes what is being deleted deletes nothing. */
function deletionsOf({ object, aliveAt, facts }: DeletionInput): { fact: Fact; proven: boolean }[] {
  const born = facts.facts.filter(({ verb, uid }) => verb === 'create' && (object.uid === '' || uid === object.uid))
  const from = Math.max(...born.map(({ time }) => time), (aliveAt ?? 0) - CLOCKS_MS, 0)
  const single = facts.facts
    .filter(({ verb, uid }) => verb === 'delete' && (object.uid === '' || uid === '' || uid === object.uid))
    .map((fact) => ({ fact, proven: object.uid !== '' && fact.uid === object.uid }))
  const many = facts.collections
    .map((fact) => ({ fact, how: deletedBy(fact, object) }))
    .filter(({ how }) => how !== 'no')
    .map(({ fact, how }) => ({ fact, proven: how === 'proven' }))
  return [...single, ...many]
    .filter(({ fact, proven }) => proven || fact.time >= from)
    .sort((a, b) => a.fact.time - b.fact.time || byId(a.fact, b.fact))
}

/** Who deleted what is missing; null: the log says nothing of a deletion. */
export function attributeDeletion(input: DeletionInput): Attribution | null {
  const all = deletionsOf(input)
  const first = all.find(({ proven }) => proven) ?? all[0]
  if (first === undefined) return null
  const { fact, proven } = first
  const others = all.filter((one) => one.fact.time <= fact.time + CLOCKS_MS)
  if (!proven && new Set(others.map((one) => principalOf(one.fact))).size > 1)
    return {
      by: 'nobody',
      why: `${others.length} deletions may have been the one, and the audit log does not tell which`,
    }
  if (input.facts.isOurs(fact)) return { by: 'ours', fact }
  const alone = all.length === 1 && fact.verb === 'delete' && input.aliveAt !== null
  return { by: 'author', fact, confidence: proven || alone ? 'certain' : 'likely', earlier: [] }
}
