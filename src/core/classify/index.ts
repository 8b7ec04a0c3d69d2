// Difference × evidence → cause: which class of drift, who, by what means, how sure.
export * from './cause.ts'
export { classifyField, classifyObject } from './classify.ts'
export { bareContext, type CauseContext, type OwnerLink } from './context.ts'
export { type Delivery, type FailedSync, type GeneratorChange, NOTHING_PENDING } from './delivery.ts'
export {
  DELIVERERS,
  FIELD_MANAGER,
  isDeliverer,
  isGitOps,
  ownershipOf,
  type AppliedState,
  type OwnedEntry,
  type Ownership,
} from './ownership.ts'
export {
  NO_WRITER_SETTINGS,
  userKind,
  type Writer,
  writerOf,
  type WriterPatterns,
  type WriterSettings,
} from './writers.ts'
