// One stay of one object away from Git: kept after it was healed, until somebody or something says why it came about.
import { createHash } from 'node:crypto'
import type { Cause, Evidence } from '../classify/index.ts'
import type { ObjectEvaluation } from '../evaluate/index.ts'
import type { ObjectRef } from '../kube/index.ts'
import { cleanText, mergeEvidence } from './happenings.ts'

export type Tier = 'production' | 'standard'

export interface DriftNote {
  readonly time: string
  readonly by: string
  readonly text: string
  /** It says why the difference came about. */
  readonly settles: boolean
}

export interface DriftRecord {
  readonly id: string
  readonly app: string
  /** As `formatRef` prints it. */
  readonly object: string
  readonly tier: Tier
  readonly opened: string
  /** null = it still differs. */
  readonly closed: string | null
  readonly outcome: 'open' | 'healed' | 'over'
  readonly difference: string
  readonly paths: readonly string[]
  readonly actor: string
  readonly confidence: Cause['confidence']
  readonly source: Cause['source']
  /** Whom to ask; null = nobody is named. */
  readonly owner: string | null
  readonly evidence: readonly Evidence[]
  /** What could not be looked at, and why. */
  readonly gaps: readonly string[]
  readonly notes: readonly DriftNote[]
}

const MOST_PATHS = 200
const MOST_NOTES = 100
const MOST_GAPS = 10

export function driftId(app: string, object: string, opened: string): string {
  return createHash('sha256')
    .update(JSON.stringify([app, object, opened]))
    .digest('hex')
    .slice(0, 12)
}

/** Names of namespaces that stand for production where nothing else is said. */
export function tierOf({ namespace }: Pick<ObjectRef, 'namespace'>): Tier {
  return /^(?:prod|production|prod-.*|.*-prod)$/.test(namespace) ? 'production' : 'standard'
}

const SURE = { certain: 2, likely: 1, unknown: 0 } as const

function causeIn({ fields, whole }: ObjectEvaluation): Cause | null {
  const causes = [...fields.map(({ cause }) => cause), ...(whole === null ? [] : [whole.cause])]
  return causes.toSorted((a, b) => SURE[a.confidence] - SURE[b.confidence])[0] ?? null
}

function seen(
  evaluation: ObjectEvaluation,
  actor: string,
): Pick<DriftRecord, 'actor' | 'confidence' | 'source' | 'difference'> {
  const cause = causeIn(evaluation)
  return {
    actor,
    difference: evaluation.difference ?? '',
    // The least certain of its fields: one that nobody explains keeps the question open.
    confidence: cause?.confidence ?? 'unknown',
    source: cause?.source ?? 'unknown',
  }
}

const pathsOf = ({ fields }: ObjectEvaluation): string[] => fields.map(({ field }) => field.at)

export function openRecord(
  about: {
    readonly app: string
    readonly object: string
    readonly ref: ObjectRef
    readonly actor: string
    readonly now: string
  },
  evaluation: ObjectEvaluation,
): DriftRecord {
  const { app, object, ref, actor, now } = about
  return {
    ...{ id: driftId(app, object, now), app, object, tier: tierOf(ref), opened: now, closed: null, outcome: 'open' },
    ...seen(evaluation, actor),
    paths: pathsOf(evaluation).slice(0, MOST_PATHS),
    owner: evaluation.owner?.name ?? null,
    evidence: [],
    gaps: [],
    notes: [],
  }
}

/** More of the same stay: other fields, or an author that became known. */
export function extendRecord(record: DriftRecord, evaluation: ObjectEvaluation, actor: string): DriftRecord {
  const paths = [...new Set([...record.paths, ...pathsOf(evaluation)])].slice(0, MOST_PATHS)
  return { ...record, ...seen(evaluation, actor), paths, owner: evaluation.owner?.name ?? record.owner }
}

/** Its author became known after it was over. */
export function attributeRecord(record: DriftRecord, actor: string, confidence: Cause['confidence']): DriftRecord {
  return { ...record, actor, confidence, source: 'live' }
}

export function closeRecord(record: DriftRecord, outcome: 'healed' | 'over', now: string): DriftRecord {
  return { ...record, closed: now, outcome }
}

export function withEvidence(record: DriftRecord, evidence: readonly Evidence[], gaps: readonly string[]): DriftRecord {
  const open = [...new Set([...record.gaps, ...gaps])].slice(0, MOST_GAPS)
  return { ...record, evidence: mergeEvidence(record.evidence, evidence), gaps: open }
}

export function noteOf(note: DriftNote): DriftNote {
  return { ...note, by: cleanText(note.by), text: cleanText(note.text) }
}

export function withNotes(record: DriftRecord, notes: readonly DriftNote[]): DriftRecord {
  return { ...record, notes: notes.slice(-MOST_NOTES) }
}

export type Investigation = 'cause established' | 'cause not established'

/** Git's own changes and the generator's need nobody to explain them. */
export function investigationOf({ confidence, source, notes }: DriftRecord): Investigation {
  const isKnown = confidence !== 'unknown' || source === 'git' || source === 'generator'
  return isKnown || notes.some(({ settles }) => settles) ? 'cause established' : 'cause not established'
}

/** What makes it risky to put Git's value back; [] = nothing known. */
export function revertRisks({ evidence, paths }: DriftRecord): readonly string[] {
  const kills = evidence.filter(({ source }) => source === 'pod').length
  if (kills === 0) return []
  const isCapacity = paths.some((path) => /\.(?:resources|replicas)\b/.test(path))
  const what = `containers were killed for lack of memory (${kills})`
  return [isCapacity ? `${what}: less memory or fewer replicas may kill them again` : what]
}
