// Live objects × what is delivered → objects that nobody declares.
export type * from './types.ts'
export { applicationName, claimsOf, releaseName } from './claims.ts'
export { type Coexistence, coexistences, podLabels } from './coexist.ts'
export { findOrphans, orphanOf } from './find.ts'
export { fluxDeliveries, helmReleases } from './inventories.ts'
export { isIgnoredOrphan } from './ignored.ts'
export { isLookedAt } from './made.ts'
export { orphansTold, orphanWhy } from './told.ts'
