// What is printed: values in, text out.
export {
  appJson,
  appListJson,
  appListText,
  appListWide,
  appListYaml,
  appText,
  appYaml,
  type AppCondition,
  type AppDetail,
  type AppResource,
  type AppRow,
  type AppSource,
  type AppTextOptions,
} from './apps.ts'
export { explainCompact, explainJson, explainText, type Explained } from './explain.ts'
export { type IgnoresAnswer, type IgnoresFormat, presentIgnores } from './ignores.ts'
export { lineText, prettyJson, safeText, valueText } from './plain.ts'
export { presentReport, REPORT_FORMATS, type PresentOptions, type ReportFormat } from './report.ts'
export { yamlText } from './structured.ts'
export { table, type Table } from './table.ts'
export type { TextOptions } from './text.ts'
