import { createColors } from 'picocolors'
import type {
  DriftReport,
  ReportField,
  ReportIgnored,
  ReportObject,
  ReportOrphan,
  ReportProblem,
} from '../../../core/record/index.ts'
import type { DiffLine } from './line-diff.ts'
import { lineText } from './plain.ts'
import { shownValues } from './values.ts'
import {
  authorHint,
  causeTexts,
  coexistenceTexts,
  concernText,
  contextText,
  deliveryTexts,
  ignoredText,
  isClean,
  objectName,
  orphansHead,
  orphanText,
  pathText,
  placeText,
  problemText,
  SIGNS,
  stateText,
  summaryText,
  toldOnce,
  whyTexts,
} from './wording.ts'

export interface TextOptions {
  readonly color: 'always' | 'never'
  /** `verbose` also shows what is ignored, with its rule, and values in full. */
  readonly detail: 'normal' | 'verbose'
  /** Of the terminal; default 100. */
  readonly columns?: number | null
}

type Colors = ReturnType<typeof createColors>

interface Look {
  readonly colors: Colors
  readonly detail: 'short' | 'full'
  readonly columns: number
  readonly report: Pick<DriftReport, 'context'>
}

const WIDTH = { least: 60, usual: 100, most: 160 } as const
const INDENT = '      '

function lookOf(report: DriftReport, { color, detail, columns }: TextOptions): Look {
  const width = columns ?? WIDTH.usual
  return {
    colors: createColors(color === 'always'),
    detail: detail === 'verbose' ? 'full' : 'short',
    report,
    columns: Math.min(Math.max(width, WIDTH.least), WIDTH.most),
  }
}

function diffLine({ sign, text }: DiffLine, { colors }: Look): string {
  const line = `${INDENT}${sign} ${text}`
  if (sign === ' ') return colors.dim(line.trimEnd())
  return sign === '-' ? colors.red(line) : colors.green(line)
}

function valueLines(field: ReportField, look: Look): string[] {
  const { colors, detail, columns } = look
  const path = pathText(field)
  const paint = { changed: colors.yellow, added: colors.green, removed: colors.red }[field.change]
  const { line, lines } = shownValues(field, { detail, width: Math.max(columns - path.length - 10, 20) })
  const head = `  ${paint(SIGNS[field.change])} ${colors.bold(path)}`
  const concern = colors.dim(concernText(field))
  if (line === undefined) return [`${head}${concern}`, ...lines.map((shown) => diffLine(shown, look))]
  const values = [
    ...(line.git === null ? [] : [colors.red(line.git)]),
    ...(line.live === null ? [] : [colors.green(line.live)]),
  ]
  return [`${head}: ${values.join(' → ')}${concern}`]
}

/** Who, and what would be done. */
function whyLines(of: Partial<Pick<ReportField, 'cause' | 'verdict'>>, { colors, detail, report }: Look): string[] {
  const { actor, verdict } = whyTexts(of, report, detail)
  const paint = of.verdict?.severity === 'critical' ? colors.red : colors.dim
  return [
    ...(actor === null ? [] : [`${INDENT}${colors.dim(actor)}`]),
    ...(verdict === null ? [] : [`${INDENT}${paint(verdict)}`]),
  ]
}

/** What holds for all fields is said once, before them. */
function fieldLines({ fields }: ReportObject, look: Look): string[] {
  const whys = fields.map((field) => whyLines(field, look))
  const [first = []] = whys
  const shared = whys.every((why) => why.join('\n') === first.join('\n'))
  return [
    ...(shared ? first : []),
    ...fields.flatMap((field, at) => [...valueLines(field, look), ...(shared ? [] : (whys[at] ?? []))]),
  ]
}

function ignoredLine(ignored: ReportIgnored, { colors }: Look): string {
  return colors.dim(`  . ${lineText(ignored.path)}: ${ignoredText(ignored, 400)}`)
}

function stateColor(object: ReportObject, { colors }: Look): string {
  const paint = { Synced: colors.green, OutOfSync: colors.yellow, Unknown: colors.red }[object.status]
  return paint(stateText(object))
}

function objectLines(object: ReportObject, look: Look): string[] {
  const { colors } = look
  const { origin } = object
  const place = origin === undefined || origin.file === '' ? '' : placeText({ subject: origin })
  const head = `${colors.bold(objectName(object))}  ${stateColor(object, look)}`
  const lines = [place === '' ? head : `${head}  ${colors.dim(`(${place})`)}`]
  if (object.message !== undefined) lines.push(`${INDENT}${lineText(object.message)}`)
  lines.push(...coexistenceTexts(object).map((text) => `${INDENT}${colors.yellow(text)}`))
  lines.push(...whyLines(object, look), ...fieldLines(object, look))
  if (look.detail === 'full') lines.push(...object.ignored.map((ignored) => ignoredLine(ignored, look)))
  return lines
}

function problemLines(problem: ReportProblem, { colors }: Look): string[] {
  const paint = problem.severity === 'error' ? colors.red : colors.yellow
  const place = placeText(problem)
  return [
    `${paint(problem.severity)} ${problem.code}${place === '' ? '' : ` ${place}`}: ${problemText(problem)}`,
    `${INDENT}${lineText(problem.action)}`,
    ...deliveryTexts(problem).map((text) => `${INDENT}${text}`),
  ]
}

function orphanLines(orphans: readonly ReportOrphan[], { colors }: Look): string[] {
  return [
    colors.bold(orphansHead(orphans)),
    ...orphans.flatMap((orphan) => [
      `  ${colors.yellow('?')} ${orphanText(orphan)}`,
      ...coexistenceTexts(orphan).map((text) => `${INDENT}${colors.yellow(text)}`),
    ]),
  ]
}

/** For a terminal: grouped by object, problems after them, the summary as the last line. */
export function reportText(report: DriftReport, options: TextOptions): string {
  const look = lookOf(report, options)
  const blocks = report.objects.map((object) => objectLines(object, look))
  const { orphans = [] } = report
  if (orphans.length > 0) blocks.push(orphanLines(orphans, look))
  if (report.problems.length > 0)
    blocks.push(toldOnce(report.problems).flatMap((problem) => problemLines(problem, look)))
  if (isClean(report)) blocks.push(['(nothing differs)'])
  const causes = causeTexts(report)
  if (causes.length > 0)
    blocks.push([look.colors.bold('one cause behind several objects'), ...causes.map((text) => `  ${text}`)])
  const notes = [authorHint(report), contextText(report)].filter((note) => note !== '')
  blocks.push([...notes.map((note) => look.colors.dim(note)), summaryText(report)])
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}
