// Rendered objects → the desired set of one application.
export type * from './types.ts'
export { keptByFlux } from './annotations.ts'
export { buildDesired, type DesiredInput } from './build.ts'
export { type ApplyOrder, applyOrder, compareApplyOrder } from './order.ts'
export type { Scope, ScopeOf } from './take-in.ts'
export {
  appTrackingName,
  INSTALLATION_ANNOTATION,
  isMissingMark,
  parseTrackingId,
  readTracking,
  type Tracking,
  TRACKING_ANNOTATION,
  trackingIdOf,
} from './tracking.ts'
