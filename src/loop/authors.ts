// Who made what, and who is asked about it, in the words of journal, log and Events.
import type { Cause } from '../core/classify/index.ts'
import type { Verdict } from '../core/decide/index.ts'
import type { ObjectEvaluation } from '../core/evaluate/index.ts'
import type { Problem } from '../core/problem/index.ts'
import { type LateAuthor, newAuthors } from './audit.ts'

/** The user where the audit log knows him, else under which name it was written. */
export function nameOf({ actor }: Cause): string {
  const { user, impersonatedUser, manager } = actor
  if (user === null) return manager ?? 'unknown'
  return impersonatedUser === undefined ? user : `${user} as ${impersonatedUser}`
}

const urgencyOf = ({ severity }: Verdict): string => (severity === 'critical' ? ' (critical)' : '')

/** The first few differences, each with who made it. */
export function fieldsTold({ fields }: ObjectEvaluation): string[] {
  return fields
    .slice(0, 5)
    .map(({ field, cause, verdict }) => `${field.at} ${field.change} by ${nameOf(cause)}${urgencyOf(verdict)}`)
}

/** What is wrong with an object whose fields are told nowhere else. */
export function withFields(evaluation: ObjectEvaluation): Problem[] {
  const told = fieldsTold(evaluation).join('; ')
  return evaluation.problems.map((one) => ({ ...one, message: `${one.message} ${told}.` }))
}

/** Whom to ask, and where they are reached. */
export function askedIn({ owner }: ObjectEvaluation): string {
  if (owner === null) return ''
  return `; ask ${owner.name}${owner.contact === null ? '' : ` (${owner.contact})`}`
}

export function lateAuthors(evaluation: ObjectEvaluation, previous: ObjectEvaluation | null): LateAuthor[] {
  if (previous === null) return []
  const known = new Map(previous.fields.map(({ fingerprint, cause }) => [fingerprint, cause]))
  const fields = new Map(evaluation.fields.map(({ fingerprint, cause }) => [fingerprint, cause]))
  const paths = new Map(evaluation.fields.map(({ fingerprint, field }) => [fingerprint, field.at]))
  const found = newAuthors(known, fields).map(({ at, cause }) => ({ at: paths.get(at) ?? '', cause }))
  if (evaluation.whole === null || previous.whole === null) return found
  const whole = newAuthors(new Map([['', previous.whole.cause]]), new Map([['', evaluation.whole.cause]]))
  return [...found, ...whole]
}

export function actorOf(evaluation: ObjectEvaluation): string {
  const whole = evaluation.whole === null ? [] : [evaluation.whole]
  const names = new Set([...evaluation.fields, ...whole].map(({ cause }) => nameOf(cause)))
  return names.size === 0 ? 'unknown' : [...names].join(', ')
}

export function becauseOf(evaluation: ObjectEvaluation): string {
  return evaluation.fields[0]?.verdict.because ?? evaluation.whole?.verdict.because ?? 'takeover'
}

export function isNewWhole(evaluation: ObjectEvaluation, previous: ObjectEvaluation | null): boolean {
  return (
    evaluation.whole !== null &&
    evaluation.difference !== previous?.difference &&
    evaluation.whole.verdict.because !== 'sync'
  )
}

export interface AuthorLine {
  readonly actor: string
  /** [] = the object as a whole. */
  readonly paths: readonly string[]
  readonly how: string
  readonly confidence: Cause['confidence']
}

/** One line per author. */
export function authorLines(authors: readonly LateAuthor[]): AuthorLine[] {
  const byName = new Map<string, LateAuthor[]>()
  for (const author of authors) byName.set(nameOf(author.cause), [...(byName.get(nameOf(author.cause)) ?? []), author])
  return [...byName].map(([actor, own]) => {
    const cause = own[0]?.cause
    const { verb = '', userAgent = '', sourceIPs = [] } = cause?.actor ?? {}
    const paths = own.map(({ at }) => at).filter((path) => path !== '')
    const confidence = cause?.confidence ?? 'unknown'
    return { actor, paths, how: `${verb} by ${userAgent} from ${sourceIPs.join(', ')}, ${confidence}`, confidence }
  })
}
