// Evaluation and outcomes → what is told to people and programs.
export * from './drift-record.ts'
export {
  autoscalerEvidence,
  cleanText,
  conditionEvidence,
  eventEvidence,
  mergeEvidence,
  oomEvidence,
} from './happenings.ts'
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
  type ReportOrigin,
  type ReportOrphan,
  type ReportProblem,
  type ReportSummary,
} from './report.ts'
export {
  applicationStatus,
  conditionsOf,
  conditionTimesIn,
  refusedStatus,
  type Condition,
  type ConditionTimes,
  type HistoryEntry,
  type OperationResult,
  type OperationState,
  type StatusInput,
} from './application-status.ts'
export { describeProblem, saidBriefly, unsaidOf } from './describe.ts'
export { fightProblem } from './fought.ts'
export { maskedDigest, reportObject, type ReportObjectOptions } from './report-object.ts'
export { type Inventory, inventoryOf, type InventoryRow } from './inventory.ts'
export { type Takeover, type TakeoverApp, type TakeoverGroup, takeoverOf } from './takeover.ts'
