import { formatRef } from '../../../core/kube/index.ts'
import type { DriftReport, ReportField, ReportObject, ReportProblem } from '../../../core/record/index.ts'
import { count, lineText } from './plain.ts'

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

/** `by alice with kubectl-edit (likely), Update, 2026-01-01T00:00:00Z`; `by unknown`. */
export function actorText({ cause }: Pick<ReportField, 'cause'>): string {
  const { user, manager, operation, subresource, time } = cause.actor
  const who = [user, manager].filter((name) => name !== null && name !== '').join(' with ')
  if (who === '') return `by ${cause.owner === null ? 'unknown' : `unknown (owner ${lineText(cause.owner)})`}`
  const how = [operation, subresource === null ? null : `subresource ${subresource}`, time].filter(
    (part) => part !== null,
  )
  const owner = cause.owner === null ? '' : `, owner ${cause.owner}`
  return lineText(`by ${who} (${cause.confidence})${how.map((part) => `, ${part}`).join('')}${owner}`)
}

/** `heal now: drift`, `heal, not now: mode-observe`. */
export function verdictText({ verdict }: Pick<ReportField, 'verdict'>): string {
  const when = verdict.permitted ? 'now' : 'not now'
  return lineText(
    `${verdict.response}${verdict.permitted ? ' ' : ', '}${when}: ${verdict.because} [${verdict.severity}] (${verdict.rule})`,
  )
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

/** Where the problem is: `apps/web.yaml:7`, an object, a repository. '' when it says nothing. */
export function placeText({ subject }: ReportProblem): string {
  if (subject.file !== undefined)
    return lineText(subject.line === undefined ? subject.file : `${subject.file}:${subject.line}`)
  return lineText(subject.object ?? subject.app ?? subject.path ?? subject.repository ?? '')
}
