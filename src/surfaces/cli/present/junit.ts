import { formatRef } from '../../../core/kube/index.ts'
import type { DriftReport, ReportField, ReportObject, ReportOrphan, ReportProblem } from '../../../core/record/index.ts'
import { lineText, valueText } from './plain.ts'
import {
  actorText,
  coexistenceTexts,
  objectName,
  orphanText,
  pathText,
  placeText,
  SIGNS,
  stateText,
  verdictText,
} from './wording.ts'

const VALUE_LIMIT = 1_000
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** For safe lines only: they hold no character that XML 1.0 refuses. */
function xml(text: string): string {
  return text.replace(/[&<>"']/g, (found) => ENTITIES[found] ?? '')
}

function fieldText(field: ReportField): string {
  const values = [field.desired, field.live]
    .filter((value) => value !== undefined)
    .map((value) => valueText(value, VALUE_LIMIT))
  return `${SIGNS[field.change]} ${pathText(field)}: ${values.join(' → ')}\n    ${actorText(field)}\n    ${verdictText(field)}`
}

interface Case {
  readonly group: string
  readonly name: string
  readonly outcome: 'passed' | 'failure' | 'error'
  readonly message: string
  readonly body: string
}

function objectCase(object: ReportObject): Case {
  const outcome = { Synced: 'passed', OutOfSync: 'failure', Unknown: 'error' } as const
  const lines = [
    ...(object.message === undefined ? [] : [lineText(object.message)]),
    ...coexistenceTexts(object),
    ...object.fields.map(fieldText),
  ]
  return {
    group: 'drift',
    name: objectName(object),
    outcome: outcome[object.status],
    message: stateText(object),
    body: lines.join('\n'),
  }
}

function orphanCase(orphan: ReportOrphan): Case {
  const body = [orphanText(orphan), ...coexistenceTexts(orphan)].join('\n')
  return { group: 'orphans', name: lineText(formatRef(orphan.ref)), outcome: 'passed', message: '', body }
}

function problemCase(problem: ReportProblem): Case {
  const place = placeText(problem)
  const text = `${lineText(problem.message)}\n${lineText(problem.action)}`
  const outcome = problem.severity === 'error' ? 'error' : 'passed'
  return {
    group: 'problems',
    name: place === '' ? problem.code : `${problem.code} ${place}`,
    outcome,
    message: lineText(problem.message),
    body: text,
  }
}

function caseXml({ group, name, outcome, message, body }: Case): string {
  const open = `    <testcase classname="holdfast.${group}" name="${xml(name)}"`
  if (outcome === 'passed')
    return body === '' ? `${open}/>` : `${open}>\n      <system-out>${xml(body)}</system-out>\n    </testcase>`
  return `${open}>\n      <${outcome} message="${xml(message)}">${xml(body)}</${outcome}>\n    </testcase>`
}

/** JUnit XML: one case per listed object and problem; drift is a failure, what could not be answered an error. */
export function reportJunit(report: DriftReport): string {
  const cases = [
    ...report.objects.map(objectCase),
    ...(report.orphans ?? []).map(orphanCase),
    ...report.problems.map(problemCase),
  ]
  const of = (outcome: Case['outcome']): number => cases.filter((entry) => entry.outcome === outcome).length
  const counts = `tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}"`
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="holdfast" ${counts}>`,
    `  <testsuite name="holdfast diff" ${counts} skipped="0">`,
  ]
  return `${[...lines, ...cases.map(caseXml), '  </testsuite>', '</testsuites>'].join('\n')}\n`
}
