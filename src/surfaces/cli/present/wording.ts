import { formatRef } from '../../../core/kube/index.ts'
import type {
  DriftReport,
  ReportField,
  ReportIgnored,
  ReportObject,
  ReportOrphan,
  ReportProblem,
} from '../../../core/record/index.ts'
import { count, lineText, valueText } from './plain.ts'

// Sentences that several formats share. All are safe to print.

export const SIGNS = { changed: '~', added: '+', removed: '-' } as const

export function objectName(object: ReportObject): string {
  return lineText(formatRef(object.ref))
}

/** The path; a whole object has the empty one. */
export function pathText({ path }: Pick<ReportField, 'path'>): string {
  return path === '' ? '(whole object)' : lineText(path)
}

export function stateText(object: ReportObject): string {
  switch (object.difference) {
    case 'missing':
      return 'missing: in Git, not in the cluster'
    case 'extra':
      return 'extra: in the cluster, not in Git'
    case 'changed':
      return `changed: ${count(object.fields.length, 'field')}`
    case null:
      return object.status === 'Unknown' ? 'unknown' : 'in sync'
    default:
      return object.difference satisfies never
  }
}

/** What Git declares is not there yet, or could not be brought in: there is nobody to look for. */
function undelivered({ mechanism, evidence }: ReportField['cause']): string | null {
  const told = evidence.find(({ source }) => source === (mechanism === 'failure' ? 'sync' : 'git'))
  if (told === undefined || !['failure', 'git', 'generator'].includes(mechanism)) return null
  return lineText(mechanism === 'failure' ? `not brought in: ${told.detail}` : told.detail)
}

/** `by alice with kubectl-edit (likely), Update, 2026-01-01T00:00:00Z`; `by unknown`; why Git's state is not there. */
export function actorText({ cause }: Pick<ReportField, 'cause'>): string {
  const { user, manager, operation, subresource, time } = cause.actor
  const who = [user, manager].filter((name) => name !== null && name !== '').join(' with ')
  if (who === '')
    return undelivered(cause) ?? `by ${cause.owner === null ? 'unknown' : `unknown (owner ${lineText(cause.owner)})`}`
  const how = [operation, subresource === null ? null : `subresource ${subresource}`, time].filter(
    (part) => part !== null,
  )
  const owner = cause.owner === null ? '' : `, owner ${cause.owner}`
  return lineText(`by ${who} (${cause.confidence})${how.map((part) => `, ${part}`).join('')}${owner}`)
}

type Why = Partial<Pick<ReportField, 'cause' | 'verdict'>>

function isNamed({ cause }: Why): boolean {
  return cause !== undefined && (cause.confidence !== 'unknown' || cause.owner !== null || undelivered(cause) !== null)
}

function isDecided({ verdict }: Why): boolean {
  return verdict !== undefined && (verdict.because !== 'mode-observe' || verdict.severity === 'critical')
}

/** Without an Application nobody would write: that nothing is written is no news, nor is an author whom no dump names. */
export function whyTexts(
  why: Why,
  { context }: Pick<DriftReport, 'context'>,
  detail: 'short' | 'full',
): { readonly actor: string | null; readonly verdict: string | null } {
  const { cause, verdict } = why
  const brief = context?.app === undefined && detail === 'short'
  return {
    actor: cause === undefined || (brief && !isNamed(why)) ? null : actorText({ cause }),
    verdict: verdict === undefined || (brief && !isDecided(why)) ? null : verdictText({ verdict }, detail),
  }
}

/** `(capacity)`; '' where it would say nothing that the path does not. */
export function concernText({ concern }: Pick<ReportField, 'concern'>): string {
  return concern === 'configuration' || concern === 'metadata' ? '' : `  (${concern})`
}

const REASONS: Readonly<Record<string, string>> = {
  'mode-observe': 'this command only reads',
  'not-leader': 'another replica leads',
  'other-controller': 'another controller writes this Application',
  'automated-off': 'automated sync is off',
  'self-heal-off': 'self-heal is off',
  'prune-off': 'pruning is off',
  'prune-protected': 'protected from pruning',
  'desired-incomplete': 'not all of Git could be read',
  'desired-empty': 'Git declares nothing',
  'pre-existing': 'it was there before enforcement began',
  fight: 'another writer keeps changing it',
  'ignore-rule-broken': 'an ignore rule cannot be used',
  'claimed-by-other-app': 'another Application declares it',
  'restart-requested': 'a restart that was asked for is not undone',
  'reported-only': 'this is reported, never written',
  unproven: 'it may be a default of the server',
  skipped: 'the Application is to be left alone',
}

/** `heal now: drift`, `heal, not now: this command only reads (mode-observe)`; in full with severity and rule. */
export function verdictText({ verdict }: Pick<ReportField, 'verdict'>, detail: 'short' | 'full' = 'full'): string {
  const { response, permitted, because, severity, rule } = verdict
  const reason = REASONS[because]
  const told = `${response}${permitted ? ' now' : ', not now'}: ${reason === undefined ? because : `${reason} (${because})`}`
  if (detail === 'full') return lineText(`${told} [${severity}] (${rule})`)
  return lineText(severity === 'critical' ? `${told} [critical]` : told)
}

/** `coexists with apps/Deployment prod/app-v2 behind Service prod/app`. */
export function coexistenceTexts({ coexistsWith = [] }: Pick<ReportObject, 'coexistsWith'>): readonly string[] {
  return coexistsWith.map((one) => lineText(`coexists with ${formatRef(one.with)} behind ${formatRef(one.through)}`))
}

