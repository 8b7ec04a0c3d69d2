// What one turn leaves for the next to know of an object.
import type { Fact } from '../core/audit/index.ts'
import { mayHaveMade } from '../core/classify/index.ts'
import type { LookBefore, ObjectEvaluation } from '../core/evaluate/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import type { ApplyStep } from '../core/plan/index.ts'
import { broughtIn } from './renders.ts'
import type { Tracked } from './state.ts'

/** What a write was to achieve: the same for the same revision and the same differences. */
export function writeKey(tracked: Tracked, step: ApplyStep): string {
  return JSON.stringify([tracked.desired?.digest, step.guard?.uid, step.paths])
}

/** The server refused this very write, and its back-off still runs: news about other things does not repeat it. */
export function isRefused(tracked: Tracked, step: ApplyStep): boolean {
  return tracked.timer !== null && tracked.refused === writeKey(tracked, step)
}

export function rememberAuthors(tracked: Tracked, evaluation: ObjectEvaluation): void {
  for (const { field, cause } of evaluation.fields)
    if (cause.confidence !== 'unknown') tracked.authors.set(field.at, cause)
}

/** What was seen before tells of now only while Git declares the same. */
export function lookBefore({ look, desired }: Tracked): { before?: LookBefore } {
  return look === null || look.digest !== desired?.digest ? {} : { before: look }
}

export function noteLook(tracked: Tracked, evaluation: ObjectEvaluation, now: number): void {
  noteSynced(tracked, evaluation)
  const { desired, uid, resourceVersion } = tracked
  if (desired === null || evaluation.status === 'Unknown' || evaluation.difference === 'missing') return
  tracked.look = {
    digest: desired.digest,
    uid,
    resourceVersion,
    time: now,
    windows: new Map(evaluation.fields.map(({ fingerprint, window }) => [fingerprint, window])),
    explained: new Set(evaluation.ignored.map(({ at }) => at)),
  }
}

const MOST_FACTS = 64

/**
 * What the audit log will have forgotten while the difference that it explains lasts. Whatever else is written to the
 * object meanwhile explains none of it; of what was there at the first look the first writes that were told do.
 */
export function factsWorthKeeping({ fields }: ObjectEvaluation, facts: readonly Fact[]): readonly Fact[] {
  const between = fields.map(({ window }) => window).filter((window) => window !== null)
  const isBetween = (fact: Fact): boolean => between.some((window) => mayHaveMade(fact, window))
  const first = between.length === fields.length && fields.length > 0 ? [] : facts.slice(0, MOST_FACTS)
  const kept = new Set([...first, ...facts.filter(isBetween).slice(-MOST_FACTS)])
  return facts.filter((fact) => kept.has(fact))
}

/** Nothing of it waits any more. */
function noteSynced(tracked: Tracked, { status }: ObjectEvaluation): void {
  if (status !== 'Synced') return
  tracked.pending = false
  broughtIn(tracked)
}

export function noteVersion(tracked: Tracked, object: KubeObject): void {
  tracked.uid = object.metadata.uid ?? ''
  tracked.resourceVersion = object.metadata.resourceVersion ?? ''
}
