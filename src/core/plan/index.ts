// Verdicts → steps: what to write, guarded by what was compared.
export { applyBody, type Carried } from './body.ts'
export { claimPatch, needsClaim, type ClaimInput, type JsonPatchOperation } from './claim.ts'
export { permitPrune, type PruneObservation, type PrunePermit } from './permit.ts'
export { planObject, type ObjectPlanInput } from './object.ts'
export { orderDeletes, orderSteps } from './order.ts'
export type { ApplyStep, DeleteStep, Step, StepReason } from './step.ts'
