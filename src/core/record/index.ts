// Evaluation and outcomes → what is told to people and programs.
export {
  driftExitCode,
  driftReport,
  isMasked,
  problemSeverity,
  type DriftReport,
  type Masked,
  type ReportCoexistence,
  type ReportContext,
  type ReportField,
  type ReportIgnored,
  type ReportInput,
  type ReportObject,
  type ReportOrphan,
  type ReportProblem,
  type ReportSummary,
} from './report.ts'
export {
  applicationStatus,
  conditionsOf,
  describeProblem,
  refusedStatus,
  type HistoryEntry,
  type OperationResult,
  type OperationState,
  type StatusInput,
} from './application-status.ts'
export { maskedDigest, reportObject, type ReportObjectOptions } from './report-object.ts'
