// Difference × evidence → cause: which class of drift, who, by what means, how sure.
export * from './cause.ts'
export { type Concern, concernOf } from './concern.ts'
export { classifyField, classifyObject, type WholeContext } from './classify.ts'
export { mayHaveMade } from './attribute.ts'
export type { Attribution, DeletionInput, ObjectFacts, Window } from './attribute.ts'
export { type AuditQuestion, bareContext, type CauseContext, type HelmRecord, type OwnerLink } from './context.ts'
export { type Delivery, type FailedSync, type GeneratorChange, NOTHING_PENDING } from './delivery.ts'
export {
  isSameRequest,
  joinChanges,
  printOf,
  renderChange,
  type RenderPrint,
} from './generator.ts'
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
export { NO_WRITER_SETTINGS, type WriterSettings } from '../definition/index.ts'
export { userKind, type Writer, writerOf } from './writers.ts'
export {
  type CodeownersMatch,
  codeownersOf,
  codeownersPatternFits,
  type CodeownersRule,
  parseCodeowners,
} from './codeowners.ts'
export {
  type FieldOwner,
  type FieldOwnerKind,
  fieldOwnerOf,
  type Marked,
  markedBy,
  NO_OWNERS,
  type OwnedPlace,
  type Owner,
  type OwnerContext,
  type OwnerSources,
  ownerOf,
  ownerTexts,
} from './responsibility.ts'
export { classifyIgnored, type IgnoredCause } from './ignored.ts'
export { type CauseGroup, type CauseKey, groupCauses, type Placed } from './group.ts'
