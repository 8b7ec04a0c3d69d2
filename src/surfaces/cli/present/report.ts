import type { DriftReport } from '../../../core/record/index.ts'
import { reportJunit } from './junit.ts'
import { reportMarkdown } from './markdown.ts'
import { prettyJson } from './plain.ts'
import { reportSarif } from './sarif.ts'
import { yamlText } from './structured.ts'
import { reportText, type TextOptions } from './text.ts'

export const REPORT_FORMATS = ['text', 'json', 'yaml', 'markdown', 'sarif', 'junit'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

export interface PresentOptions extends TextOptions {
  readonly format: ReportFormat
  /** Holdfast's version, which SARIF names. */
  readonly version: string
}

/** The report in the format asked for, ending with a line end. */
export function presentReport(report: DriftReport, options: PresentOptions): string {
  switch (options.format) {
    case 'text':
      return reportText(report, options)
    case 'json':
      return prettyJson(report)
    case 'yaml':
      return yamlText(report)
    case 'markdown':
      return reportMarkdown(report)
    case 'sarif':
      return reportSarif(report, options)
    case 'junit':
      return reportJunit(report)
    default:
      return options.format satisfies never
  }
}
