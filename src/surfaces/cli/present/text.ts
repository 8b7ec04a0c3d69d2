import { createColors } from 'picocolors'
import type {
  DriftReport,
  ReportField,
  ReportIgnored,
  ReportObject,
  ReportProblem,
} from '../../../core/record/index.ts'
import { lineText, valueText } from './plain.ts'
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

export interface TextOptions {
  readonly color: 'always' | 'never'
  /** `verbose` also shows what is ignored, with its rule. */
  readonly detail: 'normal' | 'verbose'
}

type Colors = ReturnType<typeof createColors>

const VALUE_LIMIT = 400
/** Longer differences stand on two lines, one value below the other. */
const ONE_LINE = 100

function fieldLines(field: ReportField, colors: Colors): string[] {
  const sign = SIGNS[field.change]
  const path = pathText(field)
  const git = field.desired === undefined ? null : valueText(field.desired, VALUE_LIMIT)
  const live = field.live === undefined ? null : valueText(field.live, VALUE_LIMIT)
  const why = [`      ${colors.dim(actorText(field))}`, `      ${colors.dim(verdictText(field))}`]
  if (git === null || live === null) {
    const paint = field.change === 'added' ? colors.green : colors.red
    return [`  ${paint(sign)} ${path}: ${paint(live ?? git ?? '')}`, ...why]
  }
  if (path.length + git.length + live.length <= ONE_LINE) {
    return [`  ${colors.yellow(sign)} ${path}: ${colors.red(git)} → ${colors.green(live)}`, ...why]
  }
  return [
    `  ${colors.yellow(sign)} ${path}`,
    `      Git:  ${colors.red(git)}`,
    `      live: ${colors.green(live)}`,
    ...why,
  ]
}

function ignoredLine({ path, rule, desired, live }: ReportIgnored, colors: Colors): string {
  const values = `${valueText(desired, VALUE_LIMIT)} → ${valueText(live, VALUE_LIMIT)}`
  return colors.dim(`  . ${lineText(path)}: ${values}, ignored by ${lineText(rule)}`)
}

function objectLines(object: ReportObject, options: TextOptions, colors: Colors): string[] {
  const lines = [`${colors.bold(objectName(object))}  ${stateText(object)}`]
  if (object.message !== undefined) lines.push(`      ${lineText(object.message)}`)
  if (object.cause) lines.push(`      ${colors.dim(actorText({ cause: object.cause }))}`)
  if (object.verdict) lines.push(`      ${colors.dim(verdictText({ verdict: object.verdict }))}`)
  for (const field of object.fields) lines.push(...fieldLines(field, colors))
  if (options.detail === 'verbose') lines.push(...object.ignored.map((ignored) => ignoredLine(ignored, colors)))
  return lines
}

function problemLines(problem: ReportProblem, colors: Colors): string[] {
  const paint = problem.severity === 'error' ? colors.red : colors.yellow
  const place = placeText(problem)
  return [
    `${paint(problem.severity)} ${problem.code}${place === '' ? '' : ` ${place}`}: ${lineText(problem.message)}`,
    `      ${lineText(problem.action)}`,
  ]
}

/** For a terminal: grouped by object, problems after them, the summary as the last line. */
export function reportText(report: DriftReport, options: TextOptions): string {
  const colors = createColors(options.color === 'always')
  const blocks = report.objects.map((object) => objectLines(object, options, colors))
  if (report.problems.length > 0) blocks.push(report.problems.flatMap((problem) => problemLines(problem, colors)))
  if (isClean(report)) blocks.push(['(nothing differs)'])
  blocks.push([summaryText(report)])
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}