export function orphanText({ ref, message }: ReportOrphan): string {
  return lineText(`${formatRef(ref)}: ${message}`)
}

/** Stands before them. */
export function orphansHead(orphans: readonly ReportOrphan[]): string {
  return `${count(orphans.length, 'object')} that nobody declares`
}

/** What a rule left alone, and whom it left it to. */
export function ignoredText({ desired, live, rule, owner }: ReportIgnored, limit: number): string {
  const values =
    desired === null
      ? `${valueText(live, limit)} only in live`
      : live === null
        ? `${valueText(desired, limit)} only in Git`
        : `${valueText(desired, limit)} → ${valueText(live, limit)}`
  return `${values}, ${owner === undefined ? 'ignored' : `left to ${lineText(owner)}`} by ${lineText(rule)}`
}

export function summaryText({ summary }: DriftReport): string {
  const { objects, inSync, outOfSync, unknown, fields } = summary
  const differ = fields === 1 ? 'field differs' : 'fields differ'
  return `${count(objects, 'object')}: ${inSync} in sync, ${outOfSync} out of sync, ${unknown} unknown; ${fields} ${differ}`
}

/** Nothing differs and nothing is left open. */
export function isClean({ summary, problems }: DriftReport): boolean {
  return summary.outOfSync === 0 && summary.unknown === 0 && problems.every(({ severity }) => severity !== 'error')
}

/** Told once, of however many objects: `the place of the first and 12 more`. */
export function toldOnce(problems: readonly ReportProblem[]): readonly ReportProblem[] {
  const groups = new Map<string, ReportProblem[]>()
  for (const problem of problems) {
    const { object, ...elsewhere } = problem.subject
    const apart =
      object === undefined || problem.message.includes(object) ? problem : { ...problem, subject: elsewhere }
    const key = JSON.stringify(apart)
    groups.set(key, [...(groups.get(key) ?? []), problem])
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined || group.length === 1) return group
    const object = `${first.subject.object ?? ''} and ${group.length - 1} more`
    return [{ ...first, subject: { ...first.subject, object } }]
  })
}

const MOST_CAUSES = 5

/** What made differences in several objects, one line each: `3 fields of 3 objects: by cainjector, cert-manager (…)`. */
export function causeTexts({ causes }: Pick<DriftReport, 'causes'>): readonly string[] {
  const wide = causes.filter(({ objects, actor }) => objects > 1 && (actor.user ?? actor.manager ?? '') !== '')
  const told = wide.slice(0, MOST_CAUSES).map(({ objects, fields, actor, tool, mechanism, from, to }) => {
    const who = [actor.user, actor.manager].filter((name) => name !== null && name !== '').join(' with ')
    const when = [from, to].filter((time, at, all) => time !== null && all.indexOf(time) === at).join(' to ')
    const parts = [tool, mechanism === 'unknown' ? null : mechanism, when === '' ? null : when].filter(
      (part) => part !== null && part !== who,
    )
    const what = `${count(fields, 'difference')} in ${count(objects, 'object')}`
    return lineText(`${what}: by ${[who, ...parts].join(', ')}`)
  })
  const rest = wide.length - told.length
  return rest > 0 ? [...told, `and ${count(rest, 'more cause')}`] : told
}

/** Where the problem is: `apps/web.yaml:7`, an object, a repository. '' when it says nothing. */
export function placeText({ subject }: Pick<ReportProblem, 'subject'>): string {
  if (subject.file !== undefined)
    return lineText((subject.line ?? 0) === 0 ? subject.file : `${subject.file}:${subject.line}`)
  return lineText(subject.object ?? subject.app ?? subject.path ?? subject.repository ?? '')
}

/** The message without the place that stands before it anyway. */
export function problemText(problem: ReportProblem): string {
  const place = placeText(problem)
  const message = lineText(problem.message)
  return place !== '' && message.startsWith(`${place}: `) ? message.slice(place.length + 2) : message
}

/** Of a delivery that failed: which class of drift that is, and whose; else []. */
export function deliveryTexts({ delivery }: ReportProblem): readonly string[] {
  if (delivery === undefined) return []
  const { class: driftClass, failure, reason, ownedBy } = delivery
  return [
    `${driftClass} (${[failure, reason].filter((word) => word !== null).join(', ')}), owner: ${ownedBy.name ?? ''}`,
  ]
}

/** `compared ./web with dump.yaml; schemas: kubernetes 1.35`; '' where the report does not say. */
export function contextText({ context }: DriftReport): string {
  const { app, desired, live, schemas = [] } = context ?? {}
  const what = desired ?? app
  if (what === undefined || live === undefined) return ''
  const by = schemas.length === 0 ? '' : `; schemas: ${schemas.map((name) => lineText(name)).join(', ')}`
  return `compared ${lineText(what)} with ${lineText(live)}${by}`
}

/** Dumps leave the authors out unless kubectl is told to print them. */
export function authorHint({ context, objects }: DriftReport): string {
  const live = context?.live
  if (live === undefined || /^https?:/.test(live)) return ''
  const fields = objects.flatMap((object) => object.fields)
  if (fields.length === 0 || fields.some(({ cause }) => cause.confidence !== 'unknown')) return ''
  return 'authors unknown: `kubectl get … -o yaml --show-managed-fields` writes them into the dump'
}
