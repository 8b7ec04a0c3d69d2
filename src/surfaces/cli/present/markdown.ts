import type { DriftReport, ReportField, ReportObject, ReportProblem } from '../../../core/record/index.ts'
import { count, lineText, valueText } from './plain.ts'
import {
  actorText,
  isClean,
  objectName,
  pathText,
  placeText,
  SIGNS,
  stateText,
  summaryText,
  verdictText,
} from './wording.ts'

/** Hosts cut comments off at 65,536 characters; what does not fit is counted instead. */
const SIZE_LIMIT = 60_000
const VALUE_LIMIT = 160

/**
 * Anybody's text as a code span: there no Markdown, no HTML, no mention and no issue number is read. The fence is
 * longer than any run of backticks inside; the text is one line.
 */
function code(text: string): string {
  const safe = lineText(text)
  if (safe === '') return '(empty)'
  const runs = safe.match(/`+/g) ?? []
  const fence = '`'.repeat(1 + Math.max(0, ...runs.map((run) => run.length)))
  const pad = safe.startsWith('`') || safe.endsWith('`') || (safe.startsWith(' ') && safe.endsWith(' ')) ? ' ' : ''
  return `${fence}${pad}${safe}${pad}${fence}`
}

function valuesText(field: ReportField): string {
  const values = [field.desired, field.live].filter((value) => value !== undefined)
  return values.map((value) => code(valueText(value, VALUE_LIMIT))).join(' → ')
}

function fieldLines(field: ReportField): string[] {
  return [
    `- ${code(SIGNS[field.change])} ${code(pathText(field))}: ${valuesText(field)}`,
    `  - ${code(actorText(field))}`,
    `  - ${code(verdictText(field))}`,
  ]
}

function objectBlock(object: ReportObject): string {
  const lines = [`#### ${code(objectName(object))} ${code(stateText(object))}`, '']
  if (object.message !== undefined) lines.push(`- ${code(object.message)}`)
  if (object.cause) lines.push(`- ${code(actorText({ cause: object.cause }))}`)
  if (object.verdict) lines.push(`- ${code(verdictText({ verdict: object.verdict }))}`)
  for (const field of object.fields) lines.push(...fieldLines(field))
  return lines.join('\n')
}

function problemBlock(problem: ReportProblem): string {
  const place = placeText(problem)
  return `- ${problem.severity} ${code(problem.code)} ${place === '' ? '' : `${code(place)} `}${code(problem.message)}\n  - ${code(problem.action)}`
}

/** As many blocks as fit, and how many did not. */
function fitting(blocks: readonly string[], limit: number): { shown: readonly string[]; left: number } {
  let size = 0
  const end = blocks.findIndex((block) => {
    size += block.length + 2
    return size > limit
  })
  return end < 0 ? { shown: blocks, left: 0 } : { shown: blocks.slice(0, end), left: blocks.length - end }
}

function section(blocks: readonly string[], one: string, limit: number): string[] {
  const { shown, left } = fitting(blocks, limit)
  return left === 0 ? [...shown] : [...shown, `… ${count(left, `more ${one}`)} not shown here.`]
}

/** For a comment on a pull request. */
export function reportMarkdown(report: DriftReport): string {
  const blocks = ['### Holdfast: drift report', summaryText(report)]
  if (isClean(report)) blocks.push('(nothing differs)')
  blocks.push(...section(report.objects.map(objectBlock), 'object', SIZE_LIMIT * 0.8))
  if (report.problems.length > 0) {
    blocks.push('#### Problems', section(report.problems.map(problemBlock), 'problem', SIZE_LIMIT * 0.15).join('\n'))
  }
  return `${blocks.join('\n\n')}\n`
}
