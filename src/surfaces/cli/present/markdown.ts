import type { DriftReport, ReportField, ReportObject, ReportOrphan, ReportProblem } from '../../../core/record/index.ts'
import { count, lineText } from './plain.ts'
import { shownValues } from './values.ts'
import {
  coexistenceTexts,
  concernText,
  contextText,
  isClean,
  objectName,
  orphansHead,
  orphanText,
  pathText,
  placeText,
  problemText,
  toldOnce,
  stateText,
  summaryText,
  whyTexts,
} from './wording.ts'

/** Hosts cut comments off at 65,536 characters; what does not fit is counted instead. */
const SIZE_LIMIT = 60_000
/** Longer values stand line by line. */
const VALUE_WIDTH = 100

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

/** Inside raw HTML, where no Markdown is read: every sign as an entity, so that nobody reads one into it either. */
function html(text: string): string {
  return `<code>${lineText(text).replace(/[!-,;-@[-`{-~]/g, (found) => `&#${found.charCodeAt(0)};`)}</code>`
}

/** Lines as a fenced block of a diff; the fence is longer than any run of backticks inside, so nothing ends it. */
function fenced(lines: readonly string[]): string {
  const longest = Math.max(2, ...lines.flatMap((line) => line.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}diff`, ...lines, fence].join('\n')
}

function valueLines(field: ReportField): string[] {
  const { line, lines } = shownValues(field, { width: VALUE_WIDTH, detail: 'short' })
  const { git = null, live = null } = line ?? {}
  return [
    ...(git === null ? [] : [`- ${git}`]),
    ...(live === null ? [] : [`+ ${live}`]),
    ...lines.map(({ sign, text }) => `${sign} ${text}`),
  ]
}

/** Who, and what would be done. */
function whyBlocks(of: Partial<Pick<ReportField, 'cause' | 'verdict'>>, report: DriftReport): string[] {
  const { actor, verdict } = whyTexts(of, report, 'short')
  return [actor, verdict].flatMap((text) => (text === null ? [] : [code(text)]))
}

/** What holds for all fields is said once. */
function fieldBlocks(fields: readonly ReportField[], report: DriftReport): string[] {
  const why = (field: ReportField): string => whyBlocks(field, report).join(' ')
  const [first] = fields
  const shared = first !== undefined && fields.every((field) => why(field) === why(first))
  const lines = (field: ReportField): string[] => [`  ${pathText(field)}${concernText(field)}`, ...valueLines(field)]
  const said = (text: string): string[] => (text === '' ? [] : [text])
  if (shared) return [...said(why(first)), fenced(fields.flatMap(lines))]
  return fields.flatMap((field) => [fenced(lines(field)), ...said(why(field))])
}

function objectBlock(object: ReportObject, report: DriftReport): string {
  const { origin, message } = object
  const place = origin === undefined || origin.file === '' ? '' : ` ${html(placeText({ subject: origin }))}`
  const parts = [
    `<details${object.status === 'Synced' ? '' : ' open'}>\n<summary>${html(objectName(object))} ${html(stateText(object))}${place}</summary>`,
    ...(message === undefined ? [] : [code(message)]),
    ...whyBlocks(object, report),
    ...coexistenceTexts(object).map(code),
    ...fieldBlocks(object.fields, report),
    '</details>',
  ]
  return parts.join('\n\n')
}

function problemBlock(problem: ReportProblem): string {
  const place = placeText(problem)
  return `- ${problem.severity} ${code(problem.code)} ${place === '' ? '' : `${code(place)} `}${code(problemText(problem))}\n  - ${code(problem.action)}`
}

function orphanBlock(orphan: ReportOrphan): string {
  return [`- ${code(orphanText(orphan))}`, ...coexistenceTexts(orphan).map((text) => `  - ${code(text)}`)].join('\n')
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
  const context = contextText(report)
  const blocks = ['### Holdfast: drift report', summaryText(report), ...(context === '' ? [] : [code(context)])]
  if (isClean(report)) blocks.push('(nothing differs)')
  blocks.push(
    ...section(
      report.objects.map((object) => objectBlock(object, report)),
      'object',
      SIZE_LIMIT * 0.8,
    ),
  )
  const { orphans = [] } = report
  if (orphans.length > 0)
    blocks.push(
      `#### ${orphansHead(orphans)}`,
      section(orphans.map(orphanBlock), 'object', SIZE_LIMIT * 0.05).join('\n'),
    )
  if (report.problems.length > 0) {
    blocks.push(
      '#### Problems',
      section(toldOnce(report.problems).map(problemBlock), 'problem', SIZE_LIMIT * 0.15).join('\n'),
    )
  }
  return `${blocks.join('\n\n')}\n`
}
