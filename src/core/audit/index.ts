// The API server's audit log → facts: who wrote what to which object. Places and digests, never values.
export { FACT_LIMITS, FactIndex, type FactLimits } from './fact-index.ts'
export { isNoUse } from './head.ts'
export { Imprinter } from './imprint.ts'
export { type AuditReader, readAuditEvent } from './read.ts'
export { EventListReader, LineReader } from './split.ts'
export { leftAs, leftPart, mutatedAt, type Place, type Touch, touchOf } from './touch.ts'
export type * from './types.ts'
export { type DeletedObject, deletedBy } from './selects.ts'
